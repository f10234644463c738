#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| unpark_fuzz::triage(bytes));
