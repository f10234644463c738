//! The command from outside: output, exit codes, files.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use assert_cmd::Command;
use serde_json::Value;

/// Every input of the test data that is a profile or dump.
fn inputs() -> Vec<String> {
    let table = common::text("counts.tsv");
    table.lines().filter(|l| !l.starts_with('#')).filter_map(|l| Some(l.split_once('\t')?.0.to_owned())).collect()
}

fn unpark(width: usize) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unpark"));
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata"));
    command.env("COLUMNS", width.to_string()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn run(arguments: &[&str]) -> Output {
    unpark(80).args(arguments).output().expect("the command starts")
}

fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(arguments)).expect("JSON")
}

#[test]
fn json_is_valid_against_the_schema() {
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/report-v1.schema.json")).expect("schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let report = jsonschema::validator_for(&schema).expect("a schema");
    let check = |arguments: &[&str]| {
        let document = json(arguments);
        let errors: Vec<String> =
            report.iter_errors(&document).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(errors.is_empty(), "{arguments:?}: {errors:?}");
    };
    for input in inputs() {
        check(&["triage", "--format", "json", &input]);
    }
    check(&["triage", "--format", "json", "orders", "waits/go1.27.3/debug2.txt.gz", "-q"]);
    check(&["triage", "--format", "json", "--by", "label:tenant", "labels/go1.27.txt"]);
    for (before, after) in [
        ("orders/before.pb.gz", "orders/after.pb.gz"),
        ("orders/before.debug2.txt", "orders/after.debug2.txt"),
        ("orders/before.debug1.txt", "orders/after.debug2.txt"),
        ("series/before.pb.gz", "series/after.debug2.txt.gz"),
    ] {
        check(&["diff", "--format", "json", before, after]);
        check(&["diff", "--format", "json", "--by", "site", before, after]);
    }
    // Each line of ndjson is a group of the same schema.
    let mut group = schema.clone();
    let object = group.as_object_mut().expect("an object");
    object.retain(|key, _| matches!(key.as_str(), "$schema" | "$defs"));
    object.insert("$ref".into(), "#/$defs/Group".into());
    let group = jsonschema::validator_for(&group).expect("a schema");
    let lines = stdout(&["triage", "--format", "ndjson", "orders/crash.log"]);
    assert_eq!(lines.lines().count(), 6);
    for line in lines.lines() {
        assert!(group.is_valid(&serde_json::from_str(line).expect("JSON")), "{line}");
    }
    assert!(!report.is_valid(&serde_json::json!({"schema_version": 1})), "the schema refuses nothing");
}

/// The schema is made from the types: `UNPARK_WRITE_SCHEMA=1 cargo test` writes it anew.
#[test]
fn the_schema_in_the_repository_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/report-v1.schema.json");
    let made = serde_json::to_string_pretty(&unpark::report::Report::json_schema()).expect("JSON") + "\n";
    if std::env::var_os("UNPARK_WRITE_SCHEMA").is_some() {
        fs::write(path, &made).expect("writable");
    }
    assert!(fs::read_to_string(path).is_ok_and(|text| text == made), "run UNPARK_WRITE_SCHEMA=1 cargo test --test cli");
}

#[test]
fn two_runs_print_the_same_bytes() {
    for input in inputs() {
        for format in ["table", "json", "ndjson"] {
            let arguments = ["triage", "--format", format, "--top", "0", &input];
            assert_eq!(run(&arguments).stdout, run(&arguments).stdout, "{input} {format}");
        }
    }
    for format in ["table", "json"] {
        let arguments = ["diff", "--format", format, "series/before.debug2.txt.gz", "series/after.debug2.txt.gz"];
        assert_eq!(run(&arguments).stdout, run(&arguments).stdout);
    }
}

#[test]
fn totals_hold_over_formats_and_keys() {
    for input in ["orders/after.pb.gz", "waits/go1.24.11/debug1.txt.gz", "many-stacks/debug2.txt.gz"] {
        let report = json(&["triage", "--format", "json", input]);
        let total = report["summary"]["goroutines"].as_i64();
        let sum = |values: &mut dyn Iterator<Item = i64>| Some(values.sum());
        let groups = report["groups"].as_array().expect("groups");
        assert_eq!(sum(&mut groups.iter().filter_map(|g| g["count"].as_i64())), total);
        let by_state = report["summary"]["by_state"].as_object().expect("states");
        assert_eq!(sum(&mut by_state.values().filter_map(Value::as_i64)), total);
        for by in ["site", "entry", "creator", "package", "state", "label:none"] {
            let report = json(&["triage", "--format", "json", "--by", by, input]);
            let rows = report["aggregate"]["rows"].as_array().expect("rows");
            assert_eq!(sum(&mut rows.iter().filter_map(|r| r["count"].as_i64())), total, "{input} {by}");
        }
    }
}

