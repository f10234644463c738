//! What the targets share: an input is read with small limits, judged, and printed in every format.

use std::io::Cursor;
use std::sync::OnceLock;

use unpark::classify::signature::Rules;
use unpark::model::{Snapshot, Symbols};
use unpark::parse::{Options, read_unpacked};
use unpark::render::{Format, Style, write};
use unpark::report::{self, Report, Selection, Wanted};

/// Limits far below the program's own: what grows beyond them is found soon.
pub fn options() -> Options {
    Options { max_input: 64 << 20, max_proto_bytes: 16 << 20, max_symbol_bytes: 32 << 20, keep_samples: true, ..Options::default() }
}

/// Reads bytes as an input.
pub fn read(bytes: &[u8], symbols: &mut Symbols) -> Vec<Snapshot> {
    let options = options();
    let reader = unpark::input::unpack(Box::new(Cursor::new(bytes.to_vec())), options.max_input, "fuzz");
    let Ok(reader) = reader else { return Vec::new() };
    read_unpacked(reader, "fuzz", symbols, &options).unwrap_or_default()
}

/// Reads, judges and prints one input.
pub fn triage(bytes: &[u8]) {
    let mut symbols = Symbols::new();
    let snapshots = read(bytes, &mut symbols);
    if !snapshots.is_empty() {
        print(&report::triage(snapshots, &symbols, wanted()));
    }
}

/// Prints a report in every format.
pub fn print(report: &Report) {
    for format in [Format::Table, Format::Json, Format::Ndjson, Format::Markdown, Format::Sarif, Format::Folded] {
        for (width, full) in [(60, true), (160, false)] {
            let style = Style { width, color: full, full, ..Style::default() };
            write(report, format, &style, &mut std::io::sink()).expect("a sink takes all");
        }
    }
    // A page is the same at every width.
    write(report, Format::Html, &Style::default(), &mut std::io::sink()).expect("a sink takes all");
}

/// What is asked of a report.
pub fn wanted() -> Wanted<'static> {
    static RULES: OnceLock<Rules> = OnceLock::new();
    static SELECTION: OnceLock<Selection> = OnceLock::new();
    let selection = SELECTION.get_or_init(Selection::default);
    Wanted { rules: RULES.get_or_init(Rules::built_in), selection, by: None, labels: true, frames: true, source: None }
}
