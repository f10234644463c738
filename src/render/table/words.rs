//! The table's sentences for other formats: each whole, since those break lines themselves.

use super::Page;
use super::heads::{source, warned};
use crate::render::text::{Style, clean, cut_middle};
use crate::report::{CauseReport, Finding, Group, Report, SnapshotReport, WarningReport};

/// Longer than any line that a person reads; a hostile name may be longer.
const WIDTH: usize = 2000;

fn lines(report: &Report, write: impl Fn(&mut Page)) -> Vec<String> {
    let style = Style { width: usize::MAX / 2, top: Some(usize::MAX), ..Style::default() };
    let mut page = Page { report, style: &style, text: String::new() };
    write(&mut page);
    page.text.lines().filter(|line| !line.is_empty()).map(|line| shown(line.trim())).collect()
}

/// Versions and times are words of the input too.
fn shown(text: &str) -> String {
    cut_middle(&clean(text), WIDTH)
}

/// How many, how many of them are stuck and where, and what they wait for.
pub(in crate::render) fn headline(report: &Report) -> Vec<String> {
    lines(report, |page| page.headline())
}

/// What stands above the table: inputs, causes, warnings.
pub(in crate::render) fn heads(report: &Report) -> Vec<String> {
    lines(report, |page| page.heads())
}

/// A finding in one line.
pub(in crate::render) fn heading(report: &Report, finding: &Finding) -> String {
    lines(report, |page| page.heading(finding)).join(" ")
}

/// Why the process of a snapshot printed it.
pub(in crate::render) fn cause(report: &Report, snapshot: &SnapshotReport, cause: &CauseReport) -> Vec<String> {
    lines(report, |page| page.cause(snapshot, cause))
}

/// A warning, and how often.
pub(in crate::render) fn warning(warning: &WarningReport) -> String {
    shown(&warned(warning))
}

/// A snapshot: its input, how it was read, how many it holds.
pub(in crate::render) fn moment(snapshot: &SnapshotReport) -> String {
    shown(&source(snapshot, Some(snapshot.goroutines), WIDTH))
}

/// What is healthy: a head, then a line per kind.
pub(in crate::render) fn healthy(report: &Report) -> Vec<String> {
    lines(report, |page| {
        page.healthy();
    })
}

/// What the runtime has of its own, and what options left out.
pub(in crate::render) fn remarks(report: &Report) -> Vec<String> {
    lines(report, |page| {
        page.runtimes_own();
        page.left_out();
    })
}

/// The wait state with its details and waits.
pub(in crate::render) fn state(group: &Group) -> String {
    super::whereabouts::state(group).replace('\n', ", ")
}
