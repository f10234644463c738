//! The programs of `testdata/patterns` with their source at hand: the cause, the line to change and the fix that a person finds
//! by reading `main.go`. Other versions of the source tell nothing.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// What reading a program tells of one of its leaks.
struct Leak {
    pattern: &'static str,
    /// The function and line that block; of an errgroup, those of the call of Wait.
    function: &'static str,
    blocks: u64,
    /// The line to change.
    culprit: u64,
    /// A part of the sentence that shows it.
    evidence: &'static str,
    /// A part of the fix.
    fix: &'static str,
}

#[rustfmt::skip]
const LEAKS: &[Leak] = &[
    Leak { pattern: "ctx-ignored", function: "run", blocks: 55, culprit: 55,
        evidence: "leaves the loop at main.go:54 and none looks at ctx", fix: "at main.go:55 add case <-ctx.Done(): return" },
    Leak { pattern: "consumer-gone", function: "run", blocks: 38, culprit: 50,
        evidence: "t.lines is received from a fixed number of times, at main.go:50", fix: "at main.go:38 select { case t.lines <- …" },
    Leak { pattern: "ticker-loop", function: "heartbeat", blocks: 35, culprit: 35,
        evidence: "the loop over s.tick.C at main.go:35 has no other end", fix: "select { case <-s.tick.C: …" },
    Leak { pattern: "never-sent", function: "lookup", blocks: 59, culprit: 57,
        evidence: "the only send to addrs, at main.go:57, can be missed: return at main.go:55", fix: "defer close(addrs)" },
    Leak { pattern: "recursive-spawn", function: "next", blocks: 41, culprit: 58,
        evidence: "starts goroutines of itself at main.go:58", fix: "instead of the go statement at main.go:58" },
    Leak { pattern: "premature-return", function: "checkout", blocks: 49, culprit: 52,
        evidence: "return 0, errSuspended at main.go:52 leaves before the receive at main.go:54", fix: "a buffer of 1 at main.go:47" },
    Leak { pattern: "timeout-leak", function: "fetchQuote", blocks: 42, culprit: 40,
        evidence: "the select at main.go:45 goes on without it when its context ends", fix: "a buffer of 1 at main.go:40" },
    Leak { pattern: "ncast", function: "firstReplica", blocks: 44, culprit: 41,
        evidence: "answers is received from once, at main.go:47", fix: "main.go:41 room for every sender (len(replicas))" },
    Leak { pattern: "range-without-close", function: "write", blocks: 41, culprit: 54,
        evidence: "the range over rows at main.go:41 ends when it is closed, and nothing closes it", fix: "defer close in (*importer).load" },
    Leak { pattern: "lock-convoy", function: "get", blocks: 33, culprit: 38,
        evidence: "taken at main.go:33, while it waits at main.go:38: r.fetch(pair)", fix: "in (*rates).get: call before the lock is taken" },
    Leak { pattern: "double-send", function: "read", blocks: 62, culprit: 60,
        evidence: "after the send at main.go:60 it goes on to the one at main.go:62", fix: "return after the send at main.go:60" },
    Leak { pattern: "first-error-return", function: "search", blocks: 56, culprit: 62,
        evidence: "return 0, a.err at main.go:62 leaves the loop that receives", fix: "main.go:53 room for every sender (len(x.shards))" },
    Leak { pattern: "contract-violation", function: "run", blocks: 47, culprit: 40,
        evidence: "only (*meter).Stop at main.go:57 closes stop", fix: "defer the call of (*meter).Stop" },
    Leak { pattern: "not-drained", function: "follow", blocks: 42, culprit: 52,
        evidence: "the loop at main.go:47 that receives leaves by return at main.go:52", fix: "at main.go:42 select { case t.lines <- …" },
    Leak { pattern: "semaphore-not-released", function: "render", blocks: 38, culprit: 40,
        evidence: "return errEmpty at main.go:40 leaves (*thumbnailer).render", fix: "after the send at main.go:38: defer func() { <-t.slots }()" },
    Leak { pattern: "double-lock", function: "total", blocks: 43, culprit: 43,
        evidence: "(*cart).checkout at main.go:49 took c.mu", fix: "instead of locking again at main.go:43" },
    Leak { pattern: "double-lock", function: "add", blocks: 56, culprit: 43,
        evidence: "(*cart).checkout takes it at main.go:49", fix: "don't lock again at main.go:43" },
    Leak { pattern: "lock-order", function: "kick", blocks: 42, culprit: 52,
        evidence: "(*member).leave takes them the other way round, at main.go:49 and main.go:52", fix: "take r.mu and m.mu in one order" },
    Leak { pattern: "lock-order", function: "leave", blocks: 52, culprit: 42,
        evidence: "(*room).kick takes them the other way round, at main.go:39 and main.go:42", fix: "take m.mu and r.mu in one order" },
    Leak { pattern: "missing-unlock", function: "lookup", blocks: 34, culprit: 37,
        evidence: "return \"\", errUnknown at main.go:37 leaves (*registry).lookup", fix: "defer the unlock right after main.go:34" },
    Leak { pattern: "rwmutex-upgrade", function: "refresh", blocks: 46, culprit: 46,
        evidence: "(*profile).rank at main.go:37 took p.mu: the goroutine holds it for reading", fix: "RUnlock before Lock at main.go:46" },
    Leak { pattern: "rwmutex-upgrade", function: "title", blocks: 52, culprit: 46,
        evidence: "(*profile).rank takes it at main.go:37", fix: "RUnlock before Lock at main.go:46" },
    Leak { pattern: "lock-and-channel", function: "publish", blocks: 37, culprit: 37,
        evidence: "it sends to r.events while it holds r.mu, which it took at main.go:34", fix: "send after r.mu is unlocked" },
    Leak { pattern: "lock-and-channel", function: "deliver", blocks: 53, culprit: 37,
        evidence: "(*room).publish holds the lock, taken at main.go:34, while it waits at main.go:37", fix: "in (*room).publish: wait for the channel after" },
    Leak { pattern: "waitgroup-never-done", function: "broadcast", blocks: 43, culprit: 37,
        evidence: "return at main.go:37 leaves before wg.Done() at main.go:40", fix: "defer wg.Done() as the goroutine's first statement" },
    Leak { pattern: "errgroup-misuse", function: "importRows", blocks: 47, culprit: 47,
        evidence: "when the receiver leaves by return err at main.go:81", fix: "at main.go:47 select { case next <- …" },
    Leak { pattern: "errgroup-misuse", function: "importRows", blocks: 54, culprit: 54,
        evidence: "Wait waits for all members of g", fix: "let every member wait for ctx.Done() too" },
    Leak { pattern: "cond-missed-signal", function: "await", blocks: 48, culprit: 48,
        evidence: "a signal (at main.go:41) that came before is lost", fix: "for !ready { q.cond.Wait() }" },
    Leak { pattern: "sleep-loop", function: "refill", blocks: 31, culprit: 31,
        evidence: "the loop at main.go:30 (for) sleeps", fix: "instead of sleeping at main.go:31" },
    Leak { pattern: "retry-spawn", function: "deliver", blocks: 37, culprit: 43,
        evidence: "waits at main.go:37 and starts another of itself at main.go:43", fix: "a loop instead of the go statement at main.go:43" },
];