#[test]
fn options_choose_groups_and_say_what_they_leave_out() {
    let count = |arguments: &[&str]| {
        let report = json(&[&["triage", "--format", "json", "orders/after.debug2.txt"], arguments].concat());
        (report["summary"]["goroutines"].as_i64(), report["snapshots"][0]["goroutines"].as_i64())
    };
    assert_eq!(count(&["--state", "chan send"]), (Some(425), Some(433)));
    assert_eq!(count(&["--state", "CHAN"]), (Some(429), Some(433)));
    assert_eq!(count(&["--state", "sleep", "--state", "IO wait"]), (Some(2), Some(433)));
    assert_eq!(count(&["--focus", r"\(\*pool\)"]), (Some(5), Some(433)));
    assert_eq!(count(&["--ignore", r"main\.price"]), (Some(8), Some(433)));
    assert_eq!(count(&["--focus", r"net/tcpsock"]), (Some(1), Some(433)));
    assert_eq!(count(&["--min-count", "4"]), (Some(429), Some(433)));
    assert_eq!(count(&["--min-wait", "1"]), (Some(0), Some(433)));
    let table = stdout(&["triage", "orders/after.debug2.txt", "--min-count", "4"]);
    assert!(table.contains("left out by your options: 4 groups with 4 goroutines"), "{table}");
    let table = stdout(&["triage", "orders/after.debug2.txt", "--top", "2"]);
    assert!(table.contains("… 1 more group with 1 goroutine"), "{table}");
    let waits = json(&["triage", "--format", "json", "--min-wait", "1", "many-stacks/debug2.txt.gz"]);
    let groups = waits["groups"].as_array().expect("groups");
    assert!(!groups.is_empty() && groups.iter().all(|g| g["wait_minutes"]["max"].as_u64() >= Some(1)));
}

/// crash.system.log.gz holds 440 goroutines where crash.log has 433: seven are the runtime's.
#[test]
fn the_runtimes_own_goroutines_are_folded() {
    let table = stdout(&["triage", "orders/crash.system.log.gz"]);
    assert!(table.contains("440 goroutines in"), "{table}");
    assert!(table.contains("the runtime's and the profiler's own goroutines: 7\n"), "{table}");
    assert!(!table.contains("GC sweep wait\n") && !table.contains("runtime.bgsweep"), "{table}");
    let table = stdout(&["diff", "orders/after.debug2.txt", "orders/crash.system.log.gz"]);
    // The goroutine that writes the earlier dump is one of them.
    assert!(table.contains("the runtime's and the profiler's own goroutines: 1 → 7\n"), "{table}");
    assert!(!table.contains("bgsweep"), "{table}");
}

/// Forms of one moment are one: ids and states from the text, the time from the proto.
#[test]
fn a_directory_is_a_series() {
    let report = json(&["trend", "--format", "json", "trend/ticker-no-stop"]);
    let snapshots = report["snapshots"].as_array().expect("snapshots");
    let totals: Vec<_> = snapshots.iter().map(|s| s["goroutines"].as_i64()).collect();
    assert_eq!(totals, [Some(40), Some(55), Some(76)]);
    assert!(snapshots.iter().all(|s| s["captured_at"].is_string() && s["format"] == "debug2"), "{snapshots:#?}");
    let finding = &report["findings"][0];
    assert_eq!((&finding["verdict"], &finding["counts"]), (&"likely".into(), &serde_json::json!([10, 25, 46])));
    let group = report["groups"].as_array().expect("groups").iter().find(|g| g["id"] == finding["groups"][0]);
    assert_eq!(group.map(|g| &g["trend"]["per"]), Some(&"minute".into()));
    let table = stdout(&["trend", "trend/ticker-no-stop"]);
    assert!(table.contains("moments  ▂▄█  10 → 46"), "{table}");
    assert!(table.contains("ten times as many in"), "{table}");
    assert_eq!(run(&["trend", "orders/crash.log"]).status.code(), Some(2));
}

