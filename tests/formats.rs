//! Every format of one run says the same: counts, verdicts, order, exit codes.

#![allow(clippy::expect_used, missing_docs)]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn run(arguments: &[&str], format: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unpark"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")).env("COLUMNS", "200");
    command.args(arguments).args(["--format", format, "--top", "0"]).output().expect("the command starts")
}

fn text(arguments: &[&str], format: &str) -> String {
    String::from_utf8(run(arguments, format).stdout).expect("UTF-8")
}

fn json(arguments: &[&str], format: &str) -> Value {
    serde_json::from_str(&text(arguments, format)).expect("JSON")
}

const RUNS: [&[&str]; 9] = [
    &["triage", "orders/crash.log"],
    &["triage", "waits/go1.27.3/debug2.txt.gz"],
    &["triage", "leak-profile/debug0.pb.gz"],
    &["triage", "crash/sigquit.txt", "crash/cgo.txt"],
    &["diff", "orders/before.debug2.txt", "orders/after.debug2.txt"],
    &["diff", "series/before.pb.gz", "series/after.pb.gz"],
    &["trend", "trend/fetchall-range"],
    &["diff", "orders/before.pb.gz", "orders/after.debug2.txt"],
    &["triage", "many-stacks/debug2.txt.gz"],
];

/// Verdict, share of sureness in percent, goroutines: of each finding, in order.
fn headings(text: &str, marker: &str) -> Vec<(String, u64, i64)> {
    let number = |text: &str| text.replace(',', "").parse().expect("a number");
    let heading = |line: &str| {
        let line = line.strip_prefix(marker)?;
        let (verdict, rest) = line.split_once(" (")?;
        let is_verdict = ["LEAKED", "LIKELY", "SUSPECT"].contains(&verdict);
        let (percent, rest) = is_verdict.then(|| rest.split_once(" %)"))??;
        let count = rest.trim_start_matches([':', ' ', '+']).split(' ').next()?;
        Some((verdict.to_lowercase(), percent.parse().ok()?, number(count)))
    };
    text.lines().filter_map(heading).collect()
}

#[test]
fn findings_are_the_same_in_all() {
    let mut all = 0;
    for arguments in RUNS {
        let report = json(arguments, "json");
        let findings = report["findings"].as_array().expect("findings");
        let expected: Vec<(String, u64, i64)> = findings
            .iter()
            .map(|finding| {
                let percent = (finding["confidence"].as_f64().expect("a number") * 100.0).round() as u64;
                let verdict = finding["verdict"].as_str().expect("a word").to_owned();
                (verdict, percent, finding["goroutines"].as_i64().expect("a number"))
            })
            .collect();
        all += expected.len();
        assert_eq!(headings(&text(arguments, "table"), ""), expected, "table of {arguments:?}");
        assert_eq!(headings(&text(arguments, "markdown"), "### "), expected, "markdown of {arguments:?}");
        let sarif = json(arguments, "sarif");
        let results = sarif["runs"][0]["results"].as_array().expect("results");
        for (result, finding) in results.iter().zip(findings) {
            assert_eq!(result["partialFingerprints"]["unparkFinding/v1"], finding["id"]);
            for field in ["verdict", "confidence", "goroutines", "delta"] {
                assert_eq!(result["properties"][field], finding[field], "{field} of {arguments:?}");
            }
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["region"]["startLine"], finding["site"]["line"]);
        }
        assert_eq!(results.len(), findings.len());
        let lines: Vec<Value> =
            text(arguments, "ndjson").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(&lines, report["groups"].as_array().expect("groups"), "ndjson of {arguments:?}");
    }
    assert!(all > 10, "{all} findings");
}

#[test]
fn exit_codes_are_the_same_in_all() {
    for (arguments, code) in [
        (&["triage", "orders/crash.log", "--fail-on", "likely"][..], 1),
        (&["triage", "orders/crash.log", "--fail-on", "leaked"], 0),
        (&["triage", "orders/crash.log"], 0),
        (&["triage", "no/such/file"], 2),
        (&["diff", "orders/before.pb.gz", "orders/before.pb.gz", "--fail-on", "likely"], 3),
    ] {
        for format in ["table", "json", "ndjson", "markdown", "sarif", "html"] {
            assert_eq!(run(arguments, format).status.code(), Some(code), "{format} of {arguments:?}");
        }
    }
}

/// The published schema, its descriptions left out.
#[test]
fn sarif_is_valid() {
    let schema = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/sarif-2.1.0.schema.json"));
    let schema: Value = serde_json::from_slice(&schema.expect("there")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.0.0", "runs": [] })));
    for arguments in RUNS {
        for roots in [&[][..], &["--source-root", "example.com/orders"]] {
            let log = json(&[arguments, roots].concat(), "sarif");
            let errors: Vec<String> =
                validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{arguments:?}: {errors:?}");
        }
    }
}

/// A thousand findings' worth of text doesn't fit: what is left out is counted.
#[test]
fn markdown_is_short_enough() {
    let mut dump = String::new();
    for n in 0..3000 {
        let name = format!("example.com/app/{}.step{n}", "very/long/".repeat(n % 30));
        dump +=
            &format!("goroutine {n} [chan send (nil chan), 90 minutes]:\n{name}(0x1)\n\t/src/{name}.go:{n} +0x1\n\n");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_unpark"));
    let output = command.args(["triage", "-", "--format", "markdown", "--top", "0"]).write_stdin(dump).output();
    let text = String::from_utf8(output.expect("the command starts").stdout).expect("UTF-8");
    assert!((60_000..=65_536).contains(&text.len()), "{}", text.len());
    assert!(text.starts_with("<!-- unpark report -->\n"));
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    let last = text.lines().last().expect("lines");
    assert!(last.starts_with("_Not shown: ") && last.contains("more group"), "{last}");
}

/// Names that are markup, links, mentions, tags, ends of code.
#[test]
fn hostile_names_are_only_text() {
    let name = "main.<img/src=x>`@team|[x](javascript:1)#1&lt;</details>";
    let dump = format!(
        "goroutine 1 [chan send (nil chan), 90 minutes]:\n{name}(0x1)\n\t/src/```{name}.go:7 +0x1\ncreated by {name}\n\t/x.go:1 +0x1\n\n"
    );
    let report = |format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unpark"));
        let output = command.args(["triage", "-", "--format", format]).write_stdin(dump.clone()).output();
        String::from_utf8(output.expect("the command starts").stdout).expect("UTF-8")
    };
    let markdown = report("markdown");
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if ticks.len() >= open.len() && line == ticks => fence = None,
            Some(_) => continue,
            None if ticks.len() >= 3 && line == ticks => fence = Some(ticks),
            None => {}
        }
        // Outside of code nothing of the name may stand as it is.
        let outside: String = line.split("``").step_by(2).collect();
        assert!(!outside.contains("<img") && !outside.contains("@team") && !outside.contains("[x](j"), "{line}");
    }
    assert!(fence.is_none() && markdown.contains("@team"), "{markdown}");
    let sarif: Value = serde_json::from_str(&report("sarif")).expect("JSON");
    let uri = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert!(uri.as_str().expect("a URI").starts_with("file:///src/%60%60%60main.%3Cimg/src%3Dx%3E"), "{uri}");
}
