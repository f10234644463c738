//! Text in chunks that several threads read and scan ahead of the one that needs them.
//!
//! A chunk ends behind an empty line where it has one, so that goroutines seldom lie in two. Chunks are handed out in the
//! order of the text, whoever scanned them: results don't depend on the number of threads.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use foldhash::fast::RandomState;

use super::scan::{Scanned, scan};
use crate::input::Threads;

/// How much is read at once.
const CHUNK: usize = 512 << 10;
/// How far from a chunk's end its empty line is looked for.
const NEAR_END: usize = 16 << 10;
/// A text of so many chunks gets threads; a shorter one is read before they run.
const ALONE: u64 = 4;

/// The bytes of a text, read and scanned by several threads.
pub(super) struct Chunks {
    shared: Arc<Shared>,
    threads: Threads,
    current: Vec<u8>,
    read: usize,
    error: Option<io::Error>,
    /// What was found in the chunks so far.
    found: Found,
}

/// Goroutines that were found ahead, in order.
pub(super) type Found = Arc<Mutex<VecDeque<Scanned>>>;

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    hasher: RandomState,
}

struct State {
    /// How many chunks may be there that nobody took yet.
    ahead: u64,
    /// The text, while nobody reads from it.
    source: Option<Source>,
    /// The number of the chunk to read next, and of the one to hand out next.
    next: u64,
    wanted: u64,
    done: BTreeMap<u64, Chunk>,
    /// There is no chunk of this number and later.
    end: Option<u64>,
    /// Nobody needs more.
    stop: bool,
    /// Buffers to use again.
    free: Vec<Vec<u8>>,
}

struct Source {
    inner: Box<dyn Read + Send>,
    /// What was read behind the last chunk's end.
    rest: Vec<u8>,
    /// How many bytes stand before.
    offset: u64,
}

struct Chunk {
    bytes: Vec<u8>,
    found: Vec<Scanned>,
    /// What ended the text, where that wasn't its end.
    error: Option<io::Error>,
}

impl Chunks {
    /// Reads `text` with so many threads in all, this one among them.
    pub(super) fn new(text: Box<dyn Read + Send>, threads: Threads, hasher: RandomState) -> (Self, Found) {
        let state = State {
            ahead: 2,
            source: Some(Source { inner: text, rest: Vec::new(), offset: 0 }),
            next: 0,
            wanted: 0,
            done: BTreeMap::new(),
            end: None,
            stop: false,
            free: Vec::new(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), hasher });
        let found = Found::default();
        let chunks = Chunks { shared, threads, current: Vec::new(), read: 0, error: None, found: Arc::clone(&found) };
        (chunks, found)
    }

    /// Takes the next chunk; false at the end.
    fn advance(&mut self) -> bool {
        let used = std::mem::take(&mut self.current);
        self.read = 0;
        let (next, number) = self.shared.next(used);
        let Some(chunk) = next else { return false };
        if number + 1 == ALONE {
            let threads = self.threads.count();
            self.shared.lock().ahead = threads as u64 + 1;
            (1..threads).for_each(|_| self.start());
        }
        (self.current, self.error) = (chunk.bytes, chunk.error);
        // Nobody asks for them where what was read is unwrapped first.
        if Arc::strong_count(&self.found) > 1 {
            self.found.lock().unwrap_or_else(PoisonError::into_inner).extend(chunk.found);
        }
        true
    }

    /// Starts a thread. Where the system has none left, there is one less.
    fn start(&self) {
        let shared = Arc::clone(&self.shared);
        let _ = thread::Builder::new().name("reader".into()).spawn(move || shared.work());
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let ahead = &self.current[self.read..];
            if !ahead.is_empty() {
                let n = ahead.len().min(buffer.len());
                buffer[..n].copy_from_slice(&ahead[..n]);
                self.read += n;
                return Ok(n);
            }
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            if !self.advance() {
                return Ok(0);
            }
        }
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        // A thread may be waiting for a pipe: nobody waits for it.
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can leave it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads and scans until there is nothing left.
    fn work(&self) {
        let mut state = self.lock();
        while !state.stop && state.end.is_none() {
            state = if self.may_read(&state) { self.one(state) } else { self.wait(state) };
        }
    }

    /// The next chunk in order, and its number. Who waits for it reads and scans others meanwhile.
    fn next(&self, used: Vec<u8>) -> (Option<Chunk>, u64) {
        let mut state = self.lock();
        state.free.push(used);
        loop {
            let number = state.wanted;
            if let Some(chunk) = state.done.remove(&number) {
                state.wanted += 1;
                self.changed.notify_all();
                return (Some(chunk), number);
            }
            if state.end == Some(number) {
                return (None, number);
            }
            state = if self.may_read(&state) { self.one(state) } else { self.wait(state) };
        }
    }

    fn may_read(&self, state: &State) -> bool {
        state.source.is_some() && state.end.is_none() && state.next < state.wanted + state.ahead
    }

    /// Reads a chunk and scans it, without the lock.
    fn one<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let Some(mut source) = state.source.take() else { return state };
        let (number, buffer) = (state.next, state.free.pop().unwrap_or_default());
        state.next += 1;
        drop(state);
        let mut guard = Unfinished { shared: self, number, armed: true };
        let (base, bytes, end) = source.read(buffer);
        let mut state = self.lock();
        let error = match end {
            Some(error) => {
                state.end = Some(number + 1);
                // A progress bar around it has to be gone before anybody hears of the end.
                drop(source);
                error
            }
            None => {
                state.source = Some(source);
                None
            }
        };
        self.changed.notify_all();
        drop(state);
        let found = scan(&bytes, base, &self.hasher);
        guard.armed = false;
        let mut state = self.lock();
        state.done.insert(number, Chunk { bytes, found, error });
        self.changed.notify_all();
        state
    }
}

