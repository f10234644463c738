//! One goroutine in text: its header and what stands below it.

use foldhash::fast::{FoldHasher, RandomState};
use std::hash::{BuildHasher, Hasher};

use super::frame_line::{self, BlockLine, Location};
use super::header::Header;
use super::leaf_state;
use super::stack::{MAX_FRAMES, RawFrame, shared_stack};
use crate::model::{ELIDED, FrameId, GroupKey, Receive, StackId, StrId, Symbols, Wait, WaitState, WarningCode};

/// What a block says, arguments and addresses left out.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) key: GroupKey,
    pub(super) receive: Option<Receive>,
    /// Which line of the body holds the call whose first argument is the lock's address.
    pub(super) lock_line: Option<usize>,
    /// How much of the body belongs to the goroutine; what follows doesn't.
    pub(super) used: usize,
    /// Its stack was printed: it isn't `running on other thread`.
    pub(super) has_stack: bool,
    /// Faults: what, on which line of the body first (from 0), how often.
    pub(super) faults: Faults,
    /// The last line is cut: the text ends in the middle of it.
    pub(super) cut: bool,
}

/// What is wrong with a block, by kind.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(WarningCode, usize, u64)>);

impl Faults {
    fn add(&mut self, code: WarningCode, line: usize) {
        match self.0.iter_mut().find(|fault| fault.0 == code) {
            Some(fault) => fault.2 += 1,
            None => self.0.push((code, line, 1)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Kind, first line, number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (WarningCode, usize, u64)> + '_ {
        self.0.iter().copied()
    }
}

/// A body's lines, without their ends, and where the next one starts.
pub(super) fn lines(body: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= body.len() {
            return None;
        }
        let rest = &body[at..];
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        at += (end + 1).min(rest.len());
        let line = &rest[..end];
        Some((line.strip_suffix(b"\r").unwrap_or(line), at))
    })
}

/// A hash of all that decides a block's group: equal blocks but for arguments, addresses, ids and waits have one hash.
pub(super) fn fingerprint(header: &Header<'_>, body: &[u8], state: &RandomState) -> u64 {
    let mut fingerprint = Fingerprint::of(header, state);
    lines(body).for_each(|(line, _)| fingerprint.line(line));
    fingerprint.finish()
}

/// A [`fingerprint`] line by line.
pub(super) struct Fingerprint {
    hasher: FoldHasher<'static>,
    /// The stacks of its ancestors follow, which are no part of it.
    over: bool,
}

impl Fingerprint {
    /// Begins with the header.
    pub(super) fn of(header: &Header<'_>, state: &RandomState) -> Self {
        let mut hasher = state.build_hasher();
        hasher.write(header.status);
        hasher.write(header.tail);
        Fingerprint { hasher, over: false }
    }

    /// Adds a line, without its end.
    pub(super) fn line(&mut self, line: &[u8]) {
        if self.over {
            return;
        }
        let hasher = &mut self.hasher;
        let part = match line.first() {
            Some(b'\t' | b' ') => frame_line::without_addresses(line),
            Some(b'.') if line.ends_with(b"frames elided...") => ELIDED.as_bytes(),
            Some(b'[') if line.starts_with(frame_line::ANCESTORS) => {
                self.over = true;
                return;
            }
            Some(b'c') if line.starts_with(frame_line::CREATED_BY) => {
                hasher.write_u8(b'c');
                frame_line::creator_name(&line[frame_line::CREATED_BY.len()..])
            }
            _ => match line.last() {
                Some(b')') => &line[..memchr::memrchr(b'(', line).unwrap_or(line.len())],
                _ => line,
            },
        };
        hasher.write(part);
        hasher.write_u8(b'\n');
    }

    /// The hash of all lines.
    pub(super) fn finish(&self) -> u64 {
        self.hasher.finish()
    }
}

/// The first argument on line `line` of a body, as an address.
pub(super) fn address_on_line(body: &[u8], line: usize) -> Option<u64> {
    match BlockLine::parse(lines(body).nth(line)?.0) {
        BlockLine::Function { arguments, .. } => frame_line::first_address(arguments),
        _ => None,
    }
}

