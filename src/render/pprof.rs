//! `convert --to pprof`: a gzipped profile.proto for `go tool pprof`, speedscope and flame graph tools.
//!
//! What the format has no place for stands in labels of the samples (`-tagfocus state='chan send'`): state, creator, wait,
//! verdict. `unpark` reads them back into the same groups; goroutine ids and the addresses of locks stay behind.

use std::hash::Hash;
use std::io::{self, Write};
use std::sync::Arc;

use flate2::{Compression, GzBuilder};
use hashbrown::HashMap;
use prost::Message;

use crate::profile_proto::{self as pb, CONVERTED, MARKS_KNOWN, label, mark};
use crate::report::{FrameReport, Group, ProfileName, ReceiveName, Report, Sample, StateDetail};

/// Writes the report's one snapshot.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let bytes = Converter::new(report).profile().encode_to_vec();
    // No name and no time: the same input gives the same bytes.
    let mut packed = GzBuilder::new().write(out, Compression::default());
    packed.write_all(&bytes)?;
    packed.finish().map(|_| ())
}

/// Things of a profile's table, each once, numbered from 1 in the order in which they are needed.
struct Table<K, V> {
    ids: HashMap<K, u64, foldhash::fast::RandomState>,
    rows: Vec<V>,
}

impl<K: Hash + Eq, V> Table<K, V> {
    fn new() -> Self {
        Table { ids: HashMap::default(), rows: Vec::new() }
    }

    fn id(&mut self, key: K, row: impl FnOnce(u64) -> V) -> u64 {
        let next = self.rows.len() as u64 + 1;
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.rows.push(row(id));
        }
        id
    }
}

struct Converter<'a> {
    report: &'a Report,
    strings: Table<String, String>,
    functions: Table<(i64, i64), pb::Function>,
    locations: Table<Vec<(u64, i64)>, pb::Location>,
    /// The marks of all states are known.
    marks_known: bool,
}

impl<'a> Converter<'a> {
    fn new(report: &'a Report) -> Self {
        let marks_known = report.groups.iter().all(|g| marks(&g.state_detail).iter().all(|(_, flag)| flag.is_some()));
        Converter { report, strings: Table::new(), functions: Table::new(), locations: Table::new(), marks_known }
    }

