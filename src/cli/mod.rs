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

use clap::Parser;

use args::{Arguments, CommandArguments};
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
    let arguments = match Arguments::try_parse_from(argv) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { UNREADABLE } else { OK };
            // A closed pipe is no reason to complain.
            let _ = error.print();
            return code.into();
        }
    };
    let (job, report) = match arguments.command {
        CommandArguments::Explain(explain) => return explain::run(&explain).into(),
        CommandArguments::Accept(accept) => return accept::run(&accept).into(),
        CommandArguments::Completions { shell } => return manual::completions(shell).into(),
        CommandArguments::Man { command } => return manual::page(command.as_deref()).into(),
        CommandArguments::Convert(convert) => return carry_out(Plan::convert(convert)).into(),
        CommandArguments::Triage { inputs, report } => (Job::Triage(inputs), report),
        CommandArguments::Trend { inputs, report } => (Job::Trend(inputs), report),
        CommandArguments::Diff { before, after, report } => (Job::Diff { before, after }, report),
    };
    carry_out(Plan::new(job, report)).into()
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
pub fn command() -> clap::Command {
    <Arguments as clap::CommandFactory>::command()
}
