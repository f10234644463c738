//! Text that holds goroutines: debug=2, debug=1, crash logs, several of them in one file.

use std::sync::PoisonError;

use foldhash::fast::RandomState;

use super::chunks::{Chunks, Found};
use super::debug1;
use super::dump::{At, Dumps, PPROF_LIMIT, cut};
use super::frame_line::{self, BlockLine};
use super::header::{Header, starts_header};
use super::preamble::{Preamble, names_cause};
use super::unwrap::{self, Undone, Wrapping, find_dump};
use super::{Options, too_many_dumps, too_many_stacks};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::input::{Bytes, LineAhead, NulCount, TextLines, WithoutNuls};
use crate::model::{Snapshot, Symbols, WarningCode};

/// Longer blocks are parted: 50 + 50 frames of a line each stay far below.
const MAX_BLOCK: usize = 64 << 20;

/// How much of a text tells what wraps it.
const SAMPLE: usize = 64 << 10;

/// How often a text may change what wraps it.
const MAX_WRAPPINGS: usize = 8;

/// Reads all snapshots of a text. `damage` is what its packed data are known to have.
pub(super) fn read(
    text: Bytes,
    damage: Option<ErrorKind>,
    name: &str,
    symbols: &mut Symbols,
    options: &Options,
) -> Result<Vec<Snapshot>> {
    let (nuls, hasher) = (NulCount::default(), RandomState::default());
    let text = WithoutNuls::new(text, nuls.clone());
    let (text, found) = Chunks::new(unwrap::strip(&options.strip, Box::new(text)), options.threads, hasher.clone());
    let mut reader = TextReader {
        lines: TextLines::new(text, name)?.damaged(damage),
        nuls,
        scanned: options.scan_ahead.then_some((0, found)),
        name,
        options,
        preamble: Preamble::default(),
        dumps: Dumps::new(name, options.keep_samples, hasher.clone()),
        hasher,
        prefixed: None,
        seen: Seen::default(),
        wrappings: Vec::new(),
        failed_looks: [0; 2],
        look_again_at: [0; 2],
        recoded: None,
    };
    let recoded_before = symbols.recoded();
    let mut place = Place::Line(1);
    while reader.step(symbols)? {
        if reader.recoded.is_none() && symbols.recoded() > recoded_before {
            reader.recoded = Some(place);
        }
        place = Place::Line(reader.lines.line_number());
        if symbols.bytes() + reader.dumps.bytes() > options.max_symbol_bytes {
            return Err(too_many_stacks(name, options).at(place));
        }
        if reader.dumps.dumps() > options.max_dumps {
            return Err(too_many_dumps(name, options).at(place));
        }
    }
    reader.finish(symbols.recoded() - recoded_before, symbols)
}

struct TextReader<'a> {
    lines: TextLines,
    nuls: NulCount,
    /// Goroutines that threads found ahead, while their places are those of the lines; and how many bytes of lines stand
    /// before the text that they count from.
    scanned: Option<(u64, Found)>,
    hasher: RandomState,
    name: &'a str,
    options: &'a Options,
    preamble: Preamble,
    dumps: Dumps<'a>,
    /// The first line that holds a header behind something else, and how many do.
    prefixed: Option<(u64, u64)>,
    seen: Seen,
    /// What was undone, from which line on.
    wrappings: Vec<(u64, String, Undone)>,
    /// How often nothing was found to undo around headers and around causes, and from which offset on it is looked for again.
    failed_looks: [u64; 2],
    look_again_at: [u64; 2],
    /// Where the first name is that is no UTF-8.
    recoded: Option<Place>,
}

/// What stood in the text besides goroutines; explains why there are none.
#[derive(Default)]
struct Seen {
    other_profile: Option<String>,
    html: bool,
    race: bool,
    /// The first line that begins like a header and isn't one, and how many do.
    bad_headers: Option<(u64, u64)>,
    cut_header: Option<u64>,
    /// A frame's location before any header and any cause.
    headless: Option<u64>,
    /// The first line of a debug=1 profile behind a prefix.
    prefixed_profile: Option<u64>,
    /// The first line of a debug=1 profile that ends there, and the goroutines that it speaks of.
    without_records: Option<(u64, u64)>,
}

