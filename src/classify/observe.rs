//! What can be seen of a cluster, as sentences: how many wait where, who stayed, how long, who made them, for which lock.

use super::behaviour::Behaviour;
use super::cluster::Cluster;
use super::evidence::{Evidence, EvidenceKind};
use super::fullest::which_dump;
use super::scene::Scene;
use super::words::{counted, function, percent, place, thousands};
use crate::compare::{Identity, Shape};
use crate::model::Wait;

/// Creators named in a sentence.
const CREATORS_NAMED: usize = 3;
/// So many different parents are no pool's.
pub(super) const PARENTS: u64 = 10;
/// Ids below which their spread says nothing.
const SPREAD_LEAST: u64 = 20;

/// The sentences that everything rests on: how many wait where, and who stayed.
#[must_use]
pub(super) fn first(cluster: &Cluster, scene: &Scene<'_>) -> Vec<Evidence> {
    let which = which_dump(cluster.at, &cluster.groups, scene);
    let all = [Some(where_they_wait(cluster, scene)), which, who_stayed(cluster), counts(cluster, scene)];
    all.into_iter().flatten().collect()
}

/// The sentences that add to them, most telling first.
#[must_use]
pub(super) fn further(cluster: &Cluster, scene: &Scene<'_>) -> Vec<Evidence> {
    let all = [
        ahead(cluster, scene),
        orphans(cluster, scene),
        chain(cluster),
        waits(cluster),
        locks(cluster),
        spread(cluster, scene),
        creator(cluster, scene),
    ];
    all.into_iter().flatten().collect()
}

/// What the series looks like, and where it leads: a rate for as long as it holds, with its interval. A goroutine's stack
/// takes 2 KiB at least (runtime/stack.go:stackMin).
fn ahead(cluster: &Cluster, scene: &Scene<'_>) -> Option<Evidence> {
    const TIMES: f64 = 10.0;
    let trend = cluster.trend.as_ref()?;
    let fewer = matches!(cluster.behaviour, Behaviour::PilingUp { steady: false });
    let shape = match trend.shape {
        Shape::Steady | Shape::Ramp if fewer => "grows, with fewer newcomers than at first".into(),
        shape => shape.words(),
    };
    let slope = &trend.slope;
    if let Some(text) = hidden_by_load(cluster, trend.shape) {
        return Some(Evidence::new(EvidenceKind::Growth, format!("over {} moments: {text}", cluster.counts.len())));
    }
    if !scene.moments.timed || slope.low <= 0.0 || !cluster.behaviour.grows() || fewer {
        return Some(Evidence::new(EvidenceKind::Growth, format!("over {} moments: {shape}", cluster.counts.len())));
    }
    let more = cluster.last as f64 * (TIMES - 1.0);
    let mebibytes = cluster.last as f64 * TIMES * 2.0 / 1024.0;
    let text = format!(
        "over {} moments: {shape}, by {:.1} a minute ({:.1} to {:.1}); if that holds, ten times as many in {} ({} to {}), which take \
         {mebibytes:.0} MiB at the very least",
        cluster.counts.len(),
        slope.slope,
        slope.low,
        slope.high,
        duration(more / slope.slope),
        duration(more / slope.high),
        duration(more / slope.low),
    );
    Some(Evidence::with(EvidenceKind::Growth, text, cluster.last - cluster.first))
}

/// Where the number doesn't rise though ever more stay: what comes and goes hides them.
fn hidden_by_load(cluster: &Cluster, shape: Shape) -> Option<String> {
    let lasting = cluster.lasting.as_ref().filter(|_| matches!(cluster.behaviour, Behaviour::PilingUp { .. }))?;
    let (from, to) = (lasting.long_lived.first()?, lasting.long_lived.last()?);
    let but = match shape {
        Shape::Falling => "but only because less comes and goes",
        Shape::Flat | Shape::Fluctuating => "but that is what comes and goes",
        _ => return None,
    };
    let (from, to) = (thousands(*from as i64), thousands(*to as i64));
    Some(format!("the count {}, {but}: those there through half of them rise from {from} to {to}", shape.words()))
}

/// `90 minutes`, `35 hours`, `12 days`.
fn duration(minutes: f64) -> String {
    match minutes {
        m if m < 120.0 => format!("{m:.0} minutes"),
        m if m < 72.0 * 60.0 => format!("{:.0} hours", m / 60.0),
        m => format!("{:.0} days", m / 60.0 / 24.0),
    }
}

