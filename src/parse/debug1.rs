//! The counted text form, `debug=1` (runtime/pprof/pprof.go:printCountProfile):
//!
//! ```text
//! goroutine profile: total N
//! COUNT @ 0xPC 0xPC …
//! # labels: {"k":"v"}
//! #<tab>0xPC<tab>func+0xoff<tabs>file:line
//! ```

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::header::{labels as read_labels, parse_decimal, starts_header};
use super::hidden_pcs::{self, HiddenPcs, PCS_KEPT};
use super::preamble::names_cause;
use super::stack::{RawFrame, shared_stack};
use super::{GROUP_BYTES, Options, frame_line, too_many_stacks};
use crate::error::{Place, Result};
use crate::input::TextLines;
use crate::model::{
    Format, GroupKey, Labels, MAX_GOROUTINES, ProfileKind, Samples, Snapshot, SnapshotBuilder, SnapshotInfo, StrId,
    Symbols, WarningCode,
};

/// The first line of a counted profile.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// One of goroutines.
    Goroutines(GoroutineHead),
    /// One of something else, such as `threadcreate`.
    Other(String),
}

/// What the first line promises.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GoroutineHead {
    kind: ProfileKind,
    pub(super) total: u64,
}

impl Head {
    /// Reads `NAME profile: total N`.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let at = memchr::memmem::find(line, b" profile: total ")?;
        let name = &line[..at];
        let total = parse_decimal(line[at + 16..].trim_ascii_end())?;
        let is_word = !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
        match name {
            b"goroutine" => Some(Head::Goroutines(GoroutineHead { kind: ProfileKind::Goroutine, total })),
            b"goroutineleak" => Some(Head::Goroutines(GoroutineHead { kind: ProfileKind::GoroutineLeak, total })),
            _ => is_word.then(|| Head::Other(String::from_utf8_lossy(name).into_owned())),
        }
    }
}

/// All records with one list of PCs.
struct Entry {
    hash: u64,
    count: i64,
    labels: Labels,
    samples: Option<Samples>,
}

/// Reads the records below a first line; stops at what is none.
pub(super) fn read(
    lines: &mut TextLines,
    name: &str,
    head: &GoroutineHead,
    line: u64,
    symbols: &mut Symbols,
    options: &Options,
) -> Result<Snapshot> {
    let mut info = SnapshotInfo::new(name, 1, Format::Debug1);
    info.profile = head.kind;
    let mut reader = Records {
        info,
        entries: Vec::new(),
        stacks: Vec::new(),
        index: HashTable::new(),
        hasher: RandomState::default(),
        pcs: Vec::new(),
        labels: Vec::new(),
        unterminated: false,
        total: 0,
        keep_samples: options.keep_samples,
    };
    while reader.step(lines, name, head, symbols)? {
        if symbols.bytes() + reader.entries.len() * GROUP_BYTES > options.max_symbol_bytes {
            return Err(too_many_stacks(name, options).at(Place::Line(lines.line_number())));
        }
    }
    Ok(reader.finish(head, line, symbols))
}

struct Records {
    info: SnapshotInfo,
    entries: Vec<Entry>,
    stacks: Vec<HiddenPcs>,
    index: HashTable<usize>,
    hasher: RandomState,
    pcs: Vec<u64>,
    labels: Vec<(StrId, StrId)>,
    /// The last record has no end of line: the text may be cut there.
    unterminated: bool,
    /// Goroutines so far.
    total: i64,
    keep_samples: bool,
}

