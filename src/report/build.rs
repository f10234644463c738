//! From snapshots and matched groups to a report.

use super::aggregate::aggregate;
use super::finding_words::Shown;
use super::group_words::{Words, count};
use super::schema::{Command, Report, SCHEMA_VERSION, Tool};
use super::snapshot_words::{snapshot, summary};
use super::{By, LeftOut, Selection, fingerprint};
use crate::classify::signature::Rules;
use crate::classify::{self, Classified, Labelled, Moments};
use crate::compare::{ClockSource, Matched, highest_id, minutes, restarts, series, side_by_side, two_moments};
use crate::error::Place;
use crate::input::time_in_name;
use crate::model::{Snapshot, SnapshotInfo, Symbols, WarningCode};
use crate::source::{self, Readings, SourceTree};

/// What a report is asked for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// What recognises stacks.
    pub rules: &'a Rules,
    /// Which groups.
    pub selection: &'a Selection,
    /// What to add goroutines up by, where not by stack.
    pub by: Option<&'a By>,
    /// Whether to say which labels groups have: there may be as many as goroutines.
    pub labels: bool,
    /// Whether to say all frames of groups, and not only site, entry and creator.
    pub frames: bool,
    /// Where the program's source lies, if it is at hand.
    pub source: Option<&'a SourceTree>,
}

/// A report on moments that stand beside each other.
#[must_use]
pub fn triage(snapshots: Vec<Snapshot>, symbols: &Symbols, wanted: Wanted<'_>) -> Report {
    let totals = totals(&snapshots);
    let (mut infos, matched) = side_by_side(snapshots);
    let minutes = vec![0.0; infos.len()];
    let delta = infos.iter().all(|info| info.delta);
    let issued = Vec::new();
    let moments = Moments { compared: false, delta, with_ids: false, from: 0, minutes, timed: false, issued };
    build(Command::Triage, &mut infos, &totals, &matched, symbols, wanted, moments)
}

/// A report on two moments of one program.
#[must_use]
pub fn diff(before: Snapshot, after: Snapshot, symbols: &Symbols, wanted: Wanted<'_>) -> Report {
    let mut moments = [before, after];
    let totals = totals(&moments);
    let judged = judged(&mut moments);
    let [before, after] = moments;
    let (mut infos, matched) = two_moments(before, after, symbols);
    build(Command::Diff, &mut infos, &totals, &matched, symbols, wanted, judged)
}

/// A report on three moments and more of one program, in their order.
#[must_use]
pub fn trend(mut snapshots: Vec<Snapshot>, symbols: &Symbols, wanted: Wanted<'_>) -> Report {
    let totals = totals(&snapshots);
    let judged = judged(&mut snapshots);
    let (mut infos, matched) = series(snapshots, symbols);
    build(Command::Trend, &mut infos, &totals, &matched, symbols, wanted, judged)
}

/// What the moments of a comparison are to each other; what stands against judging them together becomes a warning.
fn judged(snapshots: &mut [Snapshot]) -> Moments {
    let times: Vec<Option<i64>> = snapshots.iter().map(|s| s.info.captured_at).collect();
    let names: Vec<Option<i64>> = snapshots.iter().map(|s| time_in_name(&s.info.source)).collect();
    let clock = minutes(&times, &names);
    let restarts = restarts(snapshots);
    for at in &restarts {
        snapshots[*at].info.warnings.add(WarningCode::Restarted, Place::Whole, || {
            "its goroutine ids don't fit those of the moment before: the process was started anew, and what was before is \
             not judged together with what came after"
                .into()
        });
    }
    if let (Some(last), Some(first)) = (snapshots.last_mut(), clock.contradictions.first()) {
        let more = clock.contradictions.len() as u64;
        last.info.warnings.add_many(WarningCode::Times, Place::Whole, more, || first.clone());
    }
    Moments {
        compared: true,
        delta: false,
        with_ids: snapshots.iter().all(|s| s.info.format.has_headers()),
        from: restarts.last().copied().unwrap_or(0),
        minutes: clock.minutes,
        timed: clock.source != ClockSource::Order,
        issued: snapshots.iter().filter_map(highest_id).collect(),
    }
}

