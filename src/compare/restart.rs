//! Whether a process was started anew between two moments.

use crate::model::Snapshot;

/// The highest goroutine id: about how many goroutines the process has made so far. `None` where the format has no ids.
#[must_use]
pub fn highest_id(snapshot: &Snapshot) -> Option<u64> {
    snapshot.groups.iter().filter_map(|group| group.ids.quantile(1.0)).max()
}

/// The moments at which another process begins, by their indices: there the highest goroutine id is below nine tenths of
/// the one before. Ids count up over a process's life (runtime/proc.go:newproc1); the highest that is alive falls a little
/// when the youngest goroutines end, but whoever takes a profile is young.
#[must_use]
pub fn restarts(snapshots: &[Snapshot]) -> Vec<(usize, u64, u64)> {
    let fell = |(i, pair): (usize, &[Snapshot])| {
        let (before, after) = (highest_id(&pair[0])?, highest_id(&pair[1])?);
        (u128::from(after) * 10 < u128::from(before) * 9).then_some((i + 1, before, after))
    };
    snapshots.windows(2).enumerate().filter_map(fell).collect()
}