impl TextReader<'_> {
    /// Reads a goroutine, a debug=1 profile or a line of something else; false at the end.
    fn step(&mut self, symbols: &mut Symbols) -> Result<bool> {
        if self.scanned_goroutine(symbols)? {
            return Ok(true);
        }
        let Some((mut line, is_part)) = self.lines.first_line(self.name)? else { return Ok(false) };
        if is_part {
            if self.unwrap(line.end)? {
                return Ok(true);
            }
            match self.lines.line_at(0, self.name)? {
                Some(cut) => line = cut,
                None => return Ok(false),
            }
        }
        let text = &self.lines.ahead()[line.start..line.end];
        let begins = starts_header(text) || debug1::Head::parse(text).is_some();
        if begins && self.comes_twice(line)? {
            self.undo(&[Wrapping::Twice]);
            return Ok(true);
        }
        let text = &self.lines.ahead()[line.start..line.end];
        if starts_header(text) {
            if self.preamble.in_message() && self.message_ends_here()? {
                self.preamble.close_message();
            }
            if !self.preamble.in_message() && self.goroutine(line.next, symbols)? {
                return Ok(true);
            }
        } else if !self.preamble.in_message()
            && let Some(head) = debug1::Head::parse(text)
        {
            let at = self.lines.line_number();
            self.lines.consume(line.next, 1);
            match head {
                debug1::Head::Goroutines(head) => {
                    let snapshot = debug1::read(&mut self.lines, self.name, &head, at, symbols, self.options)?;
                    if snapshot.groups.is_empty() && head.total > 0 {
                        self.seen.without_records.get_or_insert((at, head.total));
                    } else {
                        self.dumps.push(snapshot, symbols);
                    }
                }
                debug1::Head::Other(kind) => self.seen.other_profile = Some(kind),
            }
            return Ok(true);
        }
        self.outside(line.end, line.next, symbols)?;
        Ok(true)
    }

    /// Reads the goroutine whose header is the line ahead; false where it isn't one.
    fn goroutine(&mut self, body_start: usize, symbols: &mut Symbols) -> Result<bool> {
        let (mut end, mut is_last, mut is_cut) = (body_start, true, false);
        while let Some(line) = self.lines.line_at(end, self.name)? {
            let text = &self.lines.ahead()[line.start..line.end];
            is_cut = end > MAX_BLOCK;
            if text.is_empty() || (text.starts_with(b"goroutine") && begins_another(text)) || is_cut {
                is_last = false;
                break;
            }
            end = line.next;
        }
        let ahead = self.lines.ahead();
        let first_end = body_start - usize::from(ahead[..body_start].ends_with(b"\n"));
        let first = ahead[..first_end].strip_suffix(b"\r").unwrap_or(&ahead[..first_end]);
        let line = self.lines.line_number();
        let Some(header) = Header::parse(first) else {
            let is_text = memchr::memmem::find(first, b" [").is_none();
            if is_last && first_end == body_start {
                self.seen.cut_header = Some(line);
            } else if !is_text {
                let (_, count) = self.seen.bad_headers.get_or_insert((line, 0));
                *count += 1;
            }
            return Ok(false);
        };
        let at = At { line, is_last, at_pprof_limit: is_last && self.lines.offset() + end as u64 == PPROF_LIMIT };
        let body = &ahead[body_start..end];
        let used = self.dumps.add(&header, body, at, None, &mut self.preamble, symbols);
        if is_cut && let Some(info) = self.dumps.info() {
            info.warnings.add(WarningCode::TooManyFrames, Place::Line(line), || {
                "a goroutine of more than 64 MiB; what follows was left out".into()
            });
        }
        let consumed = body_start + used;
        let line_count = memchr::memchr_iter(b'\n', &ahead[..consumed]).count() as u64;
        self.lines.consume(consumed, line_count);
        Ok(true)
    }

    /// Reads the goroutine ahead, where a thread has scanned it, and the empty line behind it; false where none has.
    fn scanned_goroutine(&mut self, symbols: &mut Symbols) -> Result<bool> {
        let Some((base, found)) = &self.scanned else { return Ok(false) };
        let at = self.lines.offset() - base;
        let scanned = loop {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            match found.front() {
                Some(first) if first.at < at => _ = found.pop_front(),
                Some(first) if first.at == at => break first.clone(),
                _ => return Ok(false),
            }
        };
        // The first of a text may come twice; and what was left out of the text has moved all places behind it.
        if self.dumps.is_empty() || self.preamble.in_message() || self.moved() {
            return Ok(false);
        }
        let whole = scanned.header + scanned.body + 1;
        let place = At { line: self.lines.line_number(), is_last: false, at_pprof_limit: false };
        let ahead = self.lines.look(whole, self.name, false)?;
        let (Some(head), Some(body)) = (ahead.get(..scanned.header - 1), ahead.get(scanned.header..whole - 1)) else {
            return Ok(false);
        };
        let Some(header) = Header::parse(head) else { return Ok(false) };
        let used = self.dumps.add(&header, body, place, Some(&scanned), &mut self.preamble, symbols);
        if used < scanned.body {
            let consumed = scanned.header + used;
            let lines = memchr::memchr_iter(b'\n', &self.lines.ahead()[..consumed]).count() as u64;
            self.lines.consume(consumed, lines);
        } else {
            self.preamble.line(b"");
            self.lines.consume(whole, scanned.lines + 1);
        }
        Ok(true)
    }

    /// Whether the offsets of lines are no longer those of the text that threads read.
    fn moved(&mut self) -> bool {
        let moved = self.lines.cut_lines() > 0 || self.nuls.get().count > 0;
        if moved {
            self.scanned = None;
        }
        moved
    }

    /// Whether a header-like line within a panic's message is a goroutine after all: a log that lost its empty lines has
    /// no other end of the message. Go before 1.23 prints messages as they are, so text can look like a goroutine; then
    /// an empty line and the real ones follow it.
    fn message_ends_here(&mut self) -> Result<bool> {
        let mut at = 0;
        while let Some(line) = self.lines.line_at(at, self.name)? {
            let text = &self.lines.ahead()[line.start..line.end];
            if text.is_empty() {
                return Ok(false);
            }
            if at > 0 && starts_header(text) {
                return Ok(true);
            }
            at = line.next;
            if at > (1 << 16) {
                return Ok(true);
            }
        }
        Ok(true)
    }

    /// Looks whether the line ahead, up to `end`, wraps a dump or the beginning of one, and undoes that from here on.
    fn unwrap(&mut self, end: usize) -> Result<bool> {
        const CAUSES: [&[u8]; 4] = [b"SIGQUIT: ", b"SIGABRT: ", b"panic: ", b"fatal error: "];
        let text = &self.lines.ahead()[..end];
        let holds = |what: &[u8]| memchr::memmem::find(text, what).is_some();
        // A line may speak of a panic a thousand times before one comes: headers are looked at on their own account.
        let kind = match () {
            () if starts_header(text) || names_cause(text) => return Ok(false),
            () if find_dump(text).is_some() => 0,
            () if CAUSES.into_iter().any(holds) => 1,
            () => return Ok(false),
        };
        if self.wrappings.len() >= MAX_WRAPPINGS || self.lines.offset() < self.look_again_at[kind] {
            return Ok(false);
        }
        let sample = self.lines.look(SAMPLE, self.name, false)?;
        let layers = unwrap::detect(&sample[..sample.len().min(SAMPLE.max(end))]).unwrap_or_default();
        match layers.as_slice() {
            [] => {
                // A text may hold as many such lines as it likes; they shan't take as long as they like.
                self.failed_looks[kind] += 1;
                self.look_again_at[kind] = self.lines.offset() + (self.failed_looks[kind] / 8) * SAMPLE as u64;
                return Ok(false);
            }
            [Wrapping::First(bytes)] => self.lines.consume(*bytes, 0),
            layers => self.undo(layers),
        }
        Ok(true)
    }

    /// Takes layers away from here on.
    fn undo(&mut self, layers: &[Wrapping]) {
        let undone = Undone::default();
        let mut found = None;
        self.lines.wrap(|text| {
            let text = unwrap::undo(layers, text, &undone);
            let (chunks, ahead) = Chunks::new(text, self.options.threads, self.hasher.clone());
            found = Some(ahead);
            Box::new(chunks)
        });
        self.scanned = found.filter(|_| self.options.scan_ahead).map(|found| (self.lines.offset(), found));
        let words = layers.iter().map(Wrapping::words).collect::<Vec<_>>().join(" within ");
        self.wrappings.push((self.lines.line_number(), words, undone));
    }

    /// Whether the first line of a dump, which is ahead, comes twice, as every line of a log that was delivered twice.
    fn comes_twice(&mut self, header: LineAhead) -> Result<bool> {
        if !self.dumps.is_empty() || self.wrappings.len() >= MAX_WRAPPINGS {
            return Ok(false);
        }
        // Both the header and the line below it.
        let mut lines = [header; 4];
        for i in 1..4 {
            let Some(line) = self.lines.line_at(lines[i - 1].next, self.name)? else { return Ok(false) };
            lines[i] = line;
        }
        let ahead = self.lines.ahead();
        let [first, again, below, below_again] = lines.map(|line| &ahead[line.start..line.end]);
        Ok(first == again && below == below_again && first != below)
    }

    /// Reads a line that is part of no goroutine.
    fn outside(&mut self, end: usize, next: usize, symbols: &Symbols) -> Result<()> {
        if !self.preamble.in_message() && self.unwrap(end)? {
            return Ok(());
        }
        let text = &self.lines.ahead()[..end];
        let line = self.lines.line_number();
        if text == unwrap::ANOTHER {
            self.dumps.finish_current(symbols);
        }
        if self.dumps.is_empty() && self.preamble.unused().is_none() && is_rest_of_goroutine(text, line == 1) {
            self.seen.headless.get_or_insert(line);
        }
        let in_message = self.preamble.in_message();
        self.preamble.line(text);
        if !in_message && !starts_header(text) && holds_header(text) {
            let (_, count) = self.prefixed.get_or_insert((line, 0));
            *count += 1;
        }
        if !in_message && memchr::memmem::find(text, b"goroutine profile: total ").is_some() {
            self.seen.prefixed_profile.get_or_insert(line);
        }
        if end == next && !text.is_empty() && b"goroutine ".starts_with(text) {
            self.seen.cut_header = Some(line);
        }
        if self.dumps.is_empty() {
            self.seen.html |= starts_html(text);
            self.seen.race |= text.starts_with(b"WARNING: DATA RACE");
        }
        let line_count = u64::from(self.lines.ahead()[..next].ends_with(b"\n"));
        self.lines.consume(next, line_count);
        Ok(())
    }

    fn finish(mut self, recoded: u64, symbols: &Symbols) -> Result<Vec<Snapshot>> {
        if self.dumps.is_empty() {
            return Err(self.nothing());
        }
        let last_line = self.lines.line_number();
        let (damage, cut_lines) = (self.lines.damage().map(str::to_owned), self.lines.cut_lines());
        let at_pprof_limit = self.lines.offset() == PPROF_LIMIT;
        if let (Some(line), Some(info)) = (self.seen.headless, self.dumps.first_info()) {
            info.warnings.add(WarningCode::CutAtFront, Place::Line(line), || {
                "the text begins in the middle of a goroutine: all counts are lower bounds; if the log was rotated there, read both parts as one: cat OLDER NEWER | unpark triage -".into()
            });
        }
        if let (Some((line, words, _)), Some(info)) = (self.wrappings.first(), self.dumps.first_info()) {
            let all = self.wrappings.len() as u64;
            info.warnings.add_many(WarningCode::Unwrapped, Place::Line(*line), all, || {
                format!("the dump stood in {words}, which was taken away; lines are counted as they are without")
            });
            let others = self.wrappings.iter().map(|(.., undone)| undone.others()).sum();
            info.warnings.add_many_if(WarningCode::OtherLines, Place::Line(*line), others, || {
                "lines that others wrote stood between; they were left out".into()
            });
            let lost = self.wrappings.iter().map(|(.., undone)| undone.lost_lines()).sum();
            info.warnings.add_many_if(WarningCode::LostLines, Place::Line(*line), lost, || {
                "goroutines of other dumps in this log were left out: there are too many of them, or no room for temporary files".into()
            });
        }
        if let Some(info) = self.dumps.info() {
            if let Some((line, total)) = self.seen.without_records {
                info.warnings.add(WarningCode::TotalMismatch, Place::Line(line), || {
                    format!("a debug=1 profile of {total} goroutines has no readable record")
                });
            }
            if let Some(line) = self.seen.cut_header.or(at_pprof_limit.then_some(last_line)) {
                cut(info, At { line, is_last: true, at_pprof_limit });
            }
            if let Some(damage) = damage {
                info.warnings.add(WarningCode::DamagedPacking, Place::Line(last_line), || {
                    format!("damaged gzip or zstd data ({damage}): all counts are lower bounds")
                });
            }
            if let Some((line, count)) = self.seen.bad_headers {
                info.warnings.add_many(WarningCode::BadHeader, Place::Line(line), count, || {
                    "a line that begins like a goroutine's header breaks its grammar; it was skipped".into()
                });
            }
            if let Some((line, count)) = self.prefixed {
                info.warnings.add_many(WarningCode::PrefixedHeader, Place::Line(line), count, || {
                    "headers of goroutines behind a prefix or indentation; they were not read".into()
                });
            }
            let nuls = self.nuls.get();
            if nuls.holes > 0 {
                info.warnings.add_many(WarningCode::Hole, Place::Offset(nuls.first_hole), nuls.holes, || {
                    "a hole of NUL bytes in the text, as a disk leaves that lost a block: what stood there is missing".into()
                });
            }
            info.warnings.add_many_if(WarningCode::NulBytes, Place::Offset(nuls.first), nuls.count, || {
                "NUL bytes stand in the text; they were left out".into()
            });
            info.warnings.add_many_if(
                WarningCode::OtherEncoding,
                self.recoded.unwrap_or(Place::Whole),
                recoded,
                || "names or labels that are no UTF-8 were read as Windows-1252".into(),
            );
            info.warnings
                .add_many_if(WarningCode::LongLine, Place::Whole, cut_lines, || "lines over 4 MiB were cut".into());
        }
        Ok(self.dumps.finish(symbols))
    }

    /// Why no goroutine was found.
    fn nothing(&self) -> Error {
        let error = |text: &str| Error::new(self.name, ErrorKind::NotGoroutines(text.to_owned()));
        if let Some(damage) = self.lines.damage() {
            return Error::new(self.name, ErrorKind::Packed(damage.to_owned()));
        }
        if let Some((line, total)) = self.seen.without_records {
            let what = format!("a debug=1 profile of {total} goroutines without a readable record");
            return Error::new(self.name, ErrorKind::Unusable(what))
                .at(Place::Line(line))
                .hint("the profile was not written or copied to its end: capture it again");
        }
        if let Some(kind) = &self.seen.other_profile {
            return error(&format!("a {kind} profile, not a goroutine profile"))
                .hint("capture /debug/pprof/goroutine?debug=2");
        }
        if let Some((line, count)) = self.prefixed {
            return error(&format!("{count} goroutines, but each header stands behind a prefix or indentation"))
                .at(Place::Line(line))
                .hint("take away what the logger put before each line, for example: unpark triage --strip '[^|]*[|] ' FILE");
        }
        if let Some(line) = self.seen.prefixed_profile {
            return error("a debug=1 profile, but its lines stand behind a prefix")
                .at(Place::Line(line))
                .hint("take away what the logger put before each line: unpark triage --strip REGEX FILE");
        }
        if let Some(cause) = self.preamble.unused() {
            let first = cause.message.lines().next().unwrap_or_default();
            return error(&format!("a crash without goroutines: {first}"))
                .hint("it ran with GOTRACEBACK=none; run it with GOTRACEBACK=all to see its goroutines");
        }
        if let Some(line) = self.seen.bad_headers.map(|(line, _)| line).or(self.seen.cut_header) {
            return error("begins like a goroutine, but no header is whole: expected \"goroutine N [state]:\"")
                .at(Place::Line(line));
        }
        if self.seen.html {
            return error("an HTML page, not a profile")
                .hint("was it an error page? curl -f makes those fail; the dump is at /debug/pprof/goroutine?debug=2");
        }
        if self.seen.race {
            return error("a race detector's report, not a goroutine dump");
        }
        let what =
            if self.nuls.get().count > 0 { "binary data of an unknown kind" } else { "text without a goroutine in it" };
        error(what)
            .hint("unpark reads /debug/pprof/goroutine (debug=0, 1, 2) and the stack traces of crashed Go programs; an error page of the server is none: curl -f makes those fail")
    }
}

