//! Clusters that no library's rule recognises: the wait, the place and who stays must say it.

use super::Judgement;
use crate::classify::behaviour::Behaviour;
use crate::classify::cluster::{Cluster, LONG_SERIES};
use crate::classify::evidence::EvidenceKind;
use crate::classify::observe::{PARENTS, left_behind, own_parents, parents};
use crate::classify::scene::Scene;
use crate::classify::signature::{Matcher, Rule, Scope, Shape};
use crate::classify::verdict::Verdict;
use crate::classify::words::{counted, thousands};
use crate::model::Wait;

/// So many at one place where nobody should wait are a queue that doesn't move.
const QUEUE: i64 = 5;
/// More than pools have.
const THOUSANDS: i64 = 1_000;
/// So many, all left behind by those who made them, are no queue.
const CROWD: i64 = 100;
/// So many in WaitGroup.Wait at one place, and most of all, are more than a fan-out has: whoever waits for members of its own
/// has one at least that lives and waits elsewhere. Of the servers measured none has more than 31 % there (alertmanager's
/// notifications; 24 % in gopls).
const WAITERS: i64 = 10;
/// Minutes after which a request, a send or a lock has waited for too long.
const LONG: u32 = 5;
/// Goroutines below which a wait of the language says nothing: one generator waits to send for ever, and should.
const FEW: i64 = 2;
/// So many at one place that run or could, and most of all, are no load that is served.
const BUSY: i64 = 50;
/// So many that never leave the processor are no chance.
const SPINNING: i64 = 3;
/// So many that spawn themselves are no mere fan-out.
const RECURSION: i64 = 50;

pub(super) fn judge(cluster: &Cluster, rule: &Rule, scene: &Scene<'_>, matcher: &Matcher<'_>) -> Judgement {
    let wait = cluster.key.state.wait;
    if scene.is_main(cluster) && cluster.last <= 1 && !is_narrow(wait) && !wait.is_active() {
        return normal(0.9, "main waits for the program to end");
    }
    if (rule.shapes.contains(&Shape::SpawnsItself) || makes_its_like(cluster))
        && let Some(judgement) = recursion(cluster)
    {
        return judgement;
    }
    let in_request = cluster.matched.context.is_some_and(|index| matcher.rule(index).scope == Scope::PerRequest);
    match wait {
        wait if is_narrow(wait) => narrow(cluster, scene),
        wait if wait.is_active() => active(cluster, scene),
        _ => wide(cluster, rule, in_request, scene),
    }
}

/// A group in a state that no rule of the language is about.
pub(super) fn without_rule(cluster: &Cluster, scene: &Scene<'_>) -> Judgement {
    if scene.is_main(cluster) && cluster.last <= 1 && !cluster.key.state.wait.is_active() {
        return normal(0.8, "main waits for the program to end");
    }
    Judgement::unknown()
}

/// Waits that healthy goroutines pass through in moments: whoever is to receive, or holds the lock, is about to act. An idle
/// worker never waits so; of 805 stacks of healthy servers none does.
fn is_narrow(wait: Wait) -> bool {
    matches!(wait, Wait::ChanSend | Wait::MutexLock | Wait::RwMutexLock | Wait::RwMutexRLock)
}

fn normal(confidence: f64, reason: &str) -> Judgement {
    Judgement::new(Verdict::Normal, confidence, EvidenceKind::Identity, reason)
}

fn finding(verdict: Verdict, confidence: f64, kind: EvidenceKind, text: String) -> Judgement {
    Judgement::new(verdict, confidence, kind, text)
}

fn narrow(cluster: &Cluster, scene: &Scene<'_>) -> Judgement {
    let n = cluster.last;
    let long = cluster.median_wait() >= LONG;
    let pass = "a healthy goroutine passes in moments";
    match cluster.behaviour {
        Behaviour::Accumulating { strong: true } => {
            let text = format!("nearly all of them stay where {pass}, and more keep coming");
            finding(Verdict::Likely, if long { 0.95 } else { 0.85 }, EvidenceKind::Identity, text)
        }
        Behaviour::PilingUp { .. } => {
            let text = format!("at every moment more of them stay where {pass}");
            finding(Verdict::Likely, if long { 0.97 } else { 0.9 }, EvidenceKind::Identity, text)
        }
        Behaviour::Proven => {
            let text = format!("their number rises beyond chance where {pass}; load growth is not excluded");
            finding(Verdict::Likely, 0.6, EvidenceKind::Growth, text)
        }
        Behaviour::Accumulating { strong: false } => {
            let text = format!("nearly all of them stay where {pass}, and more come; they are still few");
            finding(Verdict::Suspect, 0.7, EvidenceKind::Identity, text)
        }
        _ if n >= QUEUE && long => {
            let text = format!("most of them have waited for {} minutes and more where {pass}", cluster.median_wait());
            finding(Verdict::Likely, 0.85, EvidenceKind::Wait, text)
        }
        _ if n >= CROWD && orphans(cluster, scene) => {
            let text = format!("{} wait where {pass}, and whoever started them is gone", thousands(n));
            finding(Verdict::Likely, 0.8, EvidenceKind::Absence, text)
        }
        Behaviour::Static | Behaviour::Filled if n >= FEW => {
            let text = format!("the same {} wait at both moments where {pass}", counted(n, "goroutine"));
            finding(Verdict::Suspect, 0.6, EvidenceKind::Identity, text)
        }
        Behaviour::Grew if scene.moments.delta => {
            let text = format!("{} more wait where {pass}", thousands(n));
            finding(Verdict::Suspect, 0.6, EvidenceKind::Growth, text)
        }
        _ if n >= QUEUE => {
            let text = format!("{} wait where {pass}: a queue", thousands(n));
            finding(Verdict::Suspect, if n >= THOUSANDS { 0.7 } else { 0.5 }, EvidenceKind::Count, text)
        }
        _ if n >= FEW && long => {
            let text = format!("they have waited for {} minutes and more where {pass}", cluster.median_wait());
            finding(Verdict::Suspect, 0.6, EvidenceKind::Wait, text)
        }
        Behaviour::Traffic => normal(0.6, "passing through: none of them was there before"),
        _ => Judgement::unknown(),
    }
}

