//! Dumps as they come out of loggers and shippers: each is put into every wrapping that is known, and must be read as what it
//! was.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::io::Write;

use proptest::prelude::*;
use unpark::model::{Snapshot, Symbols};

/// What is compared: goroutines, group by group, in words.
fn read(bytes: impl Into<Vec<u8>>) -> Vec<Vec<String>> {
    let mut symbols = Symbols::new();
    let snapshots = common::read(bytes, &mut symbols).expect("a dump");
    snapshots.iter().map(|snapshot| groups(snapshot, &symbols)).collect()
}

fn groups(snapshot: &Snapshot, symbols: &Symbols) -> Vec<String> {
    if !snapshot.complete() {
        return vec![format!("{:?}", snapshot.info.warnings)];
    }
    let words = |group: &unpark::model::StackGroup| {
        let places = symbols.frames(group.key.stack).map(|frame| {
            let frame = symbols.frame_at(frame);
            format!("{} {}:{}", symbols.function_name(frame.function), symbols.str(frame.file), frame.line)
        });
        let creator = group.key.creator.map(|creator| symbols.name_of(creator));
        let (state, ids) = (group.key.state.wait.words(symbols), group.ids.first());
        format!("{} {state} {creator:?} {ids:?} {}", group.count, places.collect::<Vec<_>>().join(" "))
    };
    snapshot.groups.iter().map(words).collect()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("JSON")
}

/// A wrapping of lines.
type Wrap = fn(&str, usize) -> String;

/// Each line in its own record.
const PER_LINE: &[(&str, Wrap)] = &[
    ("klog", |l, i| format!("I1120 17:49:36.{i:06}      12 main.go:42] {l}\n")),
    ("klog without spaces at line ends", |l, i| {
        format!("{}\n", format!("E1120 17:49:36.{i:06}       1 dump.go:7] {l}").trim_end())
    }),
    ("Go's log", |l, i| format!("2026/11/20 17:49:{:02} main.go:42: {l}\n", i % 60)),
    ("logrus", |l, _| format!("time=\"2026-11-20T18:00:00Z\" level=info msg={} pid=12\n", json(l))),
    ("slog text", |l, i| {
        let bare = !l.is_empty() && !l.contains(|c: char| c.is_whitespace() || "=\"".contains(c));
        format!(
            "time=2026-11-20T18:00:00.{i:03}Z level=ERROR msg={} n={i}\n",
            if bare { l.to_owned() } else { json(l) }
        )
    }),
    ("slog JSON", |l, i| {
        format!("{{\"time\":\"2026-11-20T18:00:00.{i}Z\",\"level\":\"INFO\",\"msg\":{},\"n\":{i}}}\n", json(l))
    }),
    ("zap", |l, i| {
        format!("{{\"level\":\"info\",\"ts\":1763656000.{i},\"caller\":\"app/main.go:3\",\"msg\":{}}}\n", json(l))
    }),
    ("Docker", |l, i| {
        format!("{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2026-11-20T17:49:36.{i}Z\"}}\n", json(&format!("{l}\n")))
    }),
    ("Docker, long lines parted", |l, i| {
        let (a, b) = l.split_at(l.len() / 2);
        let record = |text: &str| {
            format!("{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2026-11-20T17:49:36.{i}Z\"}}\n", json(text))
        };
        if l.len() > 90 && !l.contains("goroutine ") {
            record(a) + &record(&format!("{b}\n"))
        } else {
            record(&format!("{l}\n"))
        }
    }),
    ("CRI", |l, i| format!("2026-11-20T17:49:36.{i:09}Z stderr F {l}\n")),
    ("CRI, long lines parted", |l, i| {
        let (a, b) = l.split_at(l.len() / 2);
        let time = format!("2026-11-20T17:49:36.{i:09}Z stdout");
        if l.len() > 90 && !l.contains("goroutine ") {
            format!("{time} P {a}\n{time} F {b}\n")
        } else {
            format!("{time} F {l}\n")
        }
    }),
    ("compose", |l, _| format!("shop-1  | {l}\n")),
    ("kubectl logs --prefix", |l, _| format!("[pod/shop-7d9c6b5f4-x2x9q/shop] {l}\n")),
    ("kubectl logs --timestamps", |l, i| format!("2026-11-20T17:49:36.{i}Z {l}\n")),
    ("stern", |l, _| format!("shop-7d9c6b5f4-x2x9q shop {l}\n")),
    ("journald", |l, i| format!("Nov {:2} 17:49:36 host-1 shop[4242]: {l}\n", 1 + i % 30)),
    ("journald, ISO", |l, _| format!("2026-11-20T17:49:36+0100 host-1.example.com shop[4242]: {l}\n")),
    ("journald, JSON", |l, i| {
        format!("{{\"__CURSOR\":\"s={i}\",\"_PID\":\"4242\",\"MESSAGE\":{},\"PRIORITY\":\"6\"}}\n", json(l))
    }),
    ("journald, export", |l, i| format!("__CURSOR=s={i}\n_PID=4242\nMESSAGE={l}\nPRIORITY=6\n\n")),
    ("syslog, RFC 3164", |l, _| format!("<30>Nov 20 17:49:36 host-1 shop[4242]: {l}\n")),
    ("syslog, RFC 5424", |l, i| format!("<165>1 2026-11-20T17:49:36.{i:03}Z host-1 shop 4242 ID47 - {l}\n")),
    ("ISO time and level", |l, i| format!("2018-05-22T10:08:00.{i:06}+00:00 host INFO server[1322]: {l}\n")),
    ("time since the start", |l, i| format!("[{:5}.{:06}] {l}\n", i / 7, i)),
    ("numbered", |l, i| format!("{i}: {l}\n")),
    ("Heroku", |l, i| format!("2026-11-20T17:49:36.{i:06}+00:00 app[web.1]: {l}\n")),
    ("CloudWatch", |l, i| {
        format!("{{\"timestamp\":17636560{i},\"message\":{},\"ingestionTime\":1763656001}}\n", json(l))
    }),
    ("GCP", |l, i| format!("{{\"insertId\":\"a{i}\",\"textPayload\":{},\"severity\":\"ERROR\"}}\n", json(l))),
    ("go test -json", |l, i| {
        format!(
            "{{\"Time\":\"2026-11-20T17:49:36.{i}Z\",\"Action\":\"output\",\"Package\":\"a/b\",\"Output\":{}}}\n",
            json(&format!("{l}\n"))
        )
    }),
    ("GitHub Actions", |l, i| format!("2026-11-20T17:49:36.{i:07}Z {l}\n")),
    ("quoted mail", |l, _| format!("> {l}\n")),
    ("quoted twice", |l, _| format!(">> {l}\n")),
    ("indented", |l, _| format!("    {l}\n")),
    ("indented by a tab", |l, _| format!("\t{l}\n")),
    ("CRLF", |l, _| format!("{l}\r\n")),
    ("colours", |l, _| format!("\u{1b}[31m{l}\u{1b}[0m\n")),
    ("links and titles of terminals", |l, _| format!("\u{1b}]0;logs\u{7}\u{1b}[1;32m{l}\u{1b}[m\n")),
    ("spaces for tabs", |l, _| format!("{}\n", l.replace('\t', "        "))),
    ("lines twice", |l, _| format!("{l}\n{l}\n")),
    ("tabs lost", |l, _| format!("{}\n", l.trim_start())),
];

