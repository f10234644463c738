//! From what is known of a cluster to a verdict, by written rules. The order is that of their strength: proof, a
//! signature with behaviour, behaviour alone, and what is known to be healthy.

mod language;
mod library;

pub(super) use library::objects;

use super::behaviour::Behaviour;
use super::by_source::BySource;
use super::cluster::Cluster;
use super::evidence::{Evidence, EvidenceKind};
use super::observe;
use super::scene::Scene;
use super::signature::{Matcher, Rule, Shape};
use super::verdict::Verdict;
use super::words::counted;
use crate::model::Wait;

/// How much of the doubt is gone once the source shows the cause and leaves no other.
const SHOWN: f64 = 0.4;
/// The same where the cause is the likeliest only.
const LIKELY_SHOWN: f64 = 0.2;
/// What is left of the confidence where a timer ends each wait: a loop of such may still be a leak.
const TIMED: f64 = 0.8;

/// What is thought of a cluster.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// How sure a leak it is.
    pub verdict: Verdict,
    /// From 0 to 1: how sure the verdict is.
    pub confidence: f64,
    /// What speaks for it, strongest first.
    pub evidence: Vec<Evidence>,
    /// The likeliest cause, where evidence parts it from others.
    pub pattern: Option<&'static str>,
    /// All causes that fit, likeliest first.
    pub candidates: Vec<String>,
}

impl Judgement {
    /// A judgement that rests on one sentence.
    fn new(verdict: Verdict, confidence: f64, kind: EvidenceKind, text: impl Into<String>) -> Self {
        let evidence = vec![Evidence::new(kind, text)];
        Judgement { verdict, confidence, evidence, pattern: None, candidates: Vec::new() }
    }

    /// Nothing is known that speaks for or against it.
    fn unknown() -> Self {
        Judgement {
            verdict: Verdict::Unknown,
            confidence: 0.0,
            evidence: Vec::new(),
            pattern: None,
            candidates: Vec::new(),
        }
    }
}

/// Judges a cluster, of which the source tells `source`.
pub(super) fn judge(cluster: &Cluster, scene: &Scene<'_>, matcher: &Matcher<'_>, source: &BySource) -> Judgement {
    let rule = cluster.matched.signature.map(|index| matcher.rule(index));
    let mut judgement = proof(cluster, scene).or_else(|| at_the_end(cluster, scene)).unwrap_or_else(|| match rule {
        _ if cluster.behaviour == Behaviour::Gone => gone(cluster),
        Some(rule) if rule.language => language::judge(cluster, rule, scene, matcher),
        Some(rule) => library::judge(cluster, rule, scene),
        None => language::without_rule(cluster, scene),
    });
    if judgement.verdict.is_finding() {
        name_causes(&mut judgement, cluster, matcher, scene, source);
        weigh(&mut judgement, source);
    }
    judgement
}

/// The source makes a verdict more or less sure; it never makes or clears one, and what is proven stays so.
fn weigh(judgement: &mut Judgement, source: &BySource) {
    if judgement.verdict == Verdict::Leaked {
        return;
    }
    let shown = source.cause.as_ref().filter(|cause| judgement.pattern == Some(cause.pattern));
    if let Some(cause) = shown {
        let share = if cause.sure { SHOWN } else { LIKELY_SHOWN };
        judgement.confidence += (1.0 - judgement.confidence) * share;
    }
    if source.timed {
        judgement.confidence *= TIMED;
    }
}

/// What can never proceed, whatever else is known.
fn proof(cluster: &Cluster, scene: &Scene<'_>) -> Option<Judgement> {
    let state = &cluster.key.state;
    // Whoever writes that in main parks it on purpose; the leak detector reports it too.
    let parked = scene.is_main(cluster) && cluster.last <= 1;
    if parked && state.no_cases == Some(true) && !scene.deadlocked(cluster) {
        let text = "main is parked in select {} while others work";
        return Some(Judgement::new(Verdict::Normal, 0.95, EvidenceKind::State, text));
    }
    if state.leaked == Some(true) {
        let text = "Go's own leak detection proved that nothing can wake them: no running goroutine, timer or global can \
                    reach what they wait for";
        return Some(Judgement::new(Verdict::Leaked, 1.0, EvidenceKind::LeakProfile, text));
    }
    if scene.deadlocked(cluster) {
        let text = "the runtime ended the process because no goroutine could proceed: what each waits for, none of the \
                    others will ever do";
        return Some(Judgement::new(Verdict::Leaked, 1.0, EvidenceKind::State, text));
    }
    if state.nil_channel == Some(true) {
        if parked {
            let text = "main waits on a nil channel: it is parked while others work";
            return Some(Judgement::new(Verdict::Normal, 0.8, EvidenceKind::State, text));
        }
        let text = "they wait on a nil channel: no send, receive or close can ever wake them (the Done channel of \
                    context.Background() is nil too)";
        return Some(Judgement::new(Verdict::Leaked, 1.0, EvidenceKind::State, text));
    }
    if state.no_cases == Some(true) {
        let text = "select {} has no case that could ever wake them";
        let (verdict, confidence) = match cluster.last {
            1 => (Verdict::Unknown, 0.0),
            _ if cluster.behaviour.grows() => (Verdict::Leaked, 0.95),
            _ => (Verdict::Suspect, 0.6),
        };
        return Some(Judgement::new(verdict, confidence, EvidenceKind::State, text));
    }
    None
}