impl Records {
    /// Reads a record, an empty line, or a logger's line between records; false where the profile ends.
    fn step(&mut self, lines: &mut TextLines, name: &str, head: &GoroutineHead, symbols: &mut Symbols) -> Result<bool> {
        let Some(first) = lines.line_at(0, name)? else { return Ok(false) };
        if first.start == first.end {
            lines.consume(first.next, 1);
            return Ok(true);
        }
        let text = &lines.ahead()[..first.end];
        if !begins_record(text) {
            let is_whole = u64::try_from(self.total).is_ok_and(|total| total >= head.total);
            if is_whole || starts_header(text) || names_cause(text) || Head::parse(text).is_some() {
                return Ok(false);
            }
            self.info.warnings.add(WarningCode::StrayLine, Place::Line(lines.line_number()), || {
                "a line that is no part of the profile stands within it; it was skipped".into()
            });
            lines.consume(first.next, u64::from(first.terminated));
            return Ok(true);
        }
        let (mut end, mut terminated, mut count) = (first.next, first.terminated, u64::from(first.terminated));
        while let Some(line) = lines.line_at(end, name)? {
            if lines.ahead()[line.start..line.end].first() != Some(&b'#') {
                break;
            }
            (end, terminated, count) = (line.next, line.terminated, count + u64::from(line.terminated));
        }
        let place = Place::Line(lines.line_number());
        let ahead = lines.ahead();
        let last = super::block::lines(&ahead[..end]).last().map_or(&b""[..], |(line, _)| line);
        self.unterminated = !terminated;
        if !terminated && !last.starts_with(b"#") {
            self.info.warnings.add(WarningCode::IncompleteFrame, place, || {
                "the last record has no end of line: its stack may be cut".into()
            });
        }
        if !terminated && last.starts_with(b"#\t") && frame(last, symbols).is_none() {
            self.info.warnings.add(WarningCode::Truncated, place, cut);
        }
        let read = self.record(&ahead[..first.end], &ahead[first.next.min(end)..end], symbols);
        if read.is_none() {
            self.info.warnings.add(WarningCode::BadRecord, place, || {
                "a record breaks the grammar \"COUNT @ PC PC …\"; it was skipped".into()
            });
        }
        lines.consume(end, count);
        Ok(true)
    }

    /// Adds a record; `None` where it breaks the grammar.
    fn record(&mut self, first: &[u8], body: &[u8], symbols: &mut Symbols) -> Option<()> {
        let digits = first.iter().take_while(|b| b.is_ascii_digit()).count();
        let count = i64::try_from(parse_decimal(&first[..digits])?).ok()?;
        let total = self.total.checked_add(count).filter(|total| *total <= MAX_GOROUTINES)?;
        let pcs = first[digits..].strip_prefix(b" @")?;
        let mut hasher = self.hasher.build_hasher();
        hasher.write(pcs);
        let hash = hasher.finish();
        self.labels.clear();
        let mut rest = super::block::lines(body).map(|(line, _)| line).peekable();
        if let Some(labels) = rest.peek().and_then(|line| line.strip_prefix(b"# labels: {")) {
            read_labels(labels.strip_suffix(b"}").unwrap_or(labels), symbols, &mut self.labels);
            rest.next();
        }
        let entries = &self.entries;
        let at = match self.index.find(hash, |at| entries[*at].hash == hash) {
            Some(at) => *at,
            None => {
                self.pcs.clear();
                for pc in pcs.split(|b| *b == b' ').filter(|pc| !pc.is_empty()) {
                    self.pcs.push(hex(pc)?);
                }
                self.stacks.push(visible(rest, &self.pcs, symbols));
                let at = self.entries.len();
                let samples = self.keep_samples.then(Samples::default);
                self.entries.push(Entry { hash, count: 0, labels: Labels::default(), samples });
                let entries = &self.entries;
                self.index.insert_unique(hash, at, |at| entries[*at].hash);
                at
            }
        };
        self.total = total;
        let entry = &mut self.entries[at];
        entry.count += count;
        entry.labels.add(&self.labels, count);
        if let Some(samples) = &mut entry.samples {
            samples.add(&self.labels, None, count);
        }
        Some(())
    }

