//! Three moments, parted in the input by a line of three signs.
#![no_main]

use unpark::model::Symbols;
use unpark::report;
use unpark_fuzz::{print, read, wanted};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut symbols = Symbols::new();
    let text = String::from_utf8_lossy(bytes);
    let mut moments = Vec::new();
    for part in text.split("\n%%%\n").take(4) {
        moments.extend(read(part.as_bytes(), &mut symbols).into_iter().next());
    }
    if moments.len() >= 2 {
        let (before, after) = (moments[0].clone(), moments[1].clone());
        print(&report::diff(before, after, &symbols, wanted()));
        print(&report::trend(moments, &symbols, wanted()));
    }
});