/// A chunk that is being read. Where that panics, in a decoder say, whoever waits for the chunk gets an error in its place.
struct Unfinished<'a> {
    shared: &'a Shared,
    number: u64,
    armed: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if self.armed {
            let error = Some(io::Error::other("reading it failed within the program: please report this"));
            let mut state = self.shared.lock();
            state.done.insert(self.number, Chunk { bytes: Vec::new(), found: Vec::new(), error });
            state.end = Some(self.number + 1);
            self.shared.changed.notify_all();
        }
    }
}

impl Source {
    /// The next chunk with its offset; at the end of the text, `Some` of what ended it.
    fn read(&mut self, mut bytes: Vec<u8>) -> (u64, Vec<u8>, Option<Option<io::Error>>) {
        let base = self.offset;
        let mut filled = self.rest.len();
        let room = filled.max(CHUNK);
        // What is used again is written over, and fresh zeros come from the system: a short text fills neither.
        if bytes.is_empty() {
            bytes = vec![0; room];
        } else {
            bytes.resize(room, 0);
        }
        bytes[..filled].copy_from_slice(&self.rest);
        self.rest.clear();
        let end = loop {
            if filled == bytes.len() {
                break None;
            }
            match self.inner.read(&mut bytes[filled..]) {
                Ok(0) => break Some(None),
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => break Some(Some(e)),
            }
        };
        bytes.truncate(filled);
        if end.is_none()
            && let Some(at) = behind_empty_line(&bytes)
        {
            self.rest.extend_from_slice(&bytes[at..]);
            bytes.truncate(at);
        }
        self.offset += bytes.len() as u64;
        (base, bytes, end)
    }
}

