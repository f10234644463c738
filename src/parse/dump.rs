//! The goroutines of one text, parted into dumps: a crash log may hold several.

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::GROUP_BYTES;
use super::block::{self, Block, Scratch};
use super::go_version;
use super::header::Header;
use super::preamble::Preamble;
use super::scan::Scanned;
use crate::error::Place;
use crate::model::{
    Cause, CauseKind, Format, Goroutine, Snapshot, SnapshotBuilder, SnapshotInfo, StackGroup, StrId, Symbols,
    WarningCode,
};

/// Collects goroutines into dumps.
///
/// A new dump begins with a goroutine that
/// * a cause (`panic: …`, `SIGQUIT: …`) stands before, or
/// * runs and shows its stack, after goroutines that wait, and prints dumps, comes after other text, is in the dump
///   already, or is followed by one that is or by the main goroutine: the goroutine that prints a dump comes first in it,
///   then the others, main before all (runtime/traceback.go:tracebackothers). Others that run have no stack to show, but
///   for one that leaves a system call just then (seen with Go 1.27).
///
/// Running goroutines alone, as debug.Stack prints them into a log one by one, stay together in one dump.
pub(super) struct Dumps<'a> {
    name: &'a str,
    keep_samples: bool,
    finished: Vec<Snapshot>,
    finished_groups: usize,
    current: Option<Dump>,
    scratch: Scratch,
    labels: Vec<(StrId, StrId)>,
    hasher: RandomState,
}

struct Dump {
    builder: SnapshotBuilder,
    known: HashTable<Known>,
    /// Goroutines that opened it or might have, by running with a stack.
    openers: u64,
    /// Goroutines that wait.
    waiting: u64,
    /// How often an id was looked for.
    looks: u32,
    /// An opener after the first: it may begin the next dump.
    held: Option<Held>,
    relay: bool,
}

/// A block seen before, by its fingerprint.
struct Known {
    fingerprint: u64,
    group: usize,
    lock_line: Option<usize>,
}

struct Held {
    block: Block,
    has_gp: bool,
    goroutine: Goroutine<'static>,
    labels: Vec<(StrId, StrId)>,
    line: u64,
}

/// A goroutine's place in the text.
#[derive(Clone, Copy)]
pub(super) struct At {
    /// The line of its header.
    pub(super) line: u64,
    /// The text ends with it.
    pub(super) is_last: bool,
    /// Its end is where the pprof handler stops writing.
    pub(super) at_pprof_limit: bool,
}

/// The id of the main goroutine (runtime/proc.go:schedinit makes it first).
const MAIN: u64 = 1;

/// How often an id is looked for in one dump: no dump has so many that run, but for one that was made to take long.
const LOOKS: u32 = 1_000;

/// What stands first in the stacks of goroutines that print stacks.
const PRINTERS: [&[u8]; 4] = [b"runtime/pprof.write", b"runtime/debug.Stack(", b"runtime/debug.PrintStack(", b"panic("];

/// runtime/pprof doubles its buffer up to 64 MiB for debug=2 and cuts what is longer (runtime/pprof/pprof.go:
/// writeGoroutineStacks).
pub(super) const PPROF_LIMIT: u64 = 64 << 20;

impl<'a> Dumps<'a> {
    pub(super) fn new(name: &'a str, keep_samples: bool, hasher: RandomState) -> Self {
        Dumps {
            name,
            keep_samples,
            finished: Vec::new(),
            finished_groups: 0,
            current: None,
            scratch: Scratch::default(),
            labels: Vec::new(),
            hasher,
        }
    }

