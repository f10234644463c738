//! Clusters that a library's rule recognises: what is normal and what is a leak stands in the rule.

use super::Judgement;
use crate::classify::behaviour::Behaviour;
use crate::classify::cluster::Cluster;
use crate::classify::evidence::{Evidence, EvidenceKind};
use crate::classify::observe;
use crate::classify::scene::Scene;
use crate::classify::signature::{Ceiling, Rule, Scope};
use crate::classify::verdict::Verdict;
use crate::classify::words::{counted, thousands};

/// A connection may be idle for long; an hour is what operators call forgotten.
const LONG_FOR_A_CONNECTION: u32 = 60;
/// A request that takes so many minutes has no deadline.
const LONG_FOR_A_REQUEST: u32 = 5;
/// So many times the count that is worth a look, all waiting for long, are no coincidence.
const FAR_TOO_MANY: i64 = 10;

/// So many that stay without those that made them are no chance.
const FORGOTTEN: u64 = 3;

pub(super) fn judge(cluster: &Cluster, rule: &Rule, scene: &Scene<'_>) -> Judgement {
    let case = Case { cluster, rule, objects: objects(cluster.last, rule) };
    if let Some(judgement) = case.forgotten(scene) {
        return judgement.within(rule);
    }
    match rule.scope {
        Scope::System => normal(0.95, if rule.normal.is_empty() { "the runtime's own" } else { &rule.normal }),
        Scope::Pool => normal(0.8, &rule.normal),
        // Judged with its partner; alone it says nothing.
        Scope::Companion => normal(0.6, &rule.normal),
        Scope::Singleton => case.singleton(),
        Scope::PerObject => case.objects(),
        Scope::PerConnection => case.connections(),
        Scope::PerRequest => case.requests(),
    }
    .within(rule)
}

/// How many objects so many goroutines stand for.
pub(in crate::classify) fn objects(goroutines: i64, rule: &Rule) -> i64 {
    let each = i64::from(rule.per_object.unwrap_or(1)).max(1);
    (goroutines + each - 1) / each
}

fn normal(confidence: f64, reason: &str) -> Judgement {
    Judgement::new(Verdict::Normal, confidence, EvidenceKind::Signature, reason)
}

impl Judgement {
    /// Holds a verdict below the rule's ceiling. Proof was judged before.
    fn within(mut self, rule: &Rule) -> Self {
        let ceiling = rule.ceiling.unwrap_or(Ceiling::Likely).verdict();
        if self.verdict.is_finding() && self.verdict < ceiling {
            self.verdict = ceiling;
            self.confidence = self.confidence.min(0.6);
        }
        if self.verdict == Verdict::Normal && ceiling == Verdict::Normal && self.evidence.is_empty() {
            self.evidence = normal(0.8, &rule.normal).evidence;
        }
        self
    }
}

struct Case<'a> {
    cluster: &'a Cluster,
    rule: &'a Rule,
    objects: i64,
}

