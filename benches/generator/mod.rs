//! Large inputs made in memory from the real profiles in testdata: the same seed gives the same bytes.

#![allow(dead_code, reason = "the benchmark and the example each use a part")]

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

/// The seed of every input.
const SEED: u64 = 0x0075_6e70_6172_6b00;

/// The longest wait that a header gets, in minutes: a day.
const MAX_WAIT: u64 = 24 * 60;

/// A profile, and what reading it has to find.
pub(crate) struct Input {
    /// Its bytes, as a file would have them.
    pub(crate) bytes: Arc<[u8]>,
    /// How many bytes it has once gzip is undone.
    pub(crate) plain_bytes: u64,
    /// How many goroutines are in it.
    pub(crate) goroutines: u64,
}

impl Input {
    pub(crate) fn plain(bytes: Vec<u8>, goroutines: u64) -> Self {
        Input { plain_bytes: bytes.len() as u64, bytes: bytes.into(), goroutines }
    }
}

/// A debug=2 dump of so many goroutines: `testdata/many-stacks` multiplied.
pub(crate) fn debug2(goroutines: usize) -> Input {
    debug2_moment(0..goroutines - 1)
}

/// The debug=2 dump of one moment: the goroutine that prints it, then those with the numbers in `alive`.
///
/// A number stands for one goroutine (id, stack, arguments, wait), so ranges that overlap are moments of one program.
/// Stacks are drawn as often as the real dump has them: some thousand goroutines have all of its 208.
pub(crate) fn debug2_moment(alive: Range<usize>) -> Input {
    let goroutines = alive.len() as u64 + 1;
    let mut out = Vec::new();
    multiply(&many_stacks(), alive, &mut out).expect("memory takes all");
    Input::plain(out, goroutines)
}

/// Writes a debug=2 dump of so many goroutines: those of `real`, or of `testdata/many-stacks`, multiplied.
pub(crate) fn write_debug2(real: Option<&str>, goroutines: usize, out: &mut impl io::Write) -> io::Result<()> {
    multiply(real.unwrap_or(&many_stacks()), 0..goroutines - 1, out)
}

fn many_stacks() -> String {
    String::from_utf8(unpacked("many-stacks/debug2.txt.gz")).expect("UTF-8")
}

/// Writes the goroutine that prints `text`, and those with the numbers in `alive` in place of the others.
fn multiply(text: &str, alive: Range<usize>, out: &mut impl io::Write) -> io::Result<()> {
    let mut blocks = text.trim_end().split("\n\n");
    let printer = blocks.next().expect("the goroutine that prints the dump");
    assert!(printer.contains(" [running]:"), "it stands first, and only there");
    let waiting: Vec<&str> = blocks.collect();
    let mut block = String::new();
    goroutine(printer, 1, &mut Random::of(SEED), &mut block);
    out.write_all(block.as_bytes())?;
    for number in alive.map(|n| n as u64) {
        let mut random = Random::of(SEED ^ (number + 1).wrapping_mul(0x9e37_79b9));
        let real = waiting[random.below(waiting.len() as u64) as usize];
        // The runtime hands ids to its threads in batches: they rise, and leave gaps.
        let id = 16 + number * 8 + random.below(8);
        block.clear();
        block.push('\n');
        goroutine(real, id, &mut random, &mut block);
        out.write_all(block.as_bytes())?;
    }
    Ok(())
}

/// Writes a debug=2 dump in which each goroutine has a function of its own.
pub(crate) fn write_distinct(goroutines: usize, out: &mut impl io::Write) -> io::Result<()> {
    for n in 1..=goroutines {
        write!(
            out,
            "goroutine {n} [chan receive, {} minutes]:\nexample.com/app/job.(*Job{}).step{n}(0xc{n:09x}, 0x1)\n\
             \t/src/app/job/job{}.go:{} +0x{:x}\nexample.com/app/job.Run({{0x1, 0x2}})\n\t/src/app/job/run.go:{} +0x1f\n\
             created by example.com/app.main in goroutine 1\n\t/src/app/main.go:{} +0x44\n\n",
            n % 90 + 1,
            n % 1000,
            n % 3000,
            n % 900 + 1,
            n % 255 + 1,
            n % 700 + 1,
            n % 40 + 1,
        )?;
    }
    Ok(())
}

