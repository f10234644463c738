//! The report, version 1: what `--format json` prints, and what every renderer works from.
//!
//! Numbers are numbers; what is unknown is null, never 0 or "". Fields are only ever added within a version.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;

use super::{Accepted, Aggregate, BaselineReport, Compared, LeftOut};
use crate::classify::{Evidence, Verdict};
use crate::model::Origin;
use crate::source::SourceView;

/// The version of the JSON output.
pub const SCHEMA_VERSION: u32 = 1;

/// A whole report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Always 1.
    #[schemars(extend("const" = 1))]
    pub schema_version: u32,
    /// What made the report.
    pub tool: Tool,
    /// The command.
    pub command: Command,
    /// The snapshots, in the order of the command line and, within an input, of the text.
    pub snapshots: Vec<SnapshotReport>,
    /// Totals over the groups below.
    pub summary: Summary,
    /// Stack groups, by count (descending), then id.
    pub groups: Vec<Group>,
    /// Groups that share a cause, worst first.
    pub findings: Vec<Finding>,
    /// Totals by something else than the stack, where `--by` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// What changed since an earlier report, where `--baseline` names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineReport>,
    /// What options left out of the groups.
    #[serde(skip)]
    pub left_out: LeftOut,
}

/// The program that made a report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// `unpark`
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// Moments beside each other.
    Triage,
    /// Two moments compared.
    Diff,
    /// Three moments or more compared.
    Trend,
}

/// One moment of one process.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SnapshotReport {
    /// Its place in `counts`, from 0.
    pub index: usize,
    /// The input as named; `-` for standard input.
    pub source: String,
    /// Which dump of its input, from 1.
    pub part: usize,
    /// The format it was read from.
    pub format: FormatName,
    /// Which goroutines it holds.
    pub profile: ProfileName,
    /// RFC 3339, where the profile carries its time.
    pub captured_at: Option<String>,
    /// Such as `go1.27.3`, where paths show it.
    pub go_version: Option<String>,
    /// All its goroutines, whatever options leave out below.
    pub goroutines: i64,
    /// All its stack groups.
    pub groups: usize,
    /// A difference of two moments (`?seconds=N`).
    pub delta: bool,
    /// Over how many seconds the difference was taken; null where it is none.
    pub seconds: Option<Number>,
    /// False where something of the input could not be read.
    pub complete: bool,
    /// Why the process printed it.
    pub cause: Option<CauseReport>,
    /// What was skipped, repaired, or can't be relied on.
    pub warnings: Vec<WarningReport>,
}

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FormatName {
    /// profile.proto (`debug=0`)
    Pprof,
    /// The counted text (`debug=1`)
    Debug1,
    /// Stack traces (`debug=2`)
    Debug2,
    /// Stack traces of a crash
    Crash,
}

/// The profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProfileName {
    /// All goroutines.
    Goroutine,
    /// Those that the runtime proved leaked.
    GoroutineLeak,
}

/// Why a process printed its goroutines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CauseReport {
    /// The kind.
    pub kind: CauseName,
    /// In the process's words.
    pub message: String,
    /// The id of the goroutine that caused it, where one did.
    pub goroutine: Option<u64>,
}

/// Kinds of causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CauseName {
    /// An unrecovered panic
    Panic,
    /// A fatal error of the runtime
    Fatal,
    /// All goroutines are asleep
    Deadlock,
    /// SIGQUIT
    Sigquit,
    /// SIGABRT
    Sigabrt,
    /// `go test -timeout`
    TestTimeout,
    /// Another signal
    Signal,
}

/// One kind of warning.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WarningReport {
    /// A word to match on.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// The line of the first, from 1.
    pub line: Option<u64>,
    /// The byte offset of the first, from 0.
    pub offset: Option<u64>,
    /// How many.
    pub count: u64,
}

