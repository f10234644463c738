//! Findings in words.

use serde_json::Number;

use super::fingerprint;
use super::group_words::{Words, rounded};
use super::schema::Finding;
use crate::classify;

impl Words<'_> {
    /// Findings in words, worst first, without those of which options leave nothing.
    pub(super) fn findings(
        &self,
        findings: Vec<classify::Finding>,
        shown: &[Option<GroupTotals>],
        all: i64,
    ) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            findings.into_iter().filter_map(|finding| self.finding(finding, shown, all)).collect();
        findings.sort_by(|a, b| {
            let weight = |f: &Finding| f.goroutines as f64 * f.confidence.as_f64().unwrap_or(0.0);
            a.verdict.cmp(&b.verdict).then_with(|| weight(b).total_cmp(&weight(a))).then_with(|| a.id.cmp(&b.id))
        });
        fingerprint::number_alike(&mut findings);
        findings
    }

    fn finding(&self, finding: classify::Finding, shown: &[Option<GroupTotals>], all: i64) -> Option<Finding> {
        let groups: Vec<&GroupTotals> = finding.groups.iter().filter_map(|i| shown[*i].as_ref()).collect();
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

/// What findings need of a group.
pub(super) struct GroupTotals {
    pub(super) id: String,
    pub(super) count: i64,
    pub(super) delta: Option<i64>,
    pub(super) counts: Vec<i64>,
}

/// Two decimals, and more would pretend to know better.
pub(super) fn confidence(x: f64) -> Number {
    Number::from_f64((x.clamp(0.0, 1.0) * 100.0).round() / 100.0).unwrap_or_else(|| Number::from(0))
}