fn each_line(text: &str, wrap: Wrap) -> String {
    text.lines().enumerate().map(|(i, line)| wrap(line, i)).collect()
}

fn dumps() -> Vec<(&'static str, String)> {
    ["orders/crash.log", "orders/after.debug2.txt", "orders/after.debug1.txt", "crash/sigquit.txt"]
        .map(|name| (name, common::text(name)))
        .into()
}

#[test]
fn every_wrapping_of_lines_is_undone() {
    for (name, dump) in dumps() {
        let plain = read(dump.clone());
        for (wrapping, wrap) in PER_LINE {
            if wrapping.contains("tab") && name.contains("debug1") {
                // The columns of a debug=1 profile are parted by tabs.
                continue;
            }
            let wrapped = each_line(&dump, *wrap);
            assert_eq!(read(wrapped.clone()), plain, "{name} in {wrapping}");
            let log = each_line("server: listening\nserver: ready, panic: not at all\n", *wrap);
            assert_eq!(read(log + &wrapped), plain, "{name} in {wrapping}, in a log");
        }
    }
}

#[test]
fn a_dump_in_one_record_is_read() {
    for (name, dump) in dumps() {
        let plain = read(dump.clone());
        let tick = "{\"level\":\"info\",\"msg\":\"tick\"}\n";
        for record in [
            format!("{tick}{{\"level\":\"fatal\",\"msg\":\"dump\",\"stack\":{}}}\n{tick}", json(&dump)),
            format!("time=\"2026-11-20T18:00:00Z\" level=info msg={}\n", json(&format!("=== BEGIN ===\n{dump}"))),
            format!("shop-1  | {{\"msg\":\"dump\",\"stack\":{}}}\nshop-1  | {tick}", json(&dump)),
            format!("[\n  {{\n    \"textPayload\": {},\n    \"severity\": \"ERROR\"\n  }}\n]\n", json(&dump)),
        ] {
            assert_eq!(read(record.clone()), plain, "{name} in {}", &record[..80]);
        }
    }
}