/// Totals over the report's groups: of the last snapshot in a comparison, of all in a triage.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Goroutines.
    pub goroutines: i64,
    /// Groups.
    pub groups: usize,
    /// Goroutines by wait state.
    pub by_state: BTreeMap<String, i64>,
    /// Goroutines by verdict.
    pub by_verdict: BTreeMap<String, i64>,
}

/// A stack group.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Group {
    /// A fingerprint of state, functions and creator without lines, then an ordinal where lines differ: the same stack
    /// has it in the next build too.
    pub id: String,
    /// The wait state in Go's words; `chan op`, `waiting` and `unknown` where the format hides which.
    pub state: String,
    /// Details of it.
    pub state_detail: StateDetail,
    /// Goroutines in each snapshot.
    pub counts: Vec<i64>,
    /// The last of `counts`; in a triage their sum.
    pub count: i64,
    /// Last minus first; null in a triage, but for a delta profile.
    pub delta: Option<i64>,
    /// `delta` by minute, where the profiles carry their times.
    pub per_minute: Option<Number>,
    /// Waits, where headers have them: rough, and their absence proves nothing.
    pub wait_minutes: Option<Waits>,
    /// Who stayed, by goroutine ids, where two snapshots have them.
    pub identity: Option<IdentityReport>,
    /// Where it blocks, in words of the code's owner.
    pub site: Option<Arc<FrameReport>>,
    /// The outermost frame.
    pub entry: Option<Arc<FrameReport>>,
    /// The `go` statement; null where the format hides it or there is none.
    pub creator: Option<Arc<FrameReport>>,
    /// The stack, leaf first, runtime machinery left out.
    pub frames: Vec<Arc<FrameReport>>,
    /// Goroutines by label and value.
    pub labels: LabelCounts,
    /// The first ten ids, of the last snapshot that has them.
    pub goroutine_ids: Vec<u64>,
    /// The lock that all of them wait for, where arguments show it.
    pub lock_address: Option<String>,
    /// The rule that recognised the stack.
    pub signature: Option<String>,
    /// The likeliest cause, where evidence parts it from others.
    pub pattern: Option<String>,
    /// All causes that fit.
    pub candidates: Vec<String>,
    /// How sure a leak it is.
    pub verdict: Verdict,
    /// From 0 to 1.
    pub confidence: Number,
    /// What speaks for the verdict, and how the group was found in both snapshots where that wasn't plain.
    pub evidence: Vec<Evidence>,
    /// How it moved over three snapshots and more.
    pub trend: Option<Box<Trend>>,
    /// What the goroutines of its signature are, for tables.
    #[serde(skip)]
    pub title: Option<String>,
    /// It is the runtime's or the profiler's own: tables fold it.
    #[serde(skip)]
    pub own: bool,
    /// Why the two sides of a comparison are one group, for tables; `evidence` says it in words.
    #[serde(skip)]
    pub matched_by: MatchedBy,
    /// `labels` of each snapshot; kept for totals by label.
    #[serde(skip)]
    pub labels_by_snapshot: Vec<LabelCounts>,
    /// Its goroutines by all their labels and waits; kept for conversions only.
    #[serde(skip)]
    pub samples: Vec<Sample>,
}

/// Goroutines of a group with the same labels and wait.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The labels.
    pub labels: Vec<(String, String)>,
    /// The wait in whole minutes, where headers have it.
    pub wait_minutes: Option<u32>,
    /// How many.
    pub count: i64,
}

/// By what the two sides of a comparison were found to be one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// By all that makes a group, or by all but marks
    Group,
    /// By frames alone, since the formats differ
    Frames,
    /// By functions, since lines moved
    Functions,
}

/// Goroutines by label and value.
pub type LabelCounts = BTreeMap<String, BTreeMap<String, i64>>;

/// Details of a wait state; null where the format doesn't tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StateDetail {
    /// On a nil channel: it can never proceed.
    pub nil_channel: Option<bool>,
    /// `select {}`: it can never proceed.
    pub no_cases: Option<bool>,
    /// Go's own leak detection proved it.
    pub leaked: Option<bool>,
    /// Durably blocked in a testing/synctest bubble.
    pub durable: Option<bool>,
    /// Wired to one thread.
    pub locked_to_thread: Option<bool>,
    /// How the receive was written.
    pub receive: Option<ReceiveName>,
}

