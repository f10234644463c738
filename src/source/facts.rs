//! What Go source tells of a place where goroutines block. Facts only: which cause they speak for is judged elsewhere.

use super::SourcePlace;

/// What is known of a blocked goroutine from its source.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteFacts {
    /// The line where it blocks.
    pub place: SourcePlace,
    /// The function that it blocks in, as Go writes it: `(*Svc).quote`.
    pub function: String,
    /// What it does there.
    pub operation: Operation,
    /// The channel of a send, receive or range, or of a select with one case.
    pub channel: Option<ChannelFacts>,
    /// The cases of a select.
    pub cases: Vec<CaseFacts>,
    /// The innermost loop around it in its function.
    pub repeats: Option<LoopFacts>,
    /// An `if` or case around it in its function.
    pub condition: Option<SourcePlace>,
    /// The name of a `context.Context` in its function or one around that.
    pub context: Option<String>,
    /// An earlier send to the same channel in its function, after which that goes on to this one.
    pub sent_before: Option<SourcePlace>,
    /// Leaves its function between this send and the receive that would take the value back: a channel as a semaphore.
    pub kept: Option<Exit>,
    /// The function takes back what it sends here: a channel as a semaphore.
    pub takes_back: bool,
    /// The `go` statements that may have started it; the one that the dump names, where it names one.
    pub spawns: Vec<SpawnFacts>,
    /// Locks that it holds while it waits.
    pub held: Vec<HeldLock>,
    /// The lock that it waits for.
    pub lock: Option<LockFacts>,
    /// The WaitGroup that it waits for.
    pub group: Option<GroupFacts>,
    /// The condition that it waits for.
    pub condition_variable: Option<ConditionFacts>,
    /// Where its function starts a goroutine of itself.
    pub spawns_itself: Option<SelfSpawn>,
}

/// What a goroutine does where it blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `ch <- v`
    Send,
    /// `<-ch`
    Receive,
    /// `for range ch`
    Range,
    /// `select` of several cases
    Select,
    /// `mu.Lock()`, `mu.RLock()`
    Lock,
    /// `wg.Wait()`
    WaitGroup,
    /// `cond.Wait()`
    Condition,
    /// `time.Sleep`
    Sleep,
    /// A call into code that isn't the user's, in which it blocks
    Call,
}

/// What is known of a channel within its package.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelFacts {
    /// As written where it blocks.
    pub name: String,
    /// What it is.
    pub kind: ChannelKind,
    /// Where it is made.
    pub makes: Vec<MakeFacts>,
    /// All sends to it.
    pub sends: Vec<UseFacts>,
    /// All receives from it, ranges included.
    pub receives: Vec<UseFacts>,
    /// Where it is closed.
    pub closes: Vec<UseFacts>,
    /// Where it is handed to code that isn't read: other packages, or callers of exported functions.
    pub escapes: Option<SourcePlace>,
    /// The type and field that hold it, where one does.
    pub field: Option<(String, String)>,
    /// It is a field that nothing in its package sets.
    pub never_set: bool,
}

/// What a channel is.
#[derive(Clone, Debug, PartialEq)]
pub enum ChannelKind {
    /// Made by the program.
    Plain,
    /// Of a `time.Timer`, or `time.After`.
    Timer,
    /// Of a `time.Ticker`, or `time.Tick`.
    Ticker,
    /// `ctx.Done()`, with what is known of who cancels it.
    Done(ContextFacts),
}

/// Who cancels a context.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ContextFacts {
    /// Its name.
    pub name: String,
    /// Where it is derived, by `context.WithCancel` and the like, within the function or those around it.
    pub derived: Option<SourcePlace>,
    /// Its cancel function is discarded (`_`) or never called.
    pub never_cancelled: bool,
    /// It is `context.Background()` or `context.TODO()`.
    pub background: Option<SourcePlace>,
}

/// A `make(chan T, n)`.
#[derive(Clone, Debug, PartialEq)]
pub struct MakeFacts {
    /// Where.
    pub place: SourcePlace,
    /// As written.
    pub text: String,
    /// The capacity as written; none for a channel without a buffer.
    pub capacity: Option<String>,
}

/// A send, a receive or a close.
#[derive(Clone, Debug, PartialEq)]
pub struct UseFacts {
    /// Where.
    pub place: SourcePlace,
    /// In which function.
    pub function: String,
    /// A range over the channel, not a single receive.
    pub is_range: bool,
    /// The innermost loop around it in its function; the range itself, where it is one.
    pub repeats: Option<LoopFacts>,
    /// The `if` or case around it in its function.
    pub condition: Option<SourcePlace>,
    /// The other cases of the select that it is a case of.
    pub beside: Vec<CaseKind>,
    /// A default case keeps it from waiting.
    pub never_waits: bool,
    /// It stands under `defer`.
    pub deferred: bool,
    /// It is in the function that blocks.
    pub own: bool,
    /// It is in the function with the `go` statement.
    pub spawner: bool,
    /// Its function returns first where this return is taken.
    pub skipped_by: Option<Exit>,
}

