//! Bad input: cut, damaged, crafted, huge, random. The rule: it never panics, never hangs and never passes silently; an
//! `Ok` always holds a snapshot, and what is counted stands in the input.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, missing_docs)]

use std::io::{Cursor, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use unpark::model::{Snapshot, Symbols, WarningCode};
use unpark::{Error, ErrorKind};

// ------------------------------------------------------------------------------------------------------------- reading

/// What was read, with the names that it refers to.
struct Reading {
    snapshots: Vec<Snapshot>,
    symbols: Symbols,
}

impl Reading {
    /// All goroutines of all snapshots.
    fn goroutines(&self) -> i64 {
        self.snapshots.iter().map(Snapshot::goroutines).sum()
    }

    fn complete(&self) -> bool {
        self.snapshots.iter().all(Snapshot::complete)
    }

    fn warns(&self, code: WarningCode) -> bool {
        self.snapshots.iter().any(|s| s.info.warnings.sorted().iter().any(|w| w.code == code))
    }

    /// The names of the frames of the first group, leaf first.
    fn names(&self) -> Vec<&str> {
        let stack = self.snapshots[0].groups[0].key.stack;
        self.symbols.frames(stack).map(|frame| self.symbols.name_of(frame)).collect()
    }
}

/// Reads `bytes` as a file of them would be read, and checks what holds for every input.
fn read(bytes: &[u8]) -> Result<Reading, Error> {
    let mut symbols = Symbols::new();
    let read = unpark::input::unpack(Box::new(Cursor::new(bytes.to_vec())), unpark::input::MAX_UNPACKED, "hostile")
        .and_then(|reader| {
            unpark::parse::read_unpacked(reader, "hostile", &mut symbols, &unpark::parse::Options::default())
        });
    let snapshots = read.inspect_err(|error| {
        let text = error.to_string();
        assert!(text.starts_with("hostile") && text.len() > "hostile: ".len(), "says nothing: {text:?}");
    })?;
    assert!(!snapshots.is_empty(), "no snapshot and no error");
    for group in snapshots.iter().flat_map(|s| &s.groups) {
        let named = symbols.frames(group.key.stack).chain(group.key.creator).map(|f| symbols.name_of(f).len()).sum();
        let _: (usize, &str) = (named, group.key.state.wait.words(&symbols));
    }
    Ok(Reading { snapshots, symbols })
}

/// Calls `check`; where that panics, says which input it was for.
fn at<T>(what: impl FnOnce() -> String, check: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(result) => result,
        Err(_) => panic!("the panic above is at: {}", what()),
    }
}

/// Runs `check`, which must end before `seconds` are over.
fn within<T: Send + 'static>(seconds: u64, check: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, finished) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        let result = check();
        let _ = done.send(());
        result
    });
    match finished.recv_timeout(Duration::from_secs(seconds)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("still not done after {seconds} s: it hangs"),
        _ => worker.join().unwrap_or_else(|panic| resume_unwind(panic)),
    }
}

fn error_of(bytes: &[u8]) -> Error {
    match read(bytes) {
        Ok(reading) => panic!("{} goroutines where an error is due", reading.goroutines()),
        Err(error) => error,
    }
}

// -------------------------------------------------------------------------------------------------------------- inputs

/// A file of `testdata` as it is.
fn packed(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A file of `testdata`, gzip undone.
fn plain(file: &str) -> Vec<u8> {
    let bytes = packed(file);
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes;
    }
    let mut out = Vec::new();
    GzDecoder::new(&bytes[..]).read_to_end(&mut out).expect("whole gzip data");
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// About `count` positions from 0 to `length` (included). Their distance is odd, so that no alignment is left out.
fn positions(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let stride = (length / count).max(1) | 1;
    (0..length).step_by(stride).chain([length])
}

fn is_header(line: &[u8]) -> bool {
    line.strip_prefix(b"goroutine ").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
}

/// Lines that begin like a goroutine's header.
fn headers(text: &[u8]) -> i64 {
    text.split(|b| *b == b'\n').filter(|line| is_header(line)).count() as i64
}

/// The same, wherever they stand in their lines: a logger may have written before them.
fn headers_anywhere(text: &[u8]) -> i64 {
    let holds = |line: &&[u8]| (0..line.len()).any(|at| line[at] == b'g' && is_header(&line[at..]));
    text.split(|b| *b == b'\n').filter(holds).count() as i64
}

/// The counts of all lines of the form `COUNT @ …`.
fn records(text: &[u8]) -> i64 {
    let counts = text.split(|b| *b == b'\n').filter_map(|line| {
        let digits = line.iter().take_while(|b| b.is_ascii_digit()).count();
        let count = std::str::from_utf8(&line[..digits]).ok()?.parse::<i64>().ok()?;
        line[digits..].starts_with(b" @").then_some(count)
    });
    counts.sum()
}

// -------------------------------------------------------------------------------------------------- 1. text, cut short

fn cut_dump(file: &str, count: usize) {
    let whole = plain(file);
    let all = read(&whole).expect("a whole dump").goroutines();
    assert!(all > 0 && all <= headers(&whole), "{file}: {all}");
    let (mut errors, mut incomplete) = (0, 0);
    for cut in positions(whole.len(), count) {
        let text = &whole[..cut];
        at(
            || format!("{file} cut at {cut}"),
            || match read(text) {
                Ok(reading) => {
                    let found = reading.goroutines();
                    let most = headers(text).min(all);
                    assert!((1..=most).contains(&found), "{found} goroutines of at most {most}");
                    incomplete += usize::from(!reading.complete());
                }
                Err(_) => errors += 1,
            },
        );
    }
    assert!(errors > 0 && incomplete > 0, "{file}: {errors} errors, {incomplete} incomplete");
}

#[test]
fn crash_text_cut_anywhere() {
    cut_dump("crash/sigquit.txt", 1500);
    cut_dump("crash/cgo.txt", 1500);
}

#[test]
fn debug2_cut_anywhere() {
    cut_dump("waits/go1.27.3/debug2.txt.gz", 300);
}

/// A goroutine is never lost by cutting behind it: no cut may give fewer than the whole headers before it.
#[test]
fn what_stands_whole_before_a_cut_is_counted() {
    let whole = plain("crash/sigquit.txt");
    for cut in positions(whole.len(), 500) {
        let text = &whole[..cut];
        let Some(last) = text.iter().rposition(|b| *b == b'\n') else { continue };
        let due = headers(&text[..last]);
        let found = at(|| format!("cut at {cut}"), || read(text).map_or(0, |r| r.goroutines()));
        assert!(found >= due, "cut at {cut}: {found} of {due}");
    }
}

// ----------------------------------------------------------------------------------------------- 2. debug=1, cut short

#[test]
fn debug1_cut_anywhere() {
    let whole = plain("waits/go1.27.3/debug1.txt.gz");
    let first = whole.split(|b| *b == b'\n').next().expect("a first line");
    let total: i64 = std::str::from_utf8(first)
        .ok()
        .and_then(|line| line.strip_prefix("goroutine profile: total "))
        .and_then(|n| n.parse().ok())
        .expect("a total");
    let reading = read(&whole).expect("a whole profile");
    assert_eq!((reading.goroutines(), reading.complete()), (total, true));
    let (mut errors, mut mismatches) = (0, 0);
    for cut in (0..first.len() + 2).chain(positions(whole.len(), 400)) {
        let text = &whole[..cut];
        at(
            || format!("cut at {cut}"),
            || match read(text) {
                Ok(reading) => {
                    let found = reading.goroutines();
                    assert!(found <= total && found <= records(text), "{found}");
                    assert!(found == total || !reading.complete(), "{found} of {total}, and no warning");
                    mismatches += usize::from(found != total);
                }
                Err(_) => errors += 1,
            },
        );
    }
    assert!(errors > 0 && mismatches > 0, "{errors} errors, {mismatches} mismatches");
}

#[test]
fn debug1_with_bytes_flipped() {
    let whole = plain("waits/go1.27.3/debug1.txt.gz");
    let text = &whole[..6000.min(whole.len())];
    let mut ok = 0;
    for position in positions(text.len() - 1, 500) {
        for mask in [0x01, 0x80, 0xff] {
            let mut damaged = text.to_vec();
            damaged[position] ^= mask;
            ok += usize::from(at(|| format!("byte {position} ^ {mask:#x}"), || read(&damaged)).is_ok());
        }
    }
    assert!(ok > 0);
}

// ----------------------------------------------------------------------------------- 3. profile.proto, cut and damaged

/// Reads a varint; `None` where it is cut or longer than ten bytes.
fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// A field as it lies in a message.
struct Field<'a> {
    number: u64,
    /// 0: a number, 2: bytes.
    wire: u64,
    value: u64,
    bytes: &'a [u8],
}