/// How a receive was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReceiveName {
    /// `<-c`
    Value,
    /// `v, ok := <-c` or `range c`
    Ok,
}

/// Waits in whole minutes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Waits {
    /// The shortest.
    pub min: u32,
    /// The middle one.
    pub median: u32,
    /// The longest.
    pub max: u32,
    /// How many goroutines carry one.
    pub known: u64,
}

/// Who stayed between the first and the last snapshot.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IdentityReport {
    /// There in both.
    pub survivors: u64,
    /// Only in the last.
    pub births: u64,
    /// Only in the first.
    pub deaths: u64,
}

/// A place in the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FrameReport {
    /// The function, package path included.
    pub function: String,
    /// Its package.
    pub package: Option<String>,
    /// The file as the profile has it.
    pub file: Option<String>,
    /// The line.
    pub line: Option<u32>,
    /// Whether the compiler inlined the call, where the format tells.
    pub inlined: bool,
    /// Whose code it is.
    pub origin: Origin,
}

/// Groups that share a cause.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Stable over runs.
    pub id: String,
    /// The rule.
    pub signature: Option<String>,
    /// The cause, where evidence parts it from others.
    pub pattern: Option<String>,
    /// All causes that fit.
    pub candidates: Vec<String>,
    /// One line.
    pub title: String,
    /// How sure.
    pub verdict: Verdict,
    /// From 0 to 1.
    pub confidence: Number,
    /// How many goroutines.
    pub goroutines: i64,
    /// Of all goroutines, in a delta profile of all that came, from 0 to 1.
    pub share: Number,
    /// Last minus first.
    pub delta: Option<i64>,
    /// Goroutines in each snapshot.
    pub counts: Vec<i64>,
    /// The ids of its groups: those that it is about, then those that only accompany them.
    pub groups: Vec<String>,
    /// Where it blocks.
    pub site: Option<Arc<FrameReport>>,
    /// The `go` statement that made most of its goroutines, where the format has it.
    pub creator: Option<Arc<FrameReport>>,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// What to change.
    pub remedy: Option<String>,
    /// Where to read more.
    pub reference: Option<String>,
    /// What the source tells of it, where it is at hand.
    pub source: Option<SourceView>,
    /// What it is to the baseline, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Compared>,
    /// Why it doesn't count for `--fail-on`, where `unpark.toml` accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
}

/// How a group, with those that share its cause, moved over three snapshots and more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trend {
    /// In words.
    pub text: String,
    /// How many at each moment that is judged: after a restart only those since.
    pub counts: Vec<i64>,
    /// The chance of such a rise without a trend: Mann–Kendall's p.
    pub p: Option<Number>,
    /// The same, corrected for the number of groups: Benjamini–Hochberg's q.
    pub q: Option<Number>,
    /// What the slope is per.
    pub per: TimeUnit,
    /// Theil–Sen's slope and its 95 % interval.
    pub slope: Slope,
    /// How many goroutines were there through half of the intervals, from the middle moment on, where ids tell.
    pub long_lived: Option<Vec<u64>>,
}

/// What a slope is per.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    /// A minute
    Minute,
    /// One moment to the next, where nothing tells the time
    Moment,
}

/// A slope and how sure it is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Slope {
    /// The estimate.
    pub estimate: Option<Number>,
    /// The lower end.
    pub low: Option<Number>,
    /// The upper end.
    pub high: Option<Number>,
}

impl Report {
    /// The JSON Schema of the output, as it stands in `schema/report-v1.schema.json`.
    #[must_use]
    pub fn json_schema() -> serde_json::Value {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        settings.into_generator().into_root_schema_for::<Report>().to_value()
    }
}
