//! Stack groups in words.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde_json::Number;

use super::finding_words::confidence;
use super::schema::{
    Command, FrameReport, Group, IdentityReport, LabelCounts, MatchedBy, ReceiveName, Sample, Slope, StateDetail,
    TimeUnit, Trend, Waits,
};
use super::{By, Wanted};
use crate::classify::{self, Evidence, EvidenceKind, Labelled};
use crate::compare::{Identity, Matched, Matching};
use crate::model::{
    FrameId, GroupKey, Origin, Receive, Samples, SnapshotInfo, StackGroup, StackId, Symbols, WaitMinutes,
};

/// A group's goroutines in each snapshot.
fn counts(matched: &Matched) -> impl DoubleEndedIterator<Item = i64> {
    matched.parts.iter().map(|part| part.as_ref().map_or(0, |g| g.count))
}

/// What a group is sorted by: the last of its counts, in a triage all.
pub(super) fn count(matched: &Matched, is_comparison: bool) -> i64 {
    let mut counts = counts(matched);
    if is_comparison { counts.next_back().unwrap_or(0) } else { counts.sum() }
}

/// Turns ids into words.
pub(super) struct Words<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) command: Command,
    pub(super) minutes: Option<f64>,
    pub(super) infos: &'a [SnapshotInfo],
    /// No restart lies between the moments.
    pub(super) one_process: bool,
    pub(super) wanted: Wanted<'a>,
    pub(super) frames: RefCell<HashMap<FrameId, Arc<FrameReport>, RandomState>>,
}

impl Words<'_> {
    pub(super) fn group(&self, matched: &Matched, id: String, label: Labelled) -> Group {
        let symbols = self.symbols;
        let counts: Vec<i64> = counts(matched).collect();
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
            count: count(matched, is_comparison),
            counts,
            delta,
            per_minute: delta.zip(self.span()).and_then(|(d, minutes)| rounded(d as f64 / minutes)),
            wait_minutes: shown.as_ref().and_then(|g| waits(&g.waits)),
            identity: identity.map(|i| IdentityReport { survivors: i.survivors, births: i.births, deaths: i.deaths }),
            site: symbols.site(key.stack).map(|f| self.frame(f)),
            entry: symbols.entry(key.stack).map(|f| self.frame(f)),
            creator: key.creator.map(|f| self.frame(f)),
            frames: if self.wanted.frames { self.frames(key.stack) } else { Vec::new() },
            labels: shown.as_ref().filter(|_| self.wanted.labels).map(|g| self.labels(g)).unwrap_or_default(),
            goroutine_ids: shown.as_ref().map(|g| g.ids.first().to_vec()).unwrap_or_default(),
            lock_address: shown.as_ref().and_then(|g| g.locks.only()).map(|address| format!("{address:#x}")),
            signature: label.signature,
            title: label.title,
            own: label.own || self.is_runtimes_own(key),
            pattern: label.judgement.pattern.map(str::to_owned),
            candidates: label.judgement.candidates,
            verdict: label.judgement.verdict,
            confidence: confidence(label.judgement.confidence),
            evidence: label.judgement.evidence.into_iter().chain(matching(matched.matching)).collect(),
            trend: label.trend.map(|movement| Box::new(self.trend(*movement))),
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
    pub(super) fn frame(&self, id: FrameId) -> Arc<FrameReport> {
        self.frames.borrow_mut().entry(id).or_insert_with(|| Arc::new(self.new_frame(id))).clone()
    }

    fn frames(&self, stack: StackId) -> Vec<Arc<FrameReport>> {
        // Most stacks are deep, and a walk is short.
        let mut frames = Vec::with_capacity(self.symbols.frames(stack).count());
        frames.extend(self.symbols.frames(stack).map(|frame| self.frame(frame)));
        frames
    }

    /// Garbage collection, finalizers, threads' own stacks: what a crash dump shows of the runtime itself (traceback level 2),
    /// and nobody asked for. They have runtime frames only, and were made by the runtime or by no `go` statement.
    fn is_runtimes_own(&self, key: &GroupKey) -> bool {
        let is_runtimes = |frame: FrameId| self.symbols.frame_at(frame).origin == Origin::Runtime;
        key.stack != StackId::EMPTY
            && self.symbols.frames(key.stack).all(is_runtimes)
            && key.creator.is_none_or(is_runtimes)
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

/// Four significant digits of a probability.
fn exact(p: f64) -> Option<Number> {
    format!("{p:.3e}").parse().ok().and_then(Number::from_f64)
}

/// Three decimals: more would pretend to know better.
pub(super) fn rounded(x: f64) -> Option<Number> {
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
