//! Whether numbers rise, how fast, and how sure that is. Ranks and medians only: counts of goroutines are neither normal
//! nor free of outliers.

/// Points up to which the exact distribution of S is counted; the normal one is close beyond (Gilbert 1987, table A18 ends
/// at 10 too).
const EXACT_UP_TO: usize = 10;
/// Points of which all pairs are looked at; 2,000 make two million slopes.
const MOST_POINTS: usize = 2_000;
/// The normal distribution's 97.5 % point, for intervals of 95 %.
const Z_95: f64 = 1.959_963_984_540_054;

/// The result of a Mann–Kendall test (Mann 1945, Econometrica 13).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannKendall {
    /// Pairs that rise minus pairs that fall.
    pub s: i64,
    /// The chance of an S as large in a series without order: one-sided, for an increase.
    pub p: f64,
}

/// Tests whether values rise over their order. `None` below three values or where one is not a finite number.
#[must_use]
pub fn mann_kendall(values: &[f64]) -> Option<MannKendall> {
    if values.len() < 3 || !values.iter().all(|v| v.is_finite()) {
        return None;
    }
    let mut sorted: Vec<f64> = Vec::with_capacity(values.len());
    let mut s = 0i64;
    for value in values {
        let (below, up_to) = (sorted.partition_point(|v| v < value), sorted.partition_point(|v| v <= value));
        s += below as i64 - (sorted.len() - up_to) as i64;
        sorted.insert(up_to, *value);
    }
    let tied = sorted.windows(2).any(|pair| pair[0] == pair[1]);
    let p = if tied || values.len() > EXACT_UP_TO { normal_p(s, &sorted) } else { exact_p(s, values.len()) };
    Some(MannKendall { s, p })
}

/// P(S ≥ s) over all orders of n different values. An order with k inversions has S = n(n−1)/2 − 2k.
fn exact_p(s: i64, n: usize) -> f64 {
    // Orders by inversions: the next value can go before 0, 1, … of those that are there.
    let mut orders = vec![1u64];
    for there in 1..n {
        let mut longer = vec![0; orders.len() + there];
        for (inversions, count) in orders.iter().enumerate() {
            longer[inversions..=inversions + there].iter_mut().for_each(|sum| *sum += count);
        }
        orders = longer;
    }
    let most = (orders.len() - 1) as i64;
    let as_large: u64 = orders.iter().zip(0..).filter(|(_, k)| most - 2 * k >= s).map(|(count, _)| count).sum();
    as_large as f64 / orders.iter().sum::<u64>() as f64
}

/// P(S ≥ s) by the normal distribution, with corrections for ties and for continuity (S − 1: the half of its step).
fn normal_p(s: i64, sorted: &[f64]) -> f64 {
    let variance = kendall_variance(sorted.len(), &[sorted]);
    // All values are equal: S can't be other than 0.
    if variance <= 0.0 { 1.0 } else { upper_tail((s - 1) as f64 / variance.sqrt()) }
}

/// The variance of S of n points where some values are equal (Sen 1968, equation 2.6).
fn kendall_variance(n: usize, sorted: &[&[f64]]) -> f64 {
    let term = |n: usize| (n as f64) * (n as f64 - 1.0) * (2.0 * n as f64 + 5.0);
    let ties: f64 = sorted.iter().flat_map(|v| v.chunk_by(|a, b| a == b)).map(|equal| term(equal.len())).sum();
    (term(n) - ties) / 18.0
}

/// P(Z ≥ z) of the normal distribution, exact to about 12 digits also in the far tail, where many tests need it.
fn upper_tail(z: f64) -> f64 {
    let density = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    if z.abs() > 3.0 {
        // Laplace's continued fraction (Abramowitz and Stegun 26.2.14).
        let fraction = (1..=80).rev().fold(z.abs(), |rest, k| z.abs() + f64::from(k) / rest);
        return if z > 0.0 { density / fraction } else { 1.0 - density / fraction };
    }
    // z + z³/3 + z⁵/(3·5) + … (Abramowitz and Stegun 26.2.11); 60 terms are enough up to 3.
    let (mut term, mut sum) = (z, z);
    for k in 1..60 {
        term *= z * z / f64::from(2 * k + 1);
        sum += term;
    }
    0.5 - density * sum
}

/// A slope that outliers don't move, with its 95 % interval (Theil 1950, Sen 1968).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TheilSen {
    /// The median of the slopes of all pairs.
    pub slope: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The slope of y over x. `None` below three points, where all x are equal, or where something is not a finite number.