    /// Adds a goroutine; returns how many bytes of `body` are its own. `scanned` is what a scan of it found, where there
    /// was one.
    pub(super) fn add(
        &mut self,
        header: &Header<'_>,
        body: &[u8],
        at: At,
        scanned: Option<&Scanned>,
        preamble: &mut Preamble,
        symbols: &mut Symbols,
    ) -> usize {
        self.begin(preamble, at, symbols);
        let alone = preamble.take_text() || PRINTERS.iter().any(|printer| body.starts_with(printer));
        block::labels(header, symbols, &mut self.labels);
        if header.status != b"running"
            && let Some(dump) = &mut self.current
            && dump.held.is_none()
            && !at.is_last
        {
            let fingerprint =
                scanned.map_or_else(|| block::fingerprint(header, body, &self.hasher), |scanned| scanned.fingerprint);
            if let Some(known) = dump.known.find(fingerprint, |k| k.fingerprint == fingerprint) {
                let lock_address = known.lock_line.and_then(|line| block::address_on_line(body, line));
                let goroutine = Goroutine { lock_address, labels: &self.labels, ..goroutine(header, body, scanned) };
                let group = known.group;
                dump.count(header.id, header.has_gp, at);
                dump.waiting += u64::from(header.id != 0);
                dump.builder.add(group, &goroutine);
                return body.len();
            }
        }
        self.add_unknown(header, body, at, alone, symbols)
    }

    fn add_unknown(&mut self, header: &Header<'_>, body: &[u8], at: At, alone: bool, symbols: &mut Symbols) -> usize {
        let block = block::parse(header, body, at.is_last, symbols, &mut self.scratch);
        let used = block.used;
        let plain = block.faults.is_empty() && !block.cut && used == body.len();
        let lock_address = block.lock_line.and_then(|line| block::address_on_line(body, line));
        let goroutine = Goroutine { lock_address, labels: &[], ..goroutine(header, &body[..used], None) };
        let held = Held { block, has_gp: header.has_gp, goroutine, labels: self.labels.clone(), line: at.line };
        let opener = header.status == b"running" && held.block.has_stack;
        let next = if opener { self.opener(held, alone, symbols) } else { self.waiter(held, header.id, symbols) };
        let Some((held, group)) = next else { return used };
        let Some(dump) = &mut self.current else { return used };
        if held.block.cut {
            cut(&mut dump.builder.info, at);
        }
        if plain && !opener {
            let fingerprint = block::fingerprint(header, body, &self.hasher);
            let known = Known { fingerprint, group, lock_line: held.block.lock_line };
            dump.known.insert_unique(fingerprint, known, |k| k.fingerprint);
        }
        used
    }

    /// Takes what the text said before a goroutine.
    fn begin(&mut self, preamble: &mut Preamble, at: At, symbols: &Symbols) {
        let (cause, relay) = preamble.take();
        let headers = preamble.take_headers_in_message();
        if relay && let Some(dump) = &mut self.current {
            dump.relay = true;
        } else if let Some(cause) = cause {
            self.finish_current(symbols);
            self.start().builder.info.cause = Some(cause);
        }
        if headers > 0 {
            let place = Place::Line(at.line);
            let info = &mut self.dump().builder.info;
            info.warnings.add_many(WarningCode::HeaderInMessage, place, headers, || {
                "the panic's message holds lines that look like goroutines; they were not counted".into()
            });
        }
    }

    /// Begins a dump.
    fn start(&mut self) -> &mut Dump {
        let dump = Dump::new(self.name, self.finished.len() + 1, self.keep_samples);
        self.current.insert(dump)
    }

    /// The dump that is being read.
    fn dump(&mut self) -> &mut Dump {
        let (name, part, keep_samples) = (self.name, self.finished.len() + 1, self.keep_samples);
        self.current.get_or_insert_with(|| Dump::new(name, part, keep_samples))
    }

    /// A goroutine that runs with a stack: it opens a dump, or stands alone.
    /// `alone`: by what it does or stands behind, it belongs to no dump before.
    fn opener(&mut self, held: Held, alone: bool, symbols: &Symbols) -> Option<(Held, usize)> {
        let dump = self.dump();
        if dump.waiting > 0 && !dump.relay && (alone || dump.repeats(held.goroutine.id)) {
            // Main is the second of a dump that another opens.
            let is_second = !alone && held.goroutine.id == Some(MAIN);
            let opener = if is_second { dump.held.take() } else { None };
            self.finish_current(symbols);
            if let Some(opener) = opener {
                let dump = self.start();
                dump.openers = 1;
                dump.commit(opener);
            }
        }
        let dump = self.dump();
        dump.openers += 1;
        if dump.openers > 1 && !dump.relay && !held.block.cut {
            dump.release();
            dump.held = Some(held);
            return None;
        }
        Some(dump.commit(held))
    }

