//! Findings: clusters worth reporting, with their companions, worst first.

use super::by_source::BySource;
use super::cluster::Cluster;
use super::evidence::{Evidence, EvidenceKind};
use super::holder::holder;
use super::judge::{Judgement, objects};
use super::observe;
use super::scene::Scene;
use super::signature::{Matcher, Rule, Scope};
use super::spawn::Crowd;
use super::verdict::Verdict;
use super::words::{counted, function, place};
use crate::model::FrameId;
use crate::source::{Role, SourceView};

/// Groups that share a cause.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub signature: Option<String>,
    /// The cause, where evidence parts it from others.
    pub pattern: Option<&'static str>,
    /// All causes that fit, likeliest first.
    pub candidates: Vec<String>,
    /// One line.
    pub title: String,
    /// How sure a leak it is.
    pub verdict: Verdict,
    /// From 0 to 1.
    pub confidence: f64,
    /// Its groups, as indices, the cluster's own before its companions'.
    pub groups: Vec<usize>,
    /// Where it blocks.
    pub site: Option<FrameId>,
    /// Who made its goroutines: the `go` statement of most of them.
    pub creator: Option<FrameId>,
    /// What speaks for it, most telling first.
    pub evidence: Vec<Evidence>,
    /// What to change.
    pub remedy: Option<String>,
    /// Where to read more.
    pub reference: Option<String>,
    /// They wait because of others.
    pub victim: bool,
    /// What the source tells of it, where it is at hand.
    pub source: Option<SourceView>,
}

/// The finding of a cluster.
#[must_use]
pub(super) fn of_cluster(
    cluster: &Cluster,
    judgement: &Judgement,
    scene: &Scene<'_>,
    matcher: &Matcher<'_>,
    by_source: &BySource,
    looks_for_holder: bool,
) -> Finding {
    let rule = cluster.matched.signature.map(|index| matcher.rule(index));
    let context = cluster.matched.context.map(|index| matcher.rule(index));
    let is_source = |evidence: &&Evidence| evidence.kind == EvidenceKind::Source;
    let mut evidence = observe::first(cluster, scene);
    let cause = by_source.cause.as_ref().filter(|cause| judgement.pattern == Some(cause.pattern));
    let shown = cause.into_iter().flat_map(|cause| &cause.evidence);
    evidence.extend(shown.map(|text| Evidence::new(EvidenceKind::Source, text.clone())));
    evidence.extend(judgement.evidence.iter().filter(|e| !is_source(e)).cloned());
    if looks_for_holder {
        evidence.extend(holder(cluster, scene));
    }
    evidence.extend(observe::further(cluster, scene));
    if let Some(context) = context.filter(|context| rule.is_none_or(|rule| rule.id != context.id)) {
        evidence.push(Evidence::new(EvidenceKind::Signature, format!("they are {}", context.title)));
    }
    evidence.extend(by_source.remark.clone());
    evidence.extend(judgement.evidence.iter().filter(is_source).cloned());
    let remedy = cause.map(|cause| cause.remedy.clone()).or_else(|| rule.and_then(|rule| rule.remedy.clone()));
    Finding {
        signature: rule.map(|rule| rule.id.clone()),
        pattern: judgement.pattern,
        candidates: judgement.candidates.clone(),
        title: title(cluster, rule, scene),
        verdict: judgement.verdict,
        confidence: judgement.confidence,
        groups: cluster.groups.clone(),
        site: scene.site(cluster),
        creator: cluster.creators.first().map(|(creator, _)| *creator),
        evidence,
        remedy,
        reference: rule.and_then(|rule| rule.reference.clone()),
        victim: rule.is_some_and(|rule| rule.victim),
        source: by_source.view.clone().map(|view| if cause.is_some() { view } else { without_culprit(view) }),
    }
}

/// Without what shows a cause that the finding doesn't name.
fn without_culprit(mut view: SourceView) -> SourceView {
    view.culprit = None;
    for line in view.excerpts.iter_mut().flat_map(|excerpt| &mut excerpt.lines) {
        line.roles.retain(|role| matches!(role, Role::Blocks | Role::Go));
    }
    view
}

/// The finding of a crowd.
#[must_use]
pub(super) fn of_crowd(crowd: &Crowd, rule: Option<&Rule>, scene: &Scene<'_>) -> Finding {
    Finding {
        signature: rule.map(|rule| rule.id.clone()),
        pattern: Some("unbounded-spawn"),
        candidates: vec!["unbounded-spawn".into(), "retry-spawn".into(), "recursive-spawn".into()],
        title: format!("started without a bound, by {}", function(crowd.creator, scene.symbols)),
        verdict: Verdict::Suspect,
        confidence: 0.5,
        groups: crowd.groups.clone(),
        site: None,
        creator: Some(crowd.creator),
        evidence: crowd.evidence.clone(),
        remedy: rule.and_then(|rule| rule.remedy.clone()),
        reference: rule.and_then(|rule| rule.reference.clone()),
        victim: false,
        source: None,
    }
}

fn title(cluster: &Cluster, rule: Option<&Rule>, scene: &Scene<'_>) -> String {
    let at = scene.site(cluster).map(|site| format!(" at {}", place(site, scene.symbols))).unwrap_or_default();
    match rule {
        Some(rule) if rule.language => format!("{}{at}", rule.title),
        Some(rule) if rule.scope == Scope::PerObject && rule.per_object.is_some_and(|each| each > 1) => {
            let of = rule.object.as_ref().map(|o| format!(" ({})", counted(objects(cluster.last, rule), o)));
            format!("{}{}", rule.title, of.unwrap_or_default())
        }
        Some(rule) => rule.title.clone(),
        None => format!("goroutines{at}"),
    }
}
