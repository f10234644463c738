//! When the moments of a series were.

/// By what the moments of a series are put in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSource {
    /// The times that the profiles carry.
    Profiles,
    /// The times in the names of the files.
    Names,
    /// Nothing tells the time: one step from each moment to the next.
    Order,
}

/// When the moments of a series were.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Minutes since the first moment; the moment's index where only the order is known.
    pub minutes: Vec<f64>,
    /// From where they are.
    pub source: ClockSource,
    /// What of the times can't be true together, as sentences. Moments are counted from 1.
    pub contradictions: Vec<String>,
}

const MINUTE: i128 = 60_000_000_000;

/// All zones are whole quarter hours from UTC.
const QUARTER: i128 = 15 * MINUTE;

/// No zone is farther from UTC than Kiribati's.
const FARTHEST_ZONE: i128 = 14 * 60 * MINUTE;

/// Puts moments in time, given in their order with the times of the profiles and of the names, where they have them, in
/// nanoseconds. The profiles' times are taken where all have them, none is before its predecessor's and not all are one;
/// else those of the names by the same rule; else the order.
#[must_use]
pub fn minutes(times: &[Option<i64>], names: &[Option<i64>]) -> Clock {
    let total = times.len().max(names.len());
    let mut contradictions: Vec<String> = backwards(times, "the profiles' own times").into_iter().collect();
    let (source, minutes) = if let Some(minutes) = since_first(times, total) {
        (ClockSource::Profiles, minutes)
    } else if let Some(minutes) = since_first(names, total) {
        (ClockSource::Names, minutes)
    } else {
        contradictions.extend(backwards(names, "the times in the names"));
        (ClockSource::Order, (0..total).map(|i| i as f64).collect())
    };
    contradictions.extend(apart(times, names));
    Clock { minutes, source, contradictions }
}

/// Minutes since the first of `total` times, where all are known, in order, and tell moments apart.
fn since_first(times: &[Option<i64>], total: usize) -> Option<Vec<f64>> {
    let known: Vec<i64> = times.iter().copied().collect::<Option<_>>()?;
    let (first, last) = (*known.first()?, *known.last()?);
    let usable = known.len() == total && known.is_sorted() && (total == 1 || first < last);
    let since = |time: i64| (i128::from(time) - i128::from(first)) as f64 / MINUTE as f64;
    usable.then(|| known.into_iter().map(since).collect())
}

/// Says where times go backwards, if they do.
fn backwards(times: &[Option<i64>], what: &str) -> Option<String> {
    let known: Vec<(usize, i64)> = times.iter().enumerate().filter_map(|(i, time)| Some((i + 1, (*time)?))).collect();
    let steps = || known.iter().zip(known.iter().skip(1)).filter(|(before, after)| after.1 < before.1);
    let ((before, early), (after, late)) = steps().next()?;
    let back = span(i128::from(*early) - i128::from(*late));
    let more = match steps().count() - 1 {
        0 => String::new(),
        n => format!("; so do {n} later ones"),
    };
    Some(format!("By {what}, moment {after} comes {back} before moment {before}{more}."))
}

/// Says where the names and the profiles tell different times, whatever the zone of the names: more than a minute apart.
fn apart(times: &[Option<i64>], names: &[Option<i64>]) -> Option<String> {
    let pairs = times.iter().zip(names).enumerate();
    let differences: Vec<(usize, i128)> =
        pairs.filter_map(|(i, (time, name))| Some((i + 1, i128::from((*name)?) - i128::from((*time)?)))).collect();
    let zone = zone_of(&differences);
    let apart: Vec<(usize, i128)> =
        differences.iter().map(|(i, d)| (*i, d - zone)).filter(|(_, d)| d.abs() > MINUTE).collect();
    let (worst, difference) = *apart.iter().max_by_key(|(i, d)| (d.abs(), std::cmp::Reverse(*i)))?;
    let direction = if difference > 0 { "later" } else { "earlier" };
    let (n, all, by) = (apart.len(), differences.len(), span(difference.abs()));
    Some(format!(
        "The names and the profiles' own times disagree at {n} of {all} moments; at moment {worst} the name is {by} \
         {direction}."
    ))
}

/// The zone that most names are in: the middle difference, to a quarter hour; 0 where no zone is that far from UTC.
fn zone_of(differences: &[(usize, i128)]) -> i128 {
    let mut zones: Vec<i128> =
        differences.iter().map(|(_, d)| (d + QUARTER / 2).div_euclid(QUARTER) * QUARTER).collect();
    zones.sort_unstable();
    let middle = zones.get(zones.len().saturating_sub(1) / 2).copied().unwrap_or(0);
    if middle.abs() <= FARTHEST_ZONE { middle } else { 0 }
}