/// The fields of a message; `None` where one isn't whole.
fn walk(mut rest: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let key = take_varint(&mut rest)?;
        let (number, wire) = (key >> 3, key & 7);
        let (value, length) = match wire {
            0 => (take_varint(&mut rest)?, 0),
            1 => (0, 8),
            2 => (0, usize::try_from(take_varint(&mut rest)?).ok()?),
            5 => (0, 4),
            _ => return None,
        };
        let (bytes, after) = rest.split_at_checked(length)?;
        rest = after;
        fields.push(Field { number, wire, value, bytes });
    }
    Some(fields)
}

/// The sum of the first values of all samples, without any of the code under test.
fn sum_of_samples(profile: &[u8]) -> Option<i128> {
    let mut sum = 0;
    for sample in walk(profile)?.iter().filter(|f| (f.number, f.wire) == (2, 2)) {
        let mut values = Vec::new();
        for field in walk(sample.bytes)?.iter().filter(|f| f.number == 2) {
            let mut packed = field.bytes;
            match field.wire {
                0 => values.push(field.value),
                _ => {
                    while !packed.is_empty() {
                        values.push(take_varint(&mut packed)?);
                    }
                }
            }
        }
        sum += i128::from(*values.first()? as i64);
    }
    Some(sum)
}

/// Reads a profile that may be damaged; where it passes, it says what the walk says.
fn check_profile(bytes: &[u8]) -> bool {
    let Ok(reading) = read(bytes) else { return false };
    assert_eq!(reading.snapshots.len(), 1);
    // Of a profile that is cut the samples before the cut are counted.
    if reading.complete() || walk(bytes).is_some() {
        assert_eq!(Some(i128::from(reading.goroutines())), sum_of_samples(bytes));
    }
    reading.complete()
}

fn cut_profile(file: &str, count: usize) {
    let whole = plain(file);
    assert!(check_profile(&whole), "{file}: the whole is bad");
    // The strings come behind the samples: only what lacks strings of no sample, and fields behind them, can pass.
    let may_pass = |cut: usize| {
        let is_spare = |field: &Field<'_>| (6..=12).contains(&field.number);
        walk(&whole[..cut]).is_some() && walk(&whole[cut..]).is_some_and(|lost| lost.iter().all(is_spare))
    };
    let mut failed = 0;
    for cut in positions(whole.len() - 1, count) {
        let passed = at(|| format!("{file} cut at {cut}"), || check_profile(&whole[..cut]));
        assert!(!passed || may_pass(cut), "{file} cut at {cut} passes for whole");
        failed += usize::from(!passed);
    }
    assert!(failed * 10 > count.min(whole.len()) * 9, "{file}: {failed} cuts fail");
}

#[test]
fn proto_cut_anywhere() {
    cut_profile("series/before.pb.gz", 500);
    cut_profile("delta/one-second.pb.gz", usize::MAX);
}

fn flip_profile(file: &str, count: usize) {
    let whole = plain(file);
    let (mut passed, mut failed) = (0, 0);
    for position in positions(whole.len() - 1, count) {
        for mask in [0x01, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[position] ^= mask;
            match at(|| format!("{file}, byte {position} ^ {mask:#x}"), || check_profile(&damaged)) {
                true => passed += 1,
                false => failed += 1,
            }
        }
    }
    assert!(passed > 0 && failed > 0, "{file}: {passed} pass, {failed} fail");
}

#[test]
fn proto_with_bytes_flipped() {
    flip_profile("series/before.pb.gz", 150);
}

#[test]
fn small_proto_with_any_byte_flipped() {
    flip_profile("leak-profile/debug0.pb.gz", 1000);
}

/// Its counts are negative here and there: one bit makes a huge number of them.
#[test]
fn delta_proto_with_any_byte_flipped() {
    flip_profile("delta/one-second.pb.gz", usize::MAX);
}

// -------------------------------------------------------------------------------------------------- 4. gzip, cut short

