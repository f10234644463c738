//! Snapshots in words, and totals over groups.

use std::collections::BTreeMap;

use super::group_words::rounded;
use super::schema::{CauseName, CauseReport, FormatName, Group, ProfileName, SnapshotReport, Summary, WarningReport};
use crate::error::Place;
use crate::model::{CauseKind, Format, ProfileKind, SnapshotInfo};

pub(super) fn snapshot(index: usize, info: &SnapshotInfo, (goroutines, groups): (i64, usize)) -> SnapshotReport {
    let time = info.captured_at.and_then(|nanos| jiff::Timestamp::from_nanosecond(i128::from(nanos)).ok());
    SnapshotReport {
        index,
        source: info.source.clone(),
        part: info.part,
        format: match info.format {
            Format::Pprof => FormatName::Pprof,
            Format::Debug1 => FormatName::Debug1,
            Format::Debug2 => FormatName::Debug2,
            Format::Crash => FormatName::Crash,
        },
        profile: match info.profile {
            ProfileKind::Goroutine => ProfileName::Goroutine,
            ProfileKind::GoroutineLeak => ProfileName::GoroutineLeak,
        },
        captured_at: time.map(|t| t.to_string()),
        go_version: info.go_version.clone(),
        goroutines,
        groups,
        delta: info.delta,
        seconds: info.delta.then(|| rounded(info.duration_nanos as f64 / 1e9)).flatten(),
        complete: info.warnings.is_complete(),
        cause: info.cause.as_ref().map(|cause| CauseReport {
            kind: match cause.kind {
                CauseKind::Panic => CauseName::Panic,
                CauseKind::Fatal => CauseName::Fatal,
                CauseKind::Deadlock => CauseName::Deadlock,
                CauseKind::Sigquit => CauseName::Sigquit,
                CauseKind::Sigabrt => CauseName::Sigabrt,
                CauseKind::TestTimeout => CauseName::TestTimeout,
                CauseKind::Signal => CauseName::Signal,
            },
            message: cause.message.clone(),
            goroutine: cause.goroutine,
        }),
        warnings: info
            .warnings
            .sorted()
            .into_iter()
            .map(|w| WarningReport {
                code: w.code.code().into(),
                message: w.message,
                line: if let Place::Line(n) = w.place { Some(n) } else { None },
                offset: if let Place::Offset(n) = w.place { Some(n) } else { None },
                count: w.count,
            })
            .collect(),
    }
}

pub(super) fn summary(groups: &[Group], is_comparison: bool) -> Summary {
    let (mut by_state, mut by_verdict) = (BTreeMap::new(), BTreeMap::new());
    for group in groups {
        *by_state.entry(group.state.as_str()).or_insert(0) += group.count;
        *by_verdict.entry(group.verdict.word()).or_insert(0) += group.count;
    }
    // What is gone at the last moment has a group and no goroutine.
    let present_of = |counts: BTreeMap<&str, i64>| {
        counts.into_iter().filter(|(_, count)| *count != 0).map(|(word, count)| (word.to_owned(), count)).collect()
    };
    let (by_state, by_verdict) = (present_of(by_state), present_of(by_verdict));
    let present = groups.iter().filter(|g| !is_comparison || g.counts.last().is_some_and(|count| *count != 0)).count();
    Summary { goroutines: groups.iter().map(|g| g.count).sum(), groups: present, by_state, by_verdict }
}