/// The output for a pattern's profiles, with the source in a directory or without.
fn diff(pattern: &str, files: &str, source: Option<&Path>, format: &str) -> String {
    let folder = common::path("patterns").join(pattern);
    let (variant, form) = files.split_once('.').expect("a variant and a form");
    let file = |moment: &str| folder.join(format!("{variant}.{moment}.{form}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_unpark"));
    command.env("COLUMNS", "200").arg("diff").args([file("before"), file("after")]).args(["--format", format]);
    if let Some(source) = source {
        command.arg("--path-map").arg(format!("example.com/{pattern}={}", source.display()));
    }
    let output = command.output().expect("the command starts");
    assert!(output.status.success(), "{pattern}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(pattern: &str, files: &str, source: Option<&Path>) -> Value {
    serde_json::from_str(&diff(pattern, files, source, "json")).expect("JSON")
}

fn own_source(pattern: &str) -> std::path::PathBuf {
    common::path("patterns").join(pattern)
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().expect("findings")
}

/// The finding whose goroutines block at a line.
fn finding<'r>(report: &'r Value, blocks: u64) -> Option<&'r Value> {
    let lines = |finding: &'r Value| {
        let excerpts = finding["source"]["excerpts"].as_array().into_iter().flatten();
        excerpts.flat_map(|excerpt| excerpt["lines"].as_array().into_iter().flatten())
    };
    let is_there = |line: &Value| {
        line["line"] == blocks
            && line["roles"].as_array().is_some_and(|roles| roles.iter().any(|role| role == "blocks"))
    };
    findings(report).iter().find(|finding| lines(finding).any(is_there))
}