/// A leak profile beside the others is no moment of the series.
#[test]
fn a_series_is_of_one_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for i in 1..=3 {
        let name = format!("s{i}.debug2.txt.gz");
        fs::copy(testdata.join("trend/ticker-no-stop").join(&name), folder.path().join(&name)).expect("copied");
    }
    fs::copy(testdata.join("leak-profile/debug0.pb.gz"), folder.path().join("s3.goroutineleak.pb.gz")).expect("copied");
    let name = folder.path().display().to_string();
    let report = json(&["trend", "--format", "json", &name]);
    assert_eq!(report["findings"][0]["counts"], serde_json::json!([10, 25, 46]));
    let said = run(&["trend", &name]).stderr;
    assert!(String::from_utf8_lossy(&said).contains("another kind of profile"));
}

/// What a process prints when it dies carries no time, and is its last: whatever its file is called.
#[test]
fn a_crash_is_the_last_of_a_series() {
    let folder = tempfile::tempdir().expect("a folder");
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for (from, to) in
        [("series/before.pb.gz", "t1.pb.gz"), ("series/after.pb.gz", "t2.pb.gz"), ("orders/crash.log", "crash.log")]
    {
        fs::copy(testdata.join(from), folder.path().join(to)).expect("copied");
    }
    let report = json(&["trend", "--format", "json", &folder.path().display().to_string()]);
    let formats: Vec<&str> =
        report["snapshots"].as_array().into_iter().flatten().filter_map(|s| s["format"].as_str()).collect();
    assert_eq!(formats, ["pprof", "pprof", "crash"]);
}

