//! The wait state from the frames at the leaf: for profile.proto, which has no state, for debug=1 where they are shown,
//! and for the states that old versions print as `semacquire`.
//!
//! Which runtime function means which operation is measured over Go 1.19 to 1.27 and stands in runtime/chan.go,
//! select.go, sema.go, netpoll.go, time.go, coro.go, and sync/runtime.go.

use super::stack::RawFrame;
use crate::model::{Receive, Symbols, Wait, WaitState};

/// What the frames at the leaf say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeafState {
    pub(super) state: WaitState,
    pub(super) receive: Option<Receive>,
}

impl LeafState {
    fn of(wait: Wait) -> Self {
        let mut state = WaitState::of(wait);
        if !matches!(wait, Wait::ChanSend | Wait::ChanReceive | Wait::ChanOp) {
            state.nil_channel = Some(false);
        }
        if wait != Wait::Select {
            state.no_cases = Some(false);
        }
        LeafState { state, receive: None }
    }
}

/// A channel operation parks near the top of runtime.chansend and runtime.chanrecv on a nil channel (5 and 12 lines below
/// the `func` line in Go 1.21 to 1.27) and far below on others (99 and 126 lines and more).
const NIL_PARK_WITHIN_LINES: u32 = 40;

/// The state of a goroutine whose frames, runtime machinery included, are `frames` (leaf first).
pub(super) fn from_frames(frames: &[RawFrame], symbols: &mut Symbols) -> LeafState {
    let name = |i: usize| frames.get(i).map_or("", |f: &RawFrame| symbols.function_name(f.function));
    let mut at = 0;
    while matches!(
        name(at),
        "runtime.gopark" | "runtime.goparkunlock" | "runtime.mcall" | "runtime.park_m" | "runtime.goready"
    ) {
        at += 1;
    }
    let parked = at > 0;
    match name(at) {
        // No frame at all: a thread that C code made, a goroutine that a compiler's wrapper has not started yet, or the
        // record of a Go 1.27 leak profile that stands for none.
        "" => LeafState { state: WaitState::of(Wait::Unknown), receive: None },
        "runtime.chansend" | "runtime.chansend1" if parked => channel(Wait::ChanSend, frames, at, None),
        "runtime.chanrecv" | "runtime.chanrecv1" | "runtime.chanrecv2" if parked => {
            let flavour = (at..at + 2).find_map(|i| match name(i) {
                "runtime.chanrecv1" => Some(Receive::Value),
                "runtime.chanrecv2" => Some(Receive::Ok),
                _ => None,
            });
            channel(Wait::ChanReceive, frames, at, flavour)
        }
        "runtime.selectgo" if parked => select(false),
        "runtime.block" => select(true),
        "time.Sleep" | "runtime.timeSleep" if parked => LeafState::of(Wait::Sleep),
        "runtime.semacquire1" | "runtime.semacquire" if parked => {
            LeafState::of(semaphore((at + 1..frames.len()).map(name)))
        }
        "sync.runtime_notifyListWait" | "runtime.notifyListWait" if parked => LeafState::of(Wait::CondWait),
        "runtime.netpollblock" if parked => LeafState::of(Wait::IoWait),
        "runtime.notetsleepg" | "runtime.notetsleep" | "runtime.cgocall" | "runtime.asmcgocall" => {
            LeafState::of(Wait::Syscall)
        }
        leaf if leaf.starts_with("runtime.coroswitch") || leaf == "runtime.corostart" => LeafState::of(Wait::Coroutine),
        leaf if is_system_call(leaf) => LeafState::of(Wait::Syscall),
        leaf if is_the_profiler(leaf) => LeafState::of(Wait::Running),
        "runtime.ReadTrace" | "runtime.readTrace0" | "runtime/trace.runtime_readTrace" if parked => {
            LeafState::of(Wait::Other(symbols.string("trace reader (blocked)")))
        }
        "runtime.runFinalizers" | "runtime.runfinq" if parked => {
            LeafState::of(Wait::Other(symbols.string("finalizer wait")))
        }
        leaf if parked && leaf.starts_with("internal/synctest.") => {
            let words = if leaf.ends_with(".Wait") { "synctest.Wait" } else { "synctest.Run" };
            LeafState::of(Wait::Other(symbols.string(words)))
        }
        _ => LeafState::of(if parked { Wait::Waiting } else { Wait::Runnable }),
    }
}

