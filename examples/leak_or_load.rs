//! How often rules of judgement over eight snapshots mistake load for a leak, and how often they find a leak. A service
//! without limit on its goroutines (M/G/∞) under several loads, with and without a leak of 0.5 % of its requests.
//!
//! What it shows: counts alone can't tell a leak from a load that grows. Ids can while work lives less than half an
//! interval. At one interval a ramp is called a leak in half of the runs; that those who were there through the first
//! half also stay to the end excludes it, and then finds only leaks that stand in a place of their own. A pool that fills
//! is known by its births alone. The first table is a leak where others wait but briefly, as most are.
//!
//! `cargo run --release --example leak_or_load` takes ten seconds and printed:
//!
//! ```text
//! Requests live 0.002 min, snapshots every 5 min. False alarms / leaks found, in percent:
//! load                every step  Mann-Kendall all of counts           ids   ids, births  ids, staying  ids of three
//! flat                   0 / 100       5 / 100       0 / 100       0 / 100       0 / 100       0 / 100       0 /  97
//! autocorrelated         0 / 100       2 / 100       0 / 100       0 /  94       0 /  94       0 /  94       0 /  95
//! step                   0 / 100      16 / 100       0 / 100       0 / 100       0 / 100       0 / 100       0 /  98
//! ramp                   0 / 100      30 / 100       0 / 100       0 / 100       0 / 100       0 / 100       0 / 100
//! falling                0 /  99       1 / 100       0 /  99       0 /  98       0 /  76       0 /  98       0 /  93
//! filling pool          98 /   -     100 /   -      98 /   -     100 /   -       0 /   -     100 /   -      98 /   -
//!
//! Requests live 0.5 min, snapshots every 5 min. False alarms / leaks found, in percent:
//! load                every step  Mann-Kendall all of counts           ids   ids, births  ids, staying  ids of three
//! flat                   0 /   5       6 /  98       0 /  10       0 / 100       0 / 100       0 / 100       0 /   0
//! autocorrelated         0 /   1      16 /  34       0 /   2       0 /  96       0 /  96       0 /  96       0 /   0
//! step                   0 /  12      48 /  99       0 /  42       0 / 100       0 / 100       0 / 100       0 /   0
//! ramp                  96 /  98     100 / 100     100 / 100       0 / 100       0 / 100       0 / 100       0 /   0
//! falling                0 /   0       0 /   0       0 /   0       0 / 100       0 / 100       0 / 100       0 /   0
//! filling pool          98 /   -     100 /   -      98 /   -     100 /   -       0 /   -     100 /   -      98 /   -
//!
//! Requests live 2 min, snapshots every 5 min. False alarms / leaks found, in percent:
//! load                every step  Mann-Kendall all of counts           ids   ids, births  ids, staying  ids of three
//! flat                   0 /   0       3 /  68       0 /   0       0 / 100       0 / 100       0 / 100       0 /   0
//! autocorrelated         0 /   0      13 /  14       0 /   0       0 /  96       0 /  96       0 /  96       0 /   0
//! step                   2 /   8      70 /  95       6 /  23       0 / 100       0 / 100       0 / 100       0 /   0
//! ramp                 100 / 100     100 / 100     100 / 100       0 / 100       0 / 100       0 / 100       0 /   0
//! falling                0 /   0       0 /   0       0 /   0       0 /  99       0 /  99       0 /  99       0 /   0
//! filling pool          98 /   -     100 /   -      98 /   -     100 /   -       0 /   -     100 /   -      98 /   -
//!
//! Requests live 5 min, snapshots every 5 min. False alarms / leaks found, in percent:
//! load                every step  Mann-Kendall all of counts           ids   ids, births  ids, staying  ids of three
//! flat                   0 /   0       6 /  36       0 /   0       6 /  70       6 /  70       0 /   0       0 /   0
//! autocorrelated         0 /   1      18 /  16       2 /   2      12 /  49      12 /  49       0 /   1       0 /   0
//! step                   4 /  18      76 /  90      18 /  35      18 /  80      18 /  80       0 /   0       0 /   0
//! ramp                 100 / 100     100 / 100     100 / 100      57 /  98      57 /  98       0 /   0       0 /   0
//! falling                0 /   0       0 /   0       0 /   0       0 /  27       0 /  27       0 /   0       0 /   0
//! filling pool          98 /   -     100 /   -      98 /   -     100 /   -       0 /   -     100 /   -      98 /   -
//! ```

