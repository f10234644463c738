//! Every file of the test data is read with exactly the goroutines it holds.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::fs;

use unpark::model::Symbols;

#[test]
fn every_goroutine_is_counted() {
    let table = common::text("counts.tsv");
    let mut files = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (name, counts) = line.split_once('\t').expect("two columns");
        let wanted: Vec<i64> = counts.split(',').map(|n| n.parse().expect("a number")).collect();
        let bytes = fs::read(common::path(name)).expect("test data");
        let snapshots = common::read(bytes, &mut Symbols::new()).expect("a profile");
        let found: Vec<i64> = snapshots.iter().map(unpark::model::Snapshot::goroutines).collect();
        assert_eq!(found, wanted, "{name}");
        let parts: Vec<usize> = snapshots.iter().map(|s| s.info.part).collect();
        assert_eq!(parts, (1..=wanted.len()).collect::<Vec<_>>(), "{name}");
        files += 1;
    }
    assert!(files > 50, "only {files} files");
}

/// `many-stacks` was made to hold one or two goroutines of each of 208 stacks.
#[test]
fn groups_are_as_many_as_distinct_stacks() {
    let snapshot = common::snapshot("many-stacks/debug2.txt.gz", &mut Symbols::new());
    assert_eq!(snapshot.groups.len(), 208);
    for name in ["series/before.pb.gz", "series/after.pb.gz", "series/after.debug2.txt.gz"] {
        assert_eq!(common::snapshot(name, &mut Symbols::new()).groups.len(), 199, "{name}");
    }
}

/// What other tools and editors do to a text leaves its groups alone.
#[test]
fn harmless_changes_of_a_text_change_nothing() {
    let plain = common::text("orders/after.debug2.txt");
    let group_counts = |bytes: Vec<u8>| {
        let mut symbols = Symbols::new();
        let snapshots = common::read(bytes, &mut symbols).expect("a dump");
        assert_eq!(snapshots.len(), 1);
        assert!(snapshots[0].complete());
        let groups = snapshots[0].groups.iter();
        groups.map(|g| (common::names(g, &symbols), g.key.state.wait, g.count, g.waits.max())).collect::<Vec<_>>()
    };
    let whole = group_counts(plain.clone().into_bytes());
    assert_eq!(whole.iter().map(|g| g.2).sum::<i64>(), 433);
    for (what, changed) in [
        ("CRLF", plain.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{plain}")),
        ("spaces for tabs", plain.replace('\t', "    ")),
        ("lost tabs", plain.replace('\t', "")),
        ("no empty lines", plain.replace("\n\n", "\n")),
        ("a log above and below", format!("2026/01/01 12:00:00 dumping\n{plain}\n2026/01/01 12:00:01 done\n")),
        ("no last end of line", plain.trim_end().to_owned()),
        ("a log line within", plain.replace("created by", "2026/01/01 12:00:00 GET /\ncreated by")),
    ] {
        assert_eq!(group_counts(changed.into_bytes()), whole, "{what}");
    }
}

/// The first argument of lockSlow is the mutex (Go 1.19 to 1.27); arguments don't part groups.
#[test]
fn the_lock_that_a_group_waits_for() {
    let goroutine = |id: u32, lock: &str| {
        format!(
            "goroutine {id} [sync.Mutex.Lock, {id} minutes]:\nsync.runtime_SemacquireMutex(0x0?, 0x0?, 0x0?)\n\t/go/src/runtime/sema.go:95 +0x25\n\
             internal/sync.(*Mutex).lockSlow({lock})\n\t/go/src/internal/sync/mutex.go:149 +0x15d\n\
             main.work()\n\t/app/main.go:7 +0x1b\ncreated by main.main in goroutine 1\n\t/app/main.go:3 +0x2\n\n"
        )
    };
    let lock = |locks: &[&str]| {
        let text: String = (5..).zip(locks).map(|(id, lock)| goroutine(id, lock)).collect();
        let snapshots = common::read(text.into_bytes(), &mut Symbols::new()).expect("a dump");
        assert_eq!(snapshots[0].groups.len(), 1);
        let group = &snapshots[0].groups[0];
        assert_eq!(group.count, locks.len() as i64);
        assert_eq!(group.waits.known(), locks.len() as u64);
        (group.locks.only(), group.locks.locks())
    };
    assert_eq!(lock(&["0xc000012345", "0xc000012345", "0xc000012345"]), (Some(0xc0_0001_2345), 1));
    assert_eq!(lock(&["0xc000012345", "0xc000099999"]), (None, 2));
    assert_eq!(lock(&["0xc000012345?", "0xc000012345?"]), (None, 0));
}

/// A first line that promises goroutines and nothing below it is no profile of none.
#[test]
fn a_profile_without_records_is_refused() {
    let head = "goroutine profile: total 5\n";
    let error = common::read(head, &mut Symbols::new()).expect_err("no record");
    assert!(error.to_string().contains("of 5 goroutines without a readable record"), "{error}");
    // Beside a whole dump it is said to be missing.
    let text = format!("{}\n{head}", common::text("orders/before.debug2.txt"));
    let snapshots = common::read(text, &mut Symbols::new()).expect("a dump");
    assert_eq!(snapshots.iter().map(|s| (s.goroutines(), s.complete())).collect::<Vec<_>>(), [(33, false)]);
    // A leak profile of none is good news.
    let none = common::read("goroutineleak profile: total 0\n", &mut Symbols::new()).expect("a profile");
    assert_eq!((none[0].goroutines(), none[0].complete()), (0, true));
}

/// A logger's lines within a debug=1 profile, and behind it, leave its goroutines alone.
#[test]
fn a_log_around_and_within_a_counted_profile() {
    let profile = common::text("orders/after.debug1.txt");
    let within = profile.replace("\n\n", "\n\n2026/01/01 12:00:00 GET /\nI0101 12:00:00 done\n");
    let snapshots = common::read(within, &mut Symbols::new()).expect("a profile");
    assert_eq!(snapshots.iter().map(|s| (s.goroutines(), s.complete())).collect::<Vec<_>>(), [(433, true)]);
    let behind = format!("{profile}2026/01/01 12:00:00 done\n{}", common::text("orders/crash.log"));
    let snapshots = common::read(behind, &mut Symbols::new()).expect("a profile and a crash");
    assert_eq!(
        snapshots.iter().map(|s| (s.goroutines(), s.complete())).collect::<Vec<_>>(),
        [(433, true), (433, true)]
    );
}
