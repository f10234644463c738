//! Three moments and more: leaks against pools that fill and sessions that last. `testdata/trend` holds services whose authors
//! say what leaks (a worker for each request that ranges over a ticker; handlers that range over a channel that nobody
//! closes; readers of connections that a request opened and nobody closes; query results that nobody closes; expressions
//! that nobody answers; tries that start the next; loops that ask again and again) and what doesn't (a pool that warms up, websocket sessions).

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::fs;

use unpark::classify::signature::Rules;
use unpark::model::Symbols;
use unpark::report::{self, Group, Report, Selection, Verdict, Wanted};

fn trend_of(dumps: &[Vec<u8>]) -> Report {
    let (mut symbols, rules) = (Symbols::new(), Rules::built_in());
    let snapshots = dumps
        .iter()
        .map(|dump| common::read(dump.clone(), &mut symbols).expect("a dump").pop().expect("a snapshot"))
        .collect();
    report::trend(
        snapshots,
        &symbols,
        Wanted { rules: &rules, selection: &Selection::default(), by: None, labels: true, frames: true, source: None },
    )
}

fn series(case: &str) -> Report {
    let dump = |i: u32| fs::read(common::path(&format!("trend/{case}/s{i}.debug2.txt.gz"))).expect("test data");
    trend_of(&[dump(1), dump(2), dump(3)])
}

fn at<'r>(report: &'r Report, site: &str) -> &'r Group {
    let here = |group: &&Group| group.site.as_ref().is_some_and(|s| s.function.ends_with(site)) && group.count > 1;
    report.groups.iter().find(here).unwrap_or_else(|| panic!("no group at {site}"))
}

#[test]
fn what_piles_up_and_is_left_behind_is_likely() {
    for (case, site, counts) in [
        ("ticker-no-stop", "monitor.(*Svc).StartMonitor.func1", [10, 25, 46]),
        ("fetchall-range", "crawler.(*Svc).FetchAll", [10, 25, 46]),
    ] {
        let report = series(case);
        let group = at(&report, site);
        assert_eq!(group.counts, counts, "{case}");
        assert_eq!(group.verdict, Verdict::Likely, "{case}: {:#?}", group.evidence);
        let trend = group.trend.as_ref().expect("a trend");
        assert_eq!((trend.text.as_str(), trend.counts.as_slice()), ("grows steadily", &counts[..]), "{case}");
        assert_eq!(report.findings[0].counts, counts, "{case}");
        let others = report.findings.iter().filter(|finding| finding.verdict <= Verdict::Likely).count();
        assert_eq!(others, 1, "{case}: {:#?}", report.findings);
    }
}

/// Few goroutines, or a place where healthy ones wait for ever: who made them, and that none ends, tells.
#[test]
fn what_nobody_is_left_to_end_is_likely() {
    for (case, site, counts) in [
        ("conn-never-closed", "push.(*Svc).readLoop", [6, 17, 30]),
        ("sql-rows-unclosed", "sql.(*Rows).awaitDone", [7, 8, 8]),
        ("deep-stack", "eval.(*Svc).leaf", [4, 9, 15]),
        ("retry-spawn", "webhook.(*Svc).retry", [3, 6, 11]),
        ("busy-poll", "gate.(*Svc).awaitReady", [3, 3, 3]),
    ] {
        let report = series(case);
        let of_site =
            |finding: &&report::Finding| finding.site.as_ref().is_some_and(|found| found.function.ends_with(site));
        let finding = report.findings.iter().find(of_site).unwrap_or_else(|| panic!("{case}: {:#?}", report.findings));
        assert_eq!(
            (finding.counts.as_slice(), finding.verdict),
            (&counts[..], Verdict::Likely),
            "{case}: {finding:#?}"
        );
    }
}

#[test]
fn pools_and_sessions_are_at_most_suspect() {
    for (case, site, counts) in [
        ("benign-pool-warmup", "warm.(*Svc).worker", [11, 31, 48]),
        ("benign-sessions", "ws.(*session).writePump", [9, 25, 45]),
    ] {
        let report = series(case);
        assert_eq!(at(&report, site).counts, counts, "{case}");
        let worst = report.groups.iter().map(|group| group.verdict).min();
        assert!(worst >= Some(Verdict::Suspect), "{case}: {:#?}", report.findings);
        for finding in &report.findings {
            let says = |words: &str| finding.evidence.iter().any(|evidence| evidence.text.contains(words));
            assert!(!(says("fewer come than at first") && says("steadily")), "{case}: {finding:#?}");
        }
    }
}

/// Goroutine ids count up over a process's life: where the highest falls another process answers, and nobody survived.
#[test]
fn a_restart_is_told_and_not_judged_across() {
    let dump = |ids: std::ops::Range<u32>| -> Vec<u8> {
        let block = |id| {
            format!(
                "goroutine {id} [chan send]:\nmain.leak(0x1)\n\t/app/main.go:9 +0x1d\ncreated by main.main in goroutine 1\n\t/app/main.go:3 +0x2\n\n"
            )
        };
        ids.map(block).collect::<String>().into_bytes()
    };
    let leak = [dump(100..120), dump(100..150), dump(100..190)];
    let whole = trend_of(&leak);
    assert_eq!(whole.findings.first().map(|finding| finding.verdict), Some(Verdict::Likely));
    let restarted = trend_of(&[leak[0].clone(), leak[1].clone(), dump(20..50)]);
    let codes: Vec<&str> = restarted.snapshots[2].warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["restarted"]);
    assert!(restarted.findings.iter().all(|finding| finding.verdict > Verdict::Likely), "{:#?}", restarted.findings);
    assert!(restarted.groups.iter().all(|group| group.identity.is_none()));
}

