//! The wait state of a debug=1 record from the PCs that its `#` lines hide.
//!
//! runtime/pprof/pprof.go:printStackRecord shows no leading runtime frames, but the `@` list has their return addresses.
//! How many there are before the first visible frame tells the operation (three: gopark, chansend or chanrecv, and its
//! entry point; two: gopark and selectgo or block). Which of several is told by order: the linker lays the runtime's
//! functions out as chansend1 < chansend < chanrecv1 < chanrecv2 < chanrecv … block < selectgo in every build looked at.
//! Frames of the standard library whose operation is known anchor what order alone can't tell.

use std::ops::RangeInclusive;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::leaf_state::{self, LeafState};
use super::stack::RawFrame;
use crate::model::{Receive, Symbols, Wait, WaitState};

/// What a record's state is told from.
#[derive(Clone, Debug)]
pub(super) struct HiddenPcs {
    /// The first PCs of the `@` list; fewer where it is shorter.
    pub(super) first: Vec<u64>,
    /// How many of them stand before the first visible frame.
    pub(super) hidden: usize,
    /// The visible frames, leaf first.
    pub(super) frames: Vec<RawFrame>,
}

/// How many PCs of a record [`HiddenPcs::first`] keeps.
pub(super) const PCS_KEPT: usize = 4;

/// chanrecv1 and chanrecv2 lie next to each other (12 to 32 bytes between their calls); chansend, of a kilobyte, and
/// more lie between chansend1 and chanrecv1.
const NEIGHBOURS_WITHIN_BYTES: u64 = 256;

/// How far the park on a nil channel lies behind the call of chansend in chansend1 and of chanrecv in chanrecv1 and
/// chanrecv2, and how far the other park at least: amd64, Go 1.19 to 1.27. Builds without optimisation or with the race
/// detector lay them out the other way round.
const NIL_SEND_BYTES: RangeInclusive<u64> = 200..=300;
const NIL_RECEIVE_BYTES: RangeInclusive<u64> = 350..=540;
const PARK_BYTES: u64 = 850;

/// Functions of the standard library that block in a `select` of several cases.
const SELECT_ANCHORS: &[&str] = &[
    "net/http.(*persistConn).writeLoop",
    "net/http.(*persistConn).readLoop",
    "net/http.(*persistConn).roundTrip",
    "net/http.(*Transport).getConn",
    "net/http.(*http2serverConn).serve",
    "net/http.(*http2ClientConn).RoundTrip",
    "net/http.(*http2ClientConn).roundTrip",
    "net/http.(*http2clientStream).writeRequest",
    "net/http/internal/http2.(*ClientConn).roundTrip",
    "net/http/internal/http2.(*clientStream).writeRequest",
    "net/http/internal/http2.(*serverConn).serve",
    "database/sql.(*DB).connectionOpener",
    "database/sql.(*DB).connectionCleaner",
    "database/sql.(*DB).conn",
    "database/sql.(*Rows).awaitDone",
    "context.(*cancelCtx).propagateCancel.func2",
    "context.propagateCancel.func1",
    "io.(*pipe).read",
    "io.(*pipe).write",
    "net.(*pipe).read",
    "os/exec.(*Cmd).watchCtx",
    "os/signal.NotifyContext.func1",
];

/// Functions of the standard library that block in a plain receive.
const RECEIVE_ANCHORS: &[&str] = &[
    "database/sql.(*Tx).awaitDone",
    "net/rpc.(*Client).Call",
    "os/exec.(*Cmd).awaitGoroutines",
    "os/exec.(*Cmd).Wait",
    "testing.(*T).Parallel",
    "testing.(*T).Run",
    "testing.tRunner.func1",
    "testing/synctest.testingSynctestTest",
];

/// The states of all records of one profile, in their order.
pub(super) fn states(records: &[HiddenPcs], symbols: &mut Symbols) -> Vec<LeafState> {
    let layout = Layout::of(records, symbols);
    records.iter().map(|record| layout.state(record, symbols)).collect()
}

/// Where one build of Go has the runtime's parking functions.
#[derive(Debug, Default)]
struct Layout {
    /// Return address in gopark; shared by everything that is parked.
    gopark: Option<u64>,
    /// Return addresses in chansend1, chanrecv1, chanrecv2.
    send: Vec<u64>,
    receive: Vec<(u64, Option<Receive>)>,
    /// Second PCs of channel operations by third: there are two where some channels are nil.
    parks: HashMap<u64, Vec<u64>, RandomState>,
    /// Return addresses in selectgo, and in block.
    selectgo: Option<u64>,
    block: Option<u64>,
}

