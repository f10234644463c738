//! The largest groups, and totals by something else, as tables that stand without the script.

use super::{name, whereabouts, words};
use crate::render::text::{counted, signed, thousands};
use crate::report::{Aggregate, Command, Group, Report};

/// Rows where `--top` says nothing.
const DEFAULT_TOP: usize = 50;
/// Rows at most, so that the page opens.
const MOST: usize = 2000;

/// The groups.
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) more: Option<String>,
}

/// A group.
pub(super) struct Row {
    pub(super) count: String,
    pub(super) change: String,
    pub(super) state: String,
    pub(super) verdict: &'static str,
    /// A word, a function, a place.
    pub(super) places: Vec<(&'static str, String, String)>,
}

impl Rows {
    pub(super) fn of(report: &Report, top: Option<usize>) -> Self {
        let shown = top.unwrap_or(DEFAULT_TOP).min(MOST).min(report.groups.len());
        let rest = &report.groups[shown..];
        let more = (!rest.is_empty()).then(|| {
            let goroutines = counted(rest.iter().map(|g| g.count).sum(), "goroutine");
            format!("{} with {goroutines}", counted(rest.len() as i64, "more group"))
        });
        Rows { rows: report.groups[..shown].iter().map(|group| row(report, group)).collect(), more }
    }
}

fn row(report: &Report, group: &Group) -> Row {
    let mut places = Vec::new();
    for (word, frame) in [("", &group.site), ("created by", &group.creator)] {
        if let Some(frame) = frame {
            let (function, place) = whereabouts(frame);
            places.push((word, function, place));
        }
    }
    Row {
        count: thousands(group.count),
        change: change(report.command, &group.counts, group.delta),
        state: name(&words::state(group)),
        verdict: group.verdict.word(),
        places,
    }
}

/// `25 → 425 (+400)`; nothing where nothing changed.
fn change(command: Command, counts: &[i64], delta: Option<i64>) -> String {
    match (command, counts, delta) {
        (Command::Diff | Command::Trend, [first, .., last], Some(delta)) if delta != 0 => {
            format!("{} → {} ({})", thousands(*first), thousands(*last), signed(delta))
        }
        _ => String::new(),
    }
}

/// Totals by what `--by` names.
pub(super) struct Totals {
    pub(super) by: String,
    /// A count, its change, the key.
    pub(super) rows: Vec<(String, String, String)>,
    pub(super) more: Option<String>,
}

impl Totals {
    pub(super) fn of(report: &Report, aggregate: &Aggregate, top: Option<usize>) -> Self {
        let shown = top.unwrap_or(DEFAULT_TOP).min(MOST).min(aggregate.rows.len());
        let rows = aggregate.rows[..shown]
            .iter()
            .map(|row| {
                let key = row.key.as_deref().map_or_else(|| "–".into(), name);
                (thousands(row.count), change(report.command, &row.counts, row.delta), key)
            })
            .collect();
        let rest = aggregate.rows.len() - shown;
        Totals { by: name(&aggregate.by), rows, more: (rest > 0).then(|| counted(rest as i64, "more row")) }
    }
}
