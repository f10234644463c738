//! Two moments of one program.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use regex::{Captures, Regex};
use unpark::classify::signature::Rules;
use unpark::model::Symbols;

use unpark::report::{EvidenceKind, Group, Report, Verdict};

fn diff_bytes(before: Vec<u8>, after: Vec<u8>) -> Report {
    let mut symbols = Symbols::new();
    let mut read = |bytes| common::read(bytes, &mut symbols).expect("a profile").remove(0);
    let (before, after) = (read(before), read(after));
    common::diff_of(before, after, &symbols, &Rules::built_in())
}

fn diff(before: &str, after: &str) -> Report {
    diff_bytes(common::plain(before), common::plain(after))
}

/// State, site and counts of what changed, the largest change first.
fn changed(report: &Report) -> Vec<(&str, &str, &[i64])> {
    let mut groups: Vec<&Group> = report.groups.iter().filter(|g| g.delta != Some(0)).collect();
    groups.sort_by_key(|g| std::cmp::Reverse(g.delta));
    let site = |g: &'_ Group| g.site.as_ref().map_or("", |site| Box::leak(site.function.clone().into_boxed_str()));
    groups.iter().map(|g| (g.state.as_str(), site(g), g.counts.as_slice())).collect()
}

fn at_site<'a>(report: &'a Report, function: &str) -> Vec<&'a Group> {
    report.groups.iter().filter(|g| g.site.as_ref().is_some_and(|site| site.function == function)).collect()
}

/// The three stacks that the service's own log says grew, and nothing else.
#[test]
fn names_exactly_the_growers() {
    let report = diff("series/before.pb.gz", "series/after.pb.gz");
    assert_eq!(
        changed(&report),
        [
            ("chan send", "main.init.func1", &[118, 1798][..]),
            ("select", "main.selectTwo", &[18, 858]),
            ("sync.WaitGroup.Wait", "main.init.func15", &[35, 235]),
        ]
    );
}

/// The text of the same moments holds a twentieth of the goroutines, chosen by id, and the first one of each stack.
#[test]
fn ids_tell_who_stayed() {
    let report = diff("series/before.debug2.txt.gz", "series/after.debug2.txt.gz");
    let changed = changed(&report);
    assert_eq!(
        changed.iter().map(|c| c.1).collect::<Vec<_>>(),
        ["main.init.func1", "main.selectTwo", "main.init.func15"]
    );
    for group in &report.groups {
        let identity = group.identity.as_ref().expect("ids on both sides");
        assert_eq!(identity.survivors + identity.deaths, group.counts[0] as u64);
        assert_eq!(identity.survivors + identity.births, group.counts[1] as u64);
        assert_eq!(identity.deaths, 0, "nothing ended in this service");
    }
}

/// orders/main.go: 25 requests timed out before the first profile, 400 after it; four workers wait at both moments.
#[test]
fn the_leak_of_the_orders_service() {
    for form in ["pb.gz", "debug1.txt", "debug2.txt"] {
        let report = diff(&format!("orders/before.{form}"), &format!("orders/after.{form}"));
        let leak = at_site(&report, "main.price.func1");
        assert_eq!(leak.iter().map(|g| g.counts.clone()).collect::<Vec<_>>(), [vec![25, 425]], "{form}");
        let workers = at_site(&report, "main.(*pool).work");
        assert_eq!(workers.iter().map(|g| g.counts.clone()).collect::<Vec<_>>(), [vec![4, 4]], "{form}");
        assert_eq!(leak[0].identity.is_some(), form == "debug2.txt");
        assert_eq!(leak[0].creator.is_some(), form == "debug2.txt");
    }
}

#[test]
fn two_formats_are_compared_by_frames() {
    for (before, after) in [("pb.gz", "debug2.txt"), ("debug2.txt", "pb.gz"), ("debug1.txt", "debug2.txt")] {
        let report = diff(&format!("orders/before.{before}"), &format!("orders/after.{after}"));
        let leak = at_site(&report, "main.price.func1");
        assert_eq!(leak.len(), 1, "{before} {after}");
        assert_eq!((leak[0].state.as_str(), leak[0].counts.as_slice()), ("chan send", &[25, 425][..]));
        assert_eq!(leak[0].creator.as_ref().map(|c| c.function.as_str()), Some("main.price"));
        assert!(leak[0].evidence.iter().any(|e| e.kind == EvidenceKind::Identity && e.text.contains("frames alone")));
        // All but main, whose stacks differ in the two moments.
        assert_eq!(report.groups.iter().filter(|g| g.delta == Some(0)).map(|g| g.count).sum::<i64>(), 7);
    }
}