/// Against an earlier report only what is new or worse fails a build. 25 goroutines leaked at the second moment, 46 at the
/// third.
#[test]
fn only_what_is_new_or_worse_fails() {
    const SERIES: [&str; 3] = [
        "trend/ticker-no-stop/s1.debug2.txt.gz",
        "trend/ticker-no-stop/s2.debug2.txt.gz",
        "trend/ticker-no-stop/s3.debug2.txt.gz",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let baseline = folder.path().join("known.json").display().to_string();
    let known = run(&["diff", "--format", "json", "-o", &baseline, SERIES[0], SERIES[1]]);
    assert_eq!(known.status.code(), Some(0));
    let code = |args: &[&str]| run(args).status.code();
    let against =
        |after: &str, verdict: &str| code(&["diff", "--baseline", &baseline, "--fail-on", verdict, SERIES[0], after]);
    assert_eq!(code(&["diff", "--fail-on", "suspect", SERIES[0], SERIES[1]]), Some(1));
    assert_eq!((against(SERIES[1], "suspect"), against(SERIES[2], "suspect")), (Some(0), Some(1)));
    assert_eq!(against(SERIES[2], "likely"), Some(0), "two moments of receivers are no more than suspect");
    let report = json(&["trend", "--format", "json", "--baseline", &baseline, "trend/ticker-no-stop"]);
    let standing = &report["findings"][0]["baseline"];
    assert_eq!(standing, &serde_json::json!({"standing": "worse", "verdict": "suspect", "goroutines": 25}));
    let other = json(&["trend", "--format", "json", "--baseline", &baseline, "trend/fetchall-range"]);
    let whole = &other["baseline"];
    assert_eq!((&whole["new"], &whole["gone"][0]["goroutines"]), (&1.into(), &25.into()), "{whole:#}");
    let bad = run(&["triage", "--baseline", "testdata/README.md", "orders/crash.log"]);
    assert_eq!(bad.status.code(), Some(2));
}

/// No finding is no proof where the input can't show one.
#[test]
fn a_gate_says_what_it_cannot_tell() {
    let code = |args: &[&str]| run(args).status.code();
    let counted = ["patterns/ticker-loop/leaky.before.pb.gz"; 2];
    assert_eq!(code(&["diff", "--fail-on", "likely", counted[0], counted[1]]), Some(3));
    assert_eq!(code(&["diff", "--fail-on", "suspect", counted[0], counted[1]]), Some(0));
    assert_eq!(code(&["triage", "--fail-on", "leaked", "leak-profile/debug0.pb.gz"]), Some(1));
    let folder = tempfile::tempdir().expect("a folder");
    let cut = folder.path().join("cut.txt").display().to_string();
    fs::write(&cut, "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:3 +0x2\n\ngoroutine 7 [select]:\nmain.wo")
        .expect("written");
    assert_eq!(code(&["triage", "--fail-on", "leaked", &cut]), Some(3));
}

#[test]
fn labels_are_explained() {
    let list = stdout(&["explain"]);
    for label in ["timeout-leak", "http-client-body-unclosed", "## resources"] {
        assert!(list.contains(label), "{label} is not in\n{list}");
    }
    let page = stdout(&["explain", "rows-not-closed"]);
    assert!(page.contains("defer rows.Close()") && page.contains("- sql-rows-unclosed"), "{page}");
    assert!(stdout(&["explain", "sql-opener"]).contains("client-not-closed"));
    let unknown = run(&["explain", "time-out-leak"]);
    assert_eq!(unknown.status.code(), Some(2));
    let said = String::from_utf8_lossy(&unknown.stderr);
    assert!(said.contains("the nearest is timeout-leak"), "{said}");
}

/// A bad rule is told with file, line and column.
#[test]
fn rules_come_from_files_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let good = file(
        "good.toml",
        "[[signature]]\nid = \"mine\"\ntitle = \"my things\"\nentry = '^main\\.janitor$'\nscope = \"pool\"\nnormal = \"one\"\n",
    );
    let report = json(&["triage", "--format", "json", "--rules", &good, "orders/crash.log"]);
    let mine = report["groups"].as_array().expect("groups").iter().find(|g| g["signature"] == "mine");
    assert_eq!(mine.map(|g| (&g["verdict"], &g["count"])), Some((&"normal".into(), &1.into())));
    assert!(stdout(&["explain", "--rules", &good, "mine"]).contains("my things"));
    let bad = file("bad.toml", "[[signature]]\nid = \"mine\"\ntitle = \"t\"\n  frames = ['[']\n");
    let output = run(&["triage", "--rules", &bad, "orders/crash.log"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("bad.toml:4:3: signature mine: frames"), "{said}");
}

#[test]
fn whole_stacks_on_demand() {
    let table = stdout(&["triage", "orders/crash.log", "--full", "--state", "IO wait"]);
    for frame in ["internal/poll.runtime_pollWait", "net.(*TCPListener).Accept", "main.accept"] {
        assert!(table.contains(frame), "{frame} is not in\n{table}");
    }
}

#[test]
fn exit_codes() {
    let code = |arguments: &[&str]| run(arguments).status.code();
    assert_eq!(code(&["triage", "orders/crash.log"]), Some(0));
    assert_eq!(code(&["--help"]), Some(0));
    assert_eq!(code(&["triage"]), Some(2));
    assert_eq!(code(&["triage", "no/such/file"]), Some(2));
    assert_eq!(code(&["triage", "orders/crash.log", "--by", "colour"]), Some(2));
    assert_eq!(code(&["triage", "orders/crash.log", "--focus", "("]), Some(2));
    assert_eq!(code(&["triage", "-", "-"]), Some(2));
    assert_eq!(code(&["diff", "orders/before.pb.gz"]), Some(2));
    assert_eq!(code(&["diff", "orders/before.pb.gz", "not-goroutines/page.html"]), Some(2));
    assert_eq!(code(&["diff", "orders/before.pb.gz", "orders"]), Some(2));
    // One input can't be read: the other is reported all the same.
    let output = run(&["triage", "no/such/file", "orders/crash.log"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("433 goroutines"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such/file"));
}

/// Paths that are no plain files.
#[cfg(unix)]
#[test]
fn pipes_and_devices() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let writer = std::thread::spawn({
        let (pipe, dump) = (pipe.clone(), concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/crash/sigquit.txt"));
        move || fs::copy(dump, pipe)
    });
    let output = unpark(80).args(["triage", "--format", "json"]).arg(&pipe).output().expect("the command starts");
    writer.join().expect("the writer ends").expect("everything is read");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["summary"]["goroutines"], 13);

    let said = |arguments: &[&str]| {
        let output = run(arguments);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(said(&["triage", "/dev/null"]).contains("empty"));
    assert!(said(&["triage", "/dev/zero", "--max-input", "1MiB"]).contains("more than 1 MiB"));
    assert!(said(&["triage", folder.path().join("gone").to_str().expect("UTF-8")]).contains("No such file"));
    // Nobody may read it, but for root.
    let closed = folder.path().join("closed");
    fs::write(&closed, "goroutine 1 [select]:\n").expect("written");
    fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o0)).expect("closed");
    if fs::File::open(&closed).is_err() {
        assert!(said(&["triage", closed.to_str().expect("UTF-8")]).contains("ermission denied"));
    }
    // A link that leads nowhere is no file of its directory.
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink("/no/such/file", folder.path().join("a.txt")).expect("linked");
    assert!(said(&["triage", folder.path().to_str().expect("UTF-8")]).contains("holds no file"));
}

#[test]
fn what_is_no_profile_is_refused_with_its_name() {
    for (input, said) in [
        ("not-goroutines/block.pb.gz", "a profile of contentions, delay, not of goroutines"),
        ("not-goroutines/threadcreate.debug1.txt", "a threadcreate profile"),
        ("not-goroutines/race.txt", "a race detector's report"),
        ("not-goroutines/trace.bin", "an execution trace"),
        ("not-goroutines/page.html", "an HTML page"),
        ("crash/none.txt", "GOTRACEBACK=all"),
        ("README.md", "text without a goroutine in it"),
    ] {
        let output = run(&["triage", "--format", "json", input]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{input}");
        assert!(output.stdout.is_empty(), "{input}");
        assert!(stderr.contains(said), "{input}: {stderr}");
    }
    let output = unpark(80).args(["triage", "-"]).write_stdin("").output().expect("the command starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("empty"));
}

/// What a logger put before each line is taken away, and the reader is told.
#[test]
fn what_was_undone_is_said() {
    let prefixed: String = common::text("orders/crash.log").lines().map(|l| format!("app-1 | {l}\n")).collect();
    let output = unpark(80).args(["triage", "-"]).write_stdin(prefixed).output().expect("the command starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(said.contains("433 goroutines in") && said.contains("a prefix like \"app-1 |\""), "{said}");
    // No two lines of this one begin alike.
    let odd = |(i, l): (usize, &str)| format!("{}%{l}\n", "-+".repeat(i * 7919 % 97));
    let odd: String = common::text("orders/crash.log").lines().enumerate().map(odd).collect();
    let triage = |args: &[&str]| {
        let args = [&["triage", "-"], args].concat();
        unpark(80).args(args).write_stdin(odd.clone()).output().expect("the command starts")
    };
    let unknown = String::from_utf8_lossy(&triage(&[]).stdout).into_owned();
    assert!(!unknown.contains("433 goroutines in"), "{unknown}");
    let stripped = triage(&["--strip", "[^%]*%"]);
    assert!(String::from_utf8_lossy(&stripped.stdout).contains("433 goroutines in"), "{stripped:?}");
    assert_eq!(triage(&["--strip", "("]).status.code(), Some(2));
    assert_eq!(triage(&["--max-input", "12KB"]).status.code(), Some(2));
    assert!(String::from_utf8_lossy(&triage(&["--max-input", "12KB"]).stderr).contains("--max-input allows more"));
}

#[test]
fn standard_input_and_gzip_are_read_like_files() {
    let report = |bytes: Vec<u8>| {
        let output = unpark(80).args(["triage", "-", "--format", "json"]).write_stdin(bytes).output().expect("starts");
        assert!(output.status.success());
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["groups"].clone()
    };
    let plain = report(common::plain("series/after.pb.gz"));
    assert_eq!(plain, report(fs::read(common::path("series/after.pb.gz")).expect("test data")));
    let text = report(common::plain("many-stacks/debug2.txt.gz"));
    assert_eq!(text, report(fs::read(common::path("many-stacks/debug2.txt.gz")).expect("test data")));
}

#[test]
fn a_directory_is_its_files() {
    let folder = tempfile::tempdir().expect("a directory");
    for name in ["before.pb.gz", "after.pb.gz", "main.go"] {
        fs::copy(common::path("orders").join(name), folder.path().join(name)).expect("copied");
    }
    let output = unpark(80).args(["triage", "--format", "json"]).arg(folder.path()).output().expect("starts");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("main.go: no goroutine profile; left out"));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    // By the times that the profiles carry, not by name.
    let counts: Vec<_> =
        report["snapshots"].as_array().expect("two").iter().map(|s| s["goroutines"].as_i64()).collect();
    assert_eq!(counts, [Some(33), Some(433)]);
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("report.json");
    let mut command = unpark(80);
    let output =
        command.args(["triage", "orders/crash.log", "--format", "json", "-o"]).arg(&file).output().expect("starts");
    assert!(output.status.success() && output.stdout.is_empty());
    let written = fs::read(&file).expect("written");
    assert_eq!(written, run(&["triage", "orders/crash.log", "--format", "json"]).stdout);
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1, "nothing else is left behind");
    let nowhere = folder.path().join("none").join("report.json");
    let output = unpark(80).args(["triage", "orders/crash.log", "-o"]).arg(&nowhere).output().expect("starts");
    assert_eq!(output.status.code(), Some(2));
    let output = unpark(80).args(["triage", "no/such/file", "-o"]).arg(&file).output().expect("starts");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read(&file).expect("still there"), written);
}

