//! What stuck goroutines are: which rule recognises a stack, how sure a leak it is, on what evidence, by which cause.
//!
//! The knowledge is data: signatures in `signatures/*.toml`, pages about causes in `patterns/*.md`. The judgement is
//! code, in `judge/`. Nothing here reads files or prints.

mod behaviour;
mod by_source;
mod cause;
mod cluster;
mod evidence;
mod finding;
mod fullest;
mod holder;
mod judge;
mod observe;
mod pace;
pub mod patterns;
mod scene;
pub mod signature;
mod spawn;
mod verdict;
pub mod words;

pub use cluster::{Moments, Movement};
pub use evidence::{Evidence, EvidenceKind};
pub use finding::Finding;
pub use judge::Judgement;
pub use verdict::Verdict;

use std::collections::BTreeSet;

use crate::compare::Matched;
use crate::model::{SnapshotInfo, Symbols};
use crate::source::Readings;
use by_source::BySource;
use cluster::Cluster;
use scene::Scene;
use signature::{Matcher, Rules, Scope};

/// Findings for which the holder is looked for, over all groups each: nobody reads more, and input may be hostile.
const HOLDERS: usize = 200;

/// What is thought of a group.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The id of the rule that recognises it.
    pub signature: Option<String>,
    /// What that rule's goroutines are.
    pub title: Option<String>,
    /// How it moved over three moments and more, with those that are judged with it.
    pub trend: Option<Box<Movement>>,
    /// It is the runtime's or the profiler's own.
    pub own: bool,
    /// The judgement on it and those that are judged with it.
    pub judgement: Judgement,
}

/// What is thought of all groups.
pub struct Classified {
    /// Of each group, in their order.
    pub groups: Vec<Labelled>,
    /// Worst first.
    pub findings: Vec<Finding>,
}

/// Labels groups and finds what is stuck. `readings` is what the groups' source tells, empty without source.
#[must_use]
pub fn classify(
    groups: &[Matched],
    infos: &[SnapshotInfo],
    moments: &Moments,
    rules: &Rules,
    symbols: &Symbols,
    readings: &Readings,
) -> Classified {
    let matcher = Matcher::new(rules, symbols);
    let clusters = cluster::clusters(groups, moments, &matcher, symbols);
    let sources: Vec<BySource> = clusters.iter().map(|cluster| by_source::ask(cluster, readings)).collect();
    let scene_at = |at| Scene::new(groups, infos, moments, at, symbols);
    let Judged { judgements, mut findings, scene } =
        judged(&clusters, &sources, fullest::now(groups, moments), scene_at, &matcher);
    let mut labels = Labels::new(groups.len(), &clusters, judgements, &matcher);
    labels.companions(&clusters, &mut findings, &matcher);
    let mut findings: Vec<Finding> = findings.into_iter().map(|(_, finding)| finding).collect();
    if let Some(crowd) = spawn::crowd(&scene, &|i| labels.is_finding(i)) {
        let rule = rules.get("unbounded-spawn").map(|signature| signature.rule());
        let finding = finding::of_crowd(&crowd, rule, &scene);
        labels.crowd(&finding);
        findings.push(finding);
    }
    Classified { groups: labels.finish(), findings }
}

/// What is thought of the clusters.
struct Judged<'a> {
    judgements: Vec<Option<Judgement>>,
    /// With their clusters' numbers, in order of these.
    findings: Vec<(usize, Finding)>,
    /// What is now.
    scene: Scene<'a>,
}

/// Judges dumps that stand beside each other one by one, what is now last: what is said of the whole is of that.
fn judged<'a>(
    clusters: &[Cluster],
    sources: &[BySource],
    now: usize,
    scene_at: impl Fn(usize) -> Scene<'a>,
    matcher: &Matcher<'_>,
) -> Judged<'a> {
    let mut judgements: Vec<Option<Judgement>> = vec![None; clusters.len()];
    let mut findings: Vec<(usize, Finding)> = Vec::new();
    let mut judge = |scene: &Scene<'_>| {
        for (i, cluster) in clusters.iter().enumerate().filter(|(_, cluster)| cluster.at == scene.at) {
            let looks = findings.len() < HOLDERS;
            let held = looks.then(|| by_source::with_holder(&sources[i], cluster, scene)).flatten();
            let (source, holder) = (held.as_ref().unwrap_or(&sources[i]), looks);
            let judgement = judge::judge(cluster, scene, matcher, source);
            if judgement.verdict.is_finding() {
                findings.push((i, finding::of_cluster(cluster, &judgement, scene, matcher, source, holder)));
            }
            judgements[i] = Some(judgement);
        }
    };
    let others: BTreeSet<usize> = clusters.iter().map(|cluster| cluster.at).filter(|at| *at != now).collect();
    others.into_iter().for_each(|at| judge(&scene_at(at)));
    let scene = scene_at(now);
    judge(&scene);
    findings.sort_by_key(|(cluster, _)| *cluster);
    Judged { judgements, findings, scene }
}

