//! What stands above the answer: where the snapshots are from, why they were printed, what is missing.

use super::words;
use crate::report::{Command, Report, SnapshotReport};

/// Snapshots shown before the rest folds: the answer shall stand on the first screen.
const SHOWN: usize = 3;
/// More snapshots than these are only counted.
const LISTED: usize = 500;
/// Warnings that only tell how the input was read.
const NOTES: [&str; 4] = ["unwrapped", "other-lines", "nul-bytes", "other-encoding"];

/// The snapshots.
pub(super) struct Heads {
    pub(super) shown: Vec<Head>,
    pub(super) folded: Vec<Head>,
    /// What stands on the fold.
    pub(super) fold: String,
}

/// A snapshot.
pub(super) struct Head {
    pub(super) role: &'static str,
    pub(super) source: String,
    pub(super) cause: Vec<String>,
    /// Whether it warns rather than notes, and the sentence.
    pub(super) warnings: Vec<(bool, String)>,
}

impl Heads {
    pub(super) fn of(report: &Report) -> Self {
        let all = report.snapshots.len();
        let mut heads = report.snapshots.iter().take(LISTED).map(|snapshot| head(report, snapshot));
        let shown = if all <= SHOWN { all } else { 0 };
        let what = if report.command == Command::Triage { "dumps" } else { "moments" };
        let fold = if all > LISTED {
            format!("{all} {what}; the first {LISTED} are listed, --format json lists all")
        } else {
            format!("{all} {what}")
        };
        Heads { shown: heads.by_ref().take(shown).collect(), folded: heads.collect(), fold }
    }
}

fn head(report: &Report, snapshot: &SnapshotReport) -> Head {
    Head {
        role: match (report.command, snapshot.index) {
            (Command::Diff, 0) => "before",
            (Command::Diff, _) => "after",
            _ => "",
        },
        source: words::moment(snapshot),
        cause: snapshot.cause.as_ref().map(|cause| words::cause(report, snapshot, cause)).unwrap_or_default(),
        warnings: snapshot
            .warnings
            .iter()
            .map(|warning| (!NOTES.contains(&warning.code.as_str()), words::warning(warning)))
            .collect(),
    }
}