#![allow(clippy::print_stdout)]

use unpark::compare::{benjamini_hochberg, count_trend, identity_trend, mann_kendall, steady_births};
use unpark::model::GoroutineIds;

const RUNS: u32 = 200;
const SNAPSHOTS: usize = 8;
/// Minutes between snapshots.
const INTERVAL: f64 = 5.0;
/// Minutes before the first snapshot; the longest mean life here fits into them eight times.
const WARM_UP: f64 = 40.0;
/// Requests a minute at a load of 1.
const REQUESTS: f64 = 600.0;
const LEAKING: f64 = 0.005;
/// Groups of a profile, over which p is adjusted.
const GROUPS: usize = 200;

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Above 0, up to 1.
    fn share(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.share().ln()
    }

    /// By Box and Muller.
    fn normal(&mut self) -> f64 {
        (-2.0 * self.share().ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos()
    }
}

#[derive(Clone, Copy)]
enum Load {
    Flat,
    /// Wanders: log-normal, correlated by 0.9 from one minute to the next.
    Autocorrelated,
    /// Doubles within the snapshots.
    Step,
    /// Three times as much at the end as at the first snapshot.
    Ramp,
    /// A third.
    Falling,
    /// No requests: connections that stay once opened, up to 300; what misses of them is opened within ten minutes.
    FillingPool,
}

const LOADS: [(Load, &str); 6] = [
    (Load::Flat, "flat"),
    (Load::Autocorrelated, "autocorrelated"),
    (Load::Step, "step"),
    (Load::Ramp, "ramp"),
    (Load::Falling, "falling"),
    (Load::FillingPool, "filling pool"),
];

impl Load {
    /// The load of each minute, from the warm-up on.
    fn minutes(self, random: &mut Random) -> Vec<f64> {
        let last = INTERVAL * (SNAPSHOTS - 1) as f64;
        let step_at = last * (0.15 + 0.7 * random.share());
        let mut wandering = random.normal();
        let count = (WARM_UP + last) as u32;
        let mut at = |minute: f64| {
            let way = (minute / last).max(0.0);
            match self {
                Load::Flat => 1.0,
                Load::Autocorrelated => {
                    wandering = 0.9 * wandering + (1.0f64 - 0.81).sqrt() * random.normal();
                    (0.3 * wandering).exp()
                }
                Load::Step => 1.0 + f64::from(minute > step_at),
                Load::Ramp => 1.0 + 2.0 * way,
                Load::Falling => 1.0 - way * 2.0 / 3.0,
                Load::FillingPool if minute < -2.0 => 0.0,
                Load::FillingPool => 30.0 / REQUESTS * (-(minute + 2.0) / 10.0).exp(),
            }
        };
        (0..count).map(|minute| at(f64::from(minute) - WARM_UP)).collect()
    }
}

/// Which goroutines are there at each snapshot.
fn snapshots(load: Load, mean_life: f64, leaking: f64, random: &mut Random) -> Vec<GoroutineIds> {
    let mut ids = vec![GoroutineIds::default(); SNAPSHOTS];
    let mut id = 0;
    for (minute, load_now) in load.minutes(random).into_iter().enumerate() {
        let rate = load_now * REQUESTS;
        let mut within = random.exponential(1.0) / rate;
        while within < 1.0 {
            let begin = minute as f64 + within - WARM_UP;
            let stays = random.share() <= leaking || matches!(load, Load::FillingPool);
            let end = if stays { f64::INFINITY } else { begin + random.exponential(mean_life) };
            for (snapshot, ids) in ids.iter_mut().enumerate() {
                if (begin..end).contains(&(snapshot as f64 * INTERVAL)) {
                    ids.insert(id);
                }
            }
            id += 1;
            within += random.exponential(1.0) / rate;
        }
    }
    ids
}