/// The labels of groups while they are made.
struct Labels {
    groups: Vec<Option<Labelled>>,
}

impl Labels {
    fn new(groups: usize, clusters: &[Cluster], judgements: Vec<Option<Judgement>>, matcher: &Matcher<'_>) -> Self {
        let mut labels = Labels { groups: vec![None; groups] };
        for (cluster, judgement) in clusters.iter().zip(judgements) {
            let Some(judgement) = judgement else { continue };
            let rule = cluster.matched.signature.map(|index| matcher.rule(index));
            let label = |judgement| Labelled {
                signature: rule.map(|rule| rule.id.clone()),
                title: rule.map(|rule| rule.title.clone()),
                trend: cluster.movement().map(Box::new),
                own: rule.is_some_and(|rule| rule.scope == Scope::System),
                judgement,
            };
            // Most clusters are of one group.
            let Some((last, others)) = cluster.groups.split_last() else { continue };
            for group in others {
                labels.groups[*group] = Some(label(judgement.clone()));
            }
            labels.groups[*last] = Some(label(judgement));
        }
        labels
    }

    fn is_finding(&self, group: usize) -> bool {
        self.groups[group].as_ref().is_some_and(|label| label.judgement.verdict.is_finding())
    }

    /// Companions share their partner's verdict where the partner accounts for them: the loop that writes to a connection
    /// belongs to the one that reads from it.
    fn companions(&mut self, clusters: &[Cluster], findings: &mut [(usize, Finding)], matcher: &Matcher<'_>) {
        for cluster in clusters {
            let Some(rule) = cluster.matched.signature.map(|index| matcher.rule(index)) else { continue };
            if rule.scope != Scope::Companion || cluster.last == 0 {
                continue;
            }
            let partner = findings.iter_mut().filter(|(i, finding)| {
                let enough = clusters[*i].last * 2 >= cluster.last;
                enough && finding.signature.as_ref().is_some_and(|id| rule.companion_of.contains(id))
            });
            let Some((_, finding)) =
                partner.min_by_key(|(i, finding)| (finding.verdict, std::cmp::Reverse(clusters[*i].last)))
            else {
                continue;
            };
            for group in &cluster.groups {
                finding.groups.push(*group);
                if let Some(label) = &mut self.groups[*group] {
                    label.judgement.verdict = finding.verdict;
                    label.judgement.confidence = finding.confidence;
                    label.judgement.pattern = finding.pattern;
                    label.judgement.candidates = finding.candidates.clone();
                    let text = format!("each belongs to one of: {}", finding.title);
                    label.judgement.evidence = vec![Evidence::new(EvidenceKind::Signature, text)];
                }
            }
        }
    }

    fn crowd(&mut self, finding: &Finding) {
        for group in &finding.groups {
            if let Some(label) = &mut self.groups[*group] {
                label.judgement.verdict = finding.verdict;
                label.judgement.confidence = finding.confidence;
                label.judgement.pattern = finding.pattern;
                label.judgement.candidates = finding.candidates.clone();
                label.judgement.evidence = finding.evidence.clone();
            }
        }
    }

    fn finish(self) -> Vec<Labelled> {
        let nothing = || Labelled {
            signature: None,
            title: None,
            trend: None,
            own: false,
            judgement: Judgement {
                verdict: Verdict::Unknown,
                confidence: 0.0,
                evidence: Vec::new(),
                pattern: None,
                candidates: Vec::new(),
            },
        };
        self.groups.into_iter().map(|label| label.unwrap_or_else(nothing)).collect()
    }
}