/// Goroutines and groups of each snapshot.
fn totals(snapshots: &[Snapshot]) -> Vec<(i64, usize)> {
    snapshots.iter().map(|s| (s.goroutines(), s.groups.len())).collect()
}

fn build(
    command: Command,
    infos: &mut [SnapshotInfo],
    totals: &[(i64, usize)],
    matched: &[Matched],
    symbols: &Symbols,
    wanted: Wanted<'_>,
    moments: Moments,
) -> Report {
    let is_comparison = command != Command::Triage;
    let readings = read_source(infos, matched, symbols, wanted);
    let Classified { groups: labels, findings } =
        classify::classify(matched, infos, &moments, wanted.rules, symbols, &readings);
    let one_process = moments.from == 0;
    let words = Words {
        symbols,
        command,
        minutes: elapsed_minutes(&moments),
        infos,
        one_process,
        wanted,
        frames: Default::default(),
    };
    let mut ids = fingerprint::ids(matched, symbols);
    let (mut groups, mut left_out) = (Vec::with_capacity(matched.len()), LeftOut::default());
    let mut places: Vec<Option<usize>> = vec![None; matched.len()];
    // Their places are sorted: words and labels are large to move.
    let mut order: Vec<(i64, usize)> = matched.iter().map(|m| count(m, is_comparison)).zip(0..).collect();
    order.sort_unstable_by(|(a_count, a), (b_count, b)| (b_count, &ids[*a]).cmp(&(a_count, &ids[*b])));
    let mut labels: Vec<Option<Labelled>> = labels.into_iter().map(Some).collect();
    for (_, at) in order {
        let Some(label) = labels[at].take() else { continue };
        let group = words.group(&matched[at], std::mem::take(&mut ids[at]), label);
        if wanted.selection.wants(&group) {
            places[at] = Some(groups.len());
            groups.push(group);
        } else {
            left_out.groups += 1;
            left_out.goroutines += group.count;
        }
    }
    let came = || groups.iter().map(|group| group.count.max(0)).sum();
    let all: i64 = if infos.iter().all(|info| info.delta) {
        came()
    } else if is_comparison {
        totals.last().map_or(0, |t| t.0)
    } else {
        totals.iter().map(|t| t.0).sum()
    };
    let findings = words.findings(findings, &Shown { groups: &groups, places: &places }, all);
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() },
        command,
        snapshots: infos.iter().zip(totals).enumerate().map(|(i, (info, total))| snapshot(i, info, *total)).collect(),
        summary: summary(&groups, is_comparison),
        aggregate: wanted.by.map(|by| aggregate(&groups, by, infos.len(), is_comparison)),
        groups,
        findings,
        baseline: None,
        left_out,
    }
}

/// What the source of all groups tells, where there is any; what it can't tell becomes a warning.
fn read_source(infos: &mut [SnapshotInfo], matched: &[Matched], symbols: &Symbols, wanted: Wanted<'_>) -> Readings {
    let Some(tree) = wanted.source else { return Readings::default() };
    let go_version = infos.iter().rev().find_map(|info| info.go_version.clone());
    let readings = source::read(tree, matched, symbols, go_version.as_deref());
    if let Some(last) = infos.last_mut() {
        for (code, message, stacks) in readings.doubts() {
            last.warnings.add_many(code, Place::Whole, stacks, || message);
        }
    }
    readings
}

/// The time between the first and the last snapshot, where both carry theirs and it passed.
fn elapsed_minutes(moments: &Moments) -> Option<f64> {
    let last = moments.minutes.last().copied().filter(|_| moments.timed)?;
    (last > 0.0).then_some(last)
}