/// Cuts packed data; says of how many cuts something is kept.
fn cut_packed(whole: &[u8], count: usize) -> usize {
    let all = read(whole).expect("a whole input").goroutines();
    let mut kept = 0;
    for cut in (2..40).chain(positions(whole.len() - 1, count).filter(|cut| *cut >= 2)) {
        at(
            || format!("cut at {cut}"),
            || match read(&whole[..cut]) {
                Ok(reading) => {
                    assert!(!reading.complete() && reading.warns(WarningCode::DamagedPacking));
                    assert!(reading.goroutines() <= all);
                    kept += 1;
                }
                Err(error) => assert!(error.to_string().contains("gzip"), "{error}"),
            },
        );
    }
    kept
}

#[test]
fn packed_proto_cut_short_is_an_error_or_incomplete() {
    cut_packed(&packed("series/before.pb.gz"), 60);
}

#[test]
fn packed_text_cut_short_is_an_error_or_incomplete() {
    assert!(cut_packed(&gzip(&plain("crash/sigquit.txt")), 300) > 0, "nothing is kept of any");
}

#[test]
fn packed_text_with_bytes_flipped_is_never_complete() {
    let whole = gzip(&plain("waits/go1.27.3/debug1.txt.gz"));
    // From behind the gzip header, whose name and time decide nothing.
    for position in positions(whole.len() - 11, 100) {
        let mut damaged = whole.clone();
        damaged[10 + position] ^= 0x80;
        let complete = at(|| format!("byte {}", 10 + position), || read(&damaged).is_ok_and(|r| r.complete()));
        assert!(!complete, "byte {}", 10 + position);
    }
}

#[test]
fn gzip_within_gzip_ends() {
    let text = b"goroutine 1 [running]:\nmain.main()\n\t/x.go:1 +0x1\n".to_vec();
    let layers: Vec<Vec<u8>> = std::iter::successors(Some(text), |inner| Some(gzip(inner))).take(41).collect();
    assert_eq!(read(&layers[2]).expect("packed twice").goroutines(), 1);
    assert!(matches!(error_of(&layers[40]).kind, ErrorKind::TooLarge(_)));
    let mut trailing = layers[1].clone();
    trailing.extend_from_slice(b"not gzip");
    assert!(!read(&trailing).is_ok_and(|r| r.complete()), "garbage behind gzip data passes");
}

// ---------------------------------------------------------------------------------------------------- 5. crafted proto

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A field that is a number.
fn number(field: u64, value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, field << 3);
    varint(&mut out, value as u64);
    out
}

/// A field that says that it has `length` bytes, and has `value`.
fn sized(field: u64, length: u64, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, field << 3 | 2);
    varint(&mut out, length);
    out.extend_from_slice(value);
    out
}

/// A field that is bytes, or a message.
fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
    sized(field, value.len() as u64, value)
}

/// A message of these fields.
fn message(field: u64, fields: &[Vec<u8>]) -> Vec<u8> {
    bytes(field, &fields.concat())
}

/// `Sample` with one location (0: none) and one value.
fn sample(location: i64, value: i64) -> Vec<u8> {
    let stack = if location == 0 { Vec::new() } else { number(1, location) };
    message(2, &[stack, number(2, value)])
}

/// Two bytes of a profile may become many in memory: what its tables take is bounded like what is made of them.
#[test]
fn a_profile_of_tiny_records_is_refused() {
    let strings = b"\x32\x00".repeat(50_000);
    let locations = (1..50_000).flat_map(|id| message(4, &[number(1, id)])).collect();
    let lines = message(4, &[b"\x22\x00".repeat(50_000)]);
    for (what, records) in [("strings", strings), ("locations", locations), ("lines", lines)] {
        // Behind the others, which keep their numbers.
        let bytes = [profile(&[]), records].concat();
        assert!(read(&bytes).is_ok(), "{what}");
        let options = unpark::parse::Options { max_symbol_bytes: 500_000, ..Default::default() };
        let mut symbols = Symbols::new();
        let reader = unpark::input::unpack(Box::new(Cursor::new(bytes)), unpark::input::MAX_UNPACKED, "hostile");
        let read = reader.and_then(|reader| unpark::parse::read_unpacked(reader, "hostile", &mut symbols, &options));
        assert!(matches!(read, Err(Error { kind: ErrorKind::TooLarge(_), .. })), "{what}");
    }
}

fn labelled(location: i64, value: i64, labels: usize) -> Vec<u8> {
    let label = message(3, &[number(1, 3), number(2, 4)]);
    message(2, &[number(1, location), number(2, value), label.repeat(labels)])
}

fn strings() -> Vec<u8> {
    ["", "goroutine", "count", "main.f", "/x/main.go", "main.g"].iter().flat_map(|s| bytes(6, s.as_bytes())).collect()
}

fn head() -> Vec<u8> {
    let kind = [number(1, 1), number(2, 2)];
    [message(11, &kind), number(12, 1), message(1, &kind)].concat()
}

/// Locations 1 (`main.f`) and 2 (`main.g`).
fn locations() -> Vec<u8> {
    let location = |id, function| message(4, &[number(1, id), message(4, &[number(1, function), number(2, 7)])]);
    let function = |id, name| message(5, &[number(1, id), number(2, name), number(4, 4)]);
    [location(1, 1), location(2, 2), function(1, 3), function(2, 5)].concat()
}

/// A profile that is good but for `middle`. That stands behind eight good fields, so that the whole is taken for a
/// profile.
fn profile(middle: &[Vec<u8>]) -> Vec<u8> {
    [head(), message(3, &[number(1, 1), number(7, 1)]), locations(), middle.concat(), strings()].concat()
}

fn assert_bad_proto(what: &str, bytes: &[u8]) {
    let error = at(|| what.to_owned(), || error_of(bytes));
    assert!(matches!(error.kind, ErrorKind::Proto(_)), "{what}: {error}");
}

#[test]
fn crafted_profiles_that_are_good() {
    let one = |middle: &[Vec<u8>]| read(&profile(middle)).expect("good").goroutines();
    assert_eq!(one(&[sample(1, 3), sample(2, 4), sample(0, 5)]), 12);
    assert_eq!(one(&[sample(1, 1 << 50), sample(2, 1 << 50)]), 1 << 51);
    assert_eq!(one(&[sample(1, -1 << 50)]), -1 << 50);
    assert_eq!(one(&[sample(1, -3), sample(1, 1)]), -2);
    assert_eq!(one(&[labelled(1, 5, 3)]), 5);
    // Numbers of the profile that nobody needs.
    assert_eq!(one(&[number(9, i64::MIN), number(10, -1), number(13, 999), sample(1, 1)]), 1);
}

