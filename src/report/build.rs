//! From snapshots and matched groups to a report.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde_json::Number;

use super::aggregate::aggregate;
use super::schema::{
    CauseName, CauseReport, Command, Finding, FormatName, FrameReport, Group, IdentityReport, LabelCounts, MatchedBy,
    ProfileName, ReceiveName, Report, SCHEMA_VERSION, Sample, Slope, SnapshotReport, StateDetail, Summary, TimeUnit,
    Tool, Trend, Waits, WarningReport,
};
use super::{By, LeftOut, Selection, fingerprint};
use crate::classify::signature::Rules;
use crate::classify::{self, Classified, Evidence, EvidenceKind, Labelled, Moments};
use crate::compare::{
    ClockSource, Identity, Matched, Matching, highest_id, minutes, restarts, series, side_by_side, two_moments,
};
use crate::error::Place;
use crate::input::time_in_name;
use crate::model::{
    CauseKind, Format, FrameId, ProfileKind, Receive, Samples, Snapshot, SnapshotInfo, StackGroup, Symbols,
    WaitMinutes, WarningCode,
};

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
}

/// A report on moments that stand beside each other.
#[must_use]
pub fn triage(snapshots: Vec<Snapshot>, symbols: &Symbols, wanted: Wanted<'_>) -> Report {
    let totals = totals(&snapshots);
    let (infos, matched) = side_by_side(snapshots);
    let minutes = vec![0.0; infos.len()];
    let delta = infos.iter().all(|info| info.delta);
    let issued = Vec::new();
    let moments = Moments { compared: false, delta, with_ids: false, from: 0, minutes, timed: false, issued };
    build(Command::Triage, &infos, &totals, &matched, symbols, wanted, moments)
}

/// A report on two moments of one program.
#[must_use]
pub fn diff(before: Snapshot, after: Snapshot, symbols: &Symbols, wanted: Wanted<'_>) -> Report {
    let mut moments = [before, after];
    let totals = totals(&moments);
    let judged = judged(&mut moments);
    let [before, after] = moments;
    let (infos, matched) = two_moments(before, after, symbols);
    build(Command::Diff, &infos, &totals, &matched, symbols, wanted, judged)
}