/// A test that ran out of time: what its goroutine waits for is what hung.
fn at_the_end(cluster: &Cluster, scene: &Scene<'_>) -> Option<Judgement> {
    if !scene.test_timed_out(cluster) || cluster.key.state.wait.is_active() {
        return None;
    }
    let text = "the test ran out of time, and its goroutine waits here";
    Some(Judgement::new(Verdict::Suspect, 0.8, EvidenceKind::State, text))
}

fn gone(cluster: &Cluster) -> Judgement {
    // In a difference the last is what went.
    let ended = cluster.first.max(-cluster.last);
    let text = format!("{} of the first moment ended", counted(ended, "goroutine"));
    Judgement::new(Verdict::Normal, 0.6, EvidenceKind::Identity, text)
}

/// Which causes fit, and which of them where evidence parts it from the others.
fn name_causes(
    judgement: &mut Judgement,
    cluster: &Cluster,
    matcher: &Matcher<'_>,
    scene: &Scene<'_>,
    source: &BySource,
) {
    let signature = cluster.matched.signature.map(|index| matcher.rule(index));
    let mut rules: Vec<&Rule> = signature.into_iter().collect();
    if signature.is_none_or(|rule| rule.language || rule.context) {
        rules.extend(cluster.matched.language.iter().map(|index| matcher.rule(*index)));
        rules.extend(cluster.matched.context.map(|index| matcher.rule(index)));
    }
    for rule in &rules {
        for id in &rule.patterns {
            if !judgement.candidates.contains(id) {
                judgement.candidates.push(id.clone());
            }
        }
    }
    by_fan_out(&mut judgement.candidates, cluster, scene);
    let alone = match judgement.candidates.as_slice() {
        [only] => Some(only.as_str()),
        _ => None,
    };
    let told = told_apart(cluster, signature, scene, source);
    if let Some(id) = told.or(alone).and_then(super::patterns::get).map(|pattern| pattern.id) {
        judgement.pattern = Some(id);
        judgement.candidates.retain(|known| known != id);
        judgement.candidates.insert(0, id.to_owned());
    }
    if judgement.pattern.is_none()
        && let Some(decides) = rules.iter().find_map(|rule| rule.decides.as_ref())
    {
        let read = if source.view.is_some() { "no rule fits the source; what decides" } else { "the source decides" };
        judgement.evidence.push(Evidence::new(EvidenceKind::Source, format!("{read}: {decides}")));
    }
}

fn fits(rule: &Rule, pattern: &str) -> bool {
    rule.patterns.iter().any(|id| id == pattern)
}

/// Several children of each goroutine that made them speak for a fan-out, one of each against it.
fn by_fan_out(candidates: &mut [String], cluster: &Cluster, scene: &Scene<'_>) {
    const FAN_OUT: [&str; 2] = ["ncast", "first-error-return"];
    let Some((parents, 0)) = observe::parents(cluster, scene) else { return };
    let fans_out = parents >= 2 && cluster.last.unsigned_abs() >= parents * 2;
    if cluster.key.state.wait == Wait::ChanSend && candidates.iter().any(|id| FAN_OUT.contains(&id.as_str())) {
        // Stable: the rule's own order stays within both halves.
        candidates.sort_by_key(|id| FAN_OUT.contains(&id.as_str()) != fans_out);
    }
}

/// The cause, where what the dump shows leaves no other.
fn told_apart(
    cluster: &Cluster,
    signature: Option<&Rule>,
    scene: &Scene<'_>,
    source: &BySource,
) -> Option<&'static str> {
    let state = &cluster.key.state;
    let by_source = source.cause.as_ref().map(|cause| cause.pattern);
    let spawns_itself = signature.is_some_and(|rule| rule.shapes.contains(&Shape::SpawnsItself));
    match state.wait {
        _ if state.nil_channel == Some(true) => Some("nil-channel"),
        _ if state.no_cases == Some(true) => Some("empty-select"),
        // What a library's rule knows by name, the source of its caller doesn't know better.
        _ if by_source.is_some_and(|id| signature.is_none_or(|rule| rule.language || fits(rule, id))) => by_source,
        // A send that fails is tried again after a while; what crawls spawns for each of what it finds.
        _ if spawns_itself => None,
        Wait::MutexLock if scene.is_once(cluster) => Some("once-stuck"),
        Wait::MutexLock | Wait::RwMutexLock | Wait::RwMutexRLock
            if cluster.last >= 3 && cluster.locks.locks() as i64 == cluster.last =>
        {
            // Each waits for a lock of its own, so each holds it itself or has a partner that waits too.
            Some("double-lock")
        }
        _ => None,
    }
}
