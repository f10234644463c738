//! `--format ndjson`: each stack group as one line, as it stands in the JSON report.

use std::io::{self, Write};

use super::Style;
use crate::report::Report;

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for group in report.groups.iter().take(style.top.unwrap_or(usize::MAX)) {
        serde_json::to_writer(&mut *out, group)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
