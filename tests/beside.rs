//! Dumps beside each other: of several processes, whose ids say nothing about each other.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use assert_cmd::Command;
use unpark::classify::signature::Rules;
use unpark::model::Symbols;
use unpark::report::{Report, Verdict};

/// Senders whose makers are goroutines 5000 and up, and other goroutines with ids from `others` on.
fn dump(senders: usize, others: usize) -> String {
    let sender = |i: usize| {
        let parent = 5000 + i;
        format!(
            "goroutine {} [chan send]:\nmain.price.func1()\n\t/src/main.go:29 +0x1\n\
             created by main.price in goroutine {parent}\n\t/src/main.go:28 +0x1\n\n",
            100 + i
        )
    };
    let other = |i: usize| format!("goroutine {} [select]:\nmain.session()\n\t/src/session.go:7 +0x1\n\n", others + i);
    (0..senders).map(sender).chain((0..150).map(other)).collect()
}

fn triage(dumps: &[String]) -> Report {
    let mut symbols = Symbols::new();
    let snapshots =
        dumps.iter().flat_map(|dump| common::read(dump.as_str(), &mut symbols).expect("a dump")).collect::<Vec<_>>();
    common::triage_of(snapshots, &symbols, &Rules::built_in())
}

/// The sum counts all dumps, the evidence one, and says which.
#[test]
fn evidence_says_which_dump_it_is_of() {
    let report = triage(&[dump(20, 9000), dump(120, 9000), dump(30, 9000)]);
    let finding = report.findings.first().expect("a finding");
    assert_eq!((finding.goroutines, &finding.counts[..]), (170, &[20, 120, 30][..]));
    let texts: Vec<&str> = finding.evidence.iter().map(|evidence| evidence.text.as_str()).collect();
    assert!(texts[0].starts_with("120 goroutines (44 % of all) wait to send"), "120 of 270: {texts:#?}");
    assert_eq!(texts[1], "120 of them are in dump 2 of 3; what follows is about these");
    assert!(texts.iter().any(|text| text.starts_with("all 120 goroutines that made them have ended")), "{texts:#?}");

    let report = triage(&[dump(0, 9000), dump(120, 9000)]);
    assert_eq!(report.findings[0].evidence[1].text, "all of them are in dump 2 of 2");
    let report = triage(&[dump(120, 9000)]);
    assert!(report.findings[0].evidence.iter().all(|evidence| !evidence.text.contains("dump")));
}

/// Goroutines of another process that have the ids of those that made them don't keep them alive, nor does a larger dump hide
/// that they live.
#[test]
fn ids_of_one_process_say_nothing_about_another() {
    let verdict = |dumps: &[String]| triage(dumps).findings.first().map(|finding| finding.verdict);
    // Makers 5000 to 5119 are alive in the other dump only.
    assert_eq!(verdict(&[dump(120, 9000), dump(0, 5000)]), Some(Verdict::Likely));
    // And in their own.
    assert_eq!(verdict(&[dump(120, 5000), dump(0, 9000)]), Some(Verdict::Suspect));
}

/// With `--by` too each dump has its column. The two files hold 433 and 33 goroutines, 425 and 25 of them at main.go:29.
#[test]
fn totals_have_a_column_for_each_dump() {
    let mut unpark = Command::new(env!("CARGO_BIN_EXE_unpark"));
    let files = ["orders/after.debug2.txt", "orders/before.debug2.txt"].map(common::path);
    let output = unpark.env("COLUMNS", "80").arg("triage").args(files).args(["--by", "state"]).output();
    let table = String::from_utf8(output.expect("it starts").stdout).expect("UTF-8");
    let rows: Vec<String> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for row in ["COUNT #1 #2 GROUPS STATE", "450 425 25 1 chan send"] {
        assert!(rows.contains(&row.to_owned()), "{row}:\n{table}");
    }
}