#[test]
fn packed_and_encoded_dumps_are_read() {
    let dump = common::text("orders/crash.log");
    let plain = read(dump.clone());
    let utf16 = |to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        [0xfeff].into_iter().chain(dump.encode_utf16()).flat_map(to_bytes).collect()
    };
    let (little, big) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
    let zstd = |bytes: &[u8]| ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest);
    let gzip = |bytes: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).expect("packed");
        out.finish().expect("packed")
    };
    let parts = dump.split_at(dump.len() / 2);
    for (what, bytes) in [
        ("UTF-16 LE", little.clone()),
        ("UTF-16 BE", big),
        ("zstd", zstd(dump.as_bytes())),
        ("zstd frames", [zstd(parts.0.as_bytes()), zstd(parts.1.as_bytes())].concat()),
        ("zstd in gzip", gzip(&zstd(dump.as_bytes()))),
        ("UTF-16 in gzip", gzip(&little)),
        ("BOM", [b"\xef\xbb\xbf", dump.as_bytes()].concat()),
    ] {
        assert_eq!(read(bytes), plain, "{what}");
    }
}

/// Several containers' dumps, line by line between each other, are told apart by their prefixes.
#[test]
fn dumps_between_each_other_are_told_apart() {
    let (a, b) = (common::text("orders/crash.log"), common::text("crash/sigquit.txt"));
    let expected = [read(a.clone()), read(b.clone())].concat();
    type Prefix = fn(usize) -> String;
    let prefixes: [[Prefix; 3]; 3] = [
        [|_| "shop-1  | ".into(), |_| "orders-1  | ".into(), |_| "db-1  | ".into()],
        [
            |i| format!("Nov 20 17:49:{:02} host-1 shop[4242]: ", i % 60),
            |i| format!("Nov 20 17:49:{:02} host-1 orders[77]: ", i % 60),
            |i| format!("Nov 20 17:49:{:02} host-1 cron[9]: ", i % 60),
        ],
        [
            |_| "[pod/shop-7d9c6b5f4-x2x9q/shop] ".into(),
            |_| "[pod/orders-0/orders] ".into(),
            |_| "[pod/db-1/db] ".into(),
        ],
    ];
    for prefix in prefixes {
        let (mut left, mut right, mut log) = (a.lines(), b.lines(), String::new());
        for i in 0.. {
            let lines = [left.next(), right.next(), (i % 5 == 0).then_some("checkpoint complete")];
            if lines[..2] == [None, None] {
                break;
            }
            for (line, prefix) in lines.into_iter().zip(prefix) {
                log += &line.map_or(String::new(), |line| format!("{}{line}\n", prefix(i)));
            }
        }
        let mut symbols = Symbols::new();
        let snapshots = common::read(log, &mut symbols).expect("dumps");
        let found: Vec<Vec<String>> = snapshots.iter().map(|s| groups(s, &symbols)).collect();
        let lengths = |all: &[Vec<String>]| all.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(&found), lengths(&expected), "{}", prefix[0](0));
        assert!(found == expected, "{}", prefix[0](0));
        assert!(snapshots[0].info.warnings.sorted().iter().any(|warning| warning.code.code() == "other-lines"));
    }
}

/// So are they where another layer stands within the prefixes.
#[test]
fn dumps_within_two_layers_are_told_apart() {
    let dumps = ["orders/crash.log", "orders/after.debug2.txt"].map(common::text);
    let expected = dumps.clone().map(|dump| read(dump)[0].len());
    let wrap = |pod: &str, line: &str, i: usize| {
        format!("[pod/{pod}-0/{pod}] I1120 17:49:36.{i:06}      12 main.go:42] {line}\n")
    };
    let lines = |i: usize| [("shop", dumps[0].lines().nth(i)), ("orders", dumps[1].lines().nth(i))];
    let most = dumps.iter().map(|dump| dump.lines().count()).max().unwrap_or(0);
    let log: String =
        (0..most).flat_map(|i| lines(i).into_iter().filter_map(move |(pod, line)| Some(wrap(pod, line?, i)))).collect();
    let snapshots = common::read(log, &mut Symbols::new()).expect("dumps");
    assert_eq!(snapshots.iter().map(|s| s.groups.len()).collect::<Vec<_>>(), expected);
    assert!(snapshots.iter().all(Snapshot::complete));
}