impl Layout {
    fn of(records: &[HiddenPcs], symbols: &Symbols) -> Self {
        let mut layout = Layout { gopark: gopark(records, symbols), ..Layout::default() };
        let parked = |hidden: usize| {
            let gopark = layout.gopark;
            records
                .iter()
                .filter(move |r| r.hidden == hidden && r.first.first().copied() == gopark && gopark.is_some())
                .filter(|r| !is_named(leaf_name(r, symbols)))
        };
        let mut anchored: Vec<u64> = Vec::new();
        for record in parked(3) {
            let [_, second, third, ..] = record.first[..] else { continue };
            let seconds = layout.parks.entry(third).or_default();
            // A third one is as good as many: no build has it.
            if seconds.len() < 3 && !seconds.contains(&second) {
                seconds.push(second);
            }
            if anchored.len() < 3 && !anchored.contains(&third) && RECEIVE_ANCHORS.contains(&leaf_name(record, symbols))
            {
                anchored.push(third);
            }
        }
        let mut thirds: Vec<u64> = layout.parks.keys().copied().collect();
        thirds.sort_unstable();
        let mut seconds: Vec<u64> = parked(2).filter_map(|r| r.first.get(1).copied()).collect();
        seconds.sort_unstable();
        seconds.dedup();
        let anchored_select =
            parked(2).find(|r| SELECT_ANCHORS.contains(&leaf_name(r, symbols))).and_then(|r| r.first.get(1).copied());
        let (selectgo, block) = select_addresses(&seconds, anchored_select);
        (layout.send, layout.receive) = channel_addresses(&thirds, &anchored);
        (layout.selectgo, layout.block) = (selectgo, block);
        layout
    }

    fn state(&self, record: &HiddenPcs, symbols: &mut Symbols) -> LeafState {
        if record.frames.is_empty() {
            return leaf_state::from_frames(&[], symbols);
        }
        let leaf = leaf_name(record, symbols);
        if reads_trace(leaf) && (record.hidden >= 2 || leaf == "runtime/trace.runtime_readTrace") {
            let wait = Wait::Other(symbols.string("trace reader (blocked)"));
            return leaf_of(wait, Some(false), Some(false));
        }
        if let Some(wait) = named_wait(record, leaf, symbols) {
            return leaf_of(wait, Some(false), Some(false));
        }
        let parked = self.gopark.is_some() && record.first.first().copied() == self.gopark;
        match (parked, record.hidden, record.first.get(1), record.first.get(2)) {
            (true, 3, Some(second), Some(third)) => self.channel(*second, *third),
            (true, 2, Some(second), _) if Some(*second) == self.block => leaf_of(Wait::Select, Some(false), Some(true)),
            (true, 2, Some(second), _) => {
                let no_cases = (Some(*second) == self.selectgo).then_some(false);
                leaf_of(Wait::Select, Some(false), no_cases)
            }
            (true, ..) => leaf_of(Wait::Waiting, None, None),
            (false, ..) => leaf_of(Wait::Runnable, Some(false), Some(false)),
        }
    }

    fn channel(&self, second: u64, third: u64) -> LeafState {
        if self.send.contains(&third) {
            return leaf_of(Wait::ChanSend, self.is_nil(second, third, NIL_SEND_BYTES), Some(false));
        }
        match self.receive.iter().find(|(address, _)| *address == third) {
            Some((_, flavour)) => {
                let nil = self.is_nil(second, third, NIL_RECEIVE_BYTES);
                LeafState { receive: *flavour, ..leaf_of(Wait::ChanReceive, nil, Some(false)) }
            }
            None => leaf_of(Wait::ChanOp, None, Some(false)),
        }
    }

    /// Whether a channel operation is the park on a nil channel; `None` where the build has another layout than those
    /// measured, or only one of the two parks is in the profile.
    fn is_nil(&self, second: u64, third: u64, nil_bytes: RangeInclusive<u64>) -> Option<bool> {
        let [a, b] = self.parks.get(&third)?.as_slice() else { return None };
        let (low, high) = (a.min(b), a.max(b));
        let known = nil_bytes.contains(&low.wrapping_sub(third)) && high.wrapping_sub(third) >= PARK_BYTES;
        known.then_some(second == *low)
    }
}

fn leaf_of(wait: Wait, nil_channel: Option<bool>, no_cases: Option<bool>) -> LeafState {
    LeafState { state: WaitState { nil_channel, no_cases, ..WaitState::of(wait) }, receive: None }
}

fn leaf_name<'a>(record: &HiddenPcs, symbols: &'a Symbols) -> &'a str {
    record.frames.first().map_or("", |frame| symbols.function_name(frame.function))
}

/// Whether the visible leaf itself names the wait.
fn is_named(leaf: &str) -> bool {
    reads_trace(leaf)
        || matches!(
            leaf,
            "sync.runtime_Semacquire"
                | "sync.runtime_SemacquireMutex"
                | "sync.runtime_SemacquireRWMutex"
                | "sync.runtime_SemacquireRWMutexR"
                | "sync.runtime_SemacquireWaitGroup"
                | "internal/sync.runtime_SemacquireMutex"
                | "internal/poll.runtime_Semacquire"
                | "sync.runtime_notifyListWait"
                | "internal/poll.runtime_pollWait"
                | "time.Sleep"
                | "reflect.chansend"
                | "reflect.chansend0"
                | "reflect.chanrecv"
                | "reflect.rselect"
                | "os/signal.signal_recv"
                | "runtime/pprof.readProfile"
        )
}