/// A report on three moments and more of one program, in their order.
#[must_use]
pub fn trend(mut snapshots: Vec<Snapshot>, symbols: &Symbols, wanted: Wanted<'_>) -> Report {
    let totals = totals(&snapshots);
    let judged = judged(&mut snapshots);
    let (infos, matched) = series(snapshots, symbols);
    build(Command::Trend, &infos, &totals, &matched, symbols, wanted, judged)
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
    infos: &[SnapshotInfo],
    totals: &[(i64, usize)],
    matched: &[Matched],
    symbols: &Symbols,
    wanted: Wanted<'_>,
    moments: Moments,
) -> Report {
    let is_comparison = command != Command::Triage;
    let Classified { groups: labels, findings } = classify::classify(matched, infos, &moments, wanted.rules, symbols);
    let one_process = moments.from == 0;
    let words = Words {
        symbols,
        command,
        minutes: elapsed_minutes(&moments),
        infos,
        one_process,
        wanted,
        frames: RefCell::default(),
    };
    let ids = fingerprint::ids(matched, symbols);
    let (mut groups, mut left_out) = (Vec::with_capacity(matched.len()), LeftOut::default());
    let mut shown: Vec<Option<GroupTotals>> = (0..matched.len()).map(|_| None).collect();
    // Sorted before they are put into words, which are large to move.
    let mut order: Vec<_> = matched.iter().zip(ids).zip(labels).enumerate().collect();
    let count = |matched: &Matched| count(&counts(matched), is_comparison);
    order.sort_by_cached_key(|(_, ((matched, id), _))| (Reverse(count(matched)), id.clone()));
    for (at, ((matched, id), label)) in order {
        let group = words.group(matched, id, label);
        if wanted.selection.wants(&group) {
            let (id, counts) = (group.id.clone(), group.counts.clone());
            shown[at] = Some(GroupTotals { id, count: group.count, delta: group.delta, counts });
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
    let findings = words.findings(findings, &shown, all);
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

/// A group's goroutines in each snapshot.
fn counts(matched: &Matched) -> Vec<i64> {
    matched.parts.iter().map(|part| part.as_ref().map_or(0, |g| g.count)).collect()
}

/// What a group is sorted by: the last of its counts, in a triage all.
fn count(counts: &[i64], is_comparison: bool) -> i64 {
    if is_comparison { counts.last().copied().unwrap_or(0) } else { counts.iter().sum() }
}

/// The time between the first and the last snapshot, where both carry theirs and it passed.
fn elapsed_minutes(moments: &Moments) -> Option<f64> {
    let last = moments.minutes.last().copied().filter(|_| moments.timed)?;
    (last > 0.0).then_some(last)
}

fn snapshot(index: usize, info: &SnapshotInfo, (goroutines, groups): (i64, usize)) -> SnapshotReport {
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

fn summary(groups: &[Group], is_comparison: bool) -> Summary {
    let (mut by_state, mut by_verdict) = (BTreeMap::new(), BTreeMap::new());
    for group in groups {
        *by_state.entry(group.state.clone()).or_insert(0) += group.count;
        *by_verdict.entry(group.verdict.word().to_owned()).or_insert(0) += group.count;
    }
    // What is gone at the last moment has a group and no goroutine.
    by_state.retain(|_, count| *count != 0);
    by_verdict.retain(|_, count| *count != 0);
    let present = groups.iter().filter(|g| !is_comparison || g.counts.last().is_some_and(|count| *count != 0)).count();
    Summary { goroutines: groups.iter().map(|g| g.count).sum(), groups: present, by_state, by_verdict }
}

struct Words<'a> {
    symbols: &'a Symbols,
    command: Command,
    minutes: Option<f64>,
    infos: &'a [SnapshotInfo],
    /// No restart lies between the moments.
    one_process: bool,
    wanted: Wanted<'a>,
    frames: RefCell<HashMap<FrameId, Arc<FrameReport>, RandomState>>,
}

impl Words<'_> {
    fn group(&self, matched: &Matched, id: String, label: Labelled) -> Group {
        let symbols = self.symbols;
        let counts = counts(matched);
        let (first, last) = (counts.first().copied().unwrap_or(0), counts.last().copied().unwrap_or(0));
        let is_comparison = self.command != Command::Triage;
        let delta = match self.infos {
            _ if is_comparison => Some(last - first),
            [only] if only.delta => Some(last),
            _ => None,
        };
        let shown = self.shown(matched);
        let key = &matched.key;
        let state = &key.state;
        let labels_by_snapshot: Vec<LabelCounts> = match self.wanted.by {
            Some(By::Label(_)) => {
                matched.parts.iter().map(|part| part.as_ref().map(|g| self.labels(g)).unwrap_or_default()).collect()
            }
            _ => Vec::new(),
        };
        let identity = match matched.parts.as_slice() {
            [before, .., after] if is_comparison && self.one_process && self.all_have_ids() => {
                Identity::between(before.as_ref(), after.as_ref())
            }
            _ => None,
        };
        Group {
            id,
            state: state.wait.words(symbols).to_owned(),
            state_detail: StateDetail {
                nil_channel: state.nil_channel,
                no_cases: state.no_cases,
                leaked: state.leaked,
                durable: state.durable,
                locked_to_thread: state.locked_to_thread,
                receive: shown.as_ref().and_then(|g| g.receive).map(|receive| match receive {
                    Receive::Value => ReceiveName::Value,
                    Receive::Ok => ReceiveName::Ok,
                }),
            },
            count: count(&counts, is_comparison),
            counts,
            delta,
            per_minute: delta.zip(self.span()).and_then(|(d, minutes)| rounded(d as f64 / minutes)),
            wait_minutes: shown.as_ref().and_then(|g| waits(&g.waits)),
            identity: identity.map(|i| IdentityReport { survivors: i.survivors, births: i.births, deaths: i.deaths }),
            site: symbols.site(key.stack).map(|f| self.frame(f)),
            entry: symbols.entry(key.stack).map(|f| self.frame(f)),
            creator: key.creator.map(|f| self.frame(f)),
            frames: symbols.frames(key.stack).map(|f| self.frame(f)).collect(),
            labels: shown.as_ref().filter(|_| self.wanted.labels).map(|g| self.labels(g)).unwrap_or_default(),
            goroutine_ids: shown.as_ref().map(|g| g.ids.first().to_vec()).unwrap_or_default(),
            lock_address: shown.as_ref().and_then(|g| g.locks.only()).map(|address| format!("{address:#x}")),
            signature: label.signature,
            title: label.title,
            own: label.own,
            pattern: label.judgement.pattern.map(str::to_owned),
            candidates: label.judgement.candidates,
            verdict: label.judgement.verdict,
            confidence: confidence(label.judgement.confidence),
            evidence: label.judgement.evidence.into_iter().chain(matching(matched.matching)).collect(),
            trend: label.trend.map(|movement| self.trend(movement)),
            matched_by: match matched.matching {
                Matching::Exact | Matching::Marks | Matching::Wrapper => MatchedBy::Group,
                Matching::Stack => MatchedBy::Frames,
                Matching::Functions => MatchedBy::Functions,
            },
            labels_by_snapshot,
            samples: shown.as_deref().map(|g| self.samples(g)).unwrap_or_default(),
        }
    }

    fn trend(&self, movement: classify::Movement) -> Trend {
        let slope = &movement.trend.slope;
        Trend {
            text: movement.trend.shape.words().into_owned(),
            counts: movement.counts,
            p: exact(movement.trend.p),
            q: movement.q.and_then(exact),
            per: if self.minutes.is_some() { TimeUnit::Minute } else { TimeUnit::Moment },
            slope: Slope { estimate: rounded(slope.slope), low: rounded(slope.low), high: rounded(slope.high) },
            long_lived: movement.long_lived,
        }
    }

    /// Findings in words, worst first, without those of which options leave nothing.
    fn findings(&self, findings: Vec<classify::Finding>, shown: &[Option<GroupTotals>], all: i64) -> Vec<Finding> {
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
            baseline: None,
            accepted: None,
        })
    }

    /// The part whose details are shown: all in a triage; in a comparison the last, or the one whose format tells more.
    fn shown<'g>(&self, matched: &'g Matched) -> Option<Cow<'g, StackGroup>> {
        if self.command != Command::Triage {
            return self.better(matched).map(Cow::Borrowed);
        }
        let mut parts = matched.parts.iter().flatten();
        let mut all = Cow::Borrowed(parts.next()?);
        parts.for_each(|part| all.to_mut().absorb(part));
        Some(all)
    }

    fn better<'g>(&self, matched: &'g Matched) -> Option<&'g StackGroup> {
        let mut parts = matched.parts.iter().zip(self.infos).filter_map(|(part, info)| Some((part.as_ref()?, info)));
        let last = parts.next_back()?;
        let better = parts.rfind(|(_, info)| info.format.has_headers() && !last.1.format.has_headers());
        Some(better.map_or(last.0, |(part, _)| part))
    }

    /// Over how many minutes a difference is: between the first moment and the last, or what a delta profile took.
    fn span(&self) -> Option<f64> {
        match self.infos {
            _ if self.command != Command::Triage => self.minutes,
            [only] => Some(only.duration_nanos as f64 / 6e10).filter(|minutes| *minutes > 0.0),
            _ => None,
        }
    }

    fn all_have_ids(&self) -> bool {
        self.infos.iter().all(|info| info.format.has_headers())
    }

    fn labels(&self, group: &StackGroup) -> LabelCounts {
        let text = |id| self.symbols.str(id);
        let mut all: Vec<_> = group.labels.iter().map(|(key, value, count)| (text(key), text(value), count)).collect();
        all.sort_unstable();
        let of_key = |of_key: &[(&str, &str, i64)]| {
            let values = of_key.iter().map(|(_, value, count)| ((*value).to_owned(), *count));
            Some((of_key.first()?.0.to_owned(), values.collect()))
        };
        all.chunk_by(|a, b| a.0 == b.0).filter_map(of_key).collect()
    }

    fn samples(&self, group: &StackGroup) -> Vec<Sample> {
        let text = |id| self.symbols.str(id).to_owned();
        let samples = group.samples.iter().flat_map(Samples::iter);
        let of = |(labels, wait_minutes, count): (&[_], _, _)| Sample {
            labels: labels.iter().map(|(key, value)| (text(*key), text(*value))).collect(),
            wait_minutes,
            count,
        };
        samples.map(of).collect()
    }

    /// The frame in words; shared by all groups that have it.
    fn frame(&self, id: FrameId) -> Arc<FrameReport> {
        self.frames.borrow_mut().entry(id).or_insert_with(|| Arc::new(self.new_frame(id))).clone()
    }

    fn new_frame(&self, id: FrameId) -> FrameReport {
        let frame = self.symbols.frame_at(id);
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        FrameReport {
            function: self.symbols.function_name(frame.function).to_owned(),
            package: text(self.symbols.package(frame.function)),
            file: text(self.symbols.str(frame.file)),
            line: (frame.line > 0).then_some(frame.line),
            inlined: frame.inlined,
            origin: frame.origin,
        }
    }
}

