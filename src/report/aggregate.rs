//! Totals by something else than the whole stack.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::{FrameReport, Group};

/// What goroutines are added up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Where they block: function, file and line.
    Site,
    /// The function they were started with.
    Entry,
    /// The `go` statement that made them.
    Creator,
    /// Every function on their stacks: a goroutine counts for each of them once.
    Function,
    /// The package of the site.
    Package,
    /// The wait state.
    State,
    /// The values of a label.
    Label(String),
}

/// Totals by one key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Aggregate {
    /// What they are by, as `--by` names it.
    pub by: String,
    /// By count (descending) in a triage, by change (descending) in a comparison; then by key.
    pub rows: Vec<AggregateRow>,
}

/// The goroutines of one key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AggregateRow {
    /// The key; null for those without one.
    pub key: Option<String>,
    /// Goroutines in each snapshot.
    pub counts: Vec<i64>,
    /// As in groups.
    pub count: i64,
    /// As in groups.
    pub delta: Option<i64>,
    /// How many groups they are in.
    pub groups: usize,
}

impl By {
    /// The name that `--by` takes.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            By::Site => "site".into(),
            By::Entry => "entry".into(),
            By::Creator => "creator".into(),
            By::Function => "function".into(),
            By::Package => "package".into(),
            By::State => "state".into(),
            By::Label(key) => format!("label:{key}"),
        }
    }

    fn keys(&self, group: &Group) -> Vec<Option<String>> {
        let place = |frame: &Option<Arc<FrameReport>>| frame.as_deref().map(place);
        match self {
            By::Site => vec![place(&group.site)],
            By::Entry => vec![group.entry.as_ref().map(|frame| frame.function.clone())],
            By::Creator => vec![place(&group.creator)],
            By::Package => vec![group.site.as_ref().and_then(|site| site.package.clone())],
            By::State => vec![Some(group.state.clone())],
            By::Function => {
                let functions: BTreeSet<&String> = group.frames.iter().map(|frame| &frame.function).collect();
                functions.into_iter().map(|function| Some(function.clone())).collect()
            }
            By::Label(_) => Vec::new(),
        }
    }
}

/// `function file:line`, as far as known.
fn place(frame: &FrameReport) -> String {
    match (&frame.file, frame.line) {
        (Some(file), Some(line)) => format!("{} {file}:{line}", frame.function),
        _ => frame.function.clone(),
    }
}

/// Adds the groups up. `is_comparison` orders by change.
pub(super) fn aggregate(groups: &[Group], by: &By, snapshots: usize, is_comparison: bool) -> Aggregate {
    let mut rows: BTreeMap<Option<String>, (Vec<i64>, usize)> = BTreeMap::new();
    let mut add = |key: Option<String>, counts: &[i64]| {
        let (sums, groups) = rows.entry(key).or_insert_with(|| (vec![0; snapshots], 0));
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        *groups += 1;
    };
    for group in groups {
        if let By::Label(label) = by {
            add_labels(group, label, &mut add);
        } else {
            by.keys(group).into_iter().for_each(|key| add(key, &group.counts));
        }
    }
    let mut rows: Vec<AggregateRow> = rows
        .into_iter()
        .map(|(key, (counts, groups))| {
            let delta =
                is_comparison.then(|| counts.last().copied().unwrap_or(0) - counts.first().copied().unwrap_or(0));
            let count = if is_comparison { counts.last().copied().unwrap_or(0) } else { counts.iter().sum() };
            AggregateRow { key, counts, count, delta, groups }
        })
        .collect();
    rows.sort_by(|a, b| (b.delta, b.count).cmp(&(a.delta, a.count)).then_with(|| a.key.cmp(&b.key)));
    Aggregate { by: by.name(), rows }
}

/// A group's goroutines by the values of a label, in each snapshot.
fn add_labels(group: &Group, label: &str, add: &mut impl FnMut(Option<String>, &[i64])) {
    let mut rest = group.counts.clone();
    let mut values: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (i, labels) in group.labels_by_snapshot.iter().enumerate() {
        for (value, count) in labels.get(label).into_iter().flatten() {
            values.entry(value).or_insert_with(|| vec![0; rest.len()])[i] += count;
            rest[i] -= count;
        }
    }
    for (value, counts) in values {
        add(Some(value.to_owned()), &counts);
    }
    if rest.iter().any(|count| *count != 0) {
        add(None, &rest);
    }
}