/// The goroutine that waits in runtime.ReadTrace for the execution trace.
fn reads_trace(leaf: &str) -> bool {
    leaf.starts_with("runtime/trace.")
}

fn named_wait(record: &HiddenPcs, leaf: &str, symbols: &Symbols) -> Option<Wait> {
    let frames = || record.frames.iter().map(|f| symbols.function_name(f.function));
    Some(match leaf {
        "internal/poll.runtime_Semacquire" => Wait::Semacquire,
        "sync.runtime_notifyListWait" => Wait::CondWait,
        "internal/poll.runtime_pollWait" => Wait::IoWait,
        "time.Sleep" if record.hidden == 1 => Wait::Sleep,
        "reflect.chansend" | "reflect.chansend0" => Wait::ChanSend,
        "reflect.chanrecv" => Wait::ChanReceive,
        "reflect.rselect" => Wait::Select,
        "os/signal.signal_recv" | "runtime/pprof.readProfile" => Wait::Syscall,
        _ if is_named(leaf) && leaf != "time.Sleep" && !reads_trace(leaf) => leaf_state::semaphore(frames()),
        _ if leaf_state::is_system_call(leaf) => Wait::Syscall,
        _ if leaf_state::is_the_profiler(leaf) => Wait::Running,
        _ if leaf == "runtime.corostart" || (leaf.starts_with("iter.Pull") && record.hidden == 1) => Wait::Coroutine,
        _ if leaf.contains("._Cfunc_") && record.hidden == 1 => Wait::Syscall,
        _ => return None,
    })
}

/// The return address in gopark: the first PC of records whose visible leaf says that they are parked; without one, the
/// commonest first PC of records with three hidden ones, else of those with two.
fn gopark(records: &[HiddenPcs], symbols: &Symbols) -> Option<u64> {
    let anchor = records.iter().find(|r| {
        r.hidden >= 1
            && matches!(
                leaf_name(r, symbols),
                "internal/poll.runtime_pollWait"
                    | "sync.runtime_notifyListWait"
                    | "sync.runtime_Semacquire"
                    | "sync.runtime_SemacquireMutex"
                    | "internal/sync.runtime_SemacquireMutex"
                    | "sync.runtime_SemacquireWaitGroup"
                    | "time.Sleep"
            )
    });
    if let Some(record) = anchor {
        return record.first.first().copied();
    }
    [3, 2].iter().find_map(|hidden| {
        let mut counts: HashMap<u64, usize, RandomState> = HashMap::default();
        for record in
            records.iter().filter(|r| r.hidden == *hidden && !leaf_state::is_the_profiler(leaf_name(r, symbols)))
        {
            *counts.entry(*record.first.first()?).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(pc, n)| (*n, *pc)).map(|(pc, _)| pc)
    })
}

/// Parts the distinct third PCs (ascending) into send and receive.
fn channel_addresses(thirds: &[u64], anchored: &[u64]) -> (Vec<u64>, Vec<(u64, Option<Receive>)>) {
    let mut clusters: Vec<Vec<u64>> = Vec::new();
    for third in thirds {
        match clusters.last_mut() {
            Some(last) if third - last[last.len() - 1] < NEIGHBOURS_WITHIN_BYTES => last.push(*third),
            _ => clusters.push(vec![*third]),
        }
    }
    let flavours = |cluster: &[u64]| match cluster {
        [value, ok] => vec![(*value, Some(Receive::Value)), (*ok, Some(Receive::Ok))],
        other => other.iter().map(|address| (*address, None)).collect(),
    };
    match clusters.as_slice() {
        // A build has one chansend1, one chanrecv1 and one chanrecv2.
        [send, receive] if send.len() == 1 && receive.len() <= 2 => (send.clone(), flavours(receive)),
        [receive] if receive.len() == 2 || (receive.len() == 1 && anchored.contains(&receive[0])) => {
            (Vec::new(), flavours(receive))
        }
        _ => (Vec::new(), anchored.iter().map(|address| (*address, None)).collect()),
    }
}

/// Return addresses in selectgo and in block, from the distinct second PCs (ascending) and an anchored selectgo.
fn select_addresses(seconds: &[u64], anchored: Option<u64>) -> (Option<u64>, Option<u64>) {
    match (seconds, anchored) {
        (_, Some(selectgo)) => (Some(selectgo), seconds.iter().copied().rfind(|pc| *pc < selectgo)),
        ([block, selectgo], None) => (Some(*selectgo), Some(*block)),
        _ => (None, None),
    }
}
