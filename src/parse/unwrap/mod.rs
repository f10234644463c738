//! What loggers and shippers put around dumps, undone: layer by layer, told from the line that holds the first header, and
//! streamed. A dump that nothing wraps never comes here.

mod ansi;
mod cri;
mod journal;
mod layer;
mod prefix;
mod quoted;
mod strip;
mod twice;

use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ansi::Ansi;
use cri::Cri;
use journal::Journal;
use layer::Layer;
use prefix::{Prefixes, Shape};
use quoted::Quoted;
use twice::Twice;

use super::header::starts_header;
use super::preamble::names_cause;
use crate::input::Bytes;

/// Layers that one line may have: a logger in a container's log in a shipper's is three.
const MAX_LAYERS: usize = 6;
/// Longer prefixes are none.
const MAX_PREFIX: usize = 1_024;

/// A line between what two origins wrote: what follows is no part of the dump before.
pub(super) const ANOTHER: &[u8] = b"\x00-- another origin --\x00";

/// Counts of what was undone, shared with the layers that do it.
#[derive(Clone, Debug, Default)]
pub(super) struct Undone(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    lines: AtomicU64,
    others: AtomicU64,
    lost: AtomicU64,
}

impl Undone {
    fn line(&self, of_others: bool) {
        self.0.lines.fetch_add(1, Ordering::Relaxed);
        self.0.others.fetch_add(u64::from(of_others), Ordering::Relaxed);
    }

    fn lost(&self) {
        self.0.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// Lines of other origins, without goroutines, that stood between.
    pub(super) fn others(&self) -> u64 {
        self.0.others.load(Ordering::Relaxed)
    }

    /// Lines for which there was no room.
    pub(super) fn lost_lines(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }
}

/// How a text is wrapped, outermost layer first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    /// Escape sequences of terminals
    Ansi,
    /// The container runtime's
    Cri,
    /// The export format of systemd's journal
    Journal,
    /// A string behind a key of each line: the key, and whether the text has its own line ends
    Quoted(Vec<u8>, bool),
    /// The first one of the prefixes, and whether they tell who wrote a line
    Prefix(Vec<u8>, bool),
    /// Each line twice
    Twice,
    /// Something before the first line alone, of so many bytes
    First(usize),
}

impl Wrapping {
    /// In words, for a warning.
    pub(super) fn words(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match self {
            Wrapping::Ansi => "colours".into(),
            Wrapping::Cri => "a container runtime's prefix".into(),
            Wrapping::Journal => "entries of a journal".into(),
            Wrapping::Quoted(key, _) => format!("a quoted string behind {}", text(key)),
            Wrapping::Prefix(prefix, _) if prefix.iter().all(|b| *b == b' ') => "indentation".into(),
            Wrapping::Prefix(prefix, _) => format!("a prefix like {:?}", text(prefix)),
            Wrapping::Twice => "lines that each came twice".into(),
            Wrapping::First(_) => "a log line's beginning".into(),
        }
    }

    fn undo(&self, inner: Bytes, undone: &Undone) -> Bytes {
        match self {
            Wrapping::Ansi => Box::new(Layer::new(inner, Ansi::default())),
            Wrapping::Cri => Box::new(Layer::new(inner, Cri::default())),
            Wrapping::Journal => Box::new(Layer::new(inner, Journal::default())),
            Wrapping::Quoted(key, joins) => Box::new(Layer::new(inner, Quoted::new(key, *joins))),
            Wrapping::Prefix(prefix, tells) => {
                Box::new(Layer::new(inner, Prefixes::new(prefix, *tells, undone.clone())))
            }
            Wrapping::Twice => Box::new(Layer::new(inner, Twice::default())),
            Wrapping::First(_) => inner,
        }
    }
}

/// The text without its layers.
pub(super) fn undo(layers: &[Wrapping], text: Bytes, undone: &Undone) -> Bytes {
    layers.iter().fold(text, |inner, layer| layer.undo(inner, undone))
}

/// Where a goroutine's header or a debug=1 profile's first line begins in a line.
pub(super) fn find_dump(line: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(line, b"goroutine ").find(|at| {
        let rest = &line[at + 10..];
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let is_header = digits > 0 && (rest[digits..].starts_with(b" [") || rest[digits..].starts_with(b" gp="));
        is_header || rest.starts_with(b"profile: total ")
    })
}

/// Whether a line is one of a dump as it is: no prefix is looked for.
fn is_plain(line: &[u8]) -> bool {
    starts_header(line) || line.starts_with(b"created by ") || line.starts_with(b"goroutine profile: total ")
}

