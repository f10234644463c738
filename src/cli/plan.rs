//! What to do, decided once from the arguments and the terminal.

use std::path::PathBuf;

use regex::{Regex, RegexBuilder};

use super::args::{Arguments, CommandArguments, FormatArgument, ReportArguments};
use super::terminal;
use crate::render::{Format, Style};
use crate::report::{By, Selection};

/// A decided run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) job: Job,
    pub(super) format: Format,
    pub(super) output: Option<PathBuf>,
    pub(super) by: Option<By>,
    pub(super) selection: Selection,
    pub(super) style: Style,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
}

/// The command and its inputs.
#[derive(Debug)]
pub(super) enum Job {
    Triage(Vec<PathBuf>),
    Diff { before: PathBuf, after: PathBuf },
}

/// A pattern of the user's may not take more memory than this to compile.
const REGEX_LIMIT: usize = 4 << 20;

impl Plan {
    /// Decides; the error is a sentence for the user.
    pub(super) fn new(arguments: Arguments) -> Result<Self, String> {
        let (job, report) = match arguments.command {
            CommandArguments::Triage { inputs, report } => (Job::Triage(inputs), report),
            CommandArguments::Diff { before, after, report } => (Job::Diff { before, after }, report),
        };
        job.check()?;
        let to_terminal = report.output.is_none();
        let format = match report.format {
            FormatArgument::Table => Format::Table,
            FormatArgument::Json => Format::Json,
            FormatArgument::Ndjson => Format::Ndjson,
        };
        Ok(Plan {
            job,
            format,
            by: by(&report.by)?,
            selection: selection(&report)?,
            style: Style {
                width: terminal::width(to_terminal),
                color: terminal::color(report.color, to_terminal),
                top: report.top.map(|n| if n == 0 { usize::MAX } else { n }),
                full: report.full,
            },
            output: report.output,
            quiet: report.quiet,
            verbose: report.verbose,
        })
    }
}

impl Job {
    fn check(&self) -> Result<(), String> {
        let stdin = |path: &PathBuf| path.as_os_str() == "-";
        let times = match self {
            Job::Triage(inputs) => inputs.iter().filter(|p| stdin(p)).count(),
            Job::Diff { before, after } => [before, after].into_iter().filter(|p| stdin(p)).count(),
        };
        if times > 1 { Err("standard input can be read only once: give `-` once".into()) } else { Ok(()) }
    }
}

fn by(what: &str) -> Result<Option<By>, String> {
    Ok(Some(match what {
        "stack" => return Ok(None),
        "site" => By::Site,
        "entry" => By::Entry,
        "creator" => By::Creator,
        "function" => By::Function,
        "package" => By::Package,
        "state" => By::State,
        other => match other.strip_prefix("label:") {
            Some(key) if !key.is_empty() => By::Label(key.to_owned()),
            _ => {
                return Err(format!(
                    "--by {other}: expected stack, site, entry, creator, function, package, state or label:KEY"
                ));
            }
        },
    }))
}

fn selection(report: &ReportArguments) -> Result<Selection, String> {
    Ok(Selection {
        focus: pattern("--focus", report.focus.as_deref())?,
        ignore: pattern("--ignore", report.ignore.as_deref())?,
        states: report.state.clone(),
        min_count: report.min_count,
        min_wait: report.min_wait,
    })
}

fn pattern(option: &str, text: Option<&str>) -> Result<Option<Regex>, String> {
    let Some(text) = text else { return Ok(None) };
    RegexBuilder::new(text).size_limit(REGEX_LIMIT).build().map(Some).map_err(|e| format!("{option}: {e}"))
}