/// Goroutines are counted by the sample type that says so, wherever it stands.
#[test]
fn several_sample_types() {
    let kind = |name| message(1, &[number(1, name), number(2, 2)]);
    let sample = |values: &[i64]| {
        let values: Vec<Vec<u8>> = values.iter().map(|v| number(2, *v)).collect();
        message(2, &[number(1, 1), values.concat()])
    };
    // Strings 2 and 3 are "count" and "main.f", 1 is "goroutine".
    let profile =
        [kind(2), kind(1), kind(3), sample(&[70, 5, 900]), sample(&[1, 6, 1]), locations(), strings()].concat();
    assert_eq!(found(&profile).goroutines(), 11);
    let short = [kind(2), kind(1), sample(&[70]), locations(), strings()].concat();
    assert_bad_proto("one value for two types", &short);
    let foreign = [kind(2), kind(3), sample(&[70, 5]), locations(), strings()].concat();
    assert!(error_of(&foreign).to_string().contains("a profile of count, main.f, not of goroutines"));
}

/// Its goroutines can be counted, where they are told to be incomplete; or it is refused.
fn assert_damaged_proto(what: &str, bytes: &[u8]) {
    let complete = at(|| what.to_owned(), || read(bytes).is_ok_and(|reading| reading.complete()));
    assert!(!complete, "{what} passes");
}

#[test]
fn lengths_that_lie() {
    for length in [u64::MAX, 1 << 63, i64::MAX as u64, 1 << 40, u64::from(u32::MAX), 1 << 20] {
        for field in [1, 2, 3, 4, 5, 6, 11, 99] {
            let lie = sized(field, length, b"\x08\x01");
            assert_bad_proto(&format!("field {field} of {length} bytes"), &profile(std::slice::from_ref(&lie)));
            let nested = [number(1, 1), number(2, 1), lie];
            assert_bad_proto(&format!("field {field} of {length} bytes in a sample"), &profile(&[message(2, &nested)]));
            assert_damaged_proto(
                &format!("field {field} of {length} bytes in field 4"),
                &profile(&[message(4, &nested)]),
            );
            let early = [head(), sized(field, length, b"\x08\x01"), locations(), strings()].concat();
            let _: Error = at(|| format!("an early field {field} of {length} bytes"), || error_of(&early));
        }
        // Nothing but the lie: whatever it is taken for, it is no profile.
        let _: Error = at(|| format!("{length} bytes alone"), || error_of(&sized(2, length, b"")));
    }
}

#[test]
fn ids_and_indices_that_lead_nowhere() {
    for id in [3, -1, i64::MIN, i64::MAX, 1 << 40] {
        assert_bad_proto(&format!("location {id}"), &profile(&[sample(id, 1)]));
        let location = message(4, &[number(1, 9), message(4, &[number(1, id)])]);
        assert_bad_proto(&format!("function {id}"), &profile(&[sample(9, 1), location]));
    }
    for index in [6, 7, -1, i64::MIN, i64::MAX, 1 << 32, 1 << 40] {
        for (what, field) in [("name", 2), ("file", 4)] {
            let location = message(4, &[number(1, 9), message(4, &[number(1, 9)])]);
            let function = message(5, &[number(1, 9), number(field, index)]);
            assert_damaged_proto(&format!("{what} {index}"), &profile(&[sample(9, 1), location, function]));
        }
        for label in [
            vec![number(1, index), number(2, 1)],
            vec![number(1, 1), number(2, index)],
            vec![number(1, 1), number(3, 7), number(4, index)],
        ] {
            let labelled = message(2, &[number(1, 1), number(2, 1), message(3, &label)]);
            assert_damaged_proto(&format!("a label with string {index}"), &profile(&[labelled]));
        }
        let kind = message(1, &[number(1, index), number(2, 2)]);
        assert_bad_proto(&format!("sample type {index}"), &[number(12, 1), kind, sample(0, 1), strings()].concat());
    }
    assert_bad_proto("no strings", &[head(), sample(1, 1), locations()].concat());
    assert_bad_proto("a first string", &[head(), bytes(6, b"x"), sample(1, 1), locations(), strings()].concat());
}

#[test]
fn samples_that_break_the_rules() {
    assert_bad_proto("no value", &profile(&[message(2, &[number(1, 1)])]));
    assert_bad_proto("two values", &profile(&[message(2, &[number(1, 1), number(2, 1), number(2, 1)])]));
    assert_bad_proto("an empty sample", &profile(&[message(2, &[])]));
    assert_bad_proto("100,000 empty samples", &profile(&[message(2, &[]).repeat(100_000)]));
    assert_bad_proto("half a packed value", &profile(&[message(2, &[bytes(2, b"\x80")])]));
    assert_bad_proto("a value as text", &profile(&[message(2, &[number(1, 1), sized(2, 4, b"\xff\xff\xff\xff")])]));
    assert_bad_proto("the value as a double", &profile(&[message(2, &[b"\x11\0\0\0\0\0\0\0\0".to_vec()])]));
    assert_bad_proto("a varint of 11 bytes", &profile(&[message(2, &[[&[0x10][..], &[0xff; 11]].concat()])]));
    let reading = read(&profile(&[sample(0, 1).repeat(100_000)])).expect("good");
    assert_eq!((reading.goroutines(), reading.snapshots[0].groups.len()), (100_000, 1));
}

