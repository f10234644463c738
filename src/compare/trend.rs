//! The rules of judgement over a series of moments: by counts, and by who stayed.

use std::borrow::Cow;

use super::statistics::{TheilSen, interpolate, mann_kendall, median, theil_sen};
use crate::model::GoroutineIds;

/// Moments below which counts prove nothing: load wanders, and no test tells it from growth.
const ENOUGH_MOMENTS: usize = 6;
/// Goroutines that a growth has at least.
const LEAST_GROWTH: f64 = 10.0;
/// What a growth of counts is at least, of their median.
const LEAST_SHARE_OF_MEDIAN: f64 = 0.25;
/// What a growth of long-lived goroutines is at least, of those there were first.
const LEAST_SHARE_OF_LONG_LIVED: f64 = 0.2;
/// Where not one goes, so many that stay are enough if ten come.
const FEW_THAT_ALL_STAY: u64 = 5;
/// How many of three moments' goroutines stay where they pile up.
const STAYING: f64 = 0.8;

/// What the counts of one group tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountTrend {
    /// Mann–Kendall's; many groups need [`benjamini_hochberg`](super::benjamini_hochberg) over them all.
    pub p: f64,
    /// Goroutines a minute.
    pub slope: TheilSen,
    /// Six moments and more.
    pub enough: bool,
    /// By the slope there are at least ten, and a quarter of the median, more at the end than at the start.
    pub grown: bool,
    /// The least of the second half is above the most of the first: what went up stayed up. The middle one of an odd
    /// number is of the second half.
    pub floor: bool,
    /// Its shape.
    pub shape: Shape,
}

/// Judges counts at moments in order of time. `None` below three, where times go back, or where there is no time between
/// them. A p is there below six too; it proves nothing unless `enough`.
#[must_use]
pub fn count_trend(minutes: &[f64], counts: &[i64]) -> Option<CountTrend> {
    let values: Vec<f64> = counts.iter().map(|c| *c as f64).collect();
    let slope = theil_sen(minutes, &values).filter(|_| minutes.is_sorted())?;
    let growth = slope.slope * (minutes.last()? - minutes.first()?);
    let (first, second) = counts.split_at(counts.len() / 2);
    Some(CountTrend {
        p: mann_kendall(&values)?.p,
        slope,
        enough: counts.len() >= ENOUGH_MOMENTS,
        grown: growth >= (LEAST_SHARE_OF_MEDIAN * median(&values)).max(LEAST_GROWTH),
        floor: second.iter().min() > first.iter().max(),
        shape: Shape::of(minutes, &values),
    })
}

/// What a series looks like. The first that holds, in this order: `Flat`, `Falling`, `Fluctuating`, `Step`, `Slowing`,
/// `Steady`, `Ramp`. The way of a series is the sum of all its steps, up and down, without their signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The most is above the least by 2 or by 5 % of the most, and no more.
    Flat,
    /// The net growth is at least half of the way, and at most a tenth of what goes up comes back down.
    Steady,
    /// The last third of the time has less than a third of the growth of the first third: a filled pool, a load at its top.
    Slowing,
    /// One interval holds 70 % of the net growth and more, in at most half of the time: a deploy, a new client, an event.
    Step {
        /// The index of the first moment after it.
        moment: usize,
    },
    /// The net growth is at least half of the way, but more than a tenth of what goes up comes back down: as load grows.
    Ramp,
    /// The net fall is at least half of the way.
    Falling,
    /// Neither: what goes up comes down.
    Fluctuating,
}