/// Many goroutines made them, as requests do, and none of those is alive: producers that a full queue holds up are made
/// by few.
fn orphans(cluster: &Cluster, scene: &Scene<'_>) -> bool {
    parents(cluster, scene).is_some_and(|(all, alive)| alive == 0 && all >= PARENTS)
}

/// Receives, selects, sleeps, reads: idle workers, sessions and tickers wait like this for ever, and should.
fn wide(cluster: &Cluster, rule: &Rule, in_request: bool, scene: &Scene<'_>) -> Judgement {
    let (n, wait) = (cluster.last, cluster.key.state.wait);
    match cluster.behaviour {
        Behaviour::Accumulating { strong } => {
            let text = "they stay and more come; a pool that still fills, or sessions under growing load, would look the \
                        same";
            let confidence = match (strong, cluster.median_wait() >= LONG) {
                (true, true) => 0.65,
                (true, false) => 0.55,
                _ => 0.4,
            };
            finding(Verdict::Suspect, confidence, EvidenceKind::Identity, text.into())
        }
        Behaviour::PilingUp { steady } => piling_up(cluster, steady, scene),
        Behaviour::Proven => {
            let text = "their number rises beyond chance; without ids load growth is not excluded";
            finding(Verdict::Suspect, 0.5, EvidenceKind::Growth, text.into())
        }
        Behaviour::Filled => normal(0.6, "they came and stayed, and no more came: a pool that is full"),
        Behaviour::OneMoment | Behaviour::Appeared | Behaviour::Static | Behaviour::Steady | Behaviour::Grew
            if rule.suspect_count.is_some_and(|least| n >= i64::from(least)) =>
        {
            let text = format!("more than is usual: normal is {}", rule.normal);
            finding(Verdict::Suspect, 0.45, EvidenceKind::Count, text)
        }
        Behaviour::Grew if cluster.first >= 2 || scene.moments.delta => {
            let text = "their number grew; the format has no ids to tell who stayed, so load growth is not excluded";
            finding(Verdict::Suspect, 0.3, EvidenceKind::Growth, text.into())
        }
        Behaviour::Traffic => normal(0.6, "in flight: nearly none of them was there before"),
        _ if wait == Wait::WaitGroupWait && n >= WAITERS && n * 2 > scene.total && !scene.moments.delta => {
            let text = format!(
                "{} of {} wait for WaitGroups at one place: fewer are left that could call Done",
                thousands(n),
                counted(scene.total, "goroutine")
            );
            finding(Verdict::Suspect, 0.4, EvidenceKind::Count, text)
        }
        Behaviour::Static => normal(
            0.6,
            &format!("the same {} at both moments: workers, tickers or singletons", counted(n, "goroutine")),
        ),
        Behaviour::OneMoment | Behaviour::Appeared if n >= too_many(wait) => {
            let text = format!("{} at one place are more than a pool is likely to have", thousands(n));
            finding(Verdict::Suspect, 0.35, EvidenceKind::Count, text)
        }
        Behaviour::OneMoment | Behaviour::Appeared
            if in_request && n >= FEW && cluster.median_wait() >= LONG && is_event(wait) =>
        {
            let text = format!("they serve requests and have waited for {} minutes and more", cluster.median_wait());
            finding(Verdict::Suspect, 0.5, EvidenceKind::Wait, text)
        }
        _ => Judgement::unknown(),
    }
}