/// A span of time in words, to two places at most.
fn span(nanos: i128) -> String {
    let seconds = nanos / 1_000_000_000;
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, 0) => "less than a second".to_owned(),
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, m, s) => format!("{m} min {s} s"),
        (0, h, m, _) => format!("{h} h {m} min"),
        (d, h, ..) => format!("{d} d {h} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, ClockSource, minutes};

    const SECOND: i64 = 1_000_000_000;
    const HOUR: i64 = 3600;

    /// Times that many seconds after a moment in 2026.
    fn at<const N: usize>(seconds: [i64; N]) -> Vec<Option<i64>> {
        seconds.iter().map(|s| Some((1_795_228_828 + s) * SECOND)).collect()
    }

    fn none(n: usize) -> Vec<Option<i64>> {
        vec![None; n]
    }

    fn check(clock: &Clock, source: ClockSource, minutes: &[f64], contradictions: &[&str]) {
        assert_eq!((clock.source, &clock.minutes[..]), (source, minutes));
        assert_eq!(clock.contradictions, contradictions);
    }

    #[test]
    fn profiles_are_believed_then_names_then_the_order() {
        let times = at([0, 30, 30, 600]);
        check(&minutes(&times, &none(4)), ClockSource::Profiles, &[0.0, 0.5, 0.5, 10.0], &[]);
        check(&minutes(&none(4), &times), ClockSource::Names, &[0.0, 0.5, 0.5, 10.0], &[]);
        let mut one_missing = times.clone();
        one_missing[2] = None;
        check(&minutes(&one_missing, &at([0, 60, 120, 600])), ClockSource::Names, &[0.0, 1.0, 2.0, 10.0], &[]);
        check(&minutes(&one_missing, &one_missing), ClockSource::Order, &[0.0, 1.0, 2.0, 3.0], &[]);
        check(&minutes(&[], &[]), ClockSource::Order, &[], &[]);
        check(&minutes(&at([7]), &[None]), ClockSource::Profiles, &[0.0], &[]);
        check(&minutes(&at([7, 7, 7]), &none(3)), ClockSource::Order, &[0.0, 1.0, 2.0], &[]);
    }

    #[test]
    fn times_that_go_backwards_are_not_believed() {
        let told = "By the profiles' own times, moment 3 comes 1 min 5 s before moment 2; so do 1 later ones.";
        let clock = minutes(&at([0, 100, 35, 200, 199]), &none(5));
        check(&clock, ClockSource::Order, &[0.0, 1.0, 2.0, 3.0, 4.0], &[told]);
        let told = "By the profiles' own times, moment 3 comes 25 s before moment 1.";
        let mut times = at([60, 0, 35]);
        times[1] = None;
        check(&minutes(&times, &at([0, 30, 60])), ClockSource::Names, &[0.0, 0.5, 1.0], &[told]);
        let told = "By the times in the names, moment 2 comes 2 d 1 h before moment 1.";
        check(&minutes(&none(2), &at([49 * HOUR, 0])), ClockSource::Order, &[0.0, 1.0], &[told]);
    }

    #[test]
    fn names_in_another_zone_agree() {
        let times = at([0, 60, 120]);
        for zone in [0, 2 * HOUR, -5 * HOUR, 5 * HOUR + 45 * 60, 14 * HOUR] {
            let names = at([zone, zone + 60 + 59, zone + 120 - 60]);
            check(&minutes(&times, &names), ClockSource::Profiles, &[0.0, 1.0, 2.0], &[]);
        }
    }

    #[test]
    fn names_that_tell_another_time_are_told() {
        let times = at([0, 60, 120]);
        let of = |names: &[Option<i64>]| minutes(&times, names).contradictions;
        let told = "The names and the profiles' own times disagree at 1 of 3 moments; at moment 2 the name is 1 min 1 s later.";
        assert_eq!(of(&at([HOUR, HOUR + 121, HOUR + 120])), [told]);
        let told = "The names and the profiles' own times disagree at 3 of 3 moments; at moment 1 the name is 5 min 0 s earlier.";
        assert_eq!(of(&at([-300, -240, -180])), [told]);
        let told =
            "The names and the profiles' own times disagree at 2 of 2 moments; at moment 1 the name is 2 d 0 h later.";
        assert_eq!(of(&[at([48 * HOUR]), none(1), at([48 * HOUR + 120])].concat()), [told]);
        let extreme = [Some(i64::MIN), Some(i64::MAX)];
        assert_eq!(minutes(&extreme, &[extreme[1], extreme[0]]).contradictions.len(), 1);
    }
}
