//! `--format table`: for a person at a terminal, who may have little time. The answer stands first: how many, what they
//! wait for, where.

mod aggregate;
mod changes;
mod findings;
mod grid;
mod heads;
mod moments;
mod source;
mod whereabouts;
pub(super) mod words;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Ansi};

use super::text::{Style, counted, thousands, wrapped};
use crate::report::{Command, Group, Report};

/// Rows shown where `--top` says nothing.
const DEFAULT_TOP: usize = 20;

/// A space at which a line isn't broken.
const NO_BREAK: char = '\u{a0}';

const BOLD: Ansi = Ansi::new().bold();
const DIM: Ansi = Ansi::new().dimmed();
const ALARM: Ansi = AnsiColor::Red.on_default().bold();
const WARN: Ansi = AnsiColor::Yellow.on_default();
const PLAIN: Ansi = Ansi::new();

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { report, style, text: String::new() };
    page.heads();
    page.headline();
    if let Some(aggregate) = &report.aggregate {
        page.aggregate(aggregate);
    } else {
        page.findings();
        match report.command {
            Command::Triage => page.moments(),
            Command::Diff | Command::Trend => page.changes(),
        }
        page.runtimes_own();
    }
    page.left_out();
    out.write_all(page.text.as_bytes())
}

/// A report on its way to be text.
struct Page<'a> {
    report: &'a Report,
    style: &'a Style,
    text: String,
}

impl Page<'_> {
    /// Adds lines, none longer than the terminal is wide where that can be helped.
    fn line(&mut self, text: &str, ansi: Ansi) {
        for line in wrapped(text, self.style.width) {
            self.two_toned("", &line.replace(NO_BREAK, " "), ansi);
        }
    }

    /// Adds one line: a dim beginning and the rest.
    fn two_toned(&mut self, dim: &str, text: &str, ansi: Ansi) {
        if self.style.color {
            let dim = if dim.trim().is_empty() { dim.to_owned() } else { format!("{DIM}{dim}{DIM:#}") };
            self.text.push_str(&format!("{dim}{ansi}{text}{ansi:#}\n"));
        } else {
            self.text.push_str(format!("{dim}{text}").trim_end());
            self.text.push('\n');
        }
    }

    fn top(&self) -> usize {
        self.style.top.unwrap_or(DEFAULT_TOP)
    }

    /// Says how much more there is than is shown.
    fn more(&mut self, what: &str) {
        self.line(&format!("… {what}; --top 0 shows all"), DIM);
    }

    /// Says in a line how many goroutines are the runtime's own, which tables leave out.
    fn runtimes_own(&mut self) {
        let own: Vec<&Group> = self.report.groups.iter().filter(|g| g.own).collect();
        if !own.is_empty() {
            let now = thousands(own.iter().map(|g| g.count).sum());
            let first = thousands(own.iter().filter_map(|g| g.counts.first()).sum());
            let moved = self.report.command != Command::Triage && first != now;
            let goroutines = if moved { format!("{first} → {now}") } else { now };
            self.line(&format!("the runtime's and the profiler's own goroutines: {goroutines}"), DIM);
        }
    }

    fn left_out(&mut self) {
        let left_out = self.report.left_out;
        if left_out.groups > 0 {
            let groups = counted(left_out.groups as i64, "group");
            let goroutines = counted(left_out.goroutines, "goroutine");
            self.line(&format!("left out by your options: {groups} with {goroutines}"), DIM);
        }
    }
}

/// A text that no line break may part.
fn unbroken(text: &str) -> String {
    text.replace(' ', &NO_BREAK.to_string())
}
