//! A profile that is well-formed as a message, with ids, indices and numbers as wild as they like.
#![no_main]

use arbitrary::Arbitrary;

#[derive(Arbitrary, Debug)]
struct Profile {
    samples: Vec<Sample>,
    locations: Vec<Location>,
    functions: Vec<Function>,
    strings: Vec<Name>,
    time: i64,
    duration: Option<i64>,
    is_leak: bool,
}

#[derive(Arbitrary, Debug)]
struct Sample {
    locations: Vec<u8>,
    value: i32,
    labels: Vec<(u8, u8, u8)>,
    wild: Option<(u64, i64)>,
}

#[derive(Arbitrary, Debug)]
struct Location {
    id: u8,
    address: u64,
    lines: Vec<(u8, u16)>,
    wild: Option<u64>,
}

#[derive(Arbitrary, Debug)]
struct Function {
    id: u8,
    name: u8,
    file: u8,
    start: u16,
    wild: Option<i64>,
}

#[derive(Arbitrary, Debug)]
enum Name {
    Chan,
    Select,
    Park,
    Main,
    Any(String),
}

fn number(out: &mut Vec<u8>, field: u64, mut value: u64) {
    let mut varint = |mut value: u64| {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    };
    varint(field << 3);
    varint(std::mem::take(&mut value));
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    let mut key = Vec::new();
    number(&mut key, field, value.len() as u64);
    key[0] |= 2;
    out.extend_from_slice(&key);
    out.extend_from_slice(value);
}

fn message(out: &mut Vec<u8>, field: u64, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    fill(&mut inner);
    bytes(out, field, &inner);
}

impl Profile {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Strings: "", the type, "count", then those of the input.
        message(&mut out, 1, |m| {
            number(m, 1, 1);
            number(m, 2, 2);
        });
        for sample in &self.samples {
            message(&mut out, 2, |m| {
                sample.locations.iter().for_each(|id| number(m, 1, u64::from(*id)));
                if let Some((location, _)) = sample.wild {
                    number(m, 1, location);
                }
                number(m, 2, sample.wild.map_or(i64::from(sample.value), |(_, value)| value) as u64);
                for (key, text, n) in &sample.labels {
                    message(m, 3, |label| {
                        number(label, 1, u64::from(*key));
                        number(label, 2, u64::from(*text));
                        number(label, 3, u64::from(*n));
                    });
                }
            });
        }
        for location in &self.locations {
            message(&mut out, 4, |m| {
                number(m, 1, u64::from(location.id));
                number(m, 3, location.address);
                for (function, line) in &location.lines {
                    message(m, 4, |l| {
                        number(l, 1, location.wild.unwrap_or(u64::from(*function)));
                        number(l, 2, u64::from(*line));
                    });
                }
            });
        }
        for function in &self.functions {
            message(&mut out, 5, |m| {
                number(m, 1, u64::from(function.id));
                number(m, 2, function.wild.unwrap_or(i64::from(function.name)) as u64);
                number(m, 4, u64::from(function.file));
                number(m, 5, u64::from(function.start));
            });
        }
        let kind = if self.is_leak { "goroutineleak" } else { "goroutine" };
        for text in ["", kind, "count"] {
            bytes(&mut out, 6, text.as_bytes());
        }
        for name in &self.strings {
            let text = match name {
                Name::Chan => "runtime.chansend",
                Name::Select => "runtime.selectgo",
                Name::Park => "runtime.gopark",
                Name::Main => "main.main",
                Name::Any(text) => text,
            };
            bytes(&mut out, 6, text.as_bytes());
        }
        number(&mut out, 9, self.time as u64);
        if let Some(duration) = self.duration {
            number(&mut out, 10, duration as u64);
        }
        out
    }
}

libfuzzer_sys::fuzz_target!(|profile: Profile| unpark_fuzz::triage(&profile.encode()));
