//! An input, converted to profile.proto and read again, has as many goroutines.
#![no_main]

use unpark::model::{Snapshot, Symbols};
use unpark::render::{Format, Style, write};
use unpark::report;
use unpark_fuzz::{read, wanted};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut symbols = Symbols::new();
    let Some(snapshot) = read(bytes, &mut symbols).into_iter().next() else { return };
    let goroutines = snapshot.goroutines();
    let report = report::triage(vec![snapshot], &symbols, wanted());
    let mut converted = Vec::new();
    let style = Style { width: 80, full: true, ..Style::default() };
    write(&report, Format::Pprof, &style, &mut converted).expect("memory takes all");
    let back = read(&converted, &mut Symbols::new());
    assert_eq!(back.iter().map(Snapshot::goroutines).collect::<Vec<_>>(), [goroutines]);
});