/// A deep stack is cut in different places by different formats.
#[test]
fn deep_stacks_are_one_in_two_formats() {
    let report = diff("series/before.pb.gz", "series/after.debug2.txt.gz");
    let recursive = at_site(&report, "main.recurse");
    assert_eq!(recursive.len(), 1);
    assert!(recursive[0].counts.iter().all(|n| *n > 0));
}

/// Adds `lines` to every line of main.go that `wanted` says.
fn moved(text: &str, lines: u32, wanted: impl Fn(u32) -> bool) -> String {
    let place = Regex::new(r"orders/main\.go:(\d+)").expect("a pattern");
    let line = |found: &Captures<'_>| -> u32 { found[1].parse().expect("a number") };
    place
        .replace_all(text, |found: &Captures<'_>| {
            let line = line(found);
            format!("orders/main.go:{}", if wanted(line) { line + lines } else { line })
        })
        .into_owned()
}

#[test]
fn lines_that_moved_in_a_new_build_are_followed() {
    let (before, after) = (common::text("orders/before.debug2.txt"), common::text("orders/after.debug2.txt"));
    for (what, after) in [
        ("the whole file moved", moved(&after, 7, |_| true)),
        ("what stands below line 40 moved", moved(&after, 3, |line| line > 40)),
        ("it was built in another folder", after.replace("example.com/orders/main.go", "/build/2/orders/main.go")),
    ] {
        let report = diff_bytes(before.clone().into_bytes(), after.into_bytes());
        for (function, counts) in
            [("main.price.func1", [25, 425]), ("main.(*pool).work", [4, 4]), ("main.janitor", [1, 1])]
        {
            let groups = at_site(&report, function);
            assert_eq!(groups.len(), 1, "{what}: {function}");
            assert_eq!(groups[0].counts, counts, "{what}: {function}");
        }
        let worker = at_site(&report, "main.(*pool).work")[0];
        assert!(worker.evidence.iter().any(|e| e.text.contains("lines moved")), "{what}");
    }
}

/// In one build, goroutines that went on to another line of their function are not the same group: what is stuck there
/// now is news.
#[test]
fn another_line_in_one_build_is_another_group() {
    let (before, after) = (common::text("orders/before.debug2.txt"), common::text("orders/after.debug2.txt"));
    let report = diff_bytes(before.into_bytes(), moved(&after, 2, |line| line == 54).into_bytes());
    let workers = at_site(&report, "main.(*pool).work");
    let mut counts: Vec<_> = workers.iter().map(|g| g.counts.clone()).collect();
    counts.sort();
    assert_eq!(counts, [[0, 4], [4, 0]]);
}

/// The same stacks have the same ids in the next build, where all lines moved.
#[test]
fn ids_stay_over_builds() {
    let text = common::text("orders/after.debug2.txt");
    let ids = |text: String| {
        let mut symbols = Symbols::new();
        let snapshots = common::read(text.into_bytes(), &mut symbols).expect("a dump");
        let report = common::triage_of(snapshots, &symbols, &Rules::built_in());
        report.groups.into_iter().map(|g| (g.id, g.count)).collect::<Vec<_>>()
    };
    assert_eq!(ids(text.clone()), ids(moved(&text, 11, |_| true)));
}

/// By testdata/delta/main.go twenty a second stay in a send, ten in a select, and thirty sleepers end: in five seconds 100, 50
/// and -30, give or take the one or two that came late.
#[test]
fn growth_within_a_delta_profile_is_a_finding() {
    let mut symbols = Symbols::new();
    let snapshot = common::snapshot("delta/leak.five-seconds.pb.gz", &mut symbols);
    let report = common::triage_of(vec![snapshot], &symbols, &Rules::built_in());
    let found: Vec<(i64, Verdict)> = report.findings.iter().map(|f| (f.goroutines, f.verdict)).collect();
    assert_eq!(found, [(99, Verdict::Suspect), (50, Verdict::Suspect)]);
    let rate = report.groups[0].per_minute.as_ref().and_then(serde_json::Number::as_f64);
    assert!(rate.is_some_and(|rate| (rate - 1_200.0).abs() < 60.0), "{rate:?}");
    let ended = report.groups.iter().find(|group| group.count == -30).map(|group| group.verdict);
    assert_eq!(ended, Some(Verdict::Normal));
}

#[test]
fn a_delta_profile_is_a_change_in_itself() {
    let mut symbols = Symbols::new();
    let snapshot = common::snapshot("delta/five-seconds.pb.gz", &mut symbols);
    assert!(snapshot.info.delta);
    assert!(snapshot.groups.iter().any(|g| g.count < 0));
    let report = common::triage_of(vec![snapshot], &symbols, &Rules::built_in());
    assert!(report.groups.iter().all(|g| g.delta == Some(g.count)));
}