/// The id of the goroutine that made this one: `created by main.f in goroutine 7`.
pub(super) fn parent(body: &[u8]) -> Option<u64> {
    const IN: &[u8] = b" in goroutine ";
    // It stands in the last line but one; versions before 1.21 don't have it, and their blocks aren't searched through.
    let tail = &body[body.len().saturating_sub(PARENT_WITHIN)..];
    let digits = &tail[memchr::memmem::rfind(tail, IN)? + IN.len()..];
    let end = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

/// How far from a block's end [`parent`] looks: further than paths are long.
const PARENT_WITHIN: usize = 1024;

/// Reusable buffers of [`parse`].
#[derive(Default)]
pub(super) struct Scratch {
    frames: Vec<RawFrame>,
    ids: Vec<FrameId>,
}

/// Reads a block in full. `at_end` says that the text ends with it.
pub(super) fn parse(
    header: &Header<'_>,
    body: &[u8],
    at_end: bool,
    symbols: &mut Symbols,
    scratch: &mut Scratch,
) -> Block {
    let block = Block::new(header.state(symbols));
    let mut reader = Reader { symbols, frames: &mut scratch.frames, creator: None, block };
    reader.frames.clear();
    let pending = reader.read(body);
    reader.block.cut = at_end && (pending || reader.ends_early(header, body));
    reader.finish(&mut scratch.ids)
}

impl Block {
    fn new(state: WaitState) -> Self {
        Block {
            key: GroupKey { state, stack: StackId::EMPTY, creator: None },
            receive: None,
            lock_line: None,
            used: 0,
            has_stack: true,
            faults: Faults::default(),
            cut: false,
        }
    }
}

struct Reader<'a> {
    symbols: &'a mut Symbols,
    frames: &'a mut Vec<RawFrame>,
    creator: Option<FrameId>,
    block: Block,
}

/// A name whose location is still to come.
#[derive(Clone, Copy)]
enum Named<'a> {
    Function { name: &'a [u8], inlined: bool, line: usize },
    Creator { name: &'a [u8], line: usize },
}

impl Named<'_> {
    fn line(self) -> usize {
        match self {
            Named::Function { line, .. } | Named::Creator { line, .. } => line,
        }
    }
}