/// `wait to send on a channel`.
#[must_use]
pub(super) fn doing(wait: Wait) -> &'static str {
    match wait {
        Wait::ChanSend => "wait to send on a channel",
        Wait::ChanReceive => "wait to receive from a channel",
        Wait::ChanOp => "wait to send to or receive from a channel",
        Wait::Select => "wait in a select",
        Wait::Sleep => "sleep",
        Wait::MutexLock => "wait for a mutex",
        Wait::RwMutexRLock => "wait to read-lock an RWMutex",
        Wait::RwMutexLock => "wait to lock an RWMutex",
        Wait::WaitGroupWait => "wait for a WaitGroup",
        Wait::CondWait => "wait for a Cond",
        Wait::Semacquire => "wait for a semaphore of the runtime",
        Wait::IoWait => "wait for the network",
        Wait::Syscall => "are in a system call or in C",
        Wait::Running | Wait::Runnable => "run or could run",
        Wait::Coroutine => "wait for their iterator's consumer",
        Wait::Waiting | Wait::Unknown | Wait::Other(_) => "wait",
    }
}

fn where_they_wait(cluster: &Cluster, scene: &Scene<'_>) -> Evidence {
    let n = cluster.last;
    let whereabouts = scene.site(cluster).map_or_else(String::new, |site| {
        format!(" at {} in {}", place(site, scene.symbols), function(site, scene.symbols))
    });
    let doing = doing(cluster.key.state.wait);
    let text = if scene.moments.delta {
        format!("{} more {doing}{whereabouts}", counted(n, "goroutine"))
    } else {
        format!("{} ({} of all) {doing}{whereabouts}", counted(n, "goroutine"), percent(n, scene.total))
    };
    Evidence::with(EvidenceKind::Count, text, n)
}

fn who_stayed(cluster: &Cluster) -> Option<Evidence> {
    let Identity { survivors, births, deaths } = cluster.identity?;
    let came =
        |n: u64, word: &str| if n == 0 { format!("none {word}") } else { format!("{} {word}", thousands(n as i64)) };
    let text = match survivors {
        0 if deaths == 0 => format!("all {} are new since the first moment", thousands(births as i64)),
        0 => format!(
            "none of the {} of the first moment is left; {} are new",
            thousands(deaths as i64),
            thousands(births as i64)
        ),
        _ => format!(
            "{} of them were there at the first moment too; {}, {}",
            thousands(survivors as i64),
            came(births, "came"),
            came(deaths, "left")
        ),
    };
    Some(Evidence::with(EvidenceKind::Identity, text, survivors))
}

/// Without ids only the numbers can be compared.
fn counts(cluster: &Cluster, scene: &Scene<'_>) -> Option<Evidence> {
    if let (true, [only]) = (scene.moments.delta, scene.infos) {
        let seconds = only.duration_nanos as f64 / 1e9;
        let a_minute = cluster.last as f64 * 60.0 / seconds;
        let text = format!("so many more within {seconds:.0} s: {a_minute:.0} a minute, if that holds");
        return Some(Evidence::with(EvidenceKind::Growth, text, cluster.last));
    }
    if !scene.moments.compared || cluster.identity.is_some() {
        return None;
    }
    let text = format!("{} before, {} now", thousands(cluster.first), thousands(cluster.last));
    Some(Evidence::with(EvidenceKind::Growth, text, cluster.last - cluster.first))
}

fn waits(cluster: &Cluster) -> Option<Evidence> {
    let (known, median, longest) = (cluster.waits.known() as i64, cluster.waits.median()?, cluster.longest_wait());
    let who = if known == cluster.last { "they".to_owned() } else { format!("{} of them", thousands(known)) };
    let range = match cluster.waits.min() {
        Some(shortest) if shortest < longest => {
            format!("{shortest} to {longest} minutes, half of these {median} or more")
        }
        _ => counted(i64::from(longest), "minute"),
    };
    Some(Evidence::with(EvidenceKind::Wait, format!("by their headers {who} have waited {range} (rough)"), longest))
}

fn creator(cluster: &Cluster, scene: &Scene<'_>) -> Option<Evidence> {
    let symbols = scene.symbols;
    let (first, _) = cluster.creators.first()?;
    let text = match cluster.creators.len() {
        1 => format!("the go statement at {} in {} made them", place(*first, symbols), function(*first, symbols)),
        several => {
            let named: Vec<String> = cluster
                .creators
                .iter()
                .take(CREATORS_NAMED)
                .map(|(creator, n)| {
                    format!("{} in {} ({})", place(*creator, symbols), function(*creator, symbols), thousands(*n))
                })
                .collect();
            let more = if several > CREATORS_NAMED {
                format!(" and {} more", several - CREATORS_NAMED)
            } else {
                String::new()
            };
            format!("go statements at {}{more} made them", named.join(", "))
        }
    };
    let parents = match cluster.parents.len() {
        0 => String::new(),
        1 if cluster.last > 1 => ", all started by one goroutine".into(),
        n if n as i64 == cluster.last && n > 1 => ", each started by a different goroutine".into(),
        1 => String::new(),
        n => format!(", started by {} goroutines", thousands(n as i64)),
    };
    Some(Evidence::with(EvidenceKind::Signature, format!("{text}{parents}"), cluster.creators.len() as u64))
}

