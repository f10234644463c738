//! Stack groups: goroutines that wait for the same thing at the same place, made at the same place.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use roaring::RoaringTreemap;

use super::{FrameId, Receive, StackId, StrId, WaitState};

/// What makes goroutines one group. Arguments, PCs, ids and wait times don't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupKey {
    /// What they wait for.
    pub state: WaitState,
    /// Their frames, runtime machinery left out.
    pub stack: StackId,
    /// The `go` statement that made them; `None` where there is none or the format hides it.
    pub creator: Option<FrameId>,
}

/// What one goroutine adds to its group.
#[derive(Clone, Copy, Debug, Default)]
pub struct Goroutine<'a> {
    /// Its id, in text dumps.
    pub id: Option<u64>,
    /// Its wait in whole minutes, where the header has one.
    pub wait_minutes: Option<u32>,
    /// The address of the lock that it waits for, where an argument shows it.
    pub lock_address: Option<u64>,
    /// Its labels.
    pub labels: &'a [(StrId, StrId)],
}

/// More goroutines than a process can have: 2^53, so that every sum over snapshots fits 64 bits and every count is exact
/// in JSON. Parsers refuse larger totals.
pub const MAX_GOROUTINES: i64 = 1 << 53;

/// How many ids a group shows.
pub const FIRST_IDS: usize = 10;

/// Goroutines of one snapshot with one [`GroupKey`].
#[derive(Clone, Debug)]
pub struct StackGroup {
    /// What they share.
    pub key: GroupKey,
    /// How many; negative in delta profiles where they became fewer.
    pub count: i64,
    /// How the receive was written, where all agree and the format tells.
    pub receive: Option<Receive>,
    /// Their waits.
    pub waits: WaitMinutes,
    /// The first ids in the order of the dump, at most [`FIRST_IDS`].
    pub first_ids: Vec<u64>,
    /// All ids, where the run keeps them.
    pub ids: Option<RoaringTreemap>,
    /// How often each label stands on them.
    pub labels: Labels,
    /// The lock that they wait for.
    pub lock: LockAddress,
}

impl StackGroup {
    pub(super) fn new(key: GroupKey, receive: Option<Receive>, keep_ids: bool) -> Self {
        StackGroup {
            key,
            count: 0,
            receive,
            waits: WaitMinutes::default(),
            first_ids: Vec::new(),
            ids: keep_ids.then(RoaringTreemap::new),
            labels: Labels::default(),
            lock: LockAddress::Unknown,
        }
    }

    pub(super) fn add(&mut self, goroutine: &Goroutine<'_>) {
        self.count += 1;
        if let Some(minutes) = goroutine.wait_minutes {
            self.waits.add(minutes, 1);
        }
        if let Some(id) = goroutine.id {
            if self.first_ids.len() < FIRST_IDS {
                self.first_ids.push(id);
            }
            if let Some(ids) = &mut self.ids {
                ids.insert(id);
            }
        }
        self.lock.add(goroutine.lock_address);
        self.labels.add(goroutine.labels, 1);
    }

    /// Adds another part of the same group: one with other details in a better format, or from another snapshot's group
    /// that is one with it.
    pub fn absorb(&mut self, other: &StackGroup) {
        if self.receive != other.receive {
            self.receive = None;
        }
        self.count += other.count;
        self.waits.absorb(&other.waits);
        self.first_ids.extend(other.first_ids.iter().take(FIRST_IDS - self.first_ids.len().min(FIRST_IDS)));
        if let (Some(mine), Some(theirs)) = (&mut self.ids, &other.ids) {
            *mine |= theirs;
        }
        self.labels.absorb(&other.labels);
        self.lock.absorb(other.lock);
    }
}

/// Wait times in whole minutes, as headers print them: rough in both directions, and a header without one proves
/// nothing (runtime/traceback.go:goroutineheader prints (now-waitsince)/60e9 where that is 1 or more; waitsince is set
/// by the garbage collector's stack scan).
#[derive(Clone, Debug, Default)]
pub struct WaitMinutes(BTreeMap<u32, u64>);

impl WaitMinutes {
    /// Counts `goroutines` that wait `minutes`.
    pub fn add(&mut self, minutes: u32, goroutines: u64) {
        *self.0.entry(minutes).or_default() += goroutines;
    }

    fn absorb(&mut self, other: &WaitMinutes) {
        for (minutes, goroutines) in &other.0 {
            self.add(*minutes, *goroutines);
        }
    }

    /// How many goroutines carry a wait.
    #[must_use]
    pub fn known(&self) -> u64 {
        self.0.values().sum()
    }

    /// The shortest.
    #[must_use]
    pub fn min(&self) -> Option<u32> {
        self.0.keys().next().copied()
    }

    /// The longest.
    #[must_use]
    pub fn max(&self) -> Option<u32> {
        self.0.keys().next_back().copied()
    }

    /// The middle one (the lower of two) of those that carry one.
    #[must_use]
    pub fn median(&self) -> Option<u32> {
        let middle = self.known().div_ceil(2);
        let mut seen = 0;
        self.0.iter().find_map(|(minutes, goroutines)| {
            seen += goroutines;
            (seen >= middle).then_some(*minutes)
        })
    }
}

/// How many goroutines carry each (key, value).
#[derive(Clone, Debug, Default)]
pub struct Labels(HashMap<(StrId, StrId), i64, foldhash::fast::RandomState>);

impl Labels {
    /// Counts `goroutines` that carry all of `labels`.
    pub fn add(&mut self, labels: &[(StrId, StrId)], goroutines: i64) {
        for label in labels {
            *self.0.entry(*label).or_default() += goroutines;
        }
    }

    /// Adds the counts of `other`.
    pub fn absorb(&mut self, other: &Labels) {
        for (label, goroutines) in &other.0 {
            *self.0.entry(*label).or_default() += goroutines;
        }
    }

    /// Each (key, value) with its goroutines, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (StrId, StrId, i64)> + '_ {
        self.0.iter().map(|((key, value), goroutines)| (*key, *value, *goroutines))
    }
}

/// The address of the lock that a group waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockAddress {
    /// No argument shows one.
    Unknown,
    /// All that show one show this.
    One(u64),
    /// They wait for different locks.
    Several,
}

impl LockAddress {
    fn add(&mut self, address: Option<u64>) {
        if let Some(address) = address {
            self.absorb(LockAddress::One(address));
        }
    }

    fn absorb(&mut self, other: LockAddress) {
        *self = match (*self, other) {
            (mine, LockAddress::Unknown) => mine,
            (LockAddress::Unknown, theirs) => theirs,
            (LockAddress::One(a), LockAddress::One(b)) if a == b => LockAddress::One(a),
            _ => LockAddress::Several,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{LockAddress, WaitMinutes};

    #[test]
    fn median_is_of_those_that_carry_a_wait() {
        let mut waits = WaitMinutes::default();
        assert_eq!(waits.median(), None);
        waits.add(7, 1);
        waits.add(2, 2);
        waits.add(9, 1);
        assert_eq!((waits.min(), waits.median(), waits.max(), waits.known()), (Some(2), Some(2), Some(9), 4));
        waits.add(9, 1);
        assert_eq!(waits.median(), Some(7));
    }

    #[test]
    fn different_locks_are_no_lock_in_common() {
        let mut lock = LockAddress::Unknown;
        lock.add(Some(1));
        lock.add(None);
        lock.add(Some(1));
        assert_eq!(lock, LockAddress::One(1));
        lock.add(Some(2));
        assert_eq!(lock, LockAddress::Several);
    }
}