/// What debug=2 and a signal show of two goroutines of one Go 1.19 process: the signal shows the runtime's frames, the
/// wrapper of `go pconn.writeLoop()` and the one that promotes Read. A closure on one line looks like the former and stays.
#[test]
fn wrappers_do_not_part_a_dump_from_a_crash() {
    let debug2 = "\
goroutine 7 [select]:
net/http.(*persistConn).writeLoop(0xc000b0a000)
\t/usr/lib/go-1.19/src/net/http/transport.go:2392 +0xf5
created by net/http.(*Transport).dialConn
\t/usr/lib/go-1.19/src/net/http/transport.go:1752 +0x1791

goroutine 8 [IO wait]:
example.com/track.(*conn).Read(0xc000b0a000, {0xc000c00000, 0x1000, 0x1000})
\t/app/track/conn.go:40 +0x29
main.serve(...)
\t/app/main.go:20
main.main.func1()
\t/app/main.go:12 +0x1d
created by main.main
\t/app/main.go:12 +0x5a
";
    let crash = "\
SIGQUIT: quit
PC=0x470541 m=0 sigcode=0

goroutine 7 [select]:
runtime.gopark(0xc000c5af60?, 0x2?, 0x0?, 0x0?, 0xc000c5af24?)
\t/usr/lib/go-1.19/src/runtime/proc.go:363 +0xd6 fp=0xc000c5adb0 sp=0xc000c5ad90 pc=0x43e5f6
runtime.selectgo(0xc000c5af60, 0xc000c5af20, 0x0?, 0x0, 0x0?, 0x1)
\t/usr/lib/go-1.19/src/runtime/select.go:328 +0x7bc fp=0xc000c5aef0 sp=0xc000c5adb0 pc=0x44e3fc
net/http.(*persistConn).writeLoop(0xc000b0a000)
\t/usr/lib/go-1.19/src/net/http/transport.go:2392 +0xf5 fp=0xc000c5afc8 sp=0xc000c5aef0 pc=0x70e1b5
net/http.(*Transport).dialConn.func6()
\t/usr/lib/go-1.19/src/net/http/transport.go:1752 +0x26 fp=0xc000c5afe0 sp=0xc000c5afc8 pc=0x70a6a6
runtime.goexit()
\t/usr/lib/go-1.19/src/runtime/asm_amd64.s:1594 +0x1 fp=0xc000c5afe8 sp=0xc000c5afe0 pc=0x470541
created by net/http.(*Transport).dialConn
\t/usr/lib/go-1.19/src/net/http/transport.go:1752 +0x1791

goroutine 8 [IO wait]:
example.com/track.(*conn).Read(0xc000b0a000, {0xc000c00000, 0x1000, 0x1000})
\t/app/track/conn.go:40 +0x29 fp=0xc000c5ac88 sp=0xc000c5ac58 pc=0x536a45
example.com/track.(*counted).Read(0xc000b0a000?, {0xc000c00000?, 0x0?, 0x0?})
\t<autogenerated>:1 +0x2f fp=0xc000c5acb8 sp=0xc000c5ac88 pc=0x536b45
main.serve(...)
\t/app/main.go:20
main.main.func1()
\t/app/main.go:12 +0x1d fp=0xc000c5afe0 sp=0xc000c5afc8 pc=0x70a6a6
runtime.goexit()
\t/usr/lib/go-1.19/src/runtime/asm_amd64.s:1594 +0x1 fp=0xc000c5afe8 sp=0xc000c5afe0 pc=0x470541
created by main.main
\t/app/main.go:12 +0x5a
";
    for (before, after) in [(debug2, crash), (crash, debug2)] {
        let report = diff_bytes(before.into(), after.into());
        assert_eq!(report.groups.len(), 2);
        for group in &report.groups {
            assert_eq!(group.counts, [1, 1], "{:?}", group.site);
            assert_eq!(group.identity.as_ref().map(|i| i.survivors), Some(1));
        }
    }
}

/// With receives alone, a debug=1 profile can't tell that they are; with sends beside them it can. It is one group.
#[test]
fn a_state_that_one_profile_cannot_tell_does_not_part_groups() {
    let whole = common::text("waits/go1.27.3/debug1.txt.gz");
    let record = whole.split("\n\n").find(|record| record.contains("main.b_chan_recv+")).expect("the receive");
    let alone = format!("goroutine profile: total 1\n{record}\n\n");
    for (before, after, counts) in [(&alone, &whole, [1, 1]), (&whole, &alone, [1, 1])] {
        let report = diff_bytes(before.clone().into_bytes(), after.clone().into_bytes());
        let receive = at_site(&report, "main.b_chan_recv");
        assert_eq!(receive.len(), 1);
        assert_eq!((receive[0].state.as_str(), receive[0].counts.as_slice()), ("chan receive", &counts[..]));
    }
}