/// The line that begins a dump may be the only one with a prefix.
#[test]
fn only_the_first_line_may_have_a_prefix() {
    let dump = common::text("orders/after.debug2.txt");
    for prefix in ["2026/11/20 17:49:36 dump: ", "[ERROR] stacks = "] {
        assert_eq!(read(format!("{prefix}{dump}")), read(dump.clone()), "{prefix}");
    }
}

/// A part of a log that came twice is told.
#[test]
fn goroutines_that_stand_there_twice_are_told() {
    let dump = common::text("orders/after.debug2.txt");
    let blocks: Vec<&str> = dump.split("\n\n").collect();
    let again = [&blocks[..9], &blocks[4..]].concat().join("\n\n");
    let mut symbols = Symbols::new();
    let warnings =
        |text: String, symbols: &mut Symbols| common::read(text, symbols).expect("a dump")[0].info.warnings.sorted();
    let told = warnings(again, &mut symbols);
    assert_eq!(told.iter().map(|w| (w.code.code(), w.count)).collect::<Vec<_>>(), [("repeated-goroutine", 5)]);
    assert!(warnings(dump, &mut symbols).is_empty());
}

/// What speaks of goroutines is none.
#[test]
fn prose_is_no_dump() {
    for text in [
        "the test panicked in goroutine 7 [running]: see below\nand that was all\n",
        "{\"msg\":\"goroutine count\",\"goroutine 1 [running]:\":1}\n",
        "grep 'goroutine 1 [' log\ngrep 'goroutine 2 [' log\n",
    ] {
        assert!(common::read(text, &mut Symbols::new()).is_err(), "{text}");
    }
}

/// A log that speaks of panics and goroutines all the time, and has a dump behind that.
#[test]
fn talk_before_a_dump_neither_hides_it_nor_takes_long() {
    let dump = common::text("orders/crash.log");
    let plain = read(dump.clone());
    let talk = |i: usize| match i % 3 {
        0 => format!("x{i} recovered from panic: bad request {i}\n"),
        1 => format!("{{\"msg\":\"fatal error: none\",\"n\":{i}}}\n"),
        _ => format!("level={i} SIGQUIT: ignored ({})\n", ".".repeat(i % 50)),
    };
    let log: String = (0..40_000).map(talk).collect();
    let wrapped = each_line(&dump, |line, i| format!("I1120 17:49:36.{i:06}      12 main.go:42] {line}\n"));
    assert_eq!(read(log + &wrapped), plain);
}

/// Origins without number, each with a header of its own, cost no memory without bounds.
#[test]
fn many_origins_are_bounded() {
    let line =
        |i: usize| format!("pod-{i}-x | goroutine {i} [select]:\npod-{i}-x | main.f()\npod-{i}-x | \tmain.go:3\n");
    let log: String = (1..20_000).map(line).collect();
    let mut symbols = Symbols::new();
    let snapshots = common::read(log, &mut symbols).expect("goroutines");
    assert!(snapshots.len() <= 65);
    let warnings = snapshots[0].info.warnings.sorted();
    assert!(warnings.iter().any(|warning| warning.code.code() == "lost-lines"), "{warnings:?}");
    assert!(!snapshots[0].complete());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// A logger's lines in a shipper's in a collector's.
    #[test]
    fn wrappings_within_wrappings_are_undone(layers in prop::collection::vec(0..PER_LINE.len(), 1..4), which in 0..4usize) {
        let (name, dump) = dumps().swap_remove(which);
        let lossy = |i: &usize| PER_LINE[*i].0.contains("tab") || PER_LINE[*i].0.contains("colours") || PER_LINE[*i].0.contains("terminals") || PER_LINE[*i].0.contains("export") || PER_LINE[*i].0.contains("twice");
        prop_assume!(!layers.iter().any(lossy));
        let wrapped = layers.iter().fold(dump.clone(), |text, i| each_line(&text, PER_LINE[*i].1));
        let names: Vec<&str> = layers.iter().map(|i| PER_LINE[*i].0).collect();
        let mut symbols = Symbols::new();
        let snapshots = common::read(wrapped, &mut symbols);
        prop_assert!(snapshots.is_ok(), "{name} in {names:?}: {snapshots:?}");
        let found: Vec<Vec<String>> = snapshots.into_iter().flatten().map(|s| groups(&s, &symbols)).collect();
        prop_assert!(found == read(dump), "{name} in {names:?}: {found:#?}");
    }
}