impl Reader<'_> {
    /// Reads the lines; returns whether the last name still lacks its location.
    fn read(&mut self, body: &[u8]) -> bool {
        let mut named: Option<Named<'_>> = None;
        let mut stray: Vec<usize> = Vec::new();
        for (number, (line, next)) in lines(body).enumerate() {
            match BlockLine::parse(line) {
                BlockLine::Function { name, arguments } => {
                    self.without_location(named.replace(Named::Function {
                        name,
                        inlined: arguments == b"...",
                        line: number,
                    }));
                    if holds_lock_address(name) && self.block.lock_line.is_none() {
                        self.block.lock_line = Some(number);
                    }
                    continue;
                }
                BlockLine::CreatedBy(name) => {
                    self.without_location(named.replace(Named::Creator { name, line: number }));
                    continue;
                }
                BlockLine::Location(location) => match named.take() {
                    Some(named) => self.place(named, Some(location)),
                    None => self.block.faults.add(WarningCode::IncompleteFrame, number),
                },
                BlockLine::Elided => {
                    self.without_location(named.take());
                    self.elide();
                }
                BlockLine::Ancestors => {
                    self.block.used = body.len();
                    break;
                }
                BlockLine::Unavailable => self.block.has_stack = false,
                BlockLine::Other => match frame_line::location(line).filter(|_| named.is_some()) {
                    // Tabs were lost on the way.
                    Some(location) => {
                        if let Some(named) = named.take() {
                            self.place(named, Some(location));
                        }
                    }
                    None => {
                        stray.push(number);
                        continue;
                    }
                },
            }
            // Whatever stood between two whole frames was not of this goroutine.
            stray.drain(..).for_each(|line| self.block.faults.add(WarningCode::StrayLine, line));
            self.block.used = next;
        }
        let pending = named.is_some();
        if let Some(named) = named {
            let end = lines(body).nth(named.line()).map_or(body.len(), |(_, next)| next);
            self.block.used = self.block.used.max(end);
            self.without_location(Some(named));
        }
        pending
    }

    /// Keeps a name that no location followed.
    fn without_location(&mut self, named: Option<Named<'_>>) {
        if let Some(named) = named {
            self.block.faults.add(WarningCode::IncompleteFrame, named.line());
            self.place(named, None);
        }
    }

    fn place(&mut self, named: Named<'_>, location: Option<Location<'_>>) {
        let file = self.symbols.string_of(location.map_or(b"", |l| l.file));
        let line = location.map_or(0, |l| l.line);
        match named {
            Named::Function { name, inlined, .. } => {
                if self.frames.len() >= MAX_FRAMES {
                    return self.block.faults.add(WarningCode::TooManyFrames, named.line());
                }
                let function = self.symbols.function_of(name);
                self.frames.push(RawFrame::new(function, file, line, inlined, self.symbols));
            }
            Named::Creator { name, .. } => {
                let function = self.symbols.function_of(name);
                self.creator = Some(self.symbols.frame(function, file, line, false));
            }
        }
    }

    fn elide(&mut self) {
        // One mark says it all, however often it stands there.
        if self.frames.last().is_some_and(|frame| self.symbols.function_name(frame.function) == ELIDED) {
            return;
        }
        let (function, file) = (self.symbols.function(ELIDED), self.symbols.string(""));
        self.frames.push(RawFrame::new(function, file, 0, false, self.symbols));
    }

    /// Whether the text ends before the goroutine does: in the middle of a line, or before what ends every stack, its
    /// creator (goroutine 1, threads that C made and the runtime's own have none).
    fn ends_early(&self, header: &Header<'_>, body: &[u8]) -> bool {
        let Some((last, _)) = lines(body).last() else { return false };
        let has_offset = match BlockLine::parse(last) {
            BlockLine::Location(location) => location.has_offset,
            BlockLine::Elided => true,
            _ => return !body.ends_with(b"\n") && self.creator.is_none() && header.id > 1,
        };
        let has = |part: &[u8]| memchr::memmem::find(last, part).is_some();
        let is_cut_line = !body.ends_with(b"\n") && (!has_offset || (has(b" fp=") && !has(b" pc=")));
        let entry = self.frames.last().map_or("", |frame| self.symbols.function_name(frame.function));
        // Where the runtime's own frames are shown, its goroutines' creators are too (runtime/traceback.go:printcreatedby).
        let leaf = self.frames.first().map_or("", |frame| self.symbols.function_name(frame.function));
        let is_whole = self.creator.is_some()
            || header.id <= 1
            || (entry.starts_with("runtime.") && leaf != "runtime.gopark")
            || memchr::memmem::find(header.tail, b"locked to thread").is_some();
        is_cut_line || !is_whole
    }

    fn finish(mut self, ids: &mut Vec<FrameId>) -> Block {
        let block = &mut self.block;
        if self.frames.is_empty() && block.has_stack {
            block.faults.add(WarningCode::NoFrames, 0);
        }
        block.key.stack = shared_stack(self.frames, self.symbols, ids);
        block.key.creator = self.creator;
        let names = self.frames.iter().map(|f| self.symbols.function_name(f.function));
        if block.key.state.wait == Wait::Semacquire {
            block.key.state.wait = leaf_state::semaphore(names);
        } else if block.key.state.wait == Wait::ChanReceive {
            block.receive = names.take(4).find_map(|name| match name {
                "runtime.chanrecv1" => Some(Receive::Value),
                "runtime.chanrecv2" => Some(Receive::Ok),
                _ => None,
            });
        }
        self.block
    }
}

/// Calls whose first argument is the address of the lock (measured at traceback level 1 on Go 1.19 to 1.27).
fn holds_lock_address(name: &[u8]) -> bool {
    matches!(
        name,
        b"sync.(*Mutex).lockSlow"
            | b"internal/sync.(*Mutex).lockSlow"
            | b"sync.runtime_notifyListWait"
            | b"sync.(*WaitGroup).Wait"
            | b"internal/poll.(*fdMutex).rwlock"
    )
}

/// The labels of a header; empty where it has none.
pub(super) fn labels(header: &Header<'_>, symbols: &mut Symbols, out: &mut Vec<(StrId, StrId)>) {
    out.clear();
    if !header.labels.is_empty() {
        super::header::labels(header.labels, symbols, out);
    }
}