impl Shape {
    /// Of at least two values at times in order.
    fn of(minutes: &[f64], values: &[f64]) -> Self {
        let most = values.iter().copied().fold(f64::MIN, f64::max);
        let least = values.iter().copied().fold(f64::MAX, f64::min);
        let steps = || values.windows(2).map(|pair| pair[1] - pair[0]);
        let up: f64 = steps().filter(|step| *step > 0.0).sum();
        let down: f64 = -steps().filter(|step| *step < 0.0).sum::<f64>();
        let (net, way) = (up - down, up + down);
        if most - least <= (most.abs() * 0.05).max(2.0) {
            Shape::Flat
        } else if net <= -way / 2.0 {
            Shape::Falling
        } else if net < way / 2.0 {
            Shape::Fluctuating
        } else if let Some(moment) = step(minutes, values, net) {
            Shape::Step { moment }
        } else if slows(minutes, values) {
            Shape::Slowing
        } else if down * 10.0 <= up {
            Shape::Steady
        } else {
            Shape::Ramp
        }
    }

    /// In words that follow "The count" or the like.
    #[must_use]
    pub fn words(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Shape::Flat => "stays about the same",
            Shape::Steady => "grows steadily",
            Shape::Slowing => "grew and levelled off",
            Shape::Step { moment } => return Cow::Owned(format!("makes one step up, at snapshot {}", moment + 1)),
            Shape::Ramp => "grows with ups and downs",
            Shape::Falling => "falls",
            Shape::Fluctuating => "goes up and down",
        })
    }
}

fn step(minutes: &[f64], values: &[f64], net: f64) -> Option<usize> {
    let half = (minutes.last()? - minutes.first()?) / 2.0;
    let is_step = |i: &usize| values[*i] - values[i - 1] >= 0.7 * net && minutes[*i] - minutes[i - 1] <= half;
    (1..values.len()).find(is_step)
}

fn slows(minutes: &[f64], values: &[f64]) -> bool {
    let (Some(start), Some(end)) = (minutes.first(), minutes.last()) else { return false };
    let third = (end - start) / 3.0;
    let growth = |from: f64, to: f64| interpolate(minutes, values, to) - interpolate(minutes, values, from);
    growth(end - third, *end) * 3.0 < growth(*start, start + third)
}

/// What the goroutines of one group, told apart by their ids, tell over a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityTrend {
    /// How many were there through half of the intervals (rounded down) up to a moment: the first is for moment N/2, the
    /// last for the last.
    pub long_lived: Vec<u64>,
    /// They pile up. Of four moments and more: the long-lived never become fewer, and in the end are more by ten and by a
    /// fifth. Of three: of those of the first moment and of those that came in the first interval four fifths stay to the
    /// end, some come in both intervals, and at least ten of the last were there at the second (five, if none of the second
    /// went and ten have come since the first).
    pub grows: bool,
    /// There at the first and the last moment.
    pub survivors: u64,
    /// There at the last and not at the first.
    pub births: u64,
    /// There at the first and not at the last.
    pub deaths: u64,
}

/// Judges who stayed in a group over moments in order. `None` in the list is a moment without the group. No answer below
/// three moments, or where no moment has ids.
///
/// Load doesn't mislead it, up or down, while work lives a tenth of those N/2 intervals; at a quarter a ramp does
/// (`examples/leak_or_load.rs`). A pool that fills piles up as a leak does: see [`steady_births`].
#[must_use]
pub fn identity_trend(ids: &[Option<&GoroutineIds>]) -> Option<IdentityTrend> {
    let none = GoroutineIds::default();
    let ids: Vec<&GoroutineIds> = ids.iter().map(|ids| ids.unwrap_or(&none)).collect();
    let [first, .., last] = ids[..] else { return None };
    if ids.len() < 3 || ids.iter().all(|ids| ids.is_empty()) {
        return None;
    }
    let long_lived = GoroutineIds::through_half(&ids);
    let grows = if let [first, second, third] = ids[..] { pile_up(first, second, third) } else { rise(&long_lived) };
    let survivors = first.shared(last);
    let (births, deaths) = (last.len() - survivors, first.len() - survivors);
    Some(IdentityTrend { long_lived, grows, survivors, births, deaths })
}

fn rise(long_lived: &[u64]) -> bool {
    let (Some(first), Some(last)) = (long_lived.first(), long_lived.last()) else { return false };
    let growth = last.saturating_sub(*first) as f64;
    long_lived.is_sorted() && growth >= LEAST_GROWTH && growth >= LEAST_SHARE_OF_LONG_LIVED * *first as f64
}

