//! `unpark accept`: writes into `unpark.toml` that a finding of a report is known.

use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::path::PathBuf;

use serde::Deserialize;

use super::args::AcceptArguments;
use super::config::{self, Project};
use super::{OK, UNREADABLE, terminal};
use crate::classify::patterns::nearest_of;

/// What is read of a report.
#[derive(Deserialize)]
struct Document {
    findings: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    id: String,
    title: String,
    goroutines: i64,
}

/// Appends an entry; returns the exit code.
pub(super) fn run(arguments: &AcceptArguments) -> u8 {
    match accept(arguments) {
        Ok(said) => {
            terminal::note(&said);
            OK
        }
        Err((message, hints)) => {
            terminal::complain(&message, &hints);
            UNREADABLE
        }
    }
}

fn accept(arguments: &AcceptArguments) -> Result<String, (String, Vec<String>)> {
    let plain = |message: String| (message, Vec::new());
    let name = arguments.report.display();
    let file = File::open(&arguments.report).map_err(|e| plain(format!("{name}: {e}")))?;
    let report: Document = serde_json::from_reader(BufReader::new(file))
        .map_err(|e| plain(format!("{name}: {e}; expected a report that --format json wrote")))?;
    let Some(finding) = report.findings.iter().find(|finding| finding.id == arguments.finding) else {
        let ids = report.findings.iter().map(|finding| finding.id.as_str());
        let mut hints: Vec<String> =
            nearest_of(&arguments.finding, ids.clone()).map(|id| format!("the nearest is {id}")).into_iter().collect();
        hints.push(format!("it has: {}", ids.take(20).collect::<Vec<_>>().join(", ")));
        return Err((format!("{name}: there is no finding {}", arguments.finding), hints));
    };
    if let Some(until) = &arguments.until {
        let date = until.parse::<jiff::civil::Date>();
        date.map_err(|_| plain(format!("--until {until}: expected YYYY-MM-DD")))?;
    }
    // What is there already must be good, or what comes behind it would not be read.
    let project = Project::find(arguments.config.as_deref().filter(|file| file.exists())).map_err(plain)?;
    let target = arguments.config.clone().or(project.file).unwrap_or_else(|| PathBuf::from(config::NAME));
    if project.accepted.iter().any(|known| known.finding.as_deref() == Some(&finding.id)) {
        return Ok(format!("{}: {} is accepted already", target.display(), finding.id));
    }
    let until = arguments.until.as_ref().map(|until| format!("until = {}\n", quoted(until))).unwrap_or_default();
    let is_new = fs::metadata(&target).map_or(true, |meta| meta.len() == 0);
    let entry = format!(
        "{}# {}, {} when it was accepted\n[[accept]]\nfinding = {}\nreason = {}\n{until}",
        if is_new { "" } else { "\n" },
        terminal::harmless(&finding.title).replace('\n', " "),
        crate::report::counted(finding.goroutines, "goroutine"),
        quoted(&finding.id),
        quoted(&arguments.reason),
    );
    let failed = |e: std::io::Error| plain(format!("{}: {e}", target.display()));
    let mut out = fs::OpenOptions::new().append(true).create(true).open(&target).map_err(failed)?;
    out.write_all(entry.as_bytes()).map_err(failed)?;
    Ok(format!("{}: {} is accepted", target.display(), finding.id))
}

/// A string of TOML, which JSON's are too but for one letter.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
