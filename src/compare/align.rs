//! Which group of one snapshot is which group of another.

use hashbrown::{HashMap, HashSet};

use super::build_change::BuildChange;
use crate::model::{FrameId, FunctionId, GroupKey, Snapshot, SnapshotInfo, StackGroup, StackId, Symbols, Wait};

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
type StackSet = HashSet<StackId, foldhash::fast::RandomState>;

/// By what the two sides of a matched group were found to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matching {
    /// State, frames and creator are the same; or there is only one side.
    Exact,
    /// All but marks (leaked, durable, locked to thread) are the same.
    Marks,
    /// All but a wrapper that the compiler made for the `go` statement is the same.
    Wrapper,
    /// The frames are the same; the two formats don't tell the same states and creators.
    Stack,
    /// State, functions and creator's function are the same; lines moved in a new build.
    Functions,
}

/// One group over all snapshots.
#[derive(Clone, Debug)]
pub struct Matched {
    /// What its goroutines share; of the latest snapshot that can tell it.
    pub key: GroupKey,
    /// The group in each snapshot.
    pub parts: Vec<Option<StackGroup>>,
    /// How they were matched.
    pub matching: Matching,
}

impl Matched {
    pub(super) fn new(parts: Vec<Option<StackGroup>>, matching: Matching) -> Option<Self> {
        let keys = || parts.iter().rev().flatten().map(|group| group.key);
        let key = keys().find(|key| !is_vague(key)).or_else(|| keys().next())?;
        Some(Matched { key, parts, matching })
    }
}

/// Puts snapshots beside each other that are not compared: groups with equal keys are one.
#[must_use]
pub fn side_by_side(snapshots: Vec<Snapshot>) -> (Vec<SnapshotInfo>, Vec<Matched>) {
    let total = snapshots.len();
    let mut infos = Vec::with_capacity(total);
    let mut matched: Vec<Matched> = Vec::new();
    let mut index: Map<GroupKey, usize> = Map::default();
    for (i, snapshot) in snapshots.into_iter().enumerate() {
        infos.push(snapshot.info);
        for group in snapshot.groups {
            let at = *index.entry(group.key).or_insert(matched.len());
            if at == matched.len() {
                matched.push(Matched { key: group.key, parts: vec![None; total], matching: Matching::Exact });
            }
            matched[at].parts[i] = Some(group);
        }
    }
    (infos, matched)
}

/// Compares two moments of one program. Groups are matched by equal keys; then, where only marks differ; then, where the
/// program was built anew between them, by functions. Two formats that tell different things are matched by frames.
#[must_use]
pub fn two_moments(before: Snapshot, after: Snapshot, symbols: &Symbols) -> (Vec<SnapshotInfo>, Vec<Matched>) {
    let same_kind = before.info.format == after.info.format
        || (before.info.format.has_headers() && after.info.format.has_headers());
    let infos = vec![before.info, after.info];
    if !same_kind {
        return (infos, by_stack(vec![before.groups, after.groups], symbols));
    }
    let change = BuildChange::between(&before.groups, &after.groups, symbols);
    let mut pairs = Pairs { matched: Vec::new(), before: before.groups, after: after.groups };
    pairs.pair(Matching::Exact, |group| group.key);
    pairs.pair(Matching::Marks, |group| (group.key.state.wait, group.key.stack, group.key.creator));
    pairs.pair_vague();
    pairs
        .pair(Matching::Wrapper, |group| (group.key.state.wait, without_go_wrapper(group, symbols), group.key.creator));
    if change.is_some() {
        pairs.pair_in_order(symbols, &change);
    }
    (infos, pairs.finish())
}

/// What is matched and what isn't yet.
struct Pairs {
    matched: Vec<Matched>,
    before: Vec<StackGroup>,
    after: Vec<StackGroup>,
}

impl Pairs {
    /// The groups of each side by a key, as indices.
    fn by_key<K: std::hash::Hash + Eq>(&self, key: impl Fn(&StackGroup) -> K) -> Map<K, (Vec<usize>, Vec<usize>)> {
        let mut sides: Map<K, (Vec<usize>, Vec<usize>)> = Map::default();
        for (i, group) in self.before.iter().enumerate() {
            sides.entry(key(group)).or_default().0.push(i);
        }
        for (i, group) in self.after.iter().enumerate() {
            sides.entry(key(group)).or_default().1.push(i);
        }
        sides
    }

