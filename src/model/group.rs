//! Stack groups: goroutines that wait for the same thing at the same place, made at the same place.

use std::collections::BTreeMap;

use super::{FrameId, GoroutineIds, LockWaiters, Moved, Receive, StackId, StrId, Wait, WaitState};
use hashbrown::HashMap;

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
    /// The id of the goroutine that made it, in text dumps of Go 1.21 and later.
    pub parent: Option<u64>,
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
    /// Their ids; none in formats without them.
    pub ids: GoroutineIds,
    /// The ids of the goroutines that made them.
    pub parents: GoroutineIds,
    /// How often each label stands on them.
    pub labels: Labels,
    /// The locks that they wait for.
    pub locks: LockWaiters,
    /// The goroutines by all of their labels and their waits, where a conversion needs that.
    pub samples: Option<Samples>,
}

impl StackGroup {
    pub(super) fn new(key: GroupKey, receive: Option<Receive>, keep_samples: bool) -> Self {
        StackGroup {
            key,
            count: 0,
            receive,
            waits: WaitMinutes::default(),
            ids: GoroutineIds::default(),
            parents: GoroutineIds::default(),
            labels: Labels::default(),
            locks: LockWaiters::default(),
            samples: keep_samples.then(Samples::default),
        }
    }

    pub(super) fn add(&mut self, goroutine: &Goroutine<'_>) {
        self.count += 1;
        if let Some(minutes) = goroutine.wait_minutes {
            self.waits.add(minutes, 1);
        }
        if let Some(id) = goroutine.id {
            self.ids.insert(id);
        }
        if let Some(parent) = goroutine.parent {
            self.parents.insert(parent);
        }
        if let Some(address) = goroutine.lock_address {
            self.locks.add(address, 1);
        }
        self.labels.add(goroutine.labels, 1);
        if let Some(samples) = &mut self.samples {
            samples.add(goroutine.labels, goroutine.wait_minutes, 1);
        }
    }

    /// Adds goroutines that are counted, not listed.
    pub fn add_counted(&mut self, labels: &[(StrId, StrId)], wait_minutes: Option<u32>, goroutines: i64) {
        self.count += goroutines;
        if let Some(minutes) = wait_minutes {
            self.waits.add(minutes, goroutines.unsigned_abs());
        }
        self.labels.add(labels, goroutines);
        if let Some(samples) = &mut self.samples {
            samples.add(labels, wait_minutes, goroutines);
        }
    }

    /// As [`super::Snapshot::move_to`].
    pub(super) fn move_to(&mut self, moved: &Moved) {
        let key = &mut self.key;
        if let Wait::Other(words) = &mut key.state.wait {
            *words = moved.string(*words);
        }
        key.stack = moved.stack(key.stack);
        key.creator = key.creator.map(|frame| moved.frame(frame));
        let label = |(key, value): (StrId, StrId)| (moved.string(key), moved.string(value));
        let labels = std::mem::take(&mut self.labels.0);
        self.labels.0 = labels.into_iter().map(|(known, goroutines)| (label(known), goroutines)).collect();
        self.samples = self.samples.take().map(|samples| {
            let mut own = Samples::default();
            for ((labels, wait_minutes), goroutines) in samples.0 {
                let mut labels: Vec<_> = labels.into_iter().map(label).collect();
                labels.sort_unstable();
                own.add(&labels, wait_minutes, goroutines);
            }
            own
        });
    }

    /// Adds another part of the same group: one with other details in a better format, or from another snapshot's group
    /// that is one with it.
    pub fn absorb(&mut self, other: &StackGroup) {
        if self.receive != other.receive {
            self.receive = None;
        }
        self.count += other.count;
        self.waits.absorb(&other.waits);
        self.ids.absorb(&other.ids);
        self.parents.absorb(&other.parents);
        self.labels.absorb(&other.labels);
        self.locks.absorb(&other.locks);
        if let (Some(samples), Some(others)) = (&mut self.samples, &other.samples) {
            samples.absorb(others);
        }
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

    /// Adds the waits of `other`.
    pub fn absorb(&mut self, other: &WaitMinutes) {
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

/// Goroutines by their whole set of labels, sorted, and their wait in minutes: what profile.proto calls samples.
#[derive(Clone, Debug, Default)]
pub struct Samples(BTreeMap<SampleKey, i64>);

/// Labels, and the wait in minutes.
type SampleKey = (Vec<(StrId, StrId)>, Option<u32>);

impl Samples {
    /// Counts `goroutines` that carry just these labels and wait.
    pub fn add(&mut self, labels: &[(StrId, StrId)], wait_minutes: Option<u32>, goroutines: i64) {
        *self.0.entry((labels.to_vec(), wait_minutes)).or_default() += goroutines;
    }

    /// Adds the samples of `other`.
    pub fn absorb(&mut self, other: &Samples) {
        for ((labels, wait_minutes), goroutines) in &other.0 {
            self.add(labels, *wait_minutes, *goroutines);
        }
    }

    /// Labels, wait in minutes, goroutines.
    pub fn iter(&self) -> impl Iterator<Item = (&[(StrId, StrId)], Option<u32>, i64)> + '_ {
        self.0.iter().map(|((labels, wait_minutes), goroutines)| (labels.as_slice(), *wait_minutes, *goroutines))
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

#[cfg(test)]
mod tests {
    use super::WaitMinutes;

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
}
