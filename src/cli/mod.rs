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
use std::process::ExitCode;

use clap::{Args, Command, Parser};

use args::{Arguments, CommandArguments, DiffArguments, TrendArguments, TriageArguments};
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

/// Reads the command line. All that clap knows of eight commands fills 35 pages, and a short run is little else than such
/// pages: first it is told of the named command alone. What that doesn't take, help and mistakes among it, is for all.
fn read(argv: Vec<OsString>) -> Result<CommandArguments, clap::Error> {
    match named_alone(&argv) {
        Some(command) => Ok(command),
        None => Arguments::try_parse_from(argv).map(|arguments| arguments.command),
    }
}

fn named_alone(argv: &[OsString]) -> Option<CommandArguments> {
    let (_, rest) = argv.split_first()?;
    match rest.first()?.to_str()? {
        "triage" => alone(rest).map(CommandArguments::Triage),
        "diff" => alone(rest).map(CommandArguments::Diff),
        "trend" => alone(rest).map(CommandArguments::Trend),
        _ => None,
    }
}

/// The arguments of a command whose name stands first.
fn alone<T: Args>(argv: &[OsString]) -> Option<T> {
    let matches = T::augment_args(Command::new("unpark")).try_get_matches_from(argv).ok()?;
    T::from_arg_matches(&matches).ok()
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
    use super::named_alone;

    #[test]
    fn a_command_alone_is_read_as_among_all() {
        for (line, alone) in [
            ("unpark triage a.txt", true),
            ("unpark triage --top 3 a.txt b.txt --by state --format json --state select --no-config", true),
            ("unpark triage -- -a.txt", true),
            ("unpark diff a.pb.gz b.pb.gz --focus x --source . --path-map /a=/b -o out", true),
            ("unpark trend a b c --fail-on likely --quiet", true),
            ("unpark convert a --to folded", false),
            ("unpark explain", false),
            ("unpark triage", false),
            ("unpark triage --help", false),
            ("unpark triage a.txt --nonsense", false),
            ("unpark diff a", false),
            ("unpark --version", false),
            ("unpark", false),
        ] {
            let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let read = named_alone(&argv).map(|command| format!("{command:?}"));
            let all = Arguments::try_parse_from(argv).ok().map(|arguments| format!("{:?}", arguments.command));
            assert_eq!(read.is_some(), alone, "{line}");
            assert!(read.is_none() || read == all, "{line}: {read:?} {all:?}");
        }
    }
}