    fn finish(mut self, head: &GoroutineHead, line: u64, symbols: &mut Symbols) -> Snapshot {
        let sum = self.total;
        if u64::try_from(sum) != Ok(head.total) {
            if self.unterminated {
                self.info.warnings.add(WarningCode::Truncated, Place::Line(line), cut);
            }
            self.info.warnings.add(WarningCode::TotalMismatch, Place::Line(line), || {
                format!("the records hold {sum} goroutines where the first line says {}", head.total)
            });
        }
        let states = hidden_pcs::states(&self.stacks, symbols);
        let mut builder = SnapshotBuilder::new(self.info).keep_samples(self.keep_samples);
        let mut ids = Vec::new();
        for ((entry, stack), leaf) in self.entries.iter().zip(&self.stacks).zip(states) {
            let mut state = leaf.state;
            // The runtime's own leak proof; the record without frames isn't a goroutine that it speaks of.
            state.leaked = (head.kind == ProfileKind::GoroutineLeak).then_some(!stack.frames.is_empty());
            let key = GroupKey { state, stack: shared_stack(&stack.frames, symbols, &mut ids), creator: None };
            let at = builder.group(key, leaf.receive);
            let group = builder.group_mut(at);
            group.count += entry.count;
            group.labels.absorb(&entry.labels);
            if let (Some(samples), Some(others)) = (&mut group.samples, &entry.samples) {
                samples.absorb(others);
            }
        }
        let mut snapshot = builder.finish();
        snapshot.info.go_version = super::go_version::of(&snapshot, symbols);
        snapshot
    }
}

/// `COUNT @ …`, or what belongs below such a line.
fn begins_record(line: &[u8]) -> bool {
    let digits = line.iter().take_while(|b| b.is_ascii_digit()).count();
    line.starts_with(b"#") || (digits > 0 && line[digits..].starts_with(b" @"))
}

fn cut() -> String {
    "the text ends in the middle of a record: all counts are lower bounds".into()
}

fn hex(text: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(text.strip_prefix(b"0x")?).ok()?, 16).ok()
}

/// The frames of the `#` lines, and what the `@` list has before them.
fn visible<'a>(lines: impl Iterator<Item = &'a [u8]>, pcs: &[u64], symbols: &mut Symbols) -> HiddenPcs {
    let mut frames = Vec::new();
    let mut hidden = None;
    for line in lines {
        let Some((pc, frame)) = frame(line, symbols) else { continue };
        if hidden.is_none() {
            // The list has return addresses, the lines the calls before them.
            hidden = pcs.iter().position(|listed| *listed == pc || pc.checked_add(1) == Some(*listed));
        }
        frames.push(frame);
    }
    let kept = pcs.len().min(PCS_KEPT);
    HiddenPcs { first: pcs[..kept].to_vec(), hidden: hidden.unwrap_or(0), frames }
}

/// Reads `#<tab>0xPC<tab>func+0xoff<tabs>file:line`; columns may have become spaces.
fn frame(line: &[u8], symbols: &mut Symbols) -> Option<(u64, RawFrame)> {
    let rest = line.strip_prefix(b"#")?.trim_ascii();
    let pc_end = rest.iter().position(u8::is_ascii_whitespace)?;
    let pc = hex(&rest[..pc_end])?;
    let rest = rest[pc_end..].trim_ascii_start();
    let plus = memchr::memmem::find_iter(rest, b"+0x").find(|at| {
        let digits = rest[at + 3..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        rest.get(at + 3 + digits).is_some_and(u8::is_ascii_whitespace)
    })?;
    let after = &rest[plus + 3..];
    let place = &after[after.iter().position(u8::is_ascii_whitespace)?..];
    let location = frame_line::location(place.trim_ascii())?;
    let function = symbols.function_of(&rest[..plus]);
    let file = symbols.string_of(location.file);
    Some((pc, RawFrame::new(function, file, location.line, false, symbols)))
}

#[cfg(test)]
mod tests {
    use super::{GoroutineHead, Head};
    use crate::model::ProfileKind;

    #[test]
    fn heads() {
        let head = |kind, total| Some(Head::Goroutines(GoroutineHead { kind, total }));
        assert_eq!(Head::parse(b"goroutine profile: total 10409"), head(ProfileKind::Goroutine, 10409));
        assert_eq!(Head::parse(b"goroutineleak profile: total 0"), head(ProfileKind::GoroutineLeak, 0));
        assert_eq!(Head::parse(b"threadcreate profile: total 11"), Some(Head::Other("threadcreate".into())));
        assert_eq!(Head::parse(b"the profile: total x"), None);
        assert_eq!(Head::parse(b"I0101 goroutine profile: total 3"), None);
    }
}