/// Tells from a sample, which begins with the line in question, how its first dump is wrapped. `None` where it isn't, or in
/// a way that isn't known. An empty list says that a part of the sample is plain.
pub(super) fn detect(sample: &[u8]) -> Option<Vec<Wrapping>> {
    let mut layers = Vec::new();
    let mut sample = sample.to_vec();
    while layers.len() < MAX_LAYERS {
        let lines: Vec<&[u8]> = sample.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).collect();
        let (i, at) = lines.iter().enumerate().find_map(|(i, line)| Some((i, find_dump(line)?)))?;
        if at == 0 {
            return Some(layers);
        }
        let (line, next) = (lines[i], lines.get(i + 1).copied().unwrap_or_default());
        let layer = outermost(line, at, &lines[i + 1..], next)?;
        if let Wrapping::First(_) = layer {
            // Only where it is the line in question: others will be asked about in their turn.
            layers.push(layer);
            return (i == 0 && layers.len() == 1).then_some(layers);
        }
        let mut inner = Vec::new();
        undo(std::slice::from_ref(&layer), Box::new(Cursor::new(sample)), &Undone::default())
            .read_to_end(&mut inner)
            .ok()?;
        layers.push(layer);
        sample = inner;
    }
    None
}

/// The outermost layer around the header that begins at `at`.
fn outermost(line: &[u8], at: usize, following: &[&[u8]], next: &[u8]) -> Option<Wrapping> {
    if line[..at].contains(&0x1b) {
        return Some(Wrapping::Ansi);
    }
    if cri::split(line).is_some_and(|(text, _)| text <= at) {
        return Some(Wrapping::Cri);
    }
    if line.starts_with(journal::MESSAGE) {
        return Some(Wrapping::Journal);
    }
    let quoted = quoted_key(line, at);
    // What stands before a container runtime's time is a layer of its own: the runtime's lines may be parts.
    let before = quoted.as_ref().map_or(at, |(open, _)| *open);
    let is_time = |i: &usize| line[i - 1] == b' ' && line[*i].is_ascii_digit() && cri::split(&line[*i..at]).is_some();
    if let Some(time) = (1..before).find(is_time) {
        return prefix(line, time, following, next);
    }
    if let Some((open, key)) = quoted {
        // What stands before the record is a layer of its own.
        let record = if key.ends_with(b":") { memchr::memchr(b'{', &line[..open]).unwrap_or(0) } else { 0 };
        if record > 0 && !line[..record].iter().all(|b| b" \t[".contains(b)) {
            return prefix(line, record, following, b"").or(Some(Wrapping::Quoted(key.clone(), joins(&key))));
        }
        return Some(Wrapping::Quoted(key.clone(), joins(&key)));
    }
    prefix(line, at, following, next)
}

/// Docker's and `go test`'s strings hold the line ends themselves.
fn joins(key: &[u8]) -> bool {
    [&b"\"log\":"[..], b"\"Output\":"].contains(&key)
}

fn prefix(line: &[u8], at: usize, following: &[&[u8]], next: &[u8]) -> Option<Wrapping> {
    if at > MAX_PREFIX {
        return None;
    }
    let shape = Shape::of(&line[..at]);
    let alike =
        || following.iter().take(64).filter(|line| !line.is_empty()).filter_map(|l| Some(&l[..shape.length(l)?]));
    let same = alike().count();
    let others = following.iter().take(64).filter(|line| !line.is_empty()).count();
    // One other line may be a coincidence, most of them aren't.
    if same > 0 && (same * 4 >= others || same >= 8) {
        // Something in them that counts and is no time tells nobody apart.
        let mut origins: Vec<Vec<u8>> = alike().map(prefix::origin).collect();
        origins.sort_unstable();
        origins.dedup();
        return Some(Wrapping::Prefix(line[..at].to_vec(), origins.len() * 2 <= same + 1));
    }
    let call = memchr::memchr(b'(', next).filter(|at| *at > 0 && next.ends_with(b")"));
    let is_frame = call.is_some_and(|call| next[..call].iter().all(u8::is_ascii_graphic));
    let is_text = line[..at].iter().any(u8::is_ascii_graphic);
    (is_frame && is_text).then_some(Wrapping::First(at))
}

/// The string that holds a place in a line: where it begins, and the key before it.
fn quoted_key(line: &[u8], place: usize) -> Option<(usize, Vec<u8>)> {
    let mut at = 0;
    while let Some(i) = memchr::memchr(b'"', &line[at..place]) {
        let open = at + i;
        let mut close = open + 1;
        loop {
            match line.get(close) {
                Some(b'\\') => close += 2,
                Some(b'"') | None => break,
                Some(_) => close += 1,
            }
        }
        if close > place {
            return key_before(&line[..open]).map(|key| (open, key));
        }
        at = close + 1;
        if at > place {
            return None;
        }
    }
    None
}

/// `"log":` or `msg=` at the end of a text.
fn key_before(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii_end();
    if let Some(before) = text.strip_suffix(b":") {
        let before = before.trim_ascii_end().strip_suffix(b"\"")?;
        let open = memchr::memrchr(b'"', before)?;
        // A space between the key and the colon is none that loggers write.
        return text[open..].ends_with(b"\":").then(|| text[open..].to_vec());
    }
    let before = text.strip_suffix(b"=")?;
    let start = before.iter().rposition(|b| b.is_ascii_whitespace()).map_or(0, |at| at + 1);
    (start < before.len()).then(|| text[start..].to_vec())
}

/// Takes what expressions of the user's match at the beginning of each line away, in their order.
pub(super) fn strip(patterns: &[regex::bytes::Regex], text: Bytes) -> Bytes {
    if patterns.is_empty() { text } else { Box::new(Layer::new(text, strip::Strip::new(patterns))) }
}