#[test]
fn nonsense_in_nonsense() {
    let group = |n: usize| [0x4b].repeat(n);
    assert_bad_proto("groups at the top", &profile(&[group(100_000)]));
    assert_bad_proto("groups in a sample", &profile(&[message(2, &[number(2, 1), group(100_000)])]));
    assert_bad_proto("the end of a group", &profile(&[vec![0x4c]]));
    assert_bad_proto("the end of a group in a label", &profile(&[message(2, &[number(2, 1), bytes(3, &[0x4c])])]));
    assert_bad_proto("field 0", &profile(&[vec![0x00, 0x01]]));
    assert_bad_proto("wire type 7", &profile(&[vec![0x17, 0x01]]));
    assert_bad_proto("half a number of 8 bytes", &[profile(&[]), vec![0x79, 0, 0]].concat());
    assert_bad_proto("half a number of 4 bytes", &[profile(&[]), vec![0x7d, 0, 0]].concat());
    assert_bad_proto("a key that never ends", &profile(&[vec![0xff; 20]]));
    // A profile within itself, 30 deep, as label, line and unknown field: bytes that nobody follows down.
    for field in [2, 3, 4, 5, 15, 99] {
        let mut deep = profile(&[sample(1, 1)]);
        for _ in 0..30 {
            deep = profile(&[bytes(field, &deep)]);
        }
        at(|| format!("nested in field {field}"), || read(&deep).map_or(0, |r| r.goroutines()));
    }
}

/// A number of 8 bytes is no sample, though its field has a sample's number and its bytes would make one.
#[test]
fn a_number_in_place_of_a_sample() {
    let five = [&[2 << 3 | 1][..], &number(2, 5), &bytes(15, &[0; 4])].concat();
    assert_eq!(five.len(), 9);
    assert_eq!(read(&profile(&[five, sample(1, 1)])).map_or(1, |r| r.goroutines()), 1);
}

#[test]
fn values_that_overflow_in_one_stack() {
    for (first, second) in [(i64::MAX, 1), (i64::MAX, i64::MAX), (i64::MIN, -1), (1 << 62, 1 << 62)] {
        assert_bad_proto(&format!("{first} and {second}"), &profile(&[sample(1, first), sample(1, second)]));
    }
}

#[test]
fn values_that_overflow_over_stacks() {
    assert_bad_proto("over groups", &profile(&[sample(1, i64::MAX), sample(2, 1)]));
    assert_bad_proto("over groups", &profile(&[sample(1, i64::MIN), sample(0, -1)]));
}

#[test]
fn values_that_overflow_in_labels() {
    assert_bad_proto("a label twice on one sample", &profile(&[labelled(1, i64::MAX, 2)]));
    let samples = [labelled(1, i64::MAX, 1), sample(1, -i64::MAX), labelled(1, i64::MAX, 1)];
    assert_bad_proto("a label that others make up for", &profile(&samples));
}

/// One label so often on one sample that its count is more than 64 bits hold, where the sample's own is not.
#[test]
fn a_label_a_thousand_times() {
    for value in [1 << 53, 1 << 52, 1 << 40, -1 << 53] {
        let repeated = profile(&[labelled(1, value, 5_000), sample(2, 1)]);
        let found = at(|| format!("{value}"), || read(&repeated).map(|r| r.goroutines()));
        assert!(found.is_err() || found.is_ok_and(|count| count == value + 1), "{value}");
        let labels = vec!["\"a\":\"b\""; 5_000].join(", ");
        let text = format!("goroutine profile: total 1\n{} @ 0x1\n# labels: {{{labels}}}\n\n", value.abs());
        let complete = at(|| format!("{value} in text"), || read(text.as_bytes()).is_ok_and(|r| r.complete()));
        assert!(!complete, "{value} in text");
    }
}

// ----------------------------------------------------------------------------------------------------- 6. crafted text

const GOOD: &str =
    "goroutine 7 [select]:\nmain.f(0x1)\n\t/x/main.go:7 +0x1\ncreated by main.main\n\t/x/main.go:9 +0x2\n";