/// How many goroutines made the cluster's, and how many of those are still alive; `None` where ids don't tell.
pub(super) fn parents(cluster: &Cluster, scene: &Scene<'_>) -> Option<(u64, u64)> {
    let known = !cluster.parents.is_empty() && !scene.alive.is_empty();
    known.then(|| (cluster.parents.len(), cluster.parents.shared(&scene.alive)))
}

/// Whether those that made them are gone, as requests are when they are answered: pools, accept loops and sessions are made
/// by few, or by goroutines that live on. One in ten may still be at it. Go before 1.21 doesn't say which goroutine made
/// another; there no goroutine may be in the functions that did.
pub(super) fn left_behind(cluster: &Cluster, scene: &Scene<'_>) -> bool {
    match parents(cluster, scene) {
        Some((all, alive)) => all >= PARENTS && alive * 10 <= all,
        None => {
            let known = !scene.alive.is_empty() && !cluster.creators.is_empty();
            known && !scene.creators_alive(cluster) && !scene.made_at_start(cluster)
        }
    }
}

/// How many of the goroutines that made them are among them.
pub(super) fn own_parents(cluster: &Cluster) -> u64 {
    cluster.parents.shared(&cluster.ids)
}

/// Goroutines that made goroutines like themselves.
fn chain(cluster: &Cluster) -> Option<Evidence> {
    let among = own_parents(cluster);
    let made = thousands(among as i64);
    let text = format!("{made} of those that made them are among them: they start goroutines like themselves");
    (among > 0).then(|| Evidence::with(EvidenceKind::Signature, text, among))
}

/// Who made them is gone: nobody is left to receive, to release or to cancel on its behalf.
fn orphans(cluster: &Cluster, scene: &Scene<'_>) -> Option<Evidence> {
    let (all, alive) = parents(cluster, scene)?;
    let text = match (alive, all) {
        (0, 1) if cluster.last == 1 => "the goroutine that made it has ended".to_owned(),
        (0, 1) => "the goroutine that made them has ended".to_owned(),
        (0, all) => format!("all {} goroutines that made them have ended", thousands(all as i64)),
        (_, all) if left_behind(cluster, scene) => {
            let ended = thousands((all - alive) as i64);
            format!("{ended} of {} goroutines that made them have ended", thousands(all as i64))
        }
        _ => return None,
    };
    let returned = if scene.creators_alive(cluster) {
        ""
    } else {
        ", and no goroutine is in the function that made them: it returned without waiting for them"
    };
    Some(Evidence::with(EvidenceKind::Absence, format!("{text}{returned}"), alive))
}

fn locks(cluster: &Cluster) -> Option<Evidence> {
    let (address, longest) = cluster.locks.longest_queue()?;
    let text = match cluster.locks.locks() {
        1 if cluster.last == 1 => format!("it waits for the lock at {address:#x}"),
        1 => format!("all wait for one lock, at {address:#x}"),
        n if longest == 1 => {
            format!("they wait for {n} different locks, one goroutine each: no queue for a common one")
        }
        n => format!(
            "they wait for {n} locks; the longest queue, {}, is at {address:#x}",
            counted(longest as i64, "goroutine")
        ),
    };
    Some(Evidence::with(EvidenceKind::Lock, text, cluster.locks.locks() as u64))
}

/// Goroutine ids count up over a process's life (runtime/proc.go:newproc1): close together they are one burst, spread over
/// all ids they have piled up since the start.
fn spread(cluster: &Cluster, scene: &Scene<'_>) -> Option<Evidence> {
    let n = cluster.ids.len();
    if n < SPREAD_LEAST {
        return None;
    }
    let (low, quarter, half) = (cluster.ids.quantile(0.0)?, cluster.ids.quantile(0.25)?, cluster.ids.quantile(0.5)?);
    let (three_quarters, high) = (cluster.ids.quantile(0.75)?, cluster.ids.quantile(1.0)?);
    let newest = scene.alive.quantile(1.0)?;
    let span = high - low + 1;
    let text = if span <= n.saturating_mul(4) && newest > span.saturating_mul(4) {
        format!("their ids lie close together, {low} to {high}: one burst made them")
    } else {
        let even = [(low, 0u64), (quarter, 1), (half, 2), (three_quarters, 3), (high, 4)]
            .iter()
            .all(|(id, quarter)| (id - low).abs_diff(span / 4 * quarter) <= span / 8);
        if !even || span * 2 < newest {
            return None;
        }
        format!("their ids are spread evenly from {low} to {high}: they have piled up over the process's life")
    };
    Some(Evidence::with(EvidenceKind::Identity, text, span))
}
