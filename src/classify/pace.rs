//! Whether goroutines that stay come steadily, as a leak's do, or ever fewer, as a pool's that fills.

use super::behaviour::Behaviour;
use super::cluster::{LONG_SERIES, Moments};
use crate::compare::steady_births;
use crate::model::GoroutineIds;

/// Newcomers at the end, as a multiple of those at the start, from which they come steadily.
const STEADY: f64 = 0.8;
/// The same where nothing tells how much time passed: fewer than at first may be a pool that is nearly full.
const STEADY_WITHOUT_TIMES: f64 = 1.0;
/// Ids that a process may have set aside without making goroutines: each processor takes 16 at a time
/// (runtime/runtime2.go:_GoidCacheBatch), and the highest of a snapshot needn't be the latest.
const UNTOLD_BY_IDS: f64 = 64.0;

/// By what newcomers are measured.
pub(super) struct Pace<'m> {
    moments: &'m Moments,
    minutes: &'m [f64],
    /// How many goroutines the process had made by each moment, where ids tell.
    issued: Option<Vec<f64>>,
}

impl<'m> Pace<'m> {
    pub(super) fn new(moments: &'m Moments, window: std::ops::Range<usize>) -> Self {
        let issued = moments.issued.get(window.clone()).filter(|issued| issued.is_sorted_by(|a, b| a < b));
        let issued = issued.map(|issued| issued.iter().map(|id| *id as f64).collect());
        Pace { moments, minutes: &moments.minutes[window], issued }
    }

    /// What becomes of goroutines that stay: a leak takes the same share of all goroutines that are made, however the load
    /// moves, and as many in the same time; a pool that fills takes an ever smaller one.
    pub(super) fn of(&self, ids: &[Option<&GoroutineIds>], long_lived: &[u64]) -> Behaviour {
        if ids.len() >= LONG_SERIES && comes_and_goes(ids) {
            return Behaviour::PilingUp { steady: self.of_long_lived(long_lived).is_some_and(|ratio| ratio >= STEADY) };
        }
        // What began later is measured from then on.
        let came = |pair: &[Option<&GoroutineIds>]| {
            let (before, now) = (pair[0].map_or(0, GoroutineIds::len), pair[1].map_or(0, GoroutineIds::len));
            now > before
        };
        let start = ids.windows(2).position(came).unwrap_or(0);
        let ids = &ids[start..];
        let by_time = steady_births(&self.minutes[start..], ids);
        if by_time.is_some_and(|ratio| ratio <= 0.0) {
            return Behaviour::Filled;
        }
        let least = if self.moments.timed { STEADY } else { STEADY_WITHOUT_TIMES };
        let by_share = self.issued.as_ref().map(|issued| steady_births(&doubted(&issued[start..]), ids));
        let steady = |ratio: Option<f64>, least: f64| ratio.is_some_and(|ratio| ratio >= least);
        Behaviour::PilingUp { steady: steady(by_time, least) && by_share.is_none_or(|ratio| steady(ratio, STEADY)) }
    }
}

impl Pace<'_> {
    /// How many more there are in the end of those that lasted half of the moments, as a multiple of the first such growth:
    /// where work comes and goes on the same stack, newcomers tell nothing.
    fn of_long_lived(&self, long_lived: &[u64]) -> Option<f64> {
        let minutes = &self.minutes[self.minutes.len().checked_sub(long_lived.len())?..];
        let rate = |i: usize| {
            let time = minutes[i] - minutes[i - 1];
            (time > 0.0).then(|| long_lived[i].saturating_sub(long_lived[i - 1]) as f64 / time)
        };
        let first = (1..long_lived.len()).find_map(|i| rate(i).filter(|rate| *rate > 0.0))?;
        Some(rate(long_lived.len() - 1)? / first)
    }
}

/// Whether most of what came first has gone.
fn comes_and_goes(ids: &[Option<&GoroutineIds>]) -> bool {
    let [Some(first), Some(second), .., Some(last)] = ids else { return false };
    let came = second.len() - first.shared(second);
    let stayed = second.shared(last) - first.intersection(second).shared(last);
    came > 0 && stayed * 2 < came
}

/// The goroutines made until each moment, as favourable to a steady share as the ids allow: their first interval the longer
/// and their last the shorter by what ids can't tell.
fn doubted(issued: &[f64]) -> Vec<f64> {
    let (Some(first), Some(last)) = (issued.first(), issued.last()) else { return Vec::new() };
    let mut likely = vec![first - UNTOLD_BY_IDS];
    likely.extend(&issued[1..issued.len() - 1]);
    let before = likely.last().copied().unwrap_or(*first);
    likely.push((last - UNTOLD_BY_IDS).max(before + 1.0));
    likely
}
