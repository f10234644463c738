//! Whether a report lets a build pass: `--fail-on`.

use super::{Command, FormatName, ProfileName, Report, Verdict};

/// Moments from which counts alone can prove growth (design of the judgement: Mann–Kendall below six proves nothing).
const ENOUGH_MOMENTS: usize = 6;

/// What a gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// So many findings are at or above the verdict, and neither accepted nor known to the baseline.
    Closed(usize),
    /// There is none, but the evidence can't carry that: a sentence says why.
    CannotTell(String),
    /// There is none.
    Open,
}

impl Report {
    /// Judges the findings against the verdict from which a build shall fail.
    #[must_use]
    pub fn gate(&self, fail_on: Verdict) -> Gate {
        let counts = |finding: &&super::Finding| finding.verdict <= fail_on && finding.is_news();
        match self.findings.iter().filter(counts).count() {
            0 => self.doubt(fail_on).map_or(Gate::Open, Gate::CannotTell),
            n => Gate::Closed(n),
        }
    }

    /// Why no finding doesn't mean no leak.
    fn doubt(&self, fail_on: Verdict) -> Option<String> {
        if let Some(snapshot) = self.snapshots.iter().find(|snapshot| !snapshot.complete) {
            return Some(format!("{} could not be read as a whole", snapshot.source));
        }
        if self.snapshots.iter().any(|snapshot| snapshot.warnings.iter().any(|warning| warning.code == "restarted")) {
            return Some("the process was started anew between the snapshots".into());
        }
        // Proof needs no comparison, and a suspicion no more than counts.
        if fail_on != Verdict::Likely || self.snapshots.iter().all(|s| s.profile == ProfileName::GoroutineLeak) {
            return None;
        }
        let with_ids = |format: FormatName| matches!(format, FormatName::Debug2 | FormatName::Crash);
        let counts_only = !self.snapshots.iter().all(|snapshot| with_ids(snapshot.format));
        let few = self.command == Command::Triage || self.snapshots.len() < ENOUGH_MOMENTS;
        (counts_only && few).then(|| {
            format!(
                "profiles without goroutine ids prove no leak from fewer than {ENOUGH_MOMENTS} moments: capture debug=2, or \
                 ask --fail-on suspect"
            )
        })
    }
}
