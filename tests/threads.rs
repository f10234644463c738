//! However many threads read a text, and whether what they found ahead is used: the report is the same, byte for byte.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::io::Cursor;
use std::path::Path;

use unpark::input::{MAX_UNPACKED, Source, Threads, unpack};
use unpark::model::{Snapshot, Symbols};
use unpark::parse::{Options, read_each, read_unpacked};

fn snapshots(text: &[u8], options: &Options) -> (Vec<Snapshot>, Symbols) {
    let mut symbols = Symbols::new();
    let read = unpack(Box::new(Cursor::new(text.to_vec())), MAX_UNPACKED, "threads")
        .and_then(|reader| read_unpacked(reader, "threads", &mut symbols, options));
    (read.unwrap_or_default(), symbols)
}

fn report(text: &[u8], options: &Options) -> String {
    let (snapshots, symbols) = snapshots(text, options);
    let rules = unpark::classify::signature::Rules::built_in();
    serde_json::to_string_pretty(&common::triage_of(snapshots, &symbols, &rules)).expect("JSON")
}

/// The same text read line by line, by one thread, and by several.
fn assert_same(what: &str, text: &[u8]) {
    let by_lines = report(text, &Options { scan_ahead: false, ..Options::default() });
    assert!(!by_lines.contains("\"snapshots\": []"), "{what}: nothing was read");
    for threads in [1, 2, 3, 5] {
        let report = report(text, &Options { threads: Threads::new(Some(threads)), ..Options::default() });
        assert!(report == by_lines, "{what}: {threads} threads read another report");
    }
}

fn testdata(file: &str) -> Vec<u8> {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file)).expect("there");
    let mut plain = Vec::new();
    match bytes.starts_with(&[0x1f, 0x8b]) {
        true => {
            _ = std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&*bytes), &mut plain).expect("gzip")
        }
        false => plain = bytes,
    }
    plain
}

/// A dump of so many goroutines with ids of their own, from a real one's.
fn many(goroutines: usize) -> Vec<u8> {
    let text = String::from_utf8(testdata("many-stacks/debug2.txt.gz")).expect("UTF-8");
    let blocks: Vec<&str> = text.trim_end().split("\n\n").collect();
    let mut out = String::new();
    for (id, block) in (1..).zip(blocks.iter().cycle()).take(goroutines) {
        let rest = block.split_once(" [").expect("a header").1;
        out += &format!("goroutine {id} [{rest}\n\n");
    }
    out.into_bytes()
}

#[test]
fn plain_dumps() {
    assert_same("many stacks", &many(1_500));
    for file in ["crash/sigquit.txt", "orders/after.debug2.txt", "labels/go1.27.txt", "waits/go1.27.3/debug2.txt.gz"] {
        let text = testdata(file);
        let often = (3 << 20) / text.len() + 1;
        assert_same(file, &[text.as_slice(), b"\n"].concat().repeat(often.min(80)));
    }
}

/// Whatever stands between, within or around goroutines.
#[test]
fn dumps_that_are_not_plain() {
    let plain = many(1_500);
    assert!(plain.len() > 3 << 20);
    let middle = plain.len() / 2;
    let boundary = middle + memchr::memmem::find(&plain[middle..], b"\n\n").expect("goroutines") + 2;
    let at = |place: usize, what: &[u8]| [&plain[..place], what, &plain[place..]].concat();
    let text = String::from_utf8(plain.clone()).expect("UTF-8");
    let crash = testdata("crash/sigquit.txt");
    let long = [b"goroutine 7 [", vec![b'x'; 5 << 20].as_slice(), b"\n\n"].concat();
    let frames =
        [b"goroutine 999999 [select]:\n".as_slice(), &b"main.f(0x1)\n\t/src/f.go:1 +0x2\n".repeat(40_000), b"\n"];
    for (what, text) in [
        ("a log line between", at(boundary, b"2026/11/21 03:00:00 still there\n\n")),
        ("a log line within", at(boundary - 3, b"\n2026/11/21 03:00:00 still there\n")),
        ("a hole", at(middle, &[0; 5_000])),
        ("a long line", at(boundary, &long)),
        ("a long goroutine", at(boundary, &frames.concat())),
        (
            "a panic whose message holds goroutines",
            at(boundary, b"panic: goroutine 1 [x]:\n\ngoroutine 1 [running]:\n"),
        ),
        ("another dump", at(boundary, &[b"SIGQUIT: quit\n", crash.as_slice()].concat())),
        ("cut", plain[..middle].to_vec()),
        ("cut at the front", plain[middle..].to_vec()),
        ("no empty lines", text.replace("\n\n", "\n").into_bytes()),
        ("CRLF", text.replace('\n', "\r\n").into_bytes()),
        ("CRLF from the middle on", [&plain[..boundary], text[boundary..].replace('\n', "\r\n").as_bytes()].concat()),
        ("three empty lines", text.replace("\n\n", "\n\n\n\n").into_bytes()),
        ("a byte order mark", [b"\xef\xbb\xbf", plain.as_slice()].concat()),
        ("prefixed from the middle on", {
            let prefixed: String = text[boundary..].lines().map(|line| format!("web-1  | {line}\n")).collect();
            [&plain[..boundary], prefixed.as_bytes()].concat()
        }),
        (
            "klog",
            text.lines()
                .map(|line| format!("I1120 17:49:36.123456      12 main.go:42] {line}\n"))
                .collect::<String>()
                .into_bytes(),
        ),
        ("two pods", {
            let of = |pod: &str| text.lines().map(|line| format!("[pod/{pod}/app] {line}\n")).collect::<Vec<_>>();
            of("a").into_iter().zip(of("b")).flat_map(|(a, b)| [a, b]).collect::<String>().into_bytes()
        }),
        ("one record", format!("{}\n", serde_json::json!({ "level": "error", "msg": text })).into_bytes()),
        ("every line twice", text.lines().flat_map(|line| [line, "\n", line, "\n"]).collect::<String>().into_bytes()),
        ("a debug=1 profile", at(boundary, &testdata("orders/after.debug1.txt"))),
    ] {
        assert_same(what, &text);
    }
}