    fn waiter(&mut self, held: Held, id: u64, symbols: &Symbols) -> Option<(Held, usize)> {
        let dump = self.dump();
        if dump.held.is_some() && dump.waiting > 0 && !dump.repeats(Some(id)) {
            dump.release();
        }
        if let Some(opener) = self.dump().held.take() {
            self.finish_current(symbols);
            let dump = self.start();
            dump.openers = 1;
            dump.commit(opener);
        }
        let dump = self.dump();
        dump.waiting += u64::from(id != 0);
        Some(dump.commit(held))
    }

    /// Ends the dump, as something else follows.
    pub(super) fn finish_current(&mut self, symbols: &Symbols) {
        let Some(mut dump) = self.current.take() else { return };
        dump.release();
        if dump.builder.is_empty() {
            return;
        }
        let dump_relays = dump.relay;
        let mut snapshot = dump.builder.finish();
        snapshot.info.go_version = go_version::of(&snapshot, symbols);
        if !dump_relays {
            // Each thread has a goroutine 0 of its own.
            let repeated = |group: &StackGroup| match group.ids.contains(0) {
                true => 0,
                false => group.count.unsigned_abs() - group.ids.len(),
            };
            let repeated = snapshot.groups.iter().map(repeated).sum();
            snapshot.info.warnings.add_many_if(WarningCode::RepeatedGoroutine, Place::Whole, repeated, || {
                "goroutines stand in it more than once: a part of the log came twice; they are counted as printed"
                    .into()
            });
        }
        if shows_only_who_crashed(&snapshot) {
            snapshot.info.warnings.add(WarningCode::OnlyCrashed, Place::Whole, || {
                "only the goroutine that crashed was printed, as by default; with GOTRACEBACK=all in its environment the \
                 process prints the others too"
                    .into()
            });
        }
        self.finished_groups += snapshot.groups.len();
        self.finished.push(snapshot);
    }

    /// Takes a snapshot that was read in another format.
    pub(super) fn push(&mut self, mut snapshot: Snapshot, symbols: &Symbols) {
        self.finish_current(symbols);
        snapshot.info.part = self.finished.len() + 1;
        self.finished_groups += snapshot.groups.len();
        self.finished.push(snapshot);
    }

    /// Whether a goroutine, or a whole profile, was read.
    pub(super) fn is_empty(&self) -> bool {
        self.finished.is_empty()
            && self.current.as_ref().is_none_or(|dump| dump.builder.is_empty() && dump.held.is_none())
    }

    /// How many dumps were read or begun.
    pub(super) fn dumps(&self) -> usize {
        self.finished.len() + usize::from(self.current.is_some())
    }

    /// About how many bytes the groups take.
    pub(super) fn bytes(&self) -> usize {
        let current = self.current.as_ref().map_or(0, |dump| dump.builder.len() + dump.known.len() / 8);
        (self.finished_groups + current) * GROUP_BYTES
    }

    /// Everything that was read.
    pub(super) fn finish(mut self, symbols: &Symbols) -> Vec<Snapshot> {
        self.finish_current(symbols);
        self.finished
    }

    /// The information on the first dump.
    pub(super) fn first_info(&mut self) -> Option<&mut SnapshotInfo> {
        match (self.finished.first_mut(), &mut self.current) {
            (Some(snapshot), _) => Some(&mut snapshot.info),
            (None, current) => current.as_mut().map(|dump| &mut dump.builder.info),
        }
    }

    /// The information on the dump that is being read.
    pub(super) fn info(&mut self) -> Option<&mut SnapshotInfo> {
        match &mut self.current {
            Some(dump) => Some(&mut dump.builder.info),
            None => self.finished.last_mut().map(|snapshot| &mut snapshot.info),
        }
    }
}

impl Dump {
    fn new(name: &str, part: usize, keep_samples: bool) -> Self {
        Dump {
            builder: SnapshotBuilder::new(SnapshotInfo::new(name, part, Format::Debug2)).keep_samples(keep_samples),
            known: HashTable::new(),
            openers: 0,
            waiting: 0,
            looks: 0,
            held: None,
            relay: false,
        }
    }

