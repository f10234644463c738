//! Many moments of one program: which group is which over all of them.

use hashbrown::HashMap;

use super::align::{Matched, Matching, by_stack, two_moments};
use crate::model::{GoroutineIds, GroupKey, Labels, Snapshot, SnapshotInfo, StackGroup, Symbols};

/// Compares the moments of one program, in their order. Each moment is matched with all that the moments before it had, as
/// [`two_moments`] does it; where some moments hide states and creators and others don't, all are matched by frames.
#[must_use]
pub fn series(snapshots: Vec<Snapshot>, symbols: &Symbols) -> (Vec<SnapshotInfo>, Vec<Matched>) {
    let told = |snapshot: &Snapshot| (snapshot.info.format.has_headers(), snapshot.info.format);
    let alike = snapshots.windows(2).all(|pair| {
        let (a, b) = (told(&pair[0]), told(&pair[1]));
        a.1 == b.1 || (a.0 && b.0)
    });
    let infos: Vec<SnapshotInfo> = snapshots.iter().map(|snapshot| snapshot.info.clone()).collect();
    if !alike {
        return (infos, by_stack(snapshots.into_iter().map(|snapshot| snapshot.groups).collect(), symbols));
    }
    let mut known: Vec<Matched> = Vec::new();
    for (moment, snapshot) in snapshots.into_iter().enumerate() {
        add(&mut known, moment, snapshot, symbols);
    }
    for matched in &mut known {
        matched.parts.resize(infos.len(), None);
    }
    (infos, known)
}

/// Adds a moment to what the moments before it had.
fn add(known: &mut Vec<Matched>, moment: usize, snapshot: Snapshot, symbols: &Symbols) {
    let mut index: HashMap<GroupKey, usize, foldhash::fast::RandomState> = HashMap::default();
    let mut before = Snapshot { info: snapshot.info.clone(), groups: Vec::with_capacity(known.len()) };
    for (i, matched) in known.iter().enumerate() {
        if let Some(group) = latest(matched) {
            index.insert(group.key, i);
            before.groups.push(group);
        }
    }
    for pair in two_moments(before, snapshot, symbols).1 {
        let mut parts = pair.parts.into_iter();
        let (old, new) = (parts.next().flatten(), parts.next().flatten());
        let Some(new) = new else { continue };
        let at = old.and_then(|old| index.get(&old.key).copied());
        match at {
            Some(at) => {
                let matched = &mut known[at];
                matched.parts.resize(moment, None);
                matched.parts.push(Some(new));
                matched.key = pair.key;
                matched.matching = matched.matching.max(pair.matching);
            }
            None => {
                let mut parts = vec![None; moment];
                parts.push(Some(new));
                known.extend(Matched::new(parts, Matching::Exact));
            }
        }
    }
}

/// What a group is matched by: its key, without the goroutines. Two groups with one key would be one.
fn latest(matched: &Matched) -> Option<StackGroup> {
    let part = matched.parts.iter().rev().flatten().next()?;
    let mut group = StackGroup {
        key: matched.key,
        count: part.count,
        receive: part.receive,
        waits: Default::default(),
        ids: GoroutineIds::default(),
        parents: GoroutineIds::default(),
        labels: Labels::default(),
        locks: Default::default(),
        samples: None,
    };
    // A state that the last moment can't tell is told by an earlier one.
    group.key.stack = part.key.stack;
    Some(group)
}
