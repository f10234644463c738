//! `--format json`: the report as one document, valid against `schema/report-v1.schema.json`.

use std::io::{self, Write};

use super::Style;
use crate::report::Report;

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(top) = style.top else { return document(report, out) };
    let mut report = report.clone();
    report.groups.truncate(top);
    if let Some(aggregate) = &mut report.aggregate {
        aggregate.rows.truncate(top);
    }
    document(&report, out)
}

fn document(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