/// Writes a goroutine of debug=2 with another id, other arguments and another wait.
fn goroutine(block: &str, id: u64, random: &mut Random, out: &mut String) {
    let (header, body) = block.split_once('\n').expect("a header and frames");
    let state = &header[header.find(" [").expect("a state")..];
    write!(out, "goroutine {id}").expect("a string takes all");
    match state.split_once(" minutes").and_then(|(before, after)| Some((before.rsplit_once(", ")?.0, after))) {
        Some((before, after)) => {
            let minutes = 1 + random.below(MAX_WAIT);
            writeln!(out, "{before}, {minutes} minutes{after}")
        }
        None => writeln!(out, "{state}"),
    }
    .expect("a string takes all");
    for line in body.lines() {
        let is_call = !line.starts_with('\t') && !line.starts_with("created by ") && line.ends_with(')');
        match line.rfind('(').filter(|_| is_call) {
            Some(open) => {
                out.push_str(&line[..open]);
                other_hexadecimals(&line[open..], random, out);
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
}

/// Writes `text` with other digits in each `0x…`, as many as there were.
fn other_hexadecimals(text: &str, random: &mut Random, out: &mut String) {
    let mut parts = text.split("0x");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        assert!((1..=16).contains(&digits), "an argument of 64 bits at most: {text}");
        let bits = 4 * digits as u32;
        // The first digit is no zero, so that none gets lost.
        let number = (random.next() >> (64 - bits)) | (1 << (bits - 4));
        write!(out, "0x{number:x}").expect("a string takes all");
        out.push_str(&part[digits..]);
    }
}

/// A debug=1 profile of so many records, each one goroutine with a label value of its own: the records of
/// `testdata/waits/go1.27.3` repeated. They stand in Go's order, one stack's together and sorted by label.
pub(crate) fn debug1(goroutines: usize) -> Input {
    let text = String::from_utf8(unpacked("waits/go1.27.3/debug1.txt.gz")).expect("UTF-8");
    let (_, records) = text.split_once('\n').expect("a first line");
    let mut records: Vec<(&str, String)> = records.split("\n\n").filter(|r| !r.is_empty()).map(record).collect();
    records.sort();
    assert!(goroutines >= records.len(), "every record has to occur");
    let mut random = Random::of(SEED);
    let mut out = format!("goroutine profile: total {goroutines}\n");
    for (i, (pcs, frames)) in records.iter().enumerate() {
        let repeats = goroutines / records.len() + usize::from(i < goroutines % records.len());
        // The generator repeats no number within its period.
        let mut requests: Vec<u64> = (0..repeats).map(|_| random.next()).collect();
        requests.sort_unstable();
        for request in requests {
            writeln!(out, "1 @{pcs}\n# labels: {{\"request\":\"{request:016x}\"}}\n{frames}")
                .expect("a string takes all");
        }
    }
    Input::plain(out.into_bytes(), goroutines as u64)
}

/// The real profile that [`debug1`] is made from.
pub(crate) fn debug1_real() -> Input {
    let bytes = unpacked("waits/go1.27.3/debug1.txt.gz");
    let first = bytes.split(|b| *b == b'\n').next().and_then(|line| str::from_utf8(line).ok());
    let total = first.and_then(|line| line.strip_prefix("goroutine profile: total ")).expect("a first line");
    let goroutines = total.parse().expect("a number");
    Input::plain(bytes, goroutines)
}

/// The program counters of a debug=1 record, and its lines of frames.
fn record(text: &str) -> (&str, String) {
    let mut lines = text.lines();
    let (_, pcs) = lines.next().and_then(|first| first.split_once(" @")).expect("COUNT @ PC PC …");
    let mut frames = String::new();
    for line in lines.filter(|line| !line.starts_with("# labels:")) {
        frames.push_str(line);
        frames.push('\n');
    }
    (pcs, frames)
}

/// A real profile.proto as Go writes it, with gzip and one sample per stack: `testdata/series/after.pb.gz`.
pub(crate) fn proto() -> Input {
    let plain = unpacked("series/after.pb.gz");
    let goroutines = Profile::of(&plain).goroutines;
    Input { bytes: packed("series/after.pb.gz").into(), plain_bytes: plain.len() as u64, goroutines }
}

/// [`proto`] without gzip and with so many samples more, each a goroutine on the stack of one of the real samples, with
/// a label whose value is one of the real profile's strings. Appended fields are part of the message.
pub(crate) fn proto_with(samples: usize) -> Input {
    let plain = unpacked("series/after.pb.gz");
    let profile = Profile::of(&plain);
    let mut random = Random::of(SEED);
    let mut out = plain.clone();
    let (mut sample, mut label) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        label.clear();
        put_number(1, 1, &mut label);
        put_number(2, 1 + random.below(profile.strings - 1), &mut label);
        sample.clear();
        sample.extend_from_slice(&profile.stacks[random.below(profile.stacks.len() as u64) as usize]);
        put_number(2, 1, &mut sample);
        put_bytes(3, &label, &mut sample);
        put_bytes(2, &sample, &mut out);
    }
    Input::plain(out, profile.goroutines + samples as u64)
}

/// [`proto`] without gzip and with so many samples more, each a goroutine on the stack of one of the real samples, with a
/// label value of its own.
pub(crate) fn proto_labelled(samples: usize) -> Input {
    let plain = unpacked("series/after.pb.gz");
    let profile = Profile::of(&plain);
    let mut random = Random::of(SEED);
    let mut out = plain.clone();
    put_bytes(6, b"request", &mut out);
    let (mut sample, mut label) = (Vec::new(), Vec::new());
    for number in 1..=samples as u64 {
        label.clear();
        put_number(1, profile.strings, &mut label);
        put_number(2, profile.strings + number, &mut label);
        sample.clear();
        sample.extend_from_slice(&profile.stacks[random.below(profile.stacks.len() as u64) as usize]);
        put_number(2, 1, &mut sample);
        put_bytes(3, &label, &mut sample);
        put_bytes(2, &sample, &mut out);
        put_bytes(6, format!("{:016x}", random.next()).as_bytes(), &mut out);
    }
    Input::plain(out, profile.goroutines + samples as u64)
}

/// What of a profile.proto the generator needs.
#[derive(Default)]
struct Profile {
    /// The location ids of each sample, as they are encoded.
    stacks: Vec<Vec<u8>>,
    /// How many strings it has.
    strings: u64,
    /// The sum of its samples.
    goroutines: u64,
}

impl Profile {
    fn of(bytes: &[u8]) -> Self {
        let mut profile = Profile::default();
        each_field(bytes, |number, _, value| match (number, value) {
            (2, Value::Bytes(sample)) => profile.sample(sample),
            (6, _) => profile.strings += 1,
            _ => {}
        });
        profile
    }

    fn sample(&mut self, bytes: &[u8]) {
        let mut stack = Vec::new();
        each_field(bytes, |number, whole, value| match (number, value) {
            (1, _) => stack.extend_from_slice(whole),
            (2, Value::Number(count)) => self.goroutines += count,
            (2, Value::Bytes(_)) => panic!("Go packs three values and more, and a goroutine profile has one"),
            _ => {}
        });
        self.stacks.push(stack);
    }
}

/// What a field of a protobuf message holds.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Calls `each` with the number, the whole encoding and the value of every field of a message.
fn each_field<'a>(message: &'a [u8], mut each: impl FnMut(u64, &'a [u8], Value<'a>)) {
    let mut rest = message;
    while !rest.is_empty() {
        let start = rest;
        let key = take_varint(&mut rest);
        let number = take_varint(&mut rest);
        let value = match key & 7 {
            0 => Value::Number(number),
            2 => Value::Bytes(rest.split_off(..number as usize).expect("a whole field")),
            wire => panic!("Go writes no fields of wire type {wire}"),
        };
        each(key >> 3, &start[..start.len() - rest.len()], value);
    }
}

fn take_varint(rest: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *rest.split_off_first().expect("a whole number");
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}

fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_number(field: u64, number: u64, out: &mut Vec<u8>) {
    put_varint(field << 3, out);
    put_varint(number, out);
}

fn put_bytes(field: u64, bytes: &[u8], out: &mut Vec<u8>) {
    put_varint((field << 3) | 2, out);
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A file of testdata.
fn packed(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path)).expect("testdata")
}

/// A dump, gzip undone.
pub(crate) fn read(path: &str) -> String {
    let (packed, mut plain) = (fs::read(path).expect("a file"), Vec::new());
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return String::from_utf8(packed).expect("UTF-8");
    }
    MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut plain).expect("gzip");
    String::from_utf8(plain).expect("UTF-8")
}

/// A gzip file of testdata, unpacked.
fn unpacked(path: &str) -> Vec<u8> {
    let mut plain = Vec::new();
    MultiGzDecoder::new(packed(path).as_slice()).read_to_end(&mut plain).expect("gzip");
    plain
}

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>): each number once in 2^64.
struct Random(u64);

impl Random {
    fn of(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
