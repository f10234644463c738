//! `--format html`: one file that opens from disk and asks no network. All words stand in the page itself; the script
//! adds the icicle, search and filters to it.

mod chart;
mod data;
mod findings;
mod groups;
mod heads;
mod hidden;
mod intern;
mod policy;
mod rank;
mod sum;
mod tree;

use std::io::{self, Write};

use askama::Template;

use super::source::Row;
use super::table::words;
use super::text::{Style, clean, cut_middle, place};
use crate::report::{FrameReport, Report};

/// A name may be as long as whoever wrote it liked; longer ones are cut in the middle.
const NAME_WIDTH: usize = 300;

/// The same of a sentence, which may hold names.
const SENTENCE_WIDTH: usize = 2000;

const STYLES: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    title: &'a str,
    policy: String,
    styles: &'static str,
    script: &'static str,
    data: String,
    heads: heads::Heads,
    headline: &'a str,
    answer: &'a [String],
    findings: findings::Findings,
    chart: Option<chart::Chart>,
    rows: groups::Rows,
    totals: Option<groups::Totals>,
    healthy: &'a [String],
    remarks: Vec<String>,
    version: String,
}

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let headline = words::headline(report);
    let healthy = words::healthy(report);
    let first = headline.first().map_or("", String::as_str);
    let page = Page {
        title: first,
        policy: policy::of(STYLES, SCRIPT),
        styles: STYLES,
        script: SCRIPT,
        data: policy::inside_a_script(&data::json(report)?),
        heads: heads::Heads::of(report),
        headline: first,
        answer: headline.get(1..).unwrap_or_default(),
        findings: findings::Findings::of(report),
        chart: chart::Chart::of(report),
        rows: groups::Rows::of(report, style.top),
        totals: report.aggregate.as_ref().map(|aggregate| groups::Totals::of(report, aggregate, style.top)),
        healthy: &healthy,
        remarks: words::remarks(report),
        version: clean(&report.tool.version),
    };
    page.write_into(out)
}

/// A name that can be shown.
fn name(text: &str) -> String {
    cut_middle(&clean(text), NAME_WIDTH)
}

/// A sentence that can be shown.
fn sentence(text: &str) -> String {
    cut_middle(&clean(text), SENTENCE_WIDTH)
}

/// A frame in two texts: the function, and the place, which may be unknown.
fn whereabouts(frame: &FrameReport) -> (String, String) {
    (name(&frame.function), place(frame, NAME_WIDTH))
}