/// The place behind the last empty line, where one is near the end: texts that are still wrapped have none.
fn behind_empty_line(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(NEAR_END);
    let newlines = memchr::memrchr_iter(b'\n', &bytes[from..]).map(|at| from + at);
    newlines.map(|at| at + 1).find(|at| *at >= 2 && bytes[at - 2] == b'\n')
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use foldhash::fast::RandomState;

    use super::{CHUNK, Chunks, Threads};

    /// Texts of several chunks: plain goroutines, and one that is longer than a chunk.
    fn text() -> Vec<u8> {
        let mut text = b"SIGQUIT: quit\n\n".to_vec();
        for id in 0..9_000 {
            let frames = if id == 4_000 { 2 * CHUNK / 40 } else { id % 7 + 1 };
            text.extend_from_slice(format!("goroutine {id} [chan send, {id} minutes]:\n").as_bytes());
            for frame in 0..frames {
                text.extend_from_slice(format!("main.f{frame}(0x{id:x})\n\t/src/main.go:{frame} +0x1d\n").as_bytes());
            }
            text.push(b'\n');
        }
        text
    }

    #[test]
    fn any_number_of_threads_reads_the_same() {
        let text = text();
        assert!(text.len() > 4 * CHUNK);
        let mut expected = None;
        for threads in 1..=5 {
            let source = Box::new(Cursor::new(text.clone()));
            let (mut chunks, found) = Chunks::new(source, Threads::new(Some(threads)), RandomState::default());
            let mut out = Vec::new();
            chunks.read_to_end(&mut out).expect("memory");
            assert_eq!(chunks.read(&mut [0; 9]).expect("it stays at its end"), 0);
            assert!(out == text, "{threads} threads");
            let places: Vec<_> =
                found.lock().expect("no panic").iter().map(|s| (s.at, s.header, s.body, s.lines)).collect();
            for (at, header, body, lines) in &places {
                let at = usize::try_from(*at).expect("small");
                let block = &text[at..at + header + body];
                assert!(block.starts_with(b"goroutine ") && text[at + block.len()] == b'\n');
                assert_eq!(block.iter().filter(|b| **b == b'\n').count() as u64, *lines);
            }
            // One lies in two chunks, and the last is followed by no other.
            assert!((8_990..=9_000).contains(&places.len()), "{}", places.len());
            assert_eq!(*expected.get_or_insert_with(|| places.clone()), places, "{threads} threads");
        }
    }

    #[test]
    fn an_error_comes_behind_what_was_read() {
        struct Fails(usize);
        impl Read for Fails {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                self.0 += 1;
                if self.0 > 30 {
                    return Err(std::io::Error::other("torn"));
                }
                let n = buffer.len().min(100_000);
                buffer[..n].fill(b'\n');
                Ok(n)
            }
        }
        let (mut chunks, _) = Chunks::new(Box::new(Fails(0)), Threads::new(Some(3)), RandomState::default());
        let mut out = Vec::new();
        let error = chunks.read_to_end(&mut out).expect_err("it fails");
        assert_eq!(error.to_string(), "torn");
        assert!(out.len() > 1_000_000 && out.iter().all(|b| *b == b'\n'));
    }

    /// Whichever thread it is that panics: it is never waited for.
    #[test]
    fn a_reader_that_panics_is_no_end_without_end() {
        struct Panics(usize);
        impl Read for Panics {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                self.0 += 1;
                assert!(self.0 < 90, "a decoder's fault");
                let n = buffer.len().min(100_000);
                buffer[..n].fill(b'\n');
                Ok(n)
            }
        }
        for _ in 0..10 {
            let read = std::panic::catch_unwind(|| {
                let (mut chunks, _) = Chunks::new(Box::new(Panics(0)), Threads::new(Some(4)), RandomState::default());
                chunks.read_to_end(&mut Vec::new())
            });
            // The panic is this thread's, or another's, and then an error here.
            assert!(read.map_or(true, |read| read.is_err()));
        }
    }

    #[test]
    fn whoever_stops_reading_leaves_nobody_behind() {
        for _ in 0..20 {
            let source = std::io::repeat(b'\n');
            let (mut chunks, _) = Chunks::new(Box::new(source), Threads::new(Some(4)), RandomState::default());
            let mut some = vec![0; 8 * CHUNK];
            chunks.read_exact(&mut some).expect("it has no end");
            let shared = std::sync::Arc::downgrade(&chunks.shared);
            drop(chunks);
            while shared.strong_count() > 0 {
                std::thread::yield_now();
            }
        }
    }
}