/// What is read of files, by so many threads: the report, and why some can't be read.
fn files(sources: &[Source], threads: usize, max_symbol_bytes: usize) -> (String, Vec<String>) {
    let options = Options { threads: Threads::new(Some(threads)), max_symbol_bytes, ..Options::default() };
    let mut symbols = Symbols::new();
    let read = read_each(&sources.iter().collect::<Vec<_>>(), &mut symbols, &options, &|bytes, _| bytes);
    assert_eq!(read.len(), sources.len());
    let (mut snapshots, mut errors) = (Vec::new(), Vec::new());
    for (source, read) in sources.iter().zip(read) {
        match read {
            Ok(found) => {
                assert!(found.iter().all(|snapshot| snapshot.info.source == source.name()));
                snapshots.extend(found);
            }
            Err(error) => errors.push(error.to_string()),
        }
    }
    let rules = unpark::classify::signature::Rules::built_in();
    let mut report = serde_json::to_string(&common::triage_of(snapshots, &symbols, &rules)).expect("JSON");
    // In which order names, frames and stacks were met.
    report += &format!("{} {}", symbols.bytes(), symbols.recoded());
    (report, errors)
}

#[test]
fn files_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut profile = testdata("series/after.pb.gz");
    for _ in 0..300 {
        // Strings that nothing refers to.
        profile.extend_from_slice(b"\x32\x80\x08");
        profile.extend_from_slice(&[b'x'; 1024]);
    }
    let labels = String::from_utf8(testdata("labels/go1.27.txt")).expect("UTF-8");
    let name = |i: usize| format!("main.{}{}.", "f".repeat(90), i % 7);
    let labels: String = (0..80).map(|i| labels.replace("main.", &name(i)) + "\n").collect();
    let contents = [
        ("1.txt", many(200)),
        ("2.pb", profile),
        ("3.txt", labels.into_bytes()),
        ("4.txt", testdata("orders/after.debug2.txt")),
        ("5.txt", vec![b'x'; 300 << 10]),
        ("6.txt", [b"goroutine 1 [select]:\nmain.\xff()\n\t/x.go:1 +0x1\n\n", many(300).as_slice()].concat()),
        ("7.txt", many(400)),
    ];
    let alike = |a: usize, b: usize| contents[a].1.len() < 2 * contents[b].1.len();
    for (a, b) in [(0, 1), (5, 6)] {
        assert!(alike(a, b) && alike(b, a), "{} and {} are read together", contents[a].0, contents[b].0);
    }
    let mut sources = Vec::new();
    for (name, bytes) in contents {
        let path = folder.path().join(name);
        assert!(name == "4.txt" || bytes.len() > 256 << 10, "{name} is read alone: {} bytes", bytes.len());
        std::fs::write(&path, bytes).expect("written");
        sources.push(Source::Path(path));
    }
    sources.insert(2, Source::Path(folder.path().join("missing")));
    let whole = files(&sources, 1, 1 << 30);
    assert_eq!(whole.1.len(), 2, "{:?}", whole.1);
    let mut refused = std::collections::BTreeSet::new();
    for limit in [1 << 30, 300_000, 150_000, 1_000] {
        let expected = files(&sources, 1, limit);
        refused.insert(expected.1.len());
        for threads in [2, 3] {
            let read = files(&sources, threads, limit);
            assert!(read == expected, "{threads} threads, {limit} bytes of symbols: {:?} {:?}", read.1, expected.1);
        }
    }
    assert!(refused.len() > 2, "limits that refuse other files: {refused:?}");
}
