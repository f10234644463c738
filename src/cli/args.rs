//! Arguments as typed; [`super::plan`] decides what they mean.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::source::PathMap;

const EXAMPLES: &str = "\
Examples:
  unpark triage crash.log
      what the goroutines of a crashed service wait for, and where
  curl -s localhost:6060/debug/pprof/goroutine?debug=2 | unpark triage -
      the same of a running one
  unpark diff before.pb.gz after.pb.gz
      what grew between two captured profiles
  unpark diff a.txt b.txt --format json | jq '.findings[] | {title, verdict}'
      the same for a script
  unpark explain timeout-leak
      what a label means and how to fix it

Inputs are told by their content: goroutine profiles (debug=0, 1 and 2), the
stack traces of crashed programs, several of them in one file, gzipped or not.
`-` is standard input.

Exit codes: 0 a report was made; 1 --fail-on found something; 2 wrong usage, or
an input could not be read (the others are still reported); 3 --fail-on found
nothing, but the input can't show that there is no leak.";

const TRIAGE_EXAMPLES: &str = "\
Examples:
  unpark triage crash.log                    the largest groups first
  unpark triage crash.log --by state         only how many wait for what
  unpark triage dump.txt --state 'chan send' --full
                                             whole stacks of blocked senders
  unpark triage dump.txt --min-wait 10       what has waited for ten minutes
  unpark triage pod-1.txt pod-2.txt          processes beside each other
  unpark triage dump.txt --by label:tenant   by a pprof label
  unpark triage crash.log --source . --path-map /build/src=.
                                             with the source at hand";

const DIFF_EXAMPLES: &str = "\
Examples:
  unpark diff before.pb.gz after.pb.gz       what grew, came, shrank, went
  unpark diff before.txt after.txt           debug=2: and who stayed, by ids
  unpark diff before.pb.gz after.debug2.txt  two formats of one service
  unpark diff a.pb.gz b.pb.gz --by package   added up by package
  unpark diff a.pb.gz b.pb.gz --focus 'example.com/app/'
  unpark diff before.txt after.txt --source ~/src/app
                                             with the source at hand";

