//! What a goroutine waits for, in Go's own words and canonical over formats and versions.

use std::fmt;

use super::{StrId, Symbols};

/// What a goroutine waits for. The words are those of runtime/runtime2.go:waitReasonStrings and of
/// runtime/traceback.go:gStatusStrings; older spellings are brought to the newest (`semacquire` under
/// `(*WaitGroup).Wait` is `sync.WaitGroup.Wait`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wait {
    /// `c <- v`
    ChanSend,
    /// `<-c`, `for range c`, a select of one receive case
    ChanReceive,
    /// Send or receive: a debug=1 profile hides which.
    ChanOp,
    /// `select` of two cases and more, or of none
    Select,
    /// `time.Sleep`
    Sleep,
    /// `(*Mutex).Lock`, the inner lock of an RWMutex that a writer holds, `(*Once).Do`
    MutexLock,
    /// `(*RWMutex).RLock`
    RwMutexRLock,
    /// `(*RWMutex).Lock` while readers hold it
    RwMutexLock,
    /// `(*WaitGroup).Wait`
    WaitGroupWait,
    /// `(*Cond).Wait`
    CondWait,
    /// A runtime semaphore of another owner, such as a file descriptor's lock
    Semacquire,
    /// The network poller: sockets, pipes
    IoWait,
    /// In the kernel or in C
    Syscall,
    /// On a processor
    Running,
    /// Waits for a processor
    Runnable,
    /// `iter.Pull`
    Coroutine,
    /// Parked, and the format hides on what.
    Waiting,
    /// The format hides everything.
    Unknown,
    /// Any other state, in Go's words: `GC worker (idle)`, `finalizer wait`, …
    Other(StrId),
}

impl Wait {
    const NAMED: [(&'static str, Wait); 18] = [
        ("chan send", Wait::ChanSend),
        ("chan receive", Wait::ChanReceive),
        ("chan op", Wait::ChanOp),
        ("select", Wait::Select),
        ("sleep", Wait::Sleep),
        ("sync.Mutex.Lock", Wait::MutexLock),
        ("sync.RWMutex.RLock", Wait::RwMutexRLock),
        ("sync.RWMutex.Lock", Wait::RwMutexLock),
        ("sync.WaitGroup.Wait", Wait::WaitGroupWait),
        ("sync.Cond.Wait", Wait::CondWait),
        ("semacquire", Wait::Semacquire),
        ("IO wait", Wait::IoWait),
        ("syscall", Wait::Syscall),
        ("running", Wait::Running),
        ("runnable", Wait::Runnable),
        ("coroutine", Wait::Coroutine),
        ("waiting", Wait::Waiting),
        ("unknown", Wait::Unknown),
    ];

    /// Reads Go's words.
    pub fn parse(words: &str, symbols: &mut Symbols) -> Self {
        Wait::NAMED
            .iter()
            .find(|(name, _)| *name == words)
            .map_or_else(|| Wait::Other(symbols.string(words)), |(_, wait)| *wait)
    }

    /// Go's words.
    #[must_use]
    pub fn words(self, symbols: &Symbols) -> &str {
        match self {
            Wait::Other(words) => symbols.str(words),
            known => Wait::NAMED.iter().find(|(_, wait)| *wait == known).map_or("waiting", |(name, _)| name),
        }
    }

    /// True for goroutines that hold or want a processor: nothing keeps them waiting.
    #[must_use]
    pub fn is_active(self) -> bool {
        matches!(self, Wait::Running | Wait::Runnable)
    }
}

/// How a receive was written. Only profile.proto and crash dumps of level 2 tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receive {
    /// `<-c` or `v := <-c` (runtime.chanrecv1)
    Value,
    /// `v, ok := <-c` or `for range c` (runtime.chanrecv2)
    Ok,
}

/// A wait with what parts groups beside it. `None` means that the format doesn't tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WaitState {
    /// What it waits for.
    pub wait: Wait,
    /// A channel operation on a nil channel: it can never proceed.
    pub nil_channel: Option<bool>,
    /// `select {}`: it can never proceed.
    pub no_cases: Option<bool>,
    /// Go's own leak detection proved that it can never proceed (Go 1.26 and later).
    pub leaked: Option<bool>,
    /// Durably blocked in a testing/synctest bubble.
    pub durable: Option<bool>,
    /// Wired to one operating system thread (runtime.LockOSThread).
    pub locked_to_thread: Option<bool>,
}

impl WaitState {
    /// A wait of which nothing more is known.
    #[must_use]
    pub fn of(wait: Wait) -> Self {
        WaitState { wait, nil_channel: None, no_cases: None, leaked: None, durable: None, locked_to_thread: None }
    }
}

impl fmt::Display for Receive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Receive::Value => "value",
            Receive::Ok => "ok",
        })
    }
}