#[test]
fn colours_only_where_wanted() {
    let output = run(&["diff", "orders/before.pb.gz", "orders/after.pb.gz"]);
    assert!(!output.stdout.contains(&0x1b), "a pipe is no terminal");
    let output = run(&["triage", "orders/crash.log", "--color", "always"]);
    assert!(output.stdout.contains(&0x1b));
    let output = run(&["triage", "orders/crash.log", "--color", "never"]);
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn names_from_an_input_cannot_touch_the_terminal() {
    let text = "goroutine 1 [chan send]:\nmain.\u{1b}]0;owned\u{7}\u{1b}[31mf()\n\t/x/\u{202e}og.niam:1 +0x1\n";
    for arguments in [&["triage", "-"][..], &["triage", "-", "--by", "site"], &["triage", "-", "--full"]] {
        let output = unpark(80).args(arguments).write_stdin(text).output().expect("starts");
        assert!(output.status.success());
        let shown = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
        assert!(shown.contains("\\u{1b}"), "{shown:?}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_unpark"))
        .args(["triage", "--top", "0", "--full"])
        .arg(common::path("many-stacks/debug2.txt.gz"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// No line is wider than the terminal, but for what can't be cut.
#[test]
fn tables_fit() {
    for width in [80, 120, 160] {
        for arguments in [
            &["triage", "many-stacks/debug2.txt.gz", "--top", "0"][..],
            &["triage", "waits/go1.27.3/debug0.pb.gz", "--top", "0"],
            &["triage", "orders", "-q"],
            &["diff", "series/before.debug2.txt.gz", "series/after.debug2.txt.gz"],
            &["diff", "series/before.pb.gz", "series/after.debug2.txt.gz"],
            &["triage", "many-stacks/debug2.txt.gz", "--by", "site"],
        ] {
            let output = unpark(width).args(arguments).output().expect("starts");
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            assert!(text.lines().count() > 3);
            for line in text.lines() {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                assert!(columns <= width, "{columns} columns of {width}: {line}");
            }
        }
    }
}

/// Whole outputs, read by a person when they change.
#[test]
fn outputs_as_people_see_them() {
    for width in [80, 160] {
        for (name, arguments) in [
            ("triage_crash", &["triage", "orders/crash.log"][..]),
            ("diff_text", &["diff", "orders/before.debug2.txt", "orders/after.debug2.txt"]),
            ("diff_proto_with_text", &["diff", "orders/before.pb.gz", "orders/after.debug2.txt"]),
            ("triage_by_package", &["triage", "waits/go1.27.3/debug2.txt.gz", "--by", "package"]),
            ("triage_several", &["triage", "labels/go1.27.txt"]),
            ("triage_full", &["triage", "orders/crash.log", "--full", "--top", "2"]),
            ("triage_signal", &["triage", "orders/crash.system.log.gz"]),
            ("trend", &["trend", "trend/ticker-no-stop"]),
        ] {
            let output = unpark(width).args(arguments).output().expect("starts");
            insta::assert_snapshot!(format!("{name}_{width}"), String::from_utf8_lossy(&output.stdout));
        }
    }
    insta::assert_snapshot!("help", String::from_utf8_lossy(&run(&["--help"]).stdout));
    insta::assert_snapshot!("help_triage", String::from_utf8_lossy(&run(&["triage", "--help"]).stdout));
}

/// What the README shows is what the commands print.
#[test]
fn the_readme_is_true() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README");
    let mut checked = 0;
    for block in readme.split("```console\n").skip(1).filter_map(|rest| rest.split("\n```").next()) {
        let (command, shown) = block.split_once('\n').expect("a command and its output");
        let words: Vec<&str> = command.strip_prefix("$ unpark ").expect("a command").split(' ').collect();
        let output = unpark(80).current_dir(env!("CARGO_MANIFEST_DIR")).args(words).output().expect("starts");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), shown.trim_end(), "{command}");
        checked += 1;
    }
    assert!(checked >= 2, "only {checked} commands in the README");
}