fn channel(wait: Wait, frames: &[RawFrame], at: usize, receive: Option<Receive>) -> LeafState {
    let frame = &frames[at];
    let mut leaf = LeafState { receive, ..LeafState::of(wait) };
    if frame.start_line > 0 && frame.line >= frame.start_line {
        leaf.state.nil_channel = Some(frame.line - frame.start_line < NIL_PARK_WITHIN_LINES);
    }
    leaf
}

fn select(no_cases: bool) -> LeafState {
    let mut leaf = LeafState::of(Wait::Select);
    leaf.state.no_cases = Some(no_cases);
    leaf
}

/// Which of sync's types a goroutine waits for on a runtime semaphore, by the frames above runtime.semacquire1. Go before
/// 1.21 prints all of them as `semacquire`, Go 1.21 to 1.23 the WaitGroup still.
pub(super) fn semaphore<'a>(callers: impl Iterator<Item = &'a str>) -> Wait {
    for name in callers {
        return match name {
            "sync.runtime_Semacquire"
            | "sync.runtime_SemacquireMutex"
            | "internal/sync.runtime_SemacquireMutex"
            | "sync.runtime_SemacquireWaitGroup"
            | "runtime.semacquire"
            | "runtime.semacquire1"
            | "runtime.semacquireg"
            | "runtime.goparkunlock"
            | "runtime.gopark" => continue,
            "sync.runtime_SemacquireRWMutexR" | "sync.(*RWMutex).RLock" => Wait::RwMutexRLock,
            "sync.runtime_SemacquireRWMutex" | "sync.(*RWMutex).Lock" => Wait::RwMutexLock,
            "sync.(*Mutex).lockSlow"
            | "sync.(*Mutex).Lock"
            | "internal/sync.(*Mutex).lockSlow"
            | "internal/sync.(*Mutex).Lock" => Wait::MutexLock,
            "sync.(*WaitGroup).Wait" => Wait::WaitGroupWait,
            "sync.(*Cond).Wait" | "sync.runtime_Syncsemacquire" | "sync.runtime_notifyListWait" => Wait::CondWait,
            _ => Wait::Semacquire,
        };
    }
    Wait::Semacquire
}

/// Functions that stand at the leaf of a goroutine in the kernel: the assembly that makes the call.
pub(super) fn is_system_call(name: &str) -> bool {
    let Some((package, function)) = name.rsplit_once('.') else { return false };
    match package {
        "syscall" | "golang.org/x/sys/unix" | "golang.org/x/sys/windows" => {
            let function = function.to_ascii_lowercase();
            function.starts_with("syscall") || function.starts_with("rawsyscall") || function.starts_with("rawvfork")
        }
        "internal/runtime/syscall" | "runtime/internal/syscall" | "internal/runtime/syscall/linux" => true,
        "runtime" => matches!(function, "entersyscall" | "exitsyscall" | "entersyscallblock" | "libcCall"),
        _ => false,
    }
}

/// The goroutine that takes the profile: it alone runs while all others are stopped.
pub(super) fn is_the_profiler(name: &str) -> bool {
    name.starts_with("runtime/pprof.runtime_")
        || name.starts_with("runtime/pprof.write")
        || matches!(
            name,
            "runtime.goroutineProfileWithLabels"
                | "runtime.goroutineProfileWithLabelsConcurrent"
                | "runtime.goroutineProfileWithLabelsSync"
                | "runtime.goroutineLeakProfileWithLabelsConcurrent"
                | "runtime.pprof_goroutineProfileWithLabels"
                | "runtime.pprof_goroutineLeakProfileWithLabels"
        )
}