/// Three moments and more tell a leak from sessions and pools by who is left: the ones that made them, their clients, the
/// connection that they serve.
fn piling_up(cluster: &Cluster, steady: bool, scene: &Scene<'_>) -> Judgement {
    let left_behind = left_behind(cluster, scene);
    let reads = cluster.key.state.wait == Wait::IoWait;
    let network = reads || scene.serves_connections(cluster);
    let (confidence, why) = match scene.handlers_left(cluster) {
        Some(text) if steady => return finding(Verdict::Likely, 0.75, EvidenceKind::Absence, text),
        // A session has a writer besides, or the handler that waits for it; what an accept loop made, it made alone.
        _ if steady && reads && left_behind && scene.only_children(cluster) && !cluster.parents.is_empty() => {
            let text = "at every moment more of them read from connections, as fast at the end as at first; whoever made \
                        them is gone, and no other goroutine of theirs is left that could close the connections";
            return finding(Verdict::Likely, 0.65, EvidenceKind::Absence, text.into());
        }
        _ if network => (0.55, "they belong to connections, whose peers decide how long they last"),
        _ if !steady => (0.5, "fewer come than at first, as when a pool fills"),
        _ if left_behind => {
            let text =
                "at every moment more of them stay, as fast at the end as at first, and whoever made them is gone";
            return finding(Verdict::Likely, 0.8, EvidenceKind::Absence, text.into());
        }
        // `examples/leak_or_load.rs` finds no load that looks so.
        _ if cluster.counts.len() >= LONG_SERIES => {
            let text = "at every moment more of them stay, as fast at the end as at first, over a long series";
            return finding(Verdict::Likely, 0.75, EvidenceKind::Identity, text.into());
        }
        _ => (0.6, "who made them is still there: sessions under growing load would look the same"),
    };
    finding(Verdict::Suspect, confidence, EvidenceKind::Identity, format!("at every moment more of them stay; {why}"))
}

/// So many in one moment that they are worth a look, whatever their place: connections follow the load, and LeakProf takes
/// 10,000 at one site for a leak (arXiv:2312.12002).
fn too_many(wait: Wait) -> i64 {
    if wait == Wait::IoWait { 10_000 } else { THOUSANDS }
}

/// Waits for another goroutine's doing, not for the network's or the clock's.
fn is_event(wait: Wait) -> bool {
    matches!(wait, Wait::ChanReceive | Wait::ChanOp | Wait::Select | Wait::WaitGroupWait | Wait::CondWait)
}

/// Runs or could run.
fn active(cluster: &Cluster, scene: &Scene<'_>) -> Judgement {
    let crowd = cluster.last >= BUSY && cluster.last * 2 > scene.total;
    match cluster.behaviour {
        Behaviour::OneMoment if crowd => {
            let text =
                format!("{} of {} want a processor at one place", thousands(cluster.last), thousands(scene.total));
            finding(Verdict::Suspect, 0.4, EvidenceKind::Count, text)
        }
        Behaviour::Accumulating { .. } | Behaviour::PilingUp { .. } => {
            let text = "they stay, run or want to run, and more come";
            finding(Verdict::Suspect, 0.5, EvidenceKind::Identity, text.into())
        }
        Behaviour::Static if cluster.last >= SPINNING && cluster.counts.len() >= 3 && spins(cluster, scene) => {
            let text = "at every moment all of them are caught running or ready to run on this one line of their own code, \
                        which work would leave, and whoever started them is gone";
            finding(Verdict::Likely, 0.65, EvidenceKind::Identity, text.into())
        }
        Behaviour::Static if cluster.last >= SPINNING => {
            let text = format!("the same {} run or want to run at both moments", counted(cluster.last, "goroutine"));
            finding(Verdict::Suspect, 0.4, EvidenceKind::Identity, text)
        }
        _ => Judgement::unknown(),
    }
}

/// Whether they run on the line itself, not in what it calls, and nobody that made them is left.
fn spins(cluster: &Cluster, scene: &Scene<'_>) -> bool {
    let leaf = scene.symbols.frames(cluster.key.stack).next();
    let own = leaf.is_some_and(|frame| !scene.symbols.frame_at(frame).origin.is_go());
    own && parents(cluster, scene).is_some_and(|(all, alive)| alive == 0 && all as i64 >= SPINNING)
}

/// Many of those that made them are among them: a chain, whatever the functions' names.
fn makes_its_like(cluster: &Cluster) -> bool {
    let among = own_parents(cluster);
    among >= PARENTS && among * 2 >= cluster.parents.len()
}

/// Goroutines whose function starts goroutines of the same function.
fn recursion(cluster: &Cluster) -> Option<Judgement> {
    let grown = cluster.behaviour.grows() || (cluster.first > 0 && cluster.last >= cluster.first * 2);
    if cluster.last < RECURSION && !(grown && cluster.last >= 5) {
        return None;
    }
    let text = format!("{} were started by the function that they run", counted(cluster.last, "goroutine"));
    let none_ends = cluster.identity.is_some_and(|identity| identity.deaths == 0 && identity.survivors > 0);
    // A tree that is still being built grows too, but slower and slower.
    let steps: Vec<i64> = cluster.counts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let goes_on = steps.len() >= 2 && steps.iter().all(|step| *step > 0) && steps.last() >= steps.first();
    if goes_on && none_ends {
        let text = format!("{text}; at every moment there are more, and none ended");
        return Some(finding(Verdict::Likely, 0.7, EvidenceKind::Identity, text));
    }
    Some(finding(Verdict::Suspect, if grown { 0.65 } else { 0.5 }, EvidenceKind::Count, text))
}