/// `goroutine N [` anywhere in a line.
fn holds_header(line: &[u8]) -> bool {
    memchr::memmem::find_iter(line, b"goroutine ").any(|at| {
        let rest = &line[at + 10..];
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        digits > 0 && (rest[digits..].starts_with(b" [") || rest[digits..].starts_with(b" gp="))
    })
}

fn starts_html(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let tag = &line[..line.len().min(9)];
    [&b"<!doctype"[..], b"<html", b"<body", b"<head"]
        .iter()
        .any(|t| tag.len() >= t.len() && tag[..t.len()].eq_ignore_ascii_case(t))
}

/// Whether a line is the location of a frame of Go code, with its offset: what stands below a header that was cut off. The
/// first line of a text may have lost its beginning.
fn is_rest_of_goroutine(line: &[u8], is_first: bool) -> bool {
    let is_location = is_first || matches!(BlockLine::parse(line), BlockLine::Location(_));
    let place = if is_location { frame_line::location(line.trim_ascii()) } else { None };
    place.is_some_and(|place| place.has_offset && (place.file.ends_with(b".go") || place.file.ends_with(b".s")))
}

/// Whether a line ends the goroutine before it without an empty line between.
fn begins_another(line: &[u8]) -> bool {
    starts_header(line) || debug1::Head::parse(line).is_some()
}