const RULES: [&str; 7] =
    ["every step", "Mann-Kendall", "all of counts", "ids", "ids, births", "ids, staying", "ids of three"];

/// What each of [`RULES`] says of one group.
fn judge(ids: &[GoroutineIds], random: &mut Random) -> [bool; RULES.len()] {
    let minutes: Vec<f64> = (0..ids.len()).map(|i| i as f64 * INTERVAL).collect();
    let counts: Vec<i64> = ids.iter().map(|ids| ids.len() as i64).collect();
    let ids: Vec<Option<&GoroutineIds>> = ids.iter().map(Some).collect();
    let (trend, grows) = (count_trend(&minutes, &counts), identity_trend(&ids).is_some_and(|t| t.grows));
    let by_counts = trend.is_some_and(|t| t.enough && t.grown && t.floor && adjusted(t.p, random) < 0.05);
    [
        counts.is_sorted_by(|a, b| a < b),
        trend.is_some_and(|t| t.p < 0.05),
        by_counts,
        grows,
        grows && steady_births(&minutes, &ids).is_some_and(|ratio| ratio > 0.25),
        grows && stay(&ids),
        identity_trend(&ids[ids.len() - 3..]).is_some_and(|t| t.grows),
    ]
}

/// Whether four fifths of those that were there through the first half stay to the end. No rule of the library; work that
/// lives long by its nature dies as fast at any age, the leaked never.
fn stay(ids: &[Option<&GoroutineIds>]) -> bool {
    let ids: Vec<&GoroutineIds> = ids.iter().copied().flatten().collect();
    let through = |moments: &[&GoroutineIds]| {
        let all = moments.iter().map(|ids| (*ids).clone()).reduce(|lasting, ids| lasting.intersection(&ids));
        all.map_or(0, |all| all.len())
    };
    through(&ids) * 5 >= through(&ids[..=ids.len() / 2]) * 4
}

/// The q of a p among those of groups without a trend.
fn adjusted(p: f64, random: &mut Random) -> f64 {
    let mut all = vec![p];
    for _ in 1..GROUPS {
        let values: Vec<f64> = (0..SNAPSHOTS).map(|_| random.share()).collect();
        all.extend(mann_kendall(&values).map(|test| test.p));
    }
    benjamini_hochberg(&all).first().copied().unwrap_or(1.0)
}

/// How many percent of the runs each rule calls a leak.
fn percent(load: Load, mean_life: f64, leaking: f64) -> [f64; RULES.len()] {
    let mut random = Random(20_260_101);
    let mut calls = [0.0; RULES.len()];
    for _ in 0..RUNS {
        let verdicts = judge(&snapshots(load, mean_life, leaking, &mut random), &mut random);
        calls.iter_mut().zip(verdicts).for_each(|(sum, leak)| *sum += f64::from(u8::from(leak)));
    }
    calls.map(|sum| 100.0 * sum / f64::from(RUNS))
}

fn main() {
    for mean_life in [0.002, 0.5, 2.0, 5.0] {
        println!(
            "Requests live {mean_life} min, snapshots every {INTERVAL} min. False alarms / leaks found, in percent:"
        );
        print!("{:<16}", "load");
        RULES.iter().for_each(|rule| print!("{rule:>14}"));
        println!();
        for (load, name) in LOADS {
            let (without, with) = (percent(load, mean_life, 0.0), percent(load, mean_life, LEAKING));
            print!("{name:<16}");
            for (alarms, found) in without.iter().zip(with) {
                // What is in a pool is meant to stay: there is no leak in it.
                let found = if matches!(load, Load::FillingPool) { "-".into() } else { format!("{found:.0}") };
                print!("{:>14}", format!("{alarms:.0} /{found:>4}"));
            }
            println!();
        }
        println!();
    }
}