    /// The groups that alone have a key on each side.
    fn alone<K: std::hash::Hash + Eq>(&self, key: impl Fn(&StackGroup) -> K) -> Vec<(usize, usize)> {
        let only = |(before, after): (Vec<usize>, Vec<usize>)| match (&before[..], &after[..]) {
            ([b], [a]) => Some((*b, *a)),
            _ => None,
        };
        self.by_key(key).into_values().filter_map(only).collect()
    }

    /// Matches groups that alone have a key on each side.
    fn pair<K: std::hash::Hash + Eq>(&mut self, matching: Matching, key: impl Fn(&StackGroup) -> K) {
        let pairs = self.alone(key);
        self.take(pairs, matching);
    }

    /// Matches groups of one stack where the state of one side can't be told: whether a debug=1 profile tells a send from a
    /// receive depends on what else is in it.
    fn pair_vague(&mut self) {
        let mut pairs = self.alone(|group| (group.key.stack, group.key.creator));
        pairs.retain(|(b, a)| is_vague(&self.before[*b].key) || is_vague(&self.after[*a].key));
        self.take(pairs, Matching::Stack);
    }

    /// Matches groups of equal functions, in the order of their lines, where both sides have equally many.
    fn pair_in_order(&mut self, symbols: &Symbols, change: &BuildChange) {
        type Key = (Wait, Vec<FunctionId>, Option<FunctionId>);
        let key = |group: &StackGroup| -> Key {
            let function = |frame: FrameId| symbols.frame_at(frame).function;
            (
                group.key.state.wait,
                symbols.frames(group.key.stack).map(function).collect(),
                group.key.creator.map(function),
            )
        };
        let lines = |group: &StackGroup| -> Vec<u32> {
            symbols.frames(group.key.stack).chain(group.key.creator).map(|f| symbols.frame_at(f).line).collect()
        };
        let allowed = |before: &StackGroup, after: &StackGroup| {
            let mut old = symbols.frames(before.key.stack).chain(before.key.creator);
            let mut new = symbols.frames(after.key.stack).chain(after.key.creator);
            old.by_ref().zip(new.by_ref()).all(|(old, new)| change.allows(old, new, symbols))
        };
        let mut pairs = Vec::new();
        for (mut before, mut after) in self.by_key(key).into_values().filter(|(b, a)| b.len() == a.len()) {
            before.sort_by_key(|i| lines(&self.before[*i]));
            after.sort_by_key(|i| lines(&self.after[*i]));
            pairs.extend(before.into_iter().zip(after).filter(|(b, a)| allowed(&self.before[*b], &self.after[*a])));
        }
        self.take(pairs, Matching::Functions);
    }

    fn take(&mut self, mut pairs: Vec<(usize, usize)>, matching: Matching) {
        pairs.sort_unstable();
        let mut before: Vec<Option<StackGroup>> = std::mem::take(&mut self.before).into_iter().map(Some).collect();
        let mut after: Vec<Option<StackGroup>> = std::mem::take(&mut self.after).into_iter().map(Some).collect();
        for (b, a) in pairs {
            self.matched.extend(Matched::new(vec![before[b].take(), after[a].take()], matching));
        }
        self.before = before.into_iter().flatten().collect();
        self.after = after.into_iter().flatten().collect();
    }

    fn finish(mut self) -> Vec<Matched> {
        let gone = self.before.into_iter().filter_map(|g| Matched::new(vec![Some(g), None], Matching::Exact));
        let new = self.after.into_iter().filter_map(|g| Matched::new(vec![None, Some(g)], Matching::Exact));
        self.matched.extend(gone.chain(new));
        self.matched
    }
}

/// A group's frames but for an entry that may be the wrapper that Go before 1.22 makes for `go x.m(y)`: named like a
/// closure of the creator, on the line of the `go` statement. Dumps of traceback level 2 show it, debug=2 doesn't, and it
/// looks exactly like a closure written on one line, which both show.
fn without_go_wrapper(group: &StackGroup, symbols: &Symbols) -> Vec<FrameId> {
    let mut frames: Vec<FrameId> = symbols.frames(group.key.stack).collect();
    if let (Some(entry), Some(creator), true) = (frames.last(), group.key.creator, frames.len() > 1) {
        let (entry_frame, go) = (symbols.frame_at(*entry), symbols.frame_at(creator));
        let closure = symbols.name_of(*entry).strip_prefix(symbols.name_of(creator));
        let number = closure.and_then(|rest| rest.strip_prefix(".func"));
        let is_closure = number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        if is_closure && (entry_frame.file, entry_frame.line) == (go.file, go.line) {
            frames.pop();
        }
    }
    frames
}