/// Of long series evenly spread points are taken.
#[must_use]
pub fn theil_sen(x: &[f64], y: &[f64]) -> Option<TheilSen> {
    if x.len() != y.len() || x.len() < 3 || !x.iter().chain(y).all(|v| v.is_finite()) {
        return None;
    }
    let (x, y) = (thinned(x), thinned(y));
    let mut slopes = pairwise_slopes(&x, &y);
    if slopes.is_empty() {
        return None;
    }
    let (sorted_x, sorted_y) = (sorted(x), sorted(y));
    let spread = Z_95 * kendall_variance(sorted_x.len(), &[&sorted_x, &sorted_y]).max(0.0).sqrt();
    let count = slopes.len();
    let low = ((count as f64 - spread) / 2.0).round_ties_even() - 1.0;
    let high = ((count as f64 + spread) / 2.0).round_ties_even();
    let mut ranked = |rank: usize| *slopes.select_nth_unstable_by(rank.min(count - 1), f64::total_cmp).1;
    let slope = f64::midpoint(ranked((count - 1) / 2), ranked(count / 2));
    Some(TheilSen { slope, low: ranked(low.max(0.0) as usize), high: ranked(high as usize) })
}

fn pairwise_slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(x.len() * (x.len() - 1) / 2);
    for (i, (xi, yi)) in x.iter().zip(y).enumerate() {
        let later = x[i + 1..].iter().zip(&y[i + 1..]);
        slopes.extend(later.filter(|(xj, _)| *xj != xi).map(|(xj, yj)| (yj - yi) / (xj - xi)));
    }
    slopes
}

/// At most [`MOST_POINTS`], the first and the last among them.
fn thinned(values: &[f64]) -> Vec<f64> {
    let n = values.len();
    let taken = n.min(MOST_POINTS);
    (0..taken).map(|i| values[i * (n - 1) / (taken - 1)]).collect()
}