impl Case<'_> {
    /// Those that should have ended them have ended, and they stay.
    fn forgotten(&self, scene: &Scene<'_>) -> Option<Judgement> {
        let owned = self.rule.owned.then_some(self.cluster)?;
        let (makers, alive) = observe::parents(owned, scene)?;
        let stay = self.cluster.identity.is_some_and(|identity| identity.survivors >= FORGOTTEN);
        let wait = self.cluster.median_wait() >= LONG_FOR_A_REQUEST;
        if alive > 0 || makers < FORGOTTEN || !(stay || wait) {
            return None;
        }
        let mut judgement = self.finding(Verdict::Likely, 0.85, EvidenceKind::Signature);
        let text = format!(
            "whoever makes a {} ends it, and the {} that made these are gone",
            self.object(),
            thousands(makers as i64)
        );
        judgement.evidence.insert(0, Evidence::new(EvidenceKind::Absence, text));
        Some(judgement)
    }

    fn singleton(&self) -> Judgement {
        if self.objects <= self.normal_count(1) {
            return normal(0.9, &self.rule.normal);
        }
        self.growth(0.85, 0.6).or_else(|| self.many()).unwrap_or_else(|| self.settled())
    }

    fn objects(&self) -> Judgement {
        if self.objects <= self.normal_count(0) {
            return normal(0.8, &self.rule.normal);
        }
        self.growth(0.85, 0.6).or_else(|| self.waiting_long()).or_else(|| self.many()).unwrap_or_else(|| self.settled())
    }

    /// The number of connections follows the load: growth alone says nothing, unless the rule says that it does.
    fn connections(&self) -> Judgement {
        let grown = if self.rule.growth { self.growth(0.75, 0.5) } else { None };
        let long = self.cluster.median_wait() >= self.rule.suspect_wait.unwrap_or(LONG_FOR_A_CONNECTION);
        let many = self.rule.suspect_count.is_some_and(|least| self.objects >= i64::from(least));
        grown
            .or_else(|| (long && many).then(|| self.finding(Verdict::Suspect, 0.6, EvidenceKind::Wait)))
            .unwrap_or_else(|| self.settled())
    }

    fn requests(&self) -> Judgement {
        self.growth(0.85, 0.6).or_else(|| self.waiting_long()).or_else(|| self.many()).unwrap_or_else(|| {
            match self.cluster.behaviour {
                Behaviour::Traffic => normal(0.7, "in flight: none of them was there before"),
                _ => self.settled(),
            }
        })
    }

    /// They pile up: nearly all stay, and more come.
    fn growth(&self, strong: f64, weak: f64) -> Option<Judgement> {
        match self.cluster.behaviour {
            Behaviour::Accumulating { strong: true } => {
                Some(self.finding(Verdict::Likely, strong, EvidenceKind::Signature))
            }
            Behaviour::Accumulating { strong: false } => {
                Some(self.finding(Verdict::Suspect, weak, EvidenceKind::Signature))
            }
            Behaviour::PilingUp { steady: true } => {
                Some(self.finding(Verdict::Likely, strong + 0.05, EvidenceKind::Signature))
            }
            Behaviour::PilingUp { steady: false } => {
                Some(self.finding(Verdict::Suspect, weak, EvidenceKind::Signature))
            }
            Behaviour::Proven => Some(self.finding(Verdict::Likely, 0.6, EvidenceKind::Growth)),
            // Requests come and go with the load; objects shouldn't.
            Behaviour::Grew => Some(self.finding(Verdict::Suspect, weak - 0.15, EvidenceKind::Signature)),
            _ => None,
        }
    }

    fn waiting_long(&self) -> Option<Judgement> {
        let long = self.rule.suspect_wait?;
        let all_long = self.cluster.median_wait() >= long.max(LONG_FOR_A_REQUEST);
        let far_too_many = i64::from(self.rule.suspect_count.unwrap_or(5)) * FAR_TOO_MANY;
        if all_long && self.objects >= far_too_many {
            return Some(self.finding(Verdict::Likely, 0.8, EvidenceKind::Wait));
        }
        (self.cluster.longest_wait() >= long).then(|| self.finding(Verdict::Suspect, 0.6, EvidenceKind::Wait))
    }

    /// More of them in one snapshot than work in flight explains.
    fn many(&self) -> Option<Judgement> {
        let least = i64::from(self.rule.suspect_count?);
        let in_flight = matches!(self.cluster.behaviour, Behaviour::Traffic) && !self.rule.victim;
        (self.objects >= least && !in_flight).then(|| self.finding(Verdict::Suspect, 0.5, EvidenceKind::Count))
    }

    fn settled(&self) -> Judgement {
        let normal_is = &self.rule.normal;
        match self.cluster.behaviour {
            Behaviour::Static | Behaviour::Filled if !normal_is.is_empty() => {
                normal(0.7, &format!("{normal_is}; the same goroutines at both moments"))
            }
            Behaviour::Traffic | Behaviour::Steady | Behaviour::Lingering if !normal_is.is_empty() => {
                normal(0.6, normal_is)
            }
            // How many of its objects there should be, one moment can't say.
            _ if self.rule.scope == Scope::PerRequest => Judgement::unknown(),
            _ if !normal_is.is_empty()
                && self.rule.suspect_count.is_none_or(|least| self.objects < i64::from(least)) =>
            {
                normal(0.5, normal_is)
            }
            _ => Judgement::unknown(),
        }
    }

    fn finding(&self, verdict: Verdict, confidence: f64, kind: EvidenceKind) -> Judgement {
        Judgement::new(verdict, confidence, kind, self.sentence())
    }

    /// What they are, and when that is a leak.
    fn sentence(&self) -> String {
        let (rule, goroutines) = (self.rule, self.cluster.last);
        let objects = match &rule.object {
            Some(object) if rule.per_object.is_some_and(|each| each > 1) => {
                format!("{} goroutines are {}", thousands(goroutines), counted(self.objects, object))
            }
            Some(object) => counted(self.objects, object),
            None => counted(goroutines, "goroutine"),
        };
        let normal = if rule.normal.is_empty() { String::new() } else { format!("; normal is {}", rule.normal) };
        let leak = if rule.leak.is_empty() { String::new() } else { format!("; a leak when {}", rule.leak) };
        format!("{objects}{normal}{leak}")
    }

    fn object(&self) -> &str {
        self.rule.object.as_deref().unwrap_or("goroutine")
    }

    fn normal_count(&self, otherwise: u32) -> i64 {
        i64::from(self.rule.normal_count.unwrap_or(otherwise))
    }
}
