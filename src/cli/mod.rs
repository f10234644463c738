//! The command line: the one place that touches arguments, the environment, the terminal, files to write and the clock.

mod accept;
mod args;
mod config;
mod explain;
mod manual;
mod output;
mod plan;
mod run;
mod terminal;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Command, Parser};

use args::{Arguments, CommandArguments, DiffArguments, ReportArguments, TrendArguments, TriageArguments};
use plan::{Job, Plan};

/// A report was made.
const OK: u8 = 0;
/// `--fail-on`: there are findings.
const FOUND: u8 = 1;
/// The command line is wrong, or an input could not be read.
const UNREADABLE: u8 = 2;
/// `--fail-on`: there are no findings, but the input can't show that there is no leak.
const CANNOT_TELL: u8 = 3;

/// Runs the command that `argv` names and returns its exit code.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = match read(argv.into_iter().collect()) {
        Ok(command) => command,
        Err(error) => {
            let code = if error.use_stderr() { UNREADABLE } else { OK };
            // A closed pipe is no reason to complain.
            let _ = error.print();
            return code.into();
        }
    };
    let (job, report) = match command {
        CommandArguments::Explain(explain) => return explain::run(&explain).into(),
        CommandArguments::Accept(accept) => return accept::run(&accept).into(),
        CommandArguments::Completions { shell } => return manual::completions(shell).into(),
        CommandArguments::Man { command } => return manual::page(command.as_deref()).into(),
        CommandArguments::Convert(convert) => return carry_out(Plan::convert(convert)).into(),
        CommandArguments::Triage(TriageArguments { inputs, report }) => (Job::Triage(inputs), report),
        CommandArguments::Trend(TrendArguments { inputs, report }) => (Job::Trend(inputs), report),
        CommandArguments::Diff(DiffArguments { before, after, report }) => (Job::Diff { before, after }, report),
    };
    carry_out(Plan::new(job, report)).into()
}

/// Reads the command line. Clap fills 35 pages with what it knows of eight commands, a quarter of a millisecond, and most
/// runs name inputs and nothing else: those don't need it.
fn read(argv: Vec<OsString>) -> Result<CommandArguments, clap::Error> {
    match plain(&argv) {
        Some(command) => Ok(command),
        None => Arguments::try_parse_from(argv).map(|arguments| arguments.command),
    }
}

/// A command with inputs and no options.
fn plain(argv: &[OsString]) -> Option<CommandArguments> {
    let [_, command, inputs @ ..] = argv else { return None };
    let is_option = |input: &OsString| input.is_empty() || (input.as_encoded_bytes()[0] == b'-' && input != "-");
    if inputs.iter().any(is_option) {
        return None;
    }
    let report = ReportArguments::default();
    let paths = || inputs.iter().map(PathBuf::from).collect();
    match (command.to_str()?, inputs) {
        ("triage", [_, ..]) => Some(CommandArguments::Triage(TriageArguments { inputs: paths(), report })),
        ("trend", [_, ..]) => Some(CommandArguments::Trend(TrendArguments { inputs: paths(), report })),
        ("diff", [before, after]) => {
            Some(CommandArguments::Diff(DiffArguments { before: before.into(), after: after.into(), report }))
        }
        _ => None,
    }
}

fn carry_out(plan: Result<Plan, String>) -> u8 {
    match plan {
        Ok(plan) => {
            let code = run::run(&plan);
            // The process ends; see there.
            std::mem::forget(plan);
            code
        }
        Err(message) => {
            terminal::complain(&message, &[]);
            UNREADABLE
        }
    }
}

/// The JSON Schema of `unpark.toml`.
#[must_use]
pub fn config_schema() -> serde_json::Value {
    config::schema()
}

/// The command line's definition, for completions and documentation.
#[must_use]
pub fn command() -> Command {
    <Arguments as clap::CommandFactory>::command()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Parser;

    use super::args::Arguments;
    use super::plain;

    #[test]
    fn what_is_plain_is_read_as_the_parser_reads_it() {
        for (line, is_plain) in [
            ("unpark triage a.txt", true),
            ("unpark triage - a.txt diff", true),
            ("unpark diff a.pb.gz b.pb.gz", true),
            ("unpark trend a b c", true),
            ("unpark trend captures", true),
            ("unpark triage --top 3 a.txt", false),
            ("unpark triage a.txt -q", false),
            ("unpark triage -- -a.txt", false),
            ("unpark triage a.txt ", false),
            ("unpark triage", false),
            ("unpark diff a", false),
            ("unpark diff a b c", false),
            ("unpark convert a", false),
            ("unpark explain", false),
            ("unpark", false),
        ] {
            let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let read = plain(&argv).map(|command| format!("{command:?}"));
            assert_eq!(read.is_some(), is_plain, "{line}");
            let parsed = Arguments::try_parse_from(argv).ok().map(|arguments| format!("{:?}", arguments.command));
            assert!(read.is_none() || read == parsed, "{line}: {read:?} {parsed:?}");
        }
    }
}
