//! Whether a process was started anew between two moments.

use crate::model::{GoroutineIds, Snapshot};

/// Ids are handed out to processors in batches of 16 (runtime/proc.go:newproc1, _GoidCacheBatch): a newcomer's may be below
/// the highest by as many as that for each processor, of which few machines have more than 256.
const BATCHES: u64 = 16 * 256;

/// The highest goroutine id: about how many goroutines the process has made so far. `None` where the format has no ids.
#[must_use]
pub fn highest_id(snapshot: &Snapshot) -> Option<u64> {
    snapshot.groups.iter().filter_map(|group| group.ids.quantile(1.0)).max()
}

/// The moments at which another process begins, by their indices. Ids count up over a process's life, so whoever has an id
/// below the highest of an earlier moment was there at that moment; where many weren't, they are of another process. After
/// a moment that lost goroutines nothing is said, nor between debug=2 and crash dumps, which show the runtime's own too.
#[must_use]
pub fn restarts(snapshots: &[Snapshot]) -> Vec<usize> {
    let is_restart = |pair: &[Snapshot]| {
        let comparable = pair[0].complete() && pair[0].info.format == pair[1].info.format;
        comparable && differs(&all(&pair[0]), &all(&pair[1]))
    };
    snapshots.windows(2).enumerate().filter(|(_, pair)| is_restart(pair)).map(|(i, _)| i + 1).collect()
}

fn all(snapshot: &Snapshot) -> GoroutineIds {
    let mut ids = GoroutineIds::default();
    snapshot.groups.iter().for_each(|group| ids.absorb(&group.ids));
    ids
}

fn differs(before: &GoroutineIds, after: &GoroutineIds) -> bool {
    let (Some(highest), Some(newest)) = (before.quantile(1.0), after.quantile(1.0)) else { return false };
    let missing = after.len() - before.shared(after);
    // All are older than the youngest of the moment before.
    if newest < highest {
        return missing * 2 > after.len();
    }
    let older = after.below(highest.saturating_sub(BATCHES));
    let strangers = older.len() - older.shared(before);
    strangers >= 3 && strangers * 5 > after.len()
}

#[cfg(test)]
mod tests {
    use super::differs;
    use crate::model::GoroutineIds;

    #[test]
    fn told_by_ids_that_should_have_been_there() {
        let ids = |ranges: &[std::ops::Range<u64>]| -> GoroutineIds { ranges.iter().cloned().flatten().collect() };
        let before = ids(&[1..40, 9_000..9_300]);
        // The young ended, the old are still there: the highest id falls in one process too.
        assert!(!differs(&before, &ids(&[1..20, 20..40])));
        assert!(!differs(&before, &ids(&[1..40, 9_000..9_100])));
        // More came, some with ids from batches that were handed out before.
        assert!(!differs(&before, &ids(&[1..40, 8_990..8_999, 9_300..9_900])));
        // Another process, younger, or as old as the one before.
        assert!(differs(&before, &ids(&[1..30, 200..400])));
        assert!(differs(&before, &ids(&[1..30, 3_000..3_200, 12_000..12_100])));
        assert!(!differs(&ids(&[]), &before) && !differs(&before, &ids(&[])));
    }
}