    fn profile(mut self) -> pb::Profile {
        let snapshot = self.report.snapshots.first();
        let is_leak_profile = snapshot.is_some_and(|s| s.profile == ProfileName::GoroutineLeak);
        let name = if is_leak_profile { "goroutineleak" } else { "goroutine" };
        let counted = pb::ValueType { r#type: self.string(name), unit: self.string("count") };
        let groups: &'a [Group] = &self.report.groups;
        let sample = groups.iter().flat_map(|group| self.samples(group)).collect();
        let time = snapshot.and_then(|s| s.captured_at.as_deref()?.parse::<jiff::Timestamp>().ok());
        let seconds = snapshot.and_then(|s| s.seconds.as_ref()?.as_f64()).unwrap_or(0.0);
        let mut comment = vec![self.string(CONVERTED)];
        if self.marks_known {
            comment.push(self.string(MARKS_KNOWN));
        }
        pb::Profile {
            sample_type: vec![counted],
            sample,
            // Without it, tools look for the program to take names from.
            mapping: vec![pb::Mapping {
                id: 1,
                has_functions: true,
                has_filenames: true,
                has_line_numbers: true,
                has_inline_frames: true,
                ..pb::Mapping::default()
            }],
            location: self.locations.rows,
            function: self.functions.rows,
            string_table: [String::new()].into_iter().chain(self.strings.rows).collect(),
            time_nanos: time.and_then(|t| i64::try_from(t.as_nanosecond()).ok()).unwrap_or(0),
            duration_nanos: (seconds * 1e9) as i64,
            period_type: Some(counted),
            period: 1,
            comment,
            ..pb::Profile::default()
        }
    }

    fn samples(&mut self, group: &'a Group) -> Vec<pb::Sample> {
        let location_id = self.stack(&group.frames);
        let mut shared = vec![self.label(label::STATE, &state(group))];
        let absent: Vec<&str> =
            marks(&group.state_detail).iter().filter(|m| m.1 == Some(false)).map(|(word, _)| *word).collect();
        if !self.marks_known && !absent.is_empty() {
            shared.push(self.label(label::STATE_WITHOUT, &absent.join(",")));
        }
        if let Some(receive) = group.state_detail.receive {
            let written = if receive == ReceiveName::Ok { "ok" } else { "value" };
            shared.push(self.label(label::RECEIVE, written));
        }
        if let Some(creator) = &group.creator {
            let at = format!("{}:{}", creator.file.as_deref().unwrap_or_default(), creator.line.unwrap_or(0));
            shared.extend([self.label(label::CREATOR, &spelling(creator)), self.label(label::CREATOR_AT, &at)]);
        }
        shared.push(self.label(label::VERDICT, group.verdict.word()));
        for (key, id) in [(label::SIGNATURE, &group.signature), (label::PATTERN, &group.pattern)] {
            shared.extend(id.as_ref().map(|id| self.label(key, id)));
        }
        let sample = |sample: &Sample| pb::Sample {
            location_id: location_id.clone(),
            value: vec![sample.count],
            label: shared.iter().cloned().chain(self.own(sample)).collect(),
        };
        group.samples.iter().map(sample).collect()
    }

    /// What only these goroutines have.
    fn own(&mut self, sample: &Sample) -> Vec<pb::Label> {
        let mut labels: Vec<pb::Label> =
            sample.labels.iter().map(|(key, value)| self.label(&label::own(key), value)).collect();
        if let Some(minutes) = sample.wait_minutes {
            let (key, num_unit) = (self.string(label::WAIT), self.string("minutes"));
            labels.push(pb::Label { key, num: minutes.into(), num_unit, ..pb::Label::default() });
        }
        labels
    }

    /// The locations of a stack, leaf first: a call and those that were inlined into it are one.
    fn stack(&mut self, frames: &[Arc<FrameReport>]) -> Vec<u64> {
        let mut ids = Vec::new();
        for frames in frames.chunk_by(|inner, _| inner.inlined) {
            let lines: Vec<(u64, i64)> =
                frames.iter().map(|frame| (self.function(frame), frame.line.unwrap_or(0).into())).collect();
            let line =
                lines.iter().map(|(function_id, line)| pb::Line { function_id: *function_id, line: *line, column: 0 });
            let line: Vec<pb::Line> = line.collect();
            let location = |id| pb::Location { id, mapping_id: 1, line, ..pb::Location::default() };
            ids.push(self.locations.id(lines, location));
        }
        ids
    }

    fn function(&mut self, frame: &FrameReport) -> u64 {
        let (name, filename) = (self.string(&spelling(frame)), self.string(frame.file.as_deref().unwrap_or_default()));
        let function = |id| pb::Function { id, name, system_name: name, filename, start_line: 0 };
        self.functions.id((name, filename), function)
    }

    fn label(&mut self, key: &str, value: &str) -> pb::Label {
        pb::Label { key: self.string(key), str: self.string(value), ..pb::Label::default() }
    }

    fn string(&mut self, text: &str) -> i64 {
        if text.is_empty() {
            return 0;
        }
        self.strings.id(text.to_owned(), |_| text.to_owned()) as i64
    }
}

/// The marks of a state, in the order in which headers print them.
fn marks(detail: &StateDetail) -> [(&'static str, Option<bool>); 5] {
    [
        (mark::NIL_CHANNEL, detail.nil_channel),
        (mark::NO_CASES, detail.no_cases),
        (mark::LEAKED, detail.leaked),
        (mark::DURABLE, detail.durable),
        (mark::LOCKED, detail.locked_to_thread),
    ]
}

/// The state as a header has it, without the wait (runtime/traceback.go:goroutineheader).
fn state(group: &Group) -> String {
    let mut state = group.state.clone();
    for (word, _) in marks(&group.state_detail).iter().filter(|mark| mark.1 == Some(true)) {
        let is_after_wait = *word == mark::LOCKED;
        state += &if is_after_wait { format!(", {word}") } else { format!(" ({word})") };
    }
    state
}

/// A function's name as Go's profiles spell it, with the dots of its package's last element escaped
/// (cmd/internal/objabi.PathToPrefix): only so can a reader tell where the package ends.
fn spelling(frame: &FrameReport) -> String {
    let package = frame.package.as_deref().unwrap_or_default();
    let last = package.rfind('/').map_or(0, |slash| slash + 1);
    match frame.function.strip_prefix(package) {
        Some(rest) if package[last..].contains('.') => {
            format!("{}{}{rest}", &package[..last], package[last..].replace('.', "%2e"))
        }
        _ => frame.function.clone(),
    }
}
