//! `unpark convert`: what goes out comes back, in the words that a report has for it.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::io::Write;
use std::path::Path;

use assert_cmd::Command;
use flate2::read::GzDecoder;
use proptest::prelude::*;
use serde_json::Value;

fn unpark(arguments: &[&str], stdin: &[u8]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unpark"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let output = command.current_dir(folder).args(arguments).write_stdin(stdin).output().expect("the command starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// All that a conversion keeps of a report's groups, in no order: how many, state with its marks, frames, creator, waits
/// and labels.
fn groups(report: &[u8]) -> Vec<String> {
    let report: Value = serde_json::from_slice(report).expect("JSON");
    let mut groups: Vec<String> = report["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| {
            let detail = &group["state_detail"];
            let mut group = group.clone();
            // No part of what a frame is; and what an entry was inlined into is a wrapper that no dump shows.
            for frame in group["frames"].as_array_mut().expect("frames") {
                frame["inlined"] = Value::Null;
            }
            let kept =
                ["count", "state", "frames", "creator", "wait_minutes", "labels"].map(|key| group[key].to_string());
            format!("{} {detail}", kept.join(" "))
        })
        .collect();
    groups.sort();
    groups
}

/// Converts an input to profile.proto and back into a report, beside the report of the input itself.
fn there_and_back(input: &str, stdin: &[u8]) -> (Vec<String>, Vec<String>) {
    let before = unpark(&["convert", input, "--to", "json"], stdin);
    let profile = unpark(&["convert", input, "--to", "pprof"], stdin);
    let after = unpark(&["convert", "-", "--to", "json"], &profile);
    (groups(&before), groups(&after))
}

#[test]
fn every_input_comes_back() {
    let table = common::text("counts.tsv");
    let inputs = table.lines().filter(|l| !l.starts_with('#')).filter_map(|l| Some(l.split_once('\t')?.0));
    let mut count = 0;
    for input in inputs {
        let (before, after) = there_and_back(input, b"");
        assert_eq!(after, before, "{input}");
        count += 1;
    }
    assert!(count > 50, "{count} inputs");
}

/// Twice converted is as once converted, byte for byte.
#[test]
fn a_conversion_is_stable() {
    // Of a text dump, ids stay behind, and with them what verdicts know from them.
    for input in ["orders/before.pb.gz", "orders/after.pb.gz"] {
        let once = unpark(&["convert", input, "--to", "pprof"], b"");
        let twice = unpark(&["convert", "-", "--to", "pprof"], &once);
        let unpacked = |packed: &[u8]| {
            let mut out = Vec::new();
            std::io::Read::read_to_end(&mut GzDecoder::new(packed), &mut out).expect("gzip");
            out
        };
        assert_eq!(unpacked(&once), unpacked(&twice), "{input}");
    }
}

#[test]
fn a_stack_a_line() {
    let dump = "goroutine 1 [chan receive, 3 minutes]:\nmain.b(0x1)\n\t/x.go:2 +0x1\nmain.a;c(...)\n\t/x.go:1 +0x1\n\n\
                goroutine 2 [chan receive]:\nmain.b(0x2)\n\t/x.go:2 +0x1\nmain.a;c(...)\n\t/x.go:1 +0x1\n\n\
                goroutine 3 [select (no cases)]:\nmain.x()\n\t/x.go:9 +0x1\n";
    let folded = unpark(&["convert", "-", "--to", "folded"], dump.as_bytes());
    assert_eq!(String::from_utf8_lossy(&folded), "main.a:c;main.b;[chan receive] 2\nmain.x;[select] 1\n");
    let chosen = unpark(&["convert", "-", "--to", "folded", "--state", "select"], dump.as_bytes());
    assert_eq!(String::from_utf8_lossy(&chosen), "main.x;[select] 1\n");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Dumps at random: states with marks, waits, creators, labels with our own names, inlined calls.
    #[test]
    fn any_dump_comes_back(goroutines in prop::collection::vec(goroutine(), 1..20)) {
        let mut dump = Vec::new();
        for (id, goroutine) in goroutines.iter().enumerate() {
            write!(dump, "goroutine {} {goroutine}\n\n", id + 2).expect("memory");
        }
        let (before, after) = there_and_back("-", &dump);
        prop_assert_eq!(after, before);
    }
}

fn goroutine() -> impl Strategy<Value = String> {
    let state = prop::sample::select(vec![
        "chan receive",
        "chan send (nil chan)",
        "select (no cases)",
        "select (leaked)",
        "chan receive (durable)",
        "sync.Mutex.Lock",
        "IO wait",
        "running",
        "GC worker (idle)",
        "semacquire",
        "chan receive (leaked) (durable)",
    ]);
    let wait = prop::sample::select(vec!["", ", 1 minutes", ", 77 minutes"]);
    let tail = prop::sample::select(vec!["", ", locked to thread", ", synctest bubble 3"]);
    let labels = prop::sample::select(vec![
        "",
        r#" {a: b}"#,
        r#" {"state": "x", "label.k": "v"}"#,
        r#" {"creator": "", "wait_minutes": "7"}"#,
        " {a: c, k: v}",
    ]);
    let frame = prop::sample::select(vec![
        "main.f(0x1)\n\t/src/a b/f.go:3 +0x1",
        "main.g(...)\n\t/src/g.go:4",
        "gopkg.in/yaml%2ev3.(*T).M(0x1)\n\t/y:1.go:5 +0x2",
        "main.G[...](0x1)\n\t/src/g.go:9 +0x3",
        "net/http.(*conn).serve(0x1)\n\t/go/src/net/http/server.go:9 +0x3",
        "runtime.goexit({})\n\t/go/src/runtime/asm.s:1 +0x1",
        "panic({0x1})\n\t/go/src/runtime/panic.go:1 +0x1",
        "...12 frames elided...",
        "github.com/x/y.z/v2.f%2ego(0x1)\n\t/z.go:1 +0x1",
    ]);
    let creator = prop::sample::select(vec![
        "",
        "\ncreated by main.main in goroutine 1\n\t/src/m.go:9 +0x1",
        "\ncreated by a.b/c%2ed.E\n\t/src/x:3.go:7 +0x1",
    ]);
    let frames = prop::collection::vec(frame, 1..6);
    (state, wait, tail, labels, frames, creator).prop_map(|(state, wait, tail, labels, frames, creator)| {
        format!("[{state}{wait}{tail}]{labels}:\n{}{creator}", frames.join("\n"))
    })
}