    /// Whether a goroutine must be of another dump: by its id it is in this one, or main, which comes before all others.
    fn repeats(&mut self, id: Option<u64>) -> bool {
        self.looks += 1;
        id.is_some_and(|id| id == MAIN || (self.looks <= LOOKS && self.builder.has_id(id)))
    }

    fn release(&mut self) {
        if let Some(held) = self.held.take() {
            self.commit(held);
        }
    }

    fn commit(&mut self, held: Held) -> (Held, usize) {
        let at = At { line: held.line, is_last: false, at_pprof_limit: false };
        let id = held.goroutine.id.unwrap_or_default();
        self.count(id, held.has_gp, at);
        let info = &mut self.builder.info;
        let running = held.block.key.state.wait.is_active();
        if let Some(Cause { kind: CauseKind::Panic | CauseKind::Fatal | CauseKind::Signal, goroutine, .. }) =
            &mut info.cause
            && goroutine.is_none()
            && running
            && id != 0
        {
            *goroutine = Some(id);
        }
        for (code, line, count) in held.block.faults.iter() {
            let line = held.line + 1 + line as u64;
            info.warnings.add_many(code, Place::Line(line), count, || fault(code).to_owned());
        }
        let group = self.builder.group(held.block.key, held.block.receive);
        let goroutine = Goroutine { labels: &held.labels, ..held.goroutine };
        self.builder.add(group, &goroutine);
        (held, group)
    }

    /// What every goroutine says of its dump.
    fn count(&mut self, id: u64, has_gp: bool, at: At) {
        let info = &mut self.builder.info;
        if has_gp || id == 0 || info.cause.is_some() {
            info.format = Format::Crash;
        }
        if self.relay && id != 0 {
            info.warnings.add(WarningCode::RelayedGoroutine, Place::Line(at.line), || {
                "printed again by the thread that ran it (GOTRACEBACK=crash), and counted again".into()
            });
        }
    }
}

/// Whether a crash was one that prints a single goroutine where nothing else is asked for (package runtime's documentation,
/// GOTRACEBACK), and did.
fn shows_only_who_crashed(snapshot: &Snapshot) -> bool {
    let cause = snapshot.info.cause.as_ref().map(|cause| cause.kind);
    let may_be_single = matches!(cause, Some(CauseKind::Panic | CauseKind::Fatal | CauseKind::Signal));
    // Threads' own stacks have the id 0.
    let goroutines =
        snapshot.groups.iter().filter(|group| !group.ids.contains(0)).map(|group| group.count).sum::<i64>();
    may_be_single && goroutines == 1
}

fn goroutine(header: &Header<'_>, body: &[u8], scanned: Option<&Scanned>) -> Goroutine<'static> {
    Goroutine {
        id: Some(header.id),
        parent: scanned.map_or_else(|| block::parent(body), |scanned| scanned.parent),
        wait_minutes: header.wait_minutes,
        lock_address: None,
        labels: &[],
    }
}

/// Marks a dump whose text ends in the middle.
pub(super) fn cut(info: &mut SnapshotInfo, at: At) {
    let place = Place::Line(at.line);
    if info.warnings.has(WarningCode::PprofLimit) {
        return;
    }
    if at.at_pprof_limit {
        info.warnings.add(WarningCode::PprofLimit, place, || {
            "cut at 64 MiB, where runtime/pprof stops writing debug=2: all counts are lower bounds; debug=0 is never cut"
                .into()
        });
    } else {
        info.warnings.add(WarningCode::Truncated, place, || {
            "the text ends in the middle of a goroutine: all counts are lower bounds; where a log was rotated, its next part has \
             the rest"
                .into()
        });
    }
}

fn fault(code: WarningCode) -> &'static str {
    match code {
        WarningCode::StrayLine => "a line that is no part of the goroutine stands within it; it was skipped",
        WarningCode::TooManyFrames => "a goroutine has more than a million frames; the outermost were left out",
        WarningCode::NoFrames => "a goroutine without frames; it was counted",
        _ => "a frame lacks its function or its file and line; what is there was kept",
    }
}