/// The median of at least one value.
pub(super) fn median(values: &[f64]) -> f64 {
    let sorted = sorted(values.to_vec());
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

/// The value at a time, on the straight line between the two around it; of two points at least, in order of time.
pub(super) fn interpolate(times: &[f64], values: &[f64], time: f64) -> f64 {
    let after = times.partition_point(|m| *m < time).clamp(1, times.len() - 1);
    let (from, to) = (times[after - 1], times[after]);
    let share = if to > from { ((time - from) / (to - from)).clamp(0.0, 1.0) } else { 1.0 };
    values[after - 1] + (values[after] - values[after - 1]) * share
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Adjusts the p of many tests: those with q below 0.05 have at most 5 % false ones among them on average (Benjamini and
/// Hochberg 1995). In the order given.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut by_size: Vec<usize> = (0..p.len()).collect();
    by_size.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut q = vec![1.0; p.len()];
    let mut least = 1.0f64;
    for (rank, at) in by_size.into_iter().enumerate().rev() {
        least = least.min(p[at] * p.len() as f64 / (rank + 1) as f64);
        q[at] = least;
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(got: f64, want: f64) {
        assert!((got - want).abs() <= want.abs() * 1e-9, "{got} is not {want}");
    }

    /// The distribution that Gilbert (Statistical Methods for Environmental Pollution Monitoring, 1987, table A18) prints to
    /// three digits; these were counted over all orders in Python.
    #[test]
    fn the_exact_p_is_the_published_one() {
        let table = [(3, 3, 0.167), (4, 6, 0.042), (4, 4, 0.167), (5, 8, 0.042), (6, 11, 0.028), (7, 15, 0.015)];
        let longer = [(8, 16, 0.031), (8, 14, 0.054), (10, 21, 0.036), (10, 23, 0.023), (10, -45, 1.0)];
        for (n, s, p) in table.into_iter().chain(longer) {
            assert!((exact_p(s, n) - p).abs() < 0.000_5, "n={n} s={s}: {}", exact_p(s, n));
        }
    }

    /// scipy 1.17.1: kendalltau(range(n), v, method="exact", alternative="greater").
    #[test]
    fn without_ties_it_agrees_with_scipy() {
        let eight = mann_kendall(&[1.0, 3.0, 2.0, 4.0, 6.0, 5.0, 7.0, 8.0]).unwrap();
        assert_eq!(eight.s, 24);
        near(eight.p, 0.000_868_055_555_555_555_5);
        let ten = mann_kendall(&[10.0, 12.0, 11.0, 15.0, 14.0, 18.0, 17.0, 21.0, 20.0, 25.0]).unwrap();
        assert_eq!(ten.s, 37);
        near(ten.p, 0.000_178_847_001_763_668_44);
    }

    /// pymannkendall 1.4.3, original_test: norm.sf of its z. Its z of a falling series is (S + 1)/σ; the last p here is
    /// scipy's norm.sf((S − 1)/σ), as P(S ≥ s) has it.
    #[test]
    fn with_ties_or_longer_it_agrees_with_pymannkendall() {
        let cases: [(&[f64], i64, f64); 5] = [
            (&[1., 2., 2., 3., 3., 3., 4., 5., 4., 6., 7., 7.], 58, 3.572_901_899_254_391e-5),
            (&[5., 5., 5., 6., 6., 6.], 9, 0.040_427_799_185_026_12),
            (&[3., 1., 4., 1., 5., 9., 2., 6., 5., 3., 5., 8., 9., 7., 9., 3.], 48, 0.016_085_745_331_750_66),
            (&[12., 14., 13., 17., 16., 19., 22., 21., 25., 24., 28., 27.], 56, 8.113_778_323_802_151e-5),
            (&[9., 8., 8., 7., 6., 5., 5., 4., 3., 2., 1., 1.], -63, 0.999_995_063_329_913_2),
        ];
        for (values, s, p) in cases {
            let got = mann_kendall(values).unwrap();
            assert_eq!(got.s, s);
            near(got.p, p);
        }
        assert_eq!(mann_kendall(&[4.0; 12]), Some(MannKendall { s: 0, p: 1.0 }));
        assert_eq!(mann_kendall(&[1.0, 2.0]), None);
        assert_eq!(mann_kendall(&[1.0, f64::NAN, 2.0]), None);
    }

    /// scipy 1.17.1: norm.sf.
    #[test]
    fn the_normal_tail_is_exact_far_out() {
        let middle = [(-5.0, 0.999_999_713_348_428_1), (-1.2, 0.884_930_329_778_291_8), (0.0, 0.5)];
        let upper = [(1.96, 0.024_997_895_148_220_435), (2.999, 0.001_354_336_533_727_105_7)];
        let far = [(3.001, 0.001_345_472_825_084_965_3), (4.5, 3.397_673_124_730_053_5e-6)];
        let very_far = [(8.0, 6.220_960_574_271_74e-16), (20.0, 2.753_624_118_606_155_6e-89)];
        for (z, p) in middle.into_iter().chain(upper).chain(far).chain(very_far) {
            near(upper_tail(z), p);
        }
    }

    /// scipy 1.17.1: theilslopes(y, x, 0.95).
    #[test]
    fn slopes_agree_with_scipy() {
        let even: Vec<f64> = (0..10).map(f64::from).collect();
        let cases: [(&[f64], &[f64], [f64; 3]); 4] = [
            (&even[..8], &[10., 12., 11., 15., 14., 18., 17., 30.], [1.5, 2.0 / 3.0, 3.8]),
            (
                &[0., 1., 2.5, 3., 4.25, 6., 9., 10., 11., 15.],
                &[100., 103., 108., 104., 115., 118., 130., 129., 140., 150.],
                [3.357_142_857_142_857, 2.9, 3.764_705_882_352_941],
            ),
            (&even, &[5., 5., 6., 6., 6., 7., 7., 8., 8., 8.], [0.375, 2.0 / 7.0, 0.5]),
            (&even[..3], &[1., 5., 4.], [1.5, -1.0, 4.0]),
        ];
        for (x, y, [slope, low, high]) in cases {
            let got = theil_sen(x, y).unwrap();
            near(got.slope, slope);
            near(got.low, low);
            near(got.high, high);
        }
        assert_eq!(theil_sen(&[2.0; 5], &even[..5]), None);
        assert_eq!(theil_sen(&even[..2], &even[..2]), None);
        assert_eq!(theil_sen(&even[..3], &even[..4]), None);
    }

    #[test]
    fn long_series_are_thinned() {
        let x: Vec<f64> = (0..20_000).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| x * 0.25 + 7.0).collect();
        assert_eq!(thinned(&x).len(), MOST_POINTS);
        assert_eq!((thinned(&x)[0], thinned(&x)[MOST_POINTS - 1]), (0.0, 19_999.0));
        assert_eq!(theil_sen(&x, &y), Some(TheilSen { slope: 0.25, low: 0.25, high: 0.25 }));
    }

    /// statsmodels 0.15.0: multipletests(p, method="fdr_bh"); scipy 1.17.1: false_discovery_control(p).
    #[test]
    fn q_agrees_with_statsmodels() {
        let q = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.005, 0.5, 0.2, 0.04, 0.9]);
        let want = [0.04, 0.064, 0.064, 0.04, 0.571_428_571_428_571_4, 0.266_666_666_666_666_66, 0.064, 0.9];
        q.iter().zip(want).for_each(|(q, want)| near(*q, want));
        assert!(benjamini_hochberg(&[]).is_empty());
    }
}
