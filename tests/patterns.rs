//! Each leak pattern has a folder in `testdata/patterns`: a Go program that leaks so and its twin that doesn't, profiles of
//! both at two moments, and `case.toml`, written from reading the program: which goroutines wait where, and how many.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use unpark::classify::signature::Rules;
use unpark::report::{Group, Report, Verdict};

/// What a folder's program does.
#[derive(Deserialize)]
struct Case {
    pattern: String,
    culprit: Vec<Culprit>,
}

/// Goroutines of one stack.
#[derive(Deserialize)]
struct Culprit {
    site: String,
    state: String,
    before: i64,
    after: i64,
    role: String,
}

fn cases() -> Vec<(PathBuf, Case)> {
    let mut folders: Vec<PathBuf> = fs::read_dir(common::path("patterns"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    let case = |folder: PathBuf| {
        let text = fs::read_to_string(folder.join("case.toml")).expect("a case.toml");
        let case: Case = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        assert!(folder.ends_with(&case.pattern));
        (folder, case)
    };
    folders.into_iter().map(case).collect()
}

fn diff(folder: &std::path::Path, variant: &str, form: &str, rules: &Rules) -> Report {
    let file = |moment: &str| folder.join(format!("{variant}.{moment}.{form}"));
    common::diff(&file("before"), &file("after"), rules)
}

/// A culprit's groups: in formats that hide it, `chan op` may stand for either.
fn groups<'r>(report: &'r Report, culprit: &Culprit) -> Vec<&'r Group> {
    let state = |group: &Group| {
        let detail = &group.state_detail;
        let mark = match (detail.nil_channel, detail.no_cases) {
            (Some(true), _) => " (nil chan)",
            (_, Some(true)) => " (no cases)",
            _ => "",
        };
        format!("{}{mark}", group.state)
    };
    let fits = |group: &&Group| {
        group.site.as_ref().is_some_and(|site| site.function == culprit.site) && state(group) == culprit.state
    };
    report.groups.iter().filter(fits).collect()
}

#[test]
fn every_pattern_is_found_by_two_moments() {
    let rules = Rules::built_in();
    let (mut all, mut faults) = (0, Vec::new());
    for (folder, case) in cases() {
        let report = diff(&folder, "leaky", "debug2.txt", &rules);
        for culprit in case.culprit.iter().filter(|culprit| culprit.role != "collateral") {
            all += 1;
            let what = format!("{}: {} [{}]", case.pattern, culprit.site, culprit.state);
            faults.extend(fault(&report, culprit, &case.pattern).map(|fault| format!("{what}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(all >= 43, "{all}");
}

/// What is wrong with what a report says of a culprit.
fn fault(report: &Report, culprit: &Culprit, pattern: &str) -> Option<String> {
    let found = groups(report, culprit);
    let sum = |at: usize| -> i64 { found.iter().map(|group| group.counts[at]).sum() };
    if (sum(0), sum(1)) != (culprit.before, culprit.after) {
        return Some(format!("{} and {} goroutines", sum(0), sum(1)));
    }
    let verdicts: Vec<_> = found.iter().map(|group| (group.verdict, &group.evidence)).collect();
    if culprit.role == "none" {
        return found.iter().any(|group| group.verdict.is_finding()).then(|| format!("{verdicts:#?}"));
    }
    // One that holds the others up doesn't grow: it is named in their finding.
    if culprit.after == 1 {
        let mut evidence = report.findings.iter().flat_map(|finding| &finding.evidence);
        let named = evidence.any(|evidence| evidence.text.contains(short(&culprit.site)));
        return (!named).then(|| format!("is not named: {:#?}", report.findings));
    }
    if !found.iter().all(|group| group.verdict.is_finding()) {
        return Some(format!("{verdicts:#?}"));
    }
    let largest = found.iter().max_by_key(|group| group.count)?;
    if culprit.role == "culprit" && !largest.candidates.iter().any(|id| id == pattern) {
        return Some(format!("candidates are {:?}", largest.candidates));
    }
    let finding = report.findings.iter().find(|finding| finding.groups.contains(&largest.id));
    let good = finding.is_some_and(|finding| finding.remedy.is_some() && finding.evidence.len() >= 2);
    (!good).then(|| format!("{finding:#?}"))
}

/// `main.(*pool).work` as sentences have it.
fn short(function: &str) -> &str {
    function.rsplit('/').next().unwrap_or(function)
}

#[test]
fn the_same_programs_without_the_fault_are_healthy() {
    let rules = Rules::built_in();
    let mut faults = Vec::new();
    for (folder, case) in cases() {
        let file = |moment: &str| folder.join(format!("fixed.{moment}.debug2.txt"));
        let both = common::diff(&file("before"), &file("after"), &rules);
        for report in [both, common::triage(&file("before"), &rules), common::triage(&file("after"), &rules)] {
            let told = report.findings.iter().map(|f| (f.title.clone(), f.verdict, f.goroutines, f.evidence.clone()));
            faults.extend(told.map(|told| format!("{} {:?}: {told:#?}", case.pattern, report.command)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Formats without goroutine ids can't tell who stayed: growth is worth a look there, never more.
#[test]
fn counted_profiles_tell_what_they_can() {
    let rules = Rules::built_in();
    let (mut found, mut all) = (0, 0);
    for (folder, case) in cases() {
        for form in ["pb.gz", "debug1.txt"] {
            let report = diff(&folder, "leaky", form, &rules);
            for culprit in case.culprit.iter().filter(|c| c.role == "culprit" && c.after > 1) {
                let groups = groups(&report, culprit);
                all += 1;
                found += i32::from(!groups.is_empty() && groups.iter().all(|group| group.verdict.is_finding()));
                let proof = culprit.state.contains('(');
                let worst = if proof { Verdict::Leaked } else { Verdict::Suspect };
                assert!(groups.iter().all(|group| group.verdict >= worst), "{}", case.pattern);
            }
        }
    }
    assert!(found * 10 >= all * 9, "{found} of {all}");
}