/// What a dying process prints lists the runtime's own goroutines too, of low ids: no sign of another process.
#[test]
fn a_crash_at_the_end_of_a_series_is_no_restart() {
    let dump = |before: &str, ids: std::ops::Range<u32>| -> Vec<u8> {
        let block = |id| format!("goroutine {id} [chan send]:\nmain.leak(0x1)\n\t/app/main.go:9 +0x1d\n\n");
        [before.to_owned(), ids.map(block).collect()].concat().into_bytes()
    };
    let report = trend_of(&[dump("", 100..120), dump("", 100..150), dump("panic: boom\n\n", 2..60)]);
    let warnings: Vec<_> = report.snapshots.iter().flat_map(|snapshot| &snapshot.warnings).collect();
    assert!(warnings.iter().all(|warning| warning.code != "restarted"), "{warnings:#?}");
}

/// Whoever made them is still there: sessions under growing load look the same over three moments, not over seven.
#[test]
fn a_long_series_needs_no_orphans() {
    let dump = |moment: u32| -> Vec<u8> {
        let block = |id| {
            format!(
                "goroutine {id} [select]:\nmain.(*feed).follow(0x1)\n\t/app/main.go:9 +0x1d\ncreated by main.main in goroutine 1\n\t/app/main.go:3 +0x2\n\n"
            )
        };
        let main = "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:5 +0x1\n\n";
        [main.to_owned(), (100..112 + moment * 12).map(block).collect()].concat().into_bytes()
    };
    let verdict = |moments: u32| {
        let report = trend_of(&(0..moments).map(dump).collect::<Vec<_>>());
        at(&report, "main.(*feed).follow").verdict
    };
    assert_eq!((verdict(3), verdict(7)), (Verdict::Suspect, Verdict::Likely));
}

/// Work in flight falls from 900 to 200 on the line where six more are left behind at each moment: the count falls, and it
/// leaks.
#[test]
fn a_leak_that_falls_is_the_leak_it_is() {
    let dump = |moment: u32, leaking: u32| -> Vec<u8> {
        let block = |id| {
            format!(
                "goroutine {id} [select]:\nmain.(*feed).follow(0x1)\n\t/app/main.go:9 +0x1d\ncreated by main.serve in goroutine {}\n\t/app/main.go:3 +0x2\n\n",
                id - 1
            )
        };
        let in_flight = (0..900 - 100 * moment).map(|n| 10_000 * (moment + 1) + 2 * n);
        let left = (0..moment * leaking).map(|n| 1_000 + 2 * n);
        left.chain(in_flight).map(block).collect::<String>().into_bytes()
    };
    let falling = |leaking| trend_of(&(0..8).map(|moment| dump(moment, leaking)).collect::<Vec<_>>());
    let report = falling(6);
    let finding = report.findings.first().expect("a finding");
    assert_eq!((finding.verdict, finding.delta), (Verdict::Likely, Some(-658)));
    let hidden =
        "the count falls, but only because less comes and goes: those there through half of them rise from 0 to 18";
    assert!(finding.evidence.iter().any(|evidence| evidence.text.contains(hidden)), "{:#?}", finding.evidence);
    assert!(falling(0).findings.is_empty());
}

/// Two go statements, one line: the goroutines of one pile up, the three hundred of the other stay as they are.
#[test]
fn growers_are_found_among_many_that_do_not_grow() {
    let dump = |moment: u32| -> Vec<u8> {
        let block = |id: u32, maker: &str| {
            format!(
                "goroutine {id} [select]:\nmain.(*feed).follow(0x1)\n\t/app/main.go:9 +0x1d\ncreated by main.{maker} in goroutine 1\n\t/app/main.go:3 +0x2\n\n"
            )
        };
        let all =
            (100..400).map(|id| block(id, "start")).chain((1000..1012 + moment * 12).map(|id| block(id, "serve")));
        all.collect::<String>().into_bytes()
    };
    let report = trend_of(&(0..7).map(dump).collect::<Vec<_>>());
    let verdicts: Vec<(i64, Verdict)> = report.groups.iter().map(|group| (group.count, group.verdict)).collect();
    assert_eq!(verdicts, [(300, Verdict::Normal), (84, Verdict::Likely)]);
}

/// Counts alone need six moments and more, and then stay below certainty.
#[test]
fn counts_alone_need_six_moments() {
    let profile = |n: u32| -> Vec<u8> {
        format!("goroutine profile: total {n}\n{n} @ 0x1 0x2 0x3 0x4 0x5\n#\t0x4\tmain.leak+0x1\t/app/main.go:9\n#\t0x5\tmain.main+0x1\t/app/main.go:3\n\n").into_bytes()
    };
    let counts = |counts: &[u32]| trend_of(&counts.iter().map(|n| profile(*n)).collect::<Vec<_>>());
    let few = counts(&[20, 40, 60]);
    assert!(few.findings.iter().all(|finding| finding.verdict > Verdict::Likely));
    let many = counts(&[20, 40, 60, 80, 100, 120, 140, 160]);
    let group = &many.groups[0];
    let trend = group.trend.as_ref().expect("a trend");
    let number = |n: &Option<serde_json::Number>| n.as_ref().and_then(serde_json::Number::as_f64);
    assert_eq!((number(&trend.slope.estimate), number(&trend.slope.low)), (Some(20.0), Some(20.0)));
    // Of 8! orders one rises throughout.
    assert_eq!(number(&trend.p), Some(2.480e-5));
    assert!(group.confidence.as_f64() <= Some(0.6), "{group:#?}");
    assert!(counts(&[60, 20, 80, 30, 70, 25, 60, 40]).findings.is_empty());
}