/// A stack as every format has it. debug=0 and debug=1 keep the leaf-most 32 PCs (128 since Go 1.23), debug=2 the 50
/// frames at either end: of deep stacks only so many frames at the leaf are sure to be in all.
const FRAMES_IN_ALL_FORMATS: usize = 24;

/// A whole stack that both sides have, or the part of it that all formats show.
pub(super) type SharedKey = (Option<StackId>, Vec<FrameId>);

/// What of a stack all formats show.
fn shared_part(stack: StackId, symbols: &Symbols) -> Vec<FrameId> {
    symbols.frames(stack).take(FRAMES_IN_ALL_FORMATS).collect()
}

/// Matches all groups with one stack, whatever their states and creators. The state shown is the one that most of the
/// goroutines have in the format that tells more.
pub(super) fn by_stack(moments: Vec<Vec<StackGroup>>, symbols: &Symbols) -> Vec<Matched> {
    let keys = SharedKeys::of(moments.iter().map(Vec::as_slice));
    let total = moments.len();
    let mut order = Vec::new();
    let mut sides: Map<SharedKey, Vec<Option<StackGroup>>> = Map::default();
    for (side, groups) in moments.into_iter().enumerate() {
        for group in groups {
            let parts = sides.entry(keys.key(group.key.stack, symbols)).or_insert_with_key(|key| {
                order.push(key.clone());
                vec![None; total]
            });
            match &mut parts[side] {
                Some(known) => merge(known, &group),
                empty => *empty = Some(group),
            }
        }
    }
    order
        .into_iter()
        .filter_map(|key| {
            let parts = sides.remove(&key)?;
            let key = parts.iter().flatten().map(|group| group.key).reduce(better_key)?;
            let matching = if parts.iter().flatten().count() > 1 { Matching::Stack } else { Matching::Exact };
            Some(Matched { key, parts, matching })
        })
        .collect()
}

/// By what formats find each other's stacks.
pub(super) struct SharedKeys {
    in_several: StackSet,
}

impl SharedKeys {
    /// Knows the stacks that more than one side has whole.
    pub(super) fn of<'g>(sides: impl IntoIterator<Item = &'g [StackGroup]>) -> Self {
        let (mut seen, mut in_several) = (StackSet::default(), StackSet::default());
        for groups in sides {
            let own: StackSet = groups.iter().map(|group| group.key.stack).collect();
            in_several.extend(own.iter().filter(|stack| seen.contains(*stack)).copied());
            seen.extend(own);
        }
        SharedKeys { in_several }
    }

    /// The whole stack where several sides have it or it's surely in all formats, else what of it all formats show.
    pub(super) fn key(&self, stack: StackId, symbols: &Symbols) -> SharedKey {
        if self.in_several.contains(&stack) || symbols.frames(stack).count() < FRAMES_IN_ALL_FORMATS {
            (Some(stack), Vec::new())
        } else {
            (None, shared_part(stack, symbols))
        }
    }
}

/// Adds a group of the same stack: its state where it is the larger one, its creator only where both have it.
fn merge(known: &mut StackGroup, other: &StackGroup) {
    if other.count > known.count {
        known.key.state = other.key.state;
    }
    if known.key.creator != other.key.creator {
        known.key.creator = None;
    }
    known.absorb(other);
}

/// Whether the format couldn't tell the state.
fn is_vague(key: &GroupKey) -> bool {
    matches!(key.state.wait, Wait::ChanOp | Wait::Waiting | Wait::Unknown)
}

/// The key of the side whose format shows states and creators; a state that can't be known gives way.
fn better_key(before: GroupKey, after: GroupKey) -> GroupKey {
    let rank = |key: &GroupKey| {
        (!is_vague(key), key.creator.is_some(), key.state.locked_to_thread.is_some(), key.state.nil_channel.is_some())
    };
    if rank(&before) > rank(&after) { before } else { after }
}
