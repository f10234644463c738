//! Verdicts: what is proved, what a dying process says, what healthy servers look like, and the user's own rules.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::fmt::Write;

use unpark::classify::signature::Rules;
use unpark::model::Symbols;
use unpark::report::{Report, Verdict};

fn triage(file: &str) -> Report {
    common::triage(&common::path(file), &Rules::built_in())
}

fn leaked(report: &Report) -> i64 {
    report.summary.by_verdict.get("leaked").copied().unwrap_or(0)
}

/// The program behind `leak-profile` leaked 36 goroutines (testdata/README.md); debug=2 shows all its goroutines, and Go 1.27
/// adds a record without a stack to the other forms.
#[test]
fn what_the_runtime_proved_is_leaked_and_nothing_else() {
    for form in ["debug0.pb.gz", "debug1.txt.gz", "debug2.txt.gz"] {
        let report = triage(&format!("leak-profile/{form}"));
        assert_eq!(leaked(&report), 36, "{form}");
        for group in &report.groups {
            assert_eq!(group.verdict == Verdict::Leaked, group.state_detail.leaked == Some(true), "{form}: {group:#?}");
        }
        let found: i64 = report.findings.iter().filter(|f| f.verdict == Verdict::Leaked).map(|f| f.goroutines).sum();
        assert_eq!(found, 36, "{form}");
    }
}

/// Whoever waits in a process that the runtime found deadlocked can never proceed; the runtime's own goroutines can.
#[test]
fn a_deadlocks_goroutines_are_its_findings() {
    let report = triage("crash/deadlock.txt");
    assert!(!report.findings.is_empty());
    assert!(report.findings.iter().all(|finding| finding.verdict == Verdict::Leaked));
    for group in report.groups.iter().filter(|group| group.verdict != Verdict::Leaked) {
        assert!(group.own, "{group:#?}");
    }
}

#[test]
fn a_test_that_timed_out_is_named() {
    let report = triage("crash/test-timeout.txt");
    let first = report.findings.first().expect("a finding");
    let entry = report.groups.iter().find(|g| first.groups.contains(&g.id)).and_then(|g| g.entry.clone());
    assert_eq!(entry.expect("an entry").function, "testing.tRunner", "{first:#?}");
}

/// `testdata/benign-stacks.tsv` lists stacks of 39 healthy servers with the most copies that were seen of each: entry,
/// blocking function, state.
#[test]
fn healthy_servers_stacks_are_never_called_leaks() {
    let rules = Rules::built_in();
    let list = common::text("benign-stacks.tsv");
    let (mut all, mut normal, mut suspects) = (0, 0, Vec::new());
    for row in list.lines().skip(1) {
        let [entry, blocking, state, copies, _] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let copies: usize = copies.parse().expect("a number");
        let mut dump = String::new();
        for id in 0..copies {
            let inner = if entry == blocking { String::new() } else { format!("{blocking}(0x1)\n\tx.go:7 +0x1\n") };
            write!(
                dump,
                "goroutine {} [{state}]:\n{inner}{entry}(0x1)\n\ty.go:9 +0x1\ncreated by main.main in goroutine 1\n\tz.go:3 +0x1\n\n",
                id * 7 + 20
            )
            .expect("writes");
        }
        let mut symbols = Symbols::new();
        let snapshots = common::read(dump.into_bytes(), &mut symbols).expect("a dump");
        let report = common::triage_of(snapshots, &symbols, &rules);
        all += 1;
        let worst = report.groups.iter().map(|group| group.verdict).min().expect("a group");
        assert!(worst > Verdict::Likely, "{row}: {:#?}", report.findings);
        normal += u32::from(worst == Verdict::Normal);
        if worst == Verdict::Suspect {
            suspects.push(format!("{row}: {:?}", report.findings[0].evidence));
        }
    }
    assert!(all > 800 && suspects.len() * 100 < all, "{} of {all}:\n{}", suspects.len(), suspects.join("\n"));
    assert!(normal > 300, "{normal} of {all} are known to be healthy");
}

/// Whoever waits for members of its own has one at least that lives: where most goroutines wait, some have none left, or all
/// wait for one. A fan-out, however wide, is none.
#[test]
fn most_goroutines_in_a_wait_groups_wait_are_suspect() {
    let dump = |waiters: usize, members: usize| {
        let block = |id: usize, state: &str, function: &str| {
            format!("goroutine {id} [{state}]:\n{function}(0x1)\n\t/src/app.go:{} +0x1\n\n", function.len())
        };
        let waiting = (0..waiters).map(|i| {
            let wait =
                "sync.(*WaitGroup).Wait(0xc000012345)\n\t/usr/local/go/src/sync/waitgroup.go:118 +0x48\nmain.fetchAll";
            block(i + 10, "sync.WaitGroup.Wait", wait)
        });
        waiting.chain((0..members).map(|i| block(i + 1000, "select", "main.fetch"))).collect::<String>()
    };
    let findings = |waiters, members| {
        let mut symbols = Symbols::new();
        let snapshots = common::read(dump(waiters, members), &mut symbols).expect("a dump");
        let report = common::triage_of(snapshots, &symbols, &Rules::built_in());
        report.findings.iter().map(|f| (f.verdict, f.goroutines, f.signature.clone())).collect::<Vec<_>>()
    };
    assert_eq!(findings(30, 8), [(Verdict::Suspect, 30, Some("wg-wait".into()))]);
    assert_eq!(findings(30, 30), [], "each has a member");
    assert_eq!(findings(5, 1), [], "too few to tell");
}

/// A rule of the user's recognises a stack that no other rule knows, and takes the place of one with its id.
#[test]
fn the_users_rules_come_first() {
    let mut rules = Rules::built_in();
    let before = rules.iter().count();
    rules
        .add_toml(
            "[[signature]]\nid = \"price-asker\"\ntitle = \"backends that are asked\"\nstates = [\"chan send\"]\n\
             frames = ['^main\\.price\\.func\\d+$']\nsuspect_count = 400\nobject = \"backend\"\npatterns = [\"timeout-leak\"]\n\
             remedy = \"Give up in the backend too.\"\n\
             [[signature]]\nid = \"net-accept-loop\"\ntitle = \"doors\"\nframes = ['^main\\.accept$']\nscope = \"singleton\"\n",
        )
        .expect("good rules");
    assert_eq!(rules.iter().count(), before + 1);
    let report = common::triage(&common::path("orders/after.debug2.txt"), &rules);
    let finding = report.findings.first().expect("a finding");
    assert_eq!(finding.signature.as_deref(), Some("price-asker"));
    assert_eq!((finding.goroutines, finding.pattern.as_deref()), (425, Some("timeout-leak")));
    assert_eq!(finding.remedy.as_deref(), Some("Give up in the backend too."));
    let accept =
        report.groups.iter().find(|g| g.signature.as_deref() == Some("net-accept-loop")).expect("the listener");
    assert_eq!((accept.title.as_deref(), accept.verdict), (Some("doors"), Verdict::Normal));
}