fn waits(waits: &WaitMinutes) -> Option<Waits> {
    Some(Waits { min: waits.min()?, median: waits.median()?, max: waits.max()?, known: waits.known() })
}

/// What findings need of a group.
struct GroupTotals {
    id: String,
    count: i64,
    delta: Option<i64>,
    counts: Vec<i64>,
}

/// Two decimals, and more would pretend to know better.
fn confidence(x: f64) -> Number {
    Number::from_f64((x.clamp(0.0, 1.0) * 100.0).round() / 100.0).unwrap_or_else(|| Number::from(0))
}

/// Four significant digits of a probability.
fn exact(p: f64) -> Option<Number> {
    format!("{p:.3e}").parse().ok().and_then(Number::from_f64)
}

/// Three decimals: more would pretend to know better.
fn rounded(x: f64) -> Option<Number> {
    Number::from_f64((x * 1000.0).round() / 1000.0)
}

/// How the two sides were found to be one, where that isn't plain.
fn matching(matching: Matching) -> Option<Evidence> {
    let text = match matching {
        Matching::Exact => return None,
        Matching::Marks => {
            "matched with the group before by state, frames and creator: only marks like (leaked) differ"
        }
        Matching::Wrapper => {
            "matched with the group before by all but its entry, a wrapper of the go statement that one dump hides"
        }
        Matching::Stack => "matched with the group before by frames alone: one side hides states or creators",
        Matching::Functions => "matched with the group before by functions and creator: lines moved in a new build",
    };
    Some(Evidence { kind: EvidenceKind::Identity, text: text.into(), value: None })
}