/// Reads a text of which all goroutines are to be found.
fn found(text: &[u8]) -> Reading {
    match read(text) {
        Ok(reading) => reading,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_line_of_ten_megabytes() {
    within(40, || {
        let long = vec![b'x'; 10 << 20];
        let _: Error = error_of(&long);
        let between = [GOOD.as_bytes(), b"\n", &long, b"\n\n", GOOD.as_bytes()].concat();
        let reading = found(&between);
        assert_eq!((reading.goroutines(), reading.complete()), (2, false));
        assert!(reading.warns(WarningCode::LongLine));
        let behind = [GOOD.as_bytes(), b"\n", &long].concat();
        assert_eq!((found(&behind).goroutines(), found(&behind).complete()), (1, false));
        for (what, before, after) in [
            ("a state", "goroutine 1 [", "]:\nmain.f()\n\t/x.go:1 +0x1\n\n"),
            ("a function", "goroutine 1 [select]:\nmain.", "(0x1)\n\t/x.go:1 +0x1\n\n"),
            ("arguments", "goroutine 1 [select]:\nmain.f(", ")\n\t/x.go:1 +0x1\n\n"),
            ("a file", "goroutine 1 [select]:\nmain.f()\n\t/", ".go:1 +0x1\n\n"),
            ("a message", "panic: ", "\n\ngoroutine 1 [running]:\nmain.f()\n\t/x.go:1 +0x1\n\n"),
            ("PCs", "goroutine profile: total 1\n1 @ 0x1 ", "\n"),
        ] {
            let text = [GOOD.as_bytes(), b"\n", before.as_bytes(), &long, after.as_bytes()].concat();
            let reading = at(|| what.to_owned(), || found(&text));
            assert!((1..=2).contains(&reading.goroutines()), "{what}: {}", reading.goroutines());
            assert!(!reading.complete() && reading.warns(WarningCode::LongLine), "{what}");
        }
    });
}

#[test]
fn a_hundred_thousand_frames() {
    within(40, || {
        let frames: String =
            (0..100_000).map(|i| format!("main.f{}(0x{i:x})\n\t/x/main.go:{i} +0x1\n", i % 7)).collect();
        let text = format!("goroutine 1 [select]:\n{frames}created by main.main\n\t/x/main.go:9 +0x2\n");
        let reading = found(text.as_bytes());
        assert_eq!((reading.goroutines(), reading.complete()), (1, true));
        assert_eq!(reading.names().len(), 100_000);
    });
}

#[test]
fn two_hundred_thousand_headers() {
    for (state, end) in [("select", "\n\n"), ("running", "\n"), ("chan receive, 5 minutes", "\r\n")] {
        let count = if state == "select" { 200_000 } else { 20_000 };
        let reading = within(40, move || {
            let text: String = (1..=count).map(|i| format!("goroutine {i} [{state}]:{end}")).collect();
            found(text.as_bytes())
        });
        assert_eq!((reading.goroutines(), reading.complete()), (count, false), "{state}");
        assert!(reading.warns(WarningCode::NoFrames), "{state}");
    }
}

const HUGE_ID: &str = "goroutine 123456789012345678901234567890 [select]:\nmain.f()\n\t/x/main.go:7 +0x1\n";

#[test]
fn ids_of_thirty_digits() {
    let error = error_of(HUGE_ID.as_bytes());
    assert!(error.to_string().contains("header"), "{error}");
    let reading = found(format!("{GOOD}\n{HUGE_ID}\n{GOOD}").as_bytes());
    assert_eq!((reading.goroutines(), reading.complete()), (2, false));
    assert!(reading.warns(WarningCode::BadHeader));
}

/// The same where the bad header is the first of the text.
#[test]
fn a_first_id_of_thirty_digits() {
    let reading = found(format!("{HUGE_ID}\n{GOOD}").as_bytes());
    assert_eq!((reading.goroutines(), reading.complete()), (1, false));
    assert!(reading.warns(WarningCode::BadHeader));
}

#[test]
fn beginnings_of_a_header() {
    let header = "goroutine 1 [running]:";
    for end in 1..header.len() {
        for tail in ["", "\n", "\n\n", "\r\n", "\nmain.f()\n\t/x.go:1 +0x1\n"] {
            let text = format!("{}{tail}", &header[..end]);
            let _: Error = at(|| text.clone(), || error_of(text.as_bytes()));
        }
    }
    assert_eq!(found(header.as_bytes()).goroutines(), 1);
    // Behind a good one a cut header is no goroutine, and the loss is told once it has its number.
    for end in "goroutine 1".len()..header.len() {
        let reading = found(format!("{GOOD}\n{}", &header[..end]).as_bytes());
        assert_eq!((reading.goroutines(), reading.complete()), (1, false), "{}", &header[..end]);
    }
}

#[test]
fn brackets_that_do_not_match() {
    let headers = [
        "goroutine 1 [[[[[:",
        "goroutine 1 ]]]]]:",
        "goroutine 1 ]select[:",
        "goroutine 1 [select]]:",
        "goroutine 1 [[select]:",
        "goroutine 1 []:",
        "goroutine 1 [,]:",
        "goroutine 1 [, 99999999999999999999 minutes]:",
        "goroutine 1 [select, 4294967296 minutes]:",
        "goroutine 1 [select,  minutes]:",
        "goroutine 1 [select labels:{]:",
        "goroutine 1 [select labels:{}]:",
        "goroutine 1 [select labels:{\"]:",
        "goroutine 1 [select labels:{\"a\": \"\\}]:",
        "goroutine 1 [select labels:{\"\\x\\u12\\Uffffffff\\\": }]:",
        "goroutine 1 [select] {:",
        "goroutine 1 [select] {}:",
        "goroutine 1 [select] {::::,,,,}:",
        "goroutine 1 [select] {\":",
        "goroutine 1 [select] {\"\\\"}:",
        "goroutine 1 gp= [select]:",
        "goroutine 1 gp=[select]:",
        "goroutine 1 gp=0x1 m=[ [select]:",
        "goroutine 1 [(leaked) (scan) (durable)]:",
        "goroutine 1 [ (nil chan) (no cases)]:",
        "goroutine 18446744073709551616 [select]:",
    ];
    let bodies = [
        "main.f()\n\t/x.go:1 +0x1\n",
        "main.f[[[(((\n\t/x.go:1 +0x1\n",
        "main.(*T[int).m(0x1, {0x2)\n\t/x.go:1 +0x1\n",
        "main.]]]f[](\u{7f})\n\t/x.go:99999999999999999999 +0x1\n",
        ")\n()\n((((\n))))\n\t:\n\t:1\n\t+0x1\n\t/x.go:\n\t/x.go:4294967296\n",
        "sync.(*Mutex).lockSlow(0xfffffffffffffffff)\n\t/x.go:1\nsync.runtime_notifyListWait(,)\n\t/x.go:1\n",
        "created by \n\t/x.go:1\ncreated by  in goroutine \ncreated by [[[ in goroutine 1\n",
        "...frames elided...\n....frames elided...\n.\n...\n",
        "[originating from goroutine \n[originating from goroutine 1]:\n[[[\n",
        "a%b%2%%zz%2e%252e.f%()\n\t%:1\n",
        "\tgoroutine running on other thread; stack unavailable\n\tgoroutine running on other thread\n",
        "/.()\n\t/:0\n.()\n\t/:0\n/()\n\t/:0\n",
    ];
    let mut counted = 0;
    for header in headers {
        for body in bodies {
            for text in [format!("{header}\n{body}"), format!("{header}\n{body}\n{GOOD}")] {
                let reading = at(|| text.clone(), || read(text.as_bytes()));
                let count = reading.as_ref().map_or(0, Reading::goroutines);
                assert!(count <= self::headers(text.as_bytes()), "{text}: {count}");
                assert!(!text.ends_with(GOOD) || count >= 1, "{text}: the good one is lost");
                counted += count;
            }
        }
    }
    assert!(counted > (headers.len() * bodies.len()) as i64, "{counted}");
}

#[test]
fn names_that_are_no_text() {
    for (raw, name) in [
        (&b"main.\0f"[..], "main.f"),
        (b"main.\xff\xfe\xc3f", "main.ÿþÃf"),
        (b"main.\xed\xa0\x80f", "main.í\u{a0}€f"),
        (b"main.\x1b[31mf\x07", "main.\x1b[31mf\x07"),
        (b"main.\x1b]0;title\x07f", "main.\x1b]0;title\x07f"),
        (b"main.f%ff%00", "main.f\u{fffd}\0"),
        ("main.\u{202e}f\u{2028}".as_bytes(), "main.\u{202e}f\u{2028}"),
        ("main.é[\u{1f980}]ü".as_bytes(), "main.é[...]ü"),
    ] {
        let text = [b"goroutine 1 [select]:\n", raw, b"(0x1)\n\t/x\xff\0.go:7 +0x1\n\n", GOOD.as_bytes()].concat();
        let reading = at(|| name.to_owned(), || found(&text));
        assert_eq!(reading.goroutines(), 2, "{name:?}");
        assert_eq!(reading.names(), [name]);
    }
    let states = b"goroutine 1 [\xff\0\x1b[2J]:\nmain.f()\n\t/x.go:1 +0x1\n\n";
    assert!(read(states).map_or(0, |r| r.goroutines()) <= 1);
    let _: Error = error_of(&[0; 5000]);
    let _: Error = error_of(b"\xef\xbb\xbf");
    let _: Error = error_of(b"");
}

#[test]
fn a_message_that_never_ends() {
    within(40, || {
        let mut text = String::from("panic: it goes on\n");
        text.extend(std::iter::repeat_n("and on, and on\n", 200_000));
        let error = error_of(text.as_bytes()).to_string();
        assert!(error.contains("it goes on") && error.len() < 5000, "{error}");
        text.push_str("\n\ngoroutine 1 [running]:\nmain.f()\n\t/x.go:1 +0x1\n");
        let reading = found(text.as_bytes());
        let kept = reading.snapshots[0].info.cause.as_ref().map_or(0, |cause| cause.message.len());
        assert!(reading.goroutines() == 1 && (1..=4096).contains(&kept), "{kept} bytes of message");
        // With what looks like headers in it, close together and far apart.
        for apart in [0, 1, 100, 10_000] {
            let mut text = String::from("panic: it goes on\n");
            for i in 0..20_000 / (apart + 1) + 3 {
                text.push_str(&format!("goroutine {i} [select]:\n"));
                text.extend(std::iter::repeat_n("and on, and on\n", apart));
            }
            let count = read(text.as_bytes()).map_or(0, |r| r.goroutines());
            assert!(count <= headers(text.as_bytes()), "{apart}: {count}");
        }
    });
}

#[test]
fn many_panics_and_no_goroutine() {
    within(40, || {
        let _: Error = error_of("panic: x\n\n".repeat(20_000).as_bytes());
        let dumps = "panic: x\n\ngoroutine 1 [running]:\nmain.f()\n\t/x.go:1 +0x1\n\n".repeat(5_000);
        assert!(error_of(dumps.as_bytes()).to_string().contains("more than 256 dumps"));
    });
}

#[test]
fn counted_records_that_break_the_grammar() {
    for record in [
        "1 @",
        "1 @ ",
        "1@ 0x1",
        "1 @ 1",
        "1 @ 0x",
        "1 @ 0x1ffffffffffffffff",
        "99999999999999999999 @ 0x1",
        "9223372036854775808 @ 0x1",
        "18446744073709551615 @ 0x1",
        "# labels: {",
        "#",
        "#\t",
        "#\t0x1",
        "#\t0x1\t",
        "#\t0x1\tmain.f",
        "#\t0x1\tmain.f+0x1",
        "#\t0x1\tmain.f+0x1\t:",
        "1 @ 0x1\n# labels: {",
        "1 @ 0x1\n# labels: {}}}}",
        "1 @ 0x1\n# labels: {\"\\",
        "1 @ 0x1\n#\t0x0\t+0x1\t:1",
        "1 @ 0x1\n#\t0x0\t+0x+0x1 /x.go:99999999999",
        "1 @ 0x1\n#\t0xfffffffffffffffe\tmain.f+0x1\t/x.go:1",
        "1 @\n1 @\n1 @",
    ] {
        for end in ["", "\n", "\n\n3 @ 0x5 0x6\n#\t0x5\tmain.g+0x1\t/x.go:2\n"] {
            let text = format!("goroutine profile: total 77\n{record}{end}");
            // Nothing readable is an error; what can be read is reported as a part.
            match at(|| text.clone(), || read(text.as_bytes())) {
                Ok(reading) => {
                    assert!((1..=6).contains(&reading.goroutines()), "{text}: {}", reading.goroutines());
                    assert!(!reading.complete(), "{text}: 77 goroutines are missing");
                }
                Err(error) => {
                    assert!(!end.contains("3 @") && error.to_string().contains("of 77 goroutines"), "{error}")
                }
            }
        }
    }
}

/// Counts that are more than 64 bits hold, in one stack, over stacks, and in labels.
#[test]
fn counted_records_that_overflow() {
    for records in [
        "9223372036854775807 @ 0x1\n\n1 @ 0x1\n",
        "9223372036854775807 @ 0x1\n\n1 @ 0x2\n",
        "9223372036854775807 @ 0x1\n# labels: {\"a\":\"b\", \"a\":\"b\"}\n",
    ] {
        let text = format!("goroutine profile: total 3\n{records}\n");
        let complete = at(|| text.clone(), || read(text.as_bytes()).is_ok_and(|r| r.goroutines() == 3 && r.complete()));
        assert!(!complete, "{text}");
    }
}

/// A line whose PC is the last of the address space.
#[test]
fn a_record_at_the_last_address() {
    let text = "goroutine profile: total 1\n1 @ 0x1 0x2\n#\t0xffffffffffffffff\tmain.f+0x1\t/x.go:1\n\n";
    let reading = found(text.as_bytes());
    assert_eq!((reading.goroutines(), reading.complete()), (1, true));
    assert_eq!(reading.names(), ["main.f"]);
}

/// Records whose first hidden PCs are all different, or the second or third ones, as `vary` says.
fn scattered(count: u64, vary: usize) -> Vec<u8> {
    let mut text = format!("goroutine profile: total {count}\n");
    for i in 0..count {
        let pc = |at: usize| (1 << (32 + 8 * at)) + if vary == at { i * 1024 } else { 0 };
        text.push_str(&format!("1 @ {:#x} {:#x} {:#x} 0x77\n#\t0x76\tmain.f+0x1\t/x.go:1\n\n", pc(0), pc(1), pc(2)));
    }
    text.into_bytes()
}

#[test]
fn records_with_pcs_of_their_own() {
    for vary in 0..3 {
        let reading = within(40, move || found(&scattered(5_000, vary)));
        assert_eq!((reading.goroutines(), reading.complete()), (5_000, true), "PC {vary}");
    }
}

/// Many records that share nothing: what takes the square of their number would not end here.
#[test]
fn many_records_with_pcs_of_their_own() {
    within(120, || {
        for vary in 0..3 {
            assert_eq!(found(&scattered(100_000, vary)).goroutines(), 100_000);
        }
    });
}

// ------------------------------------------------------------------------------------------- more frames than there are

/// A small profile whose one sample unfolds to two million frames, inlined at one location and that location repeated.
#[test]
fn a_sample_that_unfolds() {
    let lines: Vec<Vec<u8>> = (0..1_000).map(|_| message(4, &[number(1, 1), number(2, 7)])).collect();
    let location = message(4, &[number(1, 3), lines.concat()]);
    let sample = message(2, &[number(1, 3).repeat(2_000), number(2, 1)]);
    assert_bad_proto("two million frames", &profile(&[location, sample]));
}

#[test]
fn two_million_functions_in_one_goroutine() {
    let text = format!("goroutine 5 [select]:\n{}", "f()\n".repeat(2_000_000));
    let reading = within(120, move || found(text.as_bytes()));
    assert_eq!((reading.goroutines(), reading.complete()), (1, false));
    let warnings = reading.snapshots[0].info.warnings.sorted();
    assert!(warnings.iter().any(|w| w.code.code() == "too-many-frames"), "{warnings:?}");
}

/// More than is held of one goroutine: it is counted, and the rest is said to be missing.
#[test]
fn a_goroutine_without_end() {
    let frame = "main.f(...)\n\t/x/main.go:7 +0x1\n";
    let elided = "...100 additional frames elided...\n";
    for repeated in [frame, elided] {
        let text = format!(
            "goroutine 5 [select]:\n{}\ngoroutine 6 [select]:\n{frame}",
            repeated.repeat((66 << 20) / repeated.len())
        );
        let reading = within(240, move || found(text.as_bytes()));
        assert_eq!((reading.goroutines(), reading.complete()), (2, false));
        let warnings = reading.snapshots[0].info.warnings.sorted();
        assert!(warnings.iter().any(|w| w.code.code() == "too-many-frames"), "{warnings:?}");
    }
}

/// Its counts add up, but its last stack may not be whole.
#[test]
fn counted_text_that_ends_within_its_last_record() {
    let whole = "goroutine profile: total 1\n1 @ 0x6a631a 0x490a61\n#\t0x6a6319\tmain.f+0x19\t/x/main.go:12\n\n";
    assert!(found(whole.as_bytes()).complete());
    assert!(!found(&whole.as_bytes()[..45]).complete(), "{}", &whole[..45]);
}

// ------------------------------------------------------------------------------------------------------- 7. gzip bombs

#[test]
fn a_bomb_of_zeros() {
    within(60, || {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 1 << 20);
        let _: Error = error_of(&bomb);
    });
}

#[test]
fn a_bomb_of_headers() {
    within(60, || {
        let line = b"goroutine 1 [running]:\n";
        let count = (64 << 20) / line.len();
        let bomb = gzip(&line.repeat(count));
        assert!(bomb.len() < 1 << 20);
        let reading = found(&bomb);
        assert_eq!((reading.goroutines(), reading.complete()), (count as i64, false));
    });
}

// ----------------------------------------------------------------------------------------------------------- 8. chance

/// What inputs begin with, so that random bytes get past the first look.
const BEGINNINGS: [&[u8]; 8] = [
    b"",
    b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
    b"Z\x04\x08\x01\x10\x02`\x01\n\x04\x08\x01\x10\x02",
    b"goroutine 1 [running]:\n",
    b"goroutine profile: total 3\n",
    b"goroutine profile: total 1\n1 @ 0x1",
    b"panic: ",
    b"\xef\xbb\xbfgoroutine 1 [",
];

const LINES: [&str; 44] = [
    "goroutine 1 [running]:",
    "goroutine 2 [running]:",
    "goroutine 3 [select, 7 minutes]:",
    "goroutine 3 [select, 7 minutes]:",
    "goroutine 4 gp=0xc000002380 m=nil [chan receive]:",
    "goroutine 5 [chan send (nil chan)] {a: b, \"c d\": \"e\"}:",
    "goroutine 6 [semacquire labels:{\"a\": \"b\"}]:",
    "goroutine 0 [idle]:",
    "goroutine 99999999999999999999 [select]:",
    "goroutine 7 [",
    "goroutine 8",
    "goroutine running on other thread; stack unavailable",
    " goroutine 9 [select]:",
    "app | goroutine 9 [select]:",
    "main.f(0x1, {0x2, 0x3})",
    "main.(*T[...]).m(...)",
    "runtime.gopark(0x1)",
    "sync.(*Mutex).lockSlow(0xc000012345)",
    "panic({0x1?, 0x2?})",
    "\t/x/main.go:7 +0x1d",
    "\t/usr/local/go/src/runtime/proc.go:474 +0xca fp=0x1 sp=0x2 pc=0x3",
    "\t/x/main.go:8",
    "created by main.main in goroutine 1",
    "created by time.goFunc",
    "[originating from goroutine 20]:",
    "...12 frames elided...",
    "",
    "",
    "",
    "-----",
    "panic: x",
    "\tpanic: y [recovered]",
    "panic: test timed out after 1s",
    "fatal error: all goroutines are asleep - deadlock!",
    "[signal SIGSEGV: segmentation violation code=0x1]",
    "goroutine profile: total 3",
    "threadcreate profile: total 11",
    "1 @ 0x1 0x2",
    "2 @ 0x4 0x5 0x6 0x1",
    "# labels: {\"a\":\"b\"}",
    "#\t0x1\tmain.f+0x1\t/x.go:1",
    "SIGQUIT: quit",
    "rax    0xca",
    "2026/01/01 00:00:00 http: panic serving 1.2.3.4: boom (x)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(
        beginning in prop::sample::select(&BEGINNINGS[..]),
        rest in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        let bytes = [beginning, &rest].concat();
        if let Ok(reading) = read(&bytes) {
            let unpacked = !bytes.starts_with(&[0x1f, 0x8b]);
            prop_assert!(unpacked, "random bytes are gzip data with a goroutine");
            prop_assert!(reading.goroutines() <= headers_anywhere(&bytes) + records(&bytes));
        }
    }

    #[test]
    fn random_lines(
        lines in prop::collection::vec(prop::sample::select(&LINES[..]), 0..200),
        end in prop::sample::select(&["\n", "\r\n"][..]),
        is_cut in any::<bool>(),
    ) {
        let mut text = lines.join(end);
        if !is_cut {
            text.push_str(end);
        }
        if let Ok(reading) = read(text.as_bytes()) {
            let (count, most) = (reading.goroutines(), headers_anywhere(text.as_bytes()) + records(text.as_bytes()));
            prop_assert!((0..=most).contains(&count), "{} goroutines of at most {}", count, most);
            prop_assert!(reading.snapshots.iter().enumerate().all(|(i, s)| s.info.part == i + 1));
        }
    }
}
