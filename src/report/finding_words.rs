//! Findings in words.

use serde_json::Number;

use super::fingerprint;
use super::group_words::{Words, rounded};
use super::schema::{Finding, Group};
use crate::classify;

impl Words<'_> {
    /// Findings in words, worst first, without those of which options leave nothing.
    pub(super) fn findings(&self, findings: Vec<classify::Finding>, groups: &Shown<'_>, all: i64) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            findings.into_iter().filter_map(|finding| self.finding(finding, groups, all)).collect();
        findings.sort_by(|a, b| {
            let weight = |f: &Finding| f.goroutines as f64 * f.confidence.as_f64().unwrap_or(0.0);
            a.verdict.cmp(&b.verdict).then_with(|| weight(b).total_cmp(&weight(a))).then_with(|| a.id.cmp(&b.id))
        });
        fingerprint::number_alike(&mut findings);
        findings
    }

    fn finding(&self, finding: classify::Finding, shown: &Shown<'_>, all: i64) -> Option<Finding> {
        let groups: Vec<&Group> = finding.groups.iter().filter_map(|i| shown.groups.get(shown.places[*i]?)).collect();
        if groups.is_empty() {
            return None;
        }
        let goroutines = groups.iter().map(|group| group.count).sum();
        let site = finding.site.map(|frame| self.frame(frame));
        let share = if all > 0 { goroutines as f64 / all as f64 } else { 0.0 };
        Some(Finding {
            id: fingerprint::finding(finding.signature.as_deref(), site.as_deref()),
            signature: finding.signature,
            pattern: finding.pattern.map(str::to_owned),
            candidates: finding.candidates,
            title: finding.title,
            verdict: finding.verdict,
            confidence: confidence(finding.confidence),
            goroutines,
            share: rounded(share).unwrap_or_else(|| Number::from(0)),
            delta: groups.iter().map(|group| group.delta).sum(),
            counts: (0..self.infos.len()).map(|i| groups.iter().map(|group| group.counts[i]).sum()).collect(),
            groups: groups.iter().map(|group| group.id.clone()).collect(),
            site,
            creator: finding.creator.map(|frame| self.frame(frame)),
            evidence: finding.evidence,
            remedy: finding.remedy,
            reference: finding.reference,
            source: finding.source,
            baseline: None,
            accepted: None,
        })
    }
}

/// The groups that the report is about.
pub(super) struct Shown<'a> {
    /// In their order.
    pub(super) groups: &'a [Group],
    /// By the index of a group before that: its place, where it is shown.
    pub(super) places: &'a [Option<usize>],
}

/// Two decimals, and more would pretend to know better.
pub(super) fn confidence(x: f64) -> Number {
    Number::from_f64((x.clamp(0.0, 1.0) * 100.0).round() / 100.0).unwrap_or_else(|| Number::from(0))
}