/// A loop.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopFacts {
    /// Where.
    pub place: SourcePlace,
    /// Its head as written: `for _, url := range urls`.
    pub text: String,
    /// It has no condition.
    pub endless: bool,
    /// What a `range` is over, as written.
    pub over: Option<String>,
    /// Leaves it before its end: a return, a break, a panic.
    pub exit: Option<Exit>,
}

/// A statement that leaves a function or a loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// Where.
    pub place: SourcePlace,
    /// As written.
    pub text: String,
}

/// A case of a select.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFacts {
    /// Where.
    pub place: SourcePlace,
    /// What it waits for.
    pub kind: CaseKind,
    /// Its channel.
    pub channel: Option<ChannelFacts>,
    /// It leads out of the loop or function.
    pub leaves: bool,
    /// Its channel is a `time.After` that is called here each time.
    pub timer_each_time: bool,
}

/// What a case of a select waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseKind {
    /// `<-ctx.Done()`
    Done,
    /// A timer, `time.After`
    Timer,
    /// A ticker
    Ticker,
    /// Any other receive
    Receive,
    /// A send
    Send,
}

/// A statement that starts goroutines.
#[derive(Clone, Debug, PartialEq)]
pub struct SpawnFacts {
    /// Where.
    pub place: SourcePlace,
    /// In which function.
    pub function: String,
    /// The loop that it stands in.
    pub repeats: Option<LoopFacts>,
    /// How it starts them.
    pub by: SpawnKind,
    /// Its function may be left here before it receives from the channel.
    pub exit_before_receive: Option<Exit>,
    /// The first receive from the channel in its function, or the call in which it is received from.
    pub receive: Option<SourcePlace>,
}

/// How goroutines are started.
#[derive(Clone, Debug, PartialEq)]
pub enum SpawnKind {
    /// `go`
    Go,
    /// `g.Go(…)` of an errgroup, with or without a context of its own.
    ErrGroup {
        /// Made by `errgroup.WithContext`.
        with_context: bool,
    },
    /// Another function that is given the code to run.
    Passed(String),
}

/// A lock that a goroutine holds while it waits.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldLock {
    /// As written.
    pub name: String,
    /// Its type and field, which tell it from other locks; empty where it is no field.
    pub key: String,
    /// Where it was taken.
    pub place: SourcePlace,
    /// In which function.
    pub function: String,
    /// For reading.
    pub read: bool,
    /// What the goroutine waits for is this very lock.
    pub same: bool,
    /// What it waits for is a lock in the same field of another value.
    pub same_field: bool,
    /// Other code takes it too.
    pub shared_with: Option<SourcePlace>,
    /// The functions of that code.
    pub shared_in: Vec<String>,
}

/// A lock that a goroutine waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct LockFacts {
    /// As written.
    pub name: String,
    /// For reading.
    pub read: bool,
    /// Its type and field, as [`HeldLock::key`].
    pub key: String,
    /// How often the package gives it back.
    pub unlocks: usize,
    /// All that is done under it in its package.
    pub sections: Vec<Section>,
}

/// From a lock to its unlock.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// In which function.
    pub function: String,
    /// The lock.
    pub place: SourcePlace,
    /// For reading.
    pub read: bool,
    /// Its end: the last unlock of it in the function, or the function's end where that is deferred.
    pub last_line: u64,
    /// The unlock is deferred.
    pub deferred: bool,
    /// Leaves the function with the lock taken.
    pub exit: Option<Exit>,
    /// There is no unlock in the function.
    pub no_unlock: bool,
    /// What it waits for under the lock.
    pub blocks: Option<Blocking>,
    /// It is taken again under itself.
    pub again: Option<SourcePlace>,
    /// Another lock that is taken under it: its key, and where.
    pub takes: Option<(String, SourcePlace)>,
    /// A deferred `recover()` in a function that calls this one: after a panic the program goes on, with the lock taken.
    pub recovered: Option<SourcePlace>,
    /// What may panic while no deferred unlock would be run.
    pub may_panic: Option<SourcePlace>,
}

/// A statement that may wait for long.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocking {
    /// Where it is under the lock.
    pub place: SourcePlace,
    /// As written.
    pub text: String,
    /// It is an operation on a channel.
    pub channel: bool,
}

/// A WaitGroup that a goroutine waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFacts {
    /// As written.
    pub name: String,
    /// Its `Add`s.
    pub adds: Vec<UseFacts>,
    /// Its `Done`s.
    pub dones: Vec<UseFacts>,
    /// An `Add` within the goroutine that is counted.
    pub added_inside: Option<SourcePlace>,
    /// It is an errgroup's `Wait`, with or without a context of the group's own.
    pub errgroup: Option<bool>,
}

/// A condition variable.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionFacts {
    /// As written.
    pub name: String,
    /// `Wait` stands in a loop that checks a predicate.
    pub in_loop: bool,
    /// Its `Signal`s and `Broadcast`s.
    pub signals: Vec<SourcePlace>,
}

/// A function that starts a goroutine of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfSpawn {
    /// Where.
    pub place: SourcePlace,
    /// It sleeps between attempts: it tries again what failed.
    pub after_sleep: Option<SourcePlace>,
}
