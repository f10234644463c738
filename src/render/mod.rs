//! Reports as bytes, one file per format. Renderers know the report's words and nothing before them.

mod folded;
mod html;
mod json;
mod markdown;
mod ndjson;
mod page;
mod pprof;
mod sarif;
mod source;
mod source_root;
mod table;
mod text;

use std::io::{self, Write};

use crate::report::Report;

pub use page::page;
pub use source_root::SourceRoot;
pub use text::{Style, clean, thousands};

/// The formats that a report can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people
    Table,
    /// For scripts, whole
    Json,
    /// For scripts, one group a line
    Ndjson,
    /// For issues, pull requests and chat
    Markdown,
    /// For code scanning
    Sarif,
    /// For other tools, of one snapshot: a gzipped profile.proto
    Pprof,
    /// For other tools, of one snapshot: stacks with counts
    Folded,
    /// For a browser: one file that needs nothing else
    Html,
}

/// Writes a report.
///
/// # Errors
/// Where `out` can't be written to.
pub fn write(report: &Report, format: Format, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::write(report, style, out),
        Format::Json => json::write(report, style, out),
        Format::Ndjson => ndjson::write(report, style, out),
        Format::Markdown => markdown::write(report, style, out),
        Format::Sarif => sarif::write(report, style, out),
        Format::Pprof => pprof::write(report, out),
        Format::Folded => folded::write(report, out),
        Format::Html => html::write(report, style, out),
    }
}