/// What is wrong with what a report says of a leak.
fn fault(report: &Value, leak: &Leak) -> Option<String> {
    let Some(finding) = finding(report, leak.blocks) else { return Some("not found".into()) };
    let culprit = &finding["source"]["culprit"];
    let file = format!("example.com/{}/main.go", leak.pattern);
    let evidence = finding["evidence"].as_array().expect("evidence");
    let says =
        |one: &Value| one["kind"] == "source" && one["text"].as_str().is_some_and(|text| text.contains(leak.evidence));
    let right = finding["pattern"] == leak.pattern
        && finding["candidates"][0] == leak.pattern
        && culprit["line"] == leak.culprit
        && culprit["file"] == file.as_str()
        && evidence.iter().any(says)
        && finding["remedy"].as_str().is_some_and(|fix| fix.contains(leak.fix));
    (!right).then(|| format!("{finding:#}"))
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_source_tells_the_cause_and_the_line_to_change() {
    let mut faults = Vec::new();
    for leaks in LEAKS.chunk_by(|one, next| one.pattern == next.pattern) {
        let pattern = leaks[0].pattern;
        let report = json(pattern, "leaky.debug2.txt", Some(&own_source(pattern)));
        for leak in leaks {
            faults.extend(fault(&report, leak).map(|fault| format!("{pattern}, line {}: {fault}", leak.blocks)));
        }
    }
    assert_none(&faults);
}

/// Patterns whose lines tell the cause also where no `go` statement is named.
const COUNTED: [&str; 9] = [
    "ctx-ignored",
    "premature-return",
    "ncast",
    "double-send",
    "semaphore-not-released",
    "not-drained",
    "first-error-return",
    "cond-missed-signal",
    "timeout-leak",
];

#[test]
fn counted_profiles_tell_the_same_cause() {
    let mut faults = Vec::new();
    for leak in LEAKS.iter().filter(|leak| COUNTED.contains(&leak.pattern)) {
        for form in ["leaky.pb.gz", "leaky.debug1.txt"] {
            let report = json(leak.pattern, form, Some(&own_source(leak.pattern)));
            faults.extend(fault(&report, leak).map(|fault| format!("{} of {form}: {fault}", leak.pattern)));
        }
    }
    assert_none(&faults);
}

/// `write` is started in `load` and in `loadAndClose`, which closes: where the profile doesn't say by which, nothing is known.
#[test]
fn two_callers_are_not_mixed_up() {
    let pattern = "range-without-close";
    let report = json(pattern, "leaky.pb.gz", Some(&own_source(pattern)));
    let [finding] = findings(&report) else { panic!("{report:#}") };
    assert_eq!((&finding["pattern"], &finding["candidates"][0]), (&Value::Null, &pattern.into()));
    assert_eq!(finding["source"]["culprit"], Value::Null);
}

#[test]
fn the_table_prints_the_evidence_and_the_fix() {
    let mut faults = Vec::new();
    for pattern in ["double-send", "lock-order", "errgroup-misuse"] {
        let table = diff(pattern, "leaky.debug2.txt", Some(&own_source(pattern)), "table");
        let words = table.split_whitespace().collect::<Vec<_>>().join(" ");
        for leak in LEAKS.iter().filter(|leak| leak.pattern == pattern) {
            let wanted = [leak.evidence, leak.fix];
            faults.extend(wanted.iter().filter(|part| !words.contains(*part)).map(|part| format!("{part}\n{table}")));
        }
    }
    assert_none(&faults);
}

/// Where only the standard library's frames are left, the source adds nothing and takes nothing away; where a timer ends the
/// wait, nothing is found.
#[test]
fn what_has_no_line_of_its_own_stays_as_it_is() {
    for pattern in ["lost-cancel", "timer-after-loop"] {
        let told = json(pattern, "leaky.debug2.txt", Some(&own_source(pattern)));
        let without = json(pattern, "leaky.debug2.txt", None);
        let named = |report: &Value| -> Vec<String> {
            findings(report).iter().map(|finding| format!("{} {}", finding["pattern"], finding["verdict"])).collect()
        };
        assert_eq!(named(&told), named(&without), "{pattern}");
        assert_eq!(named(&told).len(), usize::from(pattern == "lost-cancel"), "{pattern}");
    }
}

/// A nil channel is proof by itself: the source's guess at another cause is not shown as the line to change.
#[test]
fn proof_goes_before_the_source() {
    let report = json("nil-channel", "leaky.debug2.txt", Some(&own_source("nil-channel")));
    assert_eq!(findings(&report).len(), 2);
    for finding in findings(&report) {
        assert_eq!((&finding["pattern"], &finding["verdict"]), (&"nil-channel".into(), &"leaked".into()));
        assert_eq!(finding["source"]["culprit"], Value::Null);
        assert!(!finding["source"].to_string().contains("culprit\","), "{finding:#}");
    }
}

#[test]
fn the_same_programs_without_the_fault_are_healthy_with_source_too() {
    let mut faults = Vec::new();
    let folders = fs::read_dir(common::path("patterns")).expect("a folder");
    let mut patterns: Vec<String> =
        folders.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    patterns.sort();
    for pattern in patterns {
        let report = json(&pattern, "fixed.debug2.txt", Some(&own_source(&pattern)));
        faults.extend(findings(&report).iter().map(|finding| format!("{pattern}: {finding:#}")));
    }
    assert_none(&faults);
}

/// A pattern's source, changed, in a directory of its own.
fn changed(pattern: &str, change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(own_source(pattern).join("main.go")).expect("readable");
    fs::write(folder.path().join("main.go"), change(&text)).expect("written");
    folder
}

fn warns_of_change(report: &Value) -> bool {
    let warnings = report["snapshots"].as_array().into_iter().flatten().flat_map(|one| one["warnings"].as_array());
    warnings.flatten().any(|warning| warning["code"] == "source-changed")
}

/// Each finding's goroutines, pattern, verdict and fix.
fn conclusions(report: &Value) -> Vec<String> {
    let words = |finding: &Value| {
        format!("{} {} {} {}", finding["groups"], finding["pattern"], finding["verdict"], finding["remedy"])
    };
    findings(report).iter().map(words).collect()
}

/// What is wrong where the source is another version of what ran.
fn concluded_from(pattern: &str, source: &Path, without: &Value) -> Option<String> {
    let report = json(pattern, "leaky.debug2.txt", Some(source));
    let (now, before) = (conclusions(&report), conclusions(without));
    let is_right = warns_of_change(&report) && now == before;
    (!is_right).then(|| format!("warns: {}\n{now:#?}\ninstead of\n{before:#?}", warns_of_change(&report)))
}

#[test]
fn nothing_is_concluded_from_shifted_lines() {
    let mut faults = Vec::new();
    for leaks in LEAKS.chunk_by(|one, next| one.pattern == next.pattern) {
        let pattern = leaks[0].pattern;
        let without = json(pattern, "leaky.debug2.txt", None);
        for by in [1, 2, 5] {
            let folder = changed(pattern, |text| format!("{}{text}", "// A line more.\n".repeat(by)));
            let fault = concluded_from(pattern, folder.path(), &without);
            faults.extend(fault.map(|fault| format!("{pattern} by {by}: {fault}")));
        }
    }
    assert_none(&faults);
}

#[test]
fn nothing_is_concluded_from_another_function() {
    let mut faults = Vec::new();
    for leaks in LEAKS.chunk_by(|one, next| one.pattern == next.pattern) {
        let pattern = leaks[0].pattern;
        let without = json(pattern, "leaky.debug2.txt", None);
        let folder = changed(pattern, |text| {
            leaks.iter().fold(text.to_owned(), |text, leak| {
                let name = regex::Regex::new(&format!(r"\b{}\(", leak.function)).expect("a pattern");
                name.replace_all(&text, format!("{}Renamed(", leak.function)).into_owned()
            })
        });
        let fault = concluded_from(pattern, folder.path(), &without);
        faults.extend(fault.map(|fault| format!("{pattern}: {fault}")));
    }
    assert_none(&faults);
}
