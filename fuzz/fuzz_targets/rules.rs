//! Rules of the user's, and a report as a baseline.
#![no_main]

use unpark::classify::signature::Rules;
use unpark::report::Baseline;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Rules::built_in().add_toml(text);
    }
    let _ = Baseline::read("fuzz", bytes);
});