const TREND_EXAMPLES: &str = "\
Examples:
  unpark trend captures/                     a directory, in time order
  unpark trend t1.txt t2.txt t3.txt          debug=2: goroutines are told apart by ids
  unpark trend nightly/*.pb.gz               counts alone: six and more are needed";

const CONVERT_EXAMPLES: &str = "\
Examples:
  unpark convert dump.txt --to pprof -o dump.pb.gz && go tool pprof -http=: dump.pb.gz
      a debug=2 dump in pprof; there, -tagfocus state='chan send'
  unpark convert crash.log --to folded | flamegraph.pl > crash.svg
  unpark convert dump.txt --to folded --state 'chan send' | inferno-flamegraph > blocked.svg";

const ACCEPT_EXAMPLES: &str = "\
Examples:
  unpark triage dump.txt --format json -o report.json
  unpark accept report.json send-premature-return@main.price.func1 \\
      --reason 'gone with the new client, #123' --until 2027-01-31
      from now on --fail-on leaves it out, until that day has passed";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  unpark completions bash > ~/.local/share/bash-completion/completions/unpark
  unpark completions zsh > ~/.zfunc/_unpark
  unpark completions fish > ~/.config/fish/completions/unpark.fish
  unpark completions powershell | Out-String | Invoke-Expression";

const MAN_EXAMPLES: &str = "\
Examples:
  unpark man > unpark.1
  unpark man triage | man -l -";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  unpark explain                             all patterns and signatures
  unpark explain timeout-leak                a cause: code, stacks, fix, how to confirm
  unpark explain http-client-body-unclosed   a stack that is known";

/// Tells why goroutines are stuck: reads goroutine profiles and dumps of Go programs, names leaks, their likely causes
/// and what to change, and says what changed between two moments.
#[derive(Debug, Parser)]
#[command(name = "unpark", version, after_help = EXAMPLES, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: CommandArguments,
}

#[derive(Debug, Subcommand)]
pub(super) enum CommandArguments {
    /// One moment per input: what the goroutines wait for, and where
    #[command(after_help = TRIAGE_EXAMPLES)]
    Triage(TriageArguments),
    /// Two moments: what grew, came, shrank, went, and stayed
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffArguments),
    /// Three moments and more: what leaks, against load that only fluctuates
    #[command(after_help = TREND_EXAMPLES)]
    Trend(TrendArguments),
    /// A dump as a file for other tools: go tool pprof, speedscope, flame graphs
    #[command(after_help = CONVERT_EXAMPLES)]
    Convert(ConvertArguments),
    /// Writes into unpark.toml that a finding of a report is known and accepted
    #[command(after_help = ACCEPT_EXAMPLES)]
    Accept(AcceptArguments),
    /// Prints completions for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Prints the manual page of a command as roff
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// Of which command; without it, of all
        command: Option<String>,
    },
    /// What a label means: how it comes about in Go code, what its stacks look like, how to fix it
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArguments),
}

#[derive(Debug, Args)]
pub(super) struct TriageArguments {
    /// Profiles or dumps: paths, `-` for standard input, or directories of captures
    #[arg(required = true, value_name = "INPUT")]
    pub(super) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// The earlier profile or dump
    pub(super) before: PathBuf,
    /// The later one
    pub(super) after: PathBuf,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

#[derive(Debug, Args)]
pub(super) struct TrendArguments {
    /// Profiles or dumps in order of time, or directories of captures; forms of one moment are merged
    #[arg(required = true, value_name = "INPUT")]
    pub(super) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// A pattern or a signature, as reports name them; without it, the list of all
    #[arg(value_name = "PATTERN|SIGNATURE")]
    pub(super) name: Option<String>,
    /// More signatures, as TOML; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) rules: Vec<PathBuf>,
    /// When to colour; NO_COLOR is heeded
    #[arg(long, value_enum, default_value_t = ColorArgument::Auto, value_name = "WHEN")]
    pub(super) color: ColorArgument,
}

#[derive(Debug, Args)]
pub(super) struct AcceptArguments {
    /// A report that --format json wrote
    #[arg(value_name = "REPORT.json")]
    pub(super) report: PathBuf,
    /// The id of a finding in it
    pub(super) finding: String,
    /// Why it is accepted
    #[arg(long)]
    pub(super) reason: String,
    /// The last day on which that holds, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(super) until: Option<String>,
    /// The file to write into; the nearest unpark.toml from here upward unless told, else a new one here
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ConvertArguments {
    /// A profile or dump: a path, or `-` for standard input
    pub(super) input: PathBuf,
    /// Into what
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) to: ConvertFormat,
    /// Write to a file, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) selection: SelectionArguments,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ConvertFormat {
    /// A gzipped profile.proto; states, creators, waits and verdicts are labels
    Pprof,
    /// A line for each stack, entry first, with its count
    Folded,
    /// The report of triage as JSON
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(super) format: FormatArgument,
    /// Write the report to a file, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// What to add goroutines up by: stack, site, entry, creator, function, package, state, label:KEY
    #[arg(long, default_value = BY_STACK, value_name = "WHAT")]
    pub(super) by: String,
    /// How many groups to print; 0 for all. Tables print 20 unless told
    #[arg(long, value_name = "N")]
    pub(super) top: Option<usize>,
    /// Print whole stacks
    #[arg(long)]
    pub(super) full: bool,
    #[command(flatten)]
    pub(super) selection: SelectionArguments,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
    #[command(flatten)]
    pub(super) source: SourceArguments,
    /// What paths of source files begin with in the program, for SARIF: a directory or, with -trimpath, a module path; with
    /// =FOLDER, where that lies in the repository; may be given several times
    #[arg(long, value_name = "PREFIX[=FOLDER]")]
    pub(super) source_root: Vec<String>,
    /// An earlier report (--format json) of what is known: only what is new or worse counts for --fail-on
    #[arg(long, value_name = "REPORT.json")]
    pub(super) baseline: Option<PathBuf>,
    /// Exit with 1 where a finding is so sure or surer; with 3 where there is none, but the input can't show that
    #[arg(long, value_enum, value_name = "VERDICT")]
    pub(super) fail_on: Option<FailOnArgument>,
    /// When to colour; NO_COLOR is heeded
    #[arg(long, value_enum, default_value_t = ColorArgument::Auto, value_name = "WHEN")]
    pub(super) color: ColorArgument,
}

/// What `--by` is unless told.
const BY_STACK: &str = "stack";

/// As without options.
impl Default for ReportArguments {
    fn default() -> Self {
        ReportArguments {
            format: FormatArgument::Table,
            output: None,
            by: BY_STACK.into(),
            top: None,
            full: false,
            selection: SelectionArguments::default(),
            reading: ReadingArguments::default(),
            source: SourceArguments::default(),
            source_root: Vec::new(),
            baseline: None,
            fail_on: None,
            color: ColorArgument::Auto,
        }
    }
}

/// Where the program's source lies.
#[derive(Debug, Default, Args)]
pub(super) struct SourceArguments {
    /// A directory with the program's Go source, as it was built: a module or repository, and its dependencies' and Go's
    /// own, a GOPATH, module cache or GOROOT; such as --source . --source ~/go. May be given several times
    #[arg(long, value_name = "DIR")]
    pub(super) source: Vec<PathBuf>,
    /// Where a directory of the build lies here, such as /build/src=. or golang.org/x/sync@v0.3.0=../sync; for what --source
    /// doesn't find. May be given several times
    #[arg(long, value_name = "FROM=TO")]
    pub(super) path_map: Vec<PathMap>,
}

/// Which groups.
#[derive(Debug, Default, Args)]
pub(super) struct SelectionArguments {
    /// Only groups whose wait state holds this text, such as 'chan send' or mutex; may be given several times
    #[arg(long, value_name = "STATE")]
    pub(super) state: Vec<String>,
    /// Only groups with a function or file that matches
    #[arg(long, value_name = "REGEX")]
    pub(super) focus: Option<String>,
    /// No groups with a function or file that matches
    #[arg(long, value_name = "REGEX")]
    pub(super) ignore: Option<String>,
    /// Only groups with so many goroutines at some moment
    #[arg(long, value_name = "N")]
    pub(super) min_count: Option<u64>,
    /// Only groups of which a goroutine has waited so long, by its header
    #[arg(long, value_name = "MINUTES")]
    pub(super) min_wait: Option<u32>,
}

/// How inputs are read and judged, and what is said of that.
#[derive(Debug, Default, Args)]
pub(super) struct ReadingArguments {
    /// More signatures, as TOML; one with a known id takes its place. May be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) rules: Vec<PathBuf>,
    /// What to take away from the beginning of each line, where a logger is not recognised; may be given several times
    #[arg(long, value_name = "REGEX")]
    pub(super) strip: Vec<String>,
    /// How much one input may unpack to, such as 500MiB; 64GiB unless told
    #[arg(long, value_name = "SIZE")]
    pub(super) max_input: Option<String>,
    /// The project's settings; the nearest unpark.toml from here upward unless told
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Read no unpark.toml
    #[arg(long, conflicts_with = "config")]
    pub(super) no_config: bool,
    /// How many threads read; as many as there are processors unless told
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    /// No progress and no notes on standard error; errors stay
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Say on standard error what was read
    #[arg(short, long, conflicts_with = "quiet")]
    pub(super) verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArgument {
    /// For people
    Table,
    /// For scripts: one document, its schema in schema/report-v1.schema.json
    Json,
    /// For scripts: one stack group a line
    Ndjson,
    /// For issues, pull requests and chat
    Markdown,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For a browser: one file that needs nothing else; best with -o
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOnArgument {
    /// Proof: they can never proceed
    Leaked,
    /// A leak by place and behaviour, or proof
    Likely,
    /// Whatever is worth a look
    Suspect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorArgument {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