fn pile_up(first: &GoroutineIds, second: &GoroutineIds, third: &GoroutineIds) -> bool {
    let (old, old_stayed) = (first.len(), first.intersection(second).shared(third));
    let (new, kept) = (second.len() - first.shared(second), second.shared(third));
    let new_stayed = kept - old_stayed;
    let stays = |stayed: u64, of: u64| stayed as f64 >= STAYING * of as f64;
    let came = third.len() - old_stayed;
    let enough = kept as f64 >= LEAST_GROWTH
        || (kept == second.len() && kept >= FEW_THAT_ALL_STAY && came as f64 >= LEAST_GROWTH);
    stays(old_stayed, old) && stays(new_stayed, new) && new > 0 && third.len() > kept && enough
}

/// How many come a minute in the last interval, as a multiple of those of the first: about 1 for a leak under constant
/// load, well below for a pool that fills. `None` below three moments, or where the first interval has no such rate.
#[must_use]
pub fn steady_births(minutes: &[f64], ids: &[Option<&GoroutineIds>]) -> Option<f64> {
    let n = Some(ids.len()).filter(|n| *n >= 3 && minutes.len() == *n)?;
    let rate = |at: usize| {
        let came = ids[at].map_or(0, |now| now.len() - ids[at - 1].map_or(0, |before| before.shared(now)));
        let time = minutes[at] - minutes[at - 1];
        (time > 0.0).then(|| came as f64 / time)
    };
    rate(1).filter(|first| *first > 0.0).and_then(|first| Some(rate(n - 1)? / first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even(n: usize) -> Vec<f64> {
        (0..n).map(|i| i as f64 * 5.0).collect()
    }

    #[test]
    fn shapes() {
        let shape = |counts: &[i64]| count_trend(&even(counts.len()), counts).unwrap().shape;
        assert_eq!(shape(&[100, 101, 103, 99, 100, 102]), Shape::Flat);
        assert_eq!(shape(&[0, 0, 1, 0, 2, 0]), Shape::Flat);
        assert_eq!(shape(&[10, 20, 31, 40, 50, 61]), Shape::Steady);
        assert_eq!(shape(&[10, 20, 19, 40, 52, 61]), Shape::Steady);
        assert_eq!(shape(&[1, 2, 4, 8, 16, 32, 64]), Shape::Steady);
        assert_eq!(shape(&[10, 60, 90, 97, 99, 100]), Shape::Slowing);
        assert_eq!(shape(&[10, 10, 10, 10, 90, 95]), Shape::Step { moment: 4 });
        assert_eq!(shape(&[10, 10, 100]), Shape::Step { moment: 2 });
        assert_eq!(shape(&[10, 40, 25, 60, 45, 90]), Shape::Ramp);
        assert_eq!(shape(&[90, 70, 75, 40, 20, 10]), Shape::Falling);
        assert_eq!(shape(&[10, 90, 20, 80, 15, 30]), Shape::Fluctuating);
        assert_eq!(Shape::Step { moment: 4 }.words(), "makes one step up, at snapshot 5");
    }

    /// Ten a minute all the time; a pause of the snapshots is no step, and a late one no plateau.
    #[test]
    fn shapes_know_of_time() {
        let trend = count_trend(&[0.0, 1.0, 2.0, 20.0, 21.0, 22.0], &[0, 10, 20, 200, 210, 220]).unwrap();
        assert_eq!((trend.shape, trend.slope.slope), (Shape::Steady, 10.0));
        for times in [&[0.0, 2.0, 1.0][..], &[1.0; 3], &[0.0, 1.0], &[0.0, 1.0, 2.0, 3.0]] {
            assert_eq!(count_trend(times, &[1, 2, 3]), None);
        }
    }

    #[test]
    fn counts_need_all_conditions() {
        let conditions = |counts: &[i64]| {
            let trend = count_trend(&even(counts.len()), counts).unwrap();
            (trend.enough, trend.grown, trend.floor)
        };
        assert_eq!(conditions(&[10, 20, 30, 40, 50, 60, 70, 80]), (true, true, true));
        assert_eq!(conditions(&[10, 20, 30, 40, 50]), (false, true, true));
        // 45 more of 1,022: not a quarter. 9 more of 5: not ten.
        assert_eq!(conditions(&[1000, 1009, 1018, 1027, 1036, 1045]), (true, false, true));
        assert_eq!(conditions(&[1, 3, 5, 6, 8, 10]), (true, false, true));
        assert_eq!(conditions(&[10, 40, 25, 60, 35, 90]), (true, true, false));
        assert_eq!(conditions(&[80, 70, 60, 50, 40, 30]), (true, false, false));
    }

    /// A leak of `rate` ids an interval from id 0 on, among work in flight that is new each time.
    fn leak(moments: u64, rate: u64, in_flight: impl Fn(u64) -> u64) -> Vec<GoroutineIds> {
        let work = |i: u64| (0..in_flight(i)).map(move |id| 1_000_000 * (i + 1) + id);
        (0..moments).map(|i| (0..i * rate).chain(work(i)).collect()).collect()
    }

    fn judged(ids: &[GoroutineIds]) -> IdentityTrend {
        identity_trend(&ids.iter().map(Some).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_leak_under_falling_load_is_seen() {
        let trend = judged(&leak(8, 6, |i| 900 - 100 * i));
        assert_eq!((trend.long_lived, trend.grows), (vec![0, 6, 12, 18], true));
        assert_eq!((trend.survivors, trend.births, trend.deaths), (0, 242, 900));
        assert_eq!(judged(&leak(7, 6, |_| 50)).long_lived, [0, 6, 12, 18]);
        assert_eq!(judged(&leak(4, 20, |_| 50)).long_lived, [0, 20]);
    }

    #[test]
    fn traffic_and_pools_do_not_grow() {
        assert!(!judged(&leak(8, 0, |i| 50 * (i + 1))).grows);
        assert!(!judged(&leak(8, 3, |_| 50)).grows, "nine more aren't ten");
        let pool: GoroutineIds = (0..40).collect();
        let trend = identity_trend(&[Some(&pool); 8]).unwrap();
        assert_eq!((trend.long_lived, trend.grows), (vec![40; 4], false));
        assert_eq!((identity_trend(&[None; 3]), identity_trend(&[Some(&pool); 2])), (None, None));
    }

    #[test]
    fn three_moments_need_newcomers_that_stay() {
        let sets = |ranges: [std::ops::Range<u64>; 3]| ranges.map(GoroutineIds::from_iter);
        assert!(judged(&sets([0..10, 0..20, 0..30])).grows);
        assert!(!judged(&sets([0..3, 0..6, 0..9])).grows);
        assert!(!judged(&sets([0..10, 0..20, 0..20])).grows, "none came in the second interval");
        assert!(!judged(&sets([10..20, 0..20, 7..40])).grows, "newcomers went");
        assert!(!judged(&sets([0..10, 3..20, 3..30])).grows, "the old went");
        let [_, second, third] = sets([0..0, 0..20, 0..40]);
        let trend = identity_trend(&[None, Some(&second), Some(&third)]).unwrap();
        assert_eq!((trend.grows, trend.survivors, trend.births, trend.deaths), (true, 0, 40, 0));
    }

    #[test]
    fn births_tell_a_pool_that_fills() {
        let filling: Vec<GoroutineIds> = [10u64, 50, 70, 80].into_iter().map(|n| (0..n).collect()).collect();
        let filling: Vec<_> = filling.iter().map(Some).collect();
        assert_eq!(steady_births(&even(4), &filling), Some(0.25));
        assert_eq!(steady_births(&[0.0, 5.0, 10.0, 12.5], &filling), Some(0.5));
        assert_eq!(steady_births(&even(4), &[None, None, filling[0], filling[1]]), None);
        assert_eq!(steady_births(&even(3), &filling[..2]), None);
    }
}
