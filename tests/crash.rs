//! What dying processes print.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use unpark::model::{CauseKind, Format, Snapshot, Symbols, Wait};

fn crash(name: &str) -> (Vec<Snapshot>, Symbols) {
    let mut symbols = Symbols::new();
    let snapshots = common::read(common::plain(name), &mut symbols).expect("a dump");
    (snapshots, symbols)
}

#[test]
fn causes_are_named() {
    for (name, kind, message, goroutine) in [
        (
            "crash/nil-pointer.txt",
            CauseKind::Panic,
            "runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV",
            Some(1),
        ),
        ("crash/panic-nested.txt", CauseKind::Panic, "first\npanic: second", Some(1)),
        ("crash/panic-multiline.go1.19.txt", CauseKind::Panic, "line1\ngoroutine 5 [running]:\nmain.fake()", Some(1)),
        ("crash/deadlock.txt", CauseKind::Deadlock, "all goroutines are asleep - deadlock!", None),
        ("crash/stack-overflow.txt", CauseKind::Fatal, "stack overflow", Some(1)),
        ("crash/sigquit.txt", CauseKind::Sigquit, "SIGQUIT: quit", None),
        ("crash/sigabrt.txt", CauseKind::Sigabrt, "SIGABRT: abort", None),
        ("crash/test-timeout.txt", CauseKind::TestTimeout, "test timed out after 1s", None),
        ("crash/cgo.txt", CauseKind::Panic, "crash with cgo", Some(1)),
        ("orders/crash.log", CauseKind::Panic, "assignment to entry in nil map", Some(1)),
    ] {
        let (snapshots, _) = crash(name);
        let info = &snapshots[0].info;
        let cause = info.cause.as_ref().expect(name);
        assert_eq!((cause.kind, cause.goroutine, info.format), (kind, goroutine, Format::Crash), "{name}");
        assert!(cause.message.starts_with(message), "{name}: {}", cause.message);
    }
}

#[test]
fn a_message_that_looks_like_a_goroutine_is_a_message() {
    let (snapshots, _) = crash("crash/panic-multiline.go1.19.txt");
    assert_eq!(snapshots[0].info.warnings.sorted()[0].code.code(), "header-in-message");
    // It printed one goroutine, and by default a panic prints no other.
    assert_eq!(snapshots[0].info.warnings.sorted()[1].code.code(), "only-crashed");
    assert!(!snapshots[0].complete());
}

#[test]
fn a_stack_that_could_not_be_printed_is_a_goroutine_still() {
    let (snapshots, symbols) = crash("crash/stack-unavailable.txt");
    let hidden: Vec<_> = snapshots[0].groups.iter().filter(|g| common::names(g, &symbols).is_empty()).collect();
    assert_eq!(hidden.iter().map(|g| (g.count, g.key.state.wait)).collect::<Vec<_>>(), [(2, Wait::Running)]);
    let creator = hidden[0].key.creator.expect("created by main.main");
    assert_eq!(symbols.name_of(creator), "main.main");
}

#[test]
fn frames_that_were_left_out_leave_a_mark() {
    let (snapshots, symbols) = crash("crash/stack-overflow.txt");
    let deep = snapshots[0].groups.iter().map(|g| common::names(g, &symbols)).max_by_key(Vec::len).expect("a group");
    assert_eq!(deep.iter().filter(|n| n.contains("elided")).count(), 1);
    // 50 innermost, the mark, 50 outermost without runtime.main and runtime.goexit.
    assert_eq!(deep.len(), 99);
}

#[test]
fn ancestors_are_not_frames() {
    let (snapshots, symbols) = crash("crash/ancestors.txt");
    let group = &snapshots[0].groups[0];
    assert_eq!(common::names(group, &symbols), ["main.main.func11.1.1"]);
    assert_eq!(group.key.creator.map(|c| symbols.name_of(c)), Some("main.main.func11.1"));
}

/// GOTRACEBACK=crash relays the signal from thread to thread: one dump, not seven.
#[test]
fn a_relayed_signal_is_one_dump() {
    let (snapshots, _) = crash("crash/sigquit-relayed.txt");
    assert_eq!(snapshots.len(), 1);
    let warnings = snapshots[0].info.warnings.sorted();
    assert_eq!(warnings.iter().map(|w| (w.code.code(), w.count)).collect::<Vec<_>>(), [("relayed-goroutine", 1)]);
}

/// What debug.Stack prints into a log, one goroutine at a time, stays together and apart from a whole dump.
#[test]
fn stacks_printed_one_by_one_are_not_dumps() {
    let one = "2026/01/01 recovered\ngoroutine 7 [running]:\nmain.handler()\n\t/app/main.go:9 +0x1\ncreated by main.main\n\t/app/main.go:3 +0x2\n\n";
    let text = format!("{}{}{}", one.repeat(500), common::text("orders/before.debug2.txt"), one.repeat(2));
    let snapshots = common::read(text.into_bytes(), &mut Symbols::new()).expect("a dump");
    assert_eq!(snapshots.iter().map(Snapshot::goroutines).collect::<Vec<_>>(), [500, 33, 2]);
}

/// Go 1.27 prints the stack of a goroutine that leaves a system call as that of one that runs, in the middle of a dump. What
/// parts dumps is who prints, what stands between, and who is there twice.
#[test]
fn who_runs_in_the_middle_of_a_dump_begins_no_other() {
    let block = |id: u32, status: &str, function: &str| {
        format!("goroutine {id} [{status}]:\n{function}(0x1)\n\t/app/main.go:9 +0x1d\n\n")
    };
    let whole = |opener: &str| {
        [
            block(70, "running", opener),
            block(1, "select", "main.main"),
            block(8, "chan receive", "main.work"),
            block(71, "running", "syscall.Syscall"),
            block(9, "chan receive", "main.work"),
            block(72, "running", "syscall.Syscall"),
        ]
        .concat()
    };
    let goroutines = |text: &str| {
        let snapshots = common::read(text.as_bytes().to_vec(), &mut Symbols::new()).expect("dumps");
        snapshots.iter().map(Snapshot::goroutines).collect::<Vec<_>>()
    };
    for opener in ["runtime/pprof.writeGoroutineStacks", "main.dump"] {
        let dump = whole(opener);
        assert_eq!(goroutines(&dump), [6], "{opener}");
        assert_eq!(goroutines(&[dump.clone(), dump.clone()].concat()), [6, 6], "{opener}");
        assert_eq!(goroutines(&[&dump, "a line of the log\n", &block(70, "running", "main.fail")].concat()), [6, 1]);
    }
}

#[test]
fn labels_of_both_spellings() {
    for name in ["labels/go1.26.txt", "labels/go1.27.txt"] {
        let (snapshots, symbols) = crash(name);
        let label = |part: usize| {
            let mut all: Vec<_> = snapshots[part]
                .groups
                .iter()
                .flat_map(|g| g.labels.iter())
                .map(|(k, v, n)| (symbols.str(k).to_owned(), symbols.str(v).to_owned(), n))
                .collect();
            all.sort();
            all
        };
        // The text and the debug=1 profile below it show one set of labels; an invalid byte has no one spelling.
        let text: Vec<_> = label(0).into_iter().filter(|l| l.0 != "bad").collect();
        let counted: Vec<_> = label(1).into_iter().filter(|l| l.0 != "bad").collect();
        assert_eq!(counted.len(), 14, "{name}");
        if !text.is_empty() {
            assert_eq!(text, counted, "{name}");
        }
    }
}

#[test]
fn synctest_bubbles() {
    let (snapshots, _) = crash("labels/synctest.debug2.txt");
    let durable: i64 = snapshots[0].groups.iter().filter(|g| g.key.state.durable == Some(true)).map(|g| g.count).sum();
    let text = common::text("labels/synctest.debug2.txt");
    assert_eq!(durable, text.matches("(durable)").count() as i64);
    assert!(durable > 0);
}

#[test]
fn a_dump_cut_short_says_so() {
    let whole = common::text("crash/sigquit.txt");
    let cut = &whole[..whole.len() / 2];
    let snapshots = common::read(cut.as_bytes(), &mut Symbols::new()).expect("a dump");
    let headers = cut.lines().filter(|l| l.starts_with("goroutine ")).count() as i64;
    assert_eq!(snapshots[0].goroutines(), headers);
    assert!(!snapshots[0].complete());
}

#[test]
fn a_dump_without_its_beginning_says_so() {
    let whole = common::text("orders/after.debug2.txt");
    let (_, without_header) = whole.split_once('\n').expect("lines");
    let in_a_path = &whole[whole.find("runtime/pprof/pprof.go").expect("the first frame")..];
    for rest in [without_header, in_a_path] {
        let snapshots = common::read(rest.as_bytes(), &mut Symbols::new()).expect("a dump");
        assert_eq!(snapshots[0].goroutines(), 432);
        assert!(!snapshots[0].complete());
        assert_eq!(snapshots[0].info.warnings.sorted()[0].code.code(), "cut-at-front");
    }
}

/// The first of two dumps lost its beginning: the second is whole.
#[test]
fn a_lost_beginning_is_the_first_dumps() {
    let whole = common::text("orders/before.debug2.txt");
    let (_, rest) = whole.split_once('\n').expect("lines");
    let snapshots = common::read(format!("{rest}\n{whole}"), &mut Symbols::new()).expect("dumps");
    let found: Vec<_> = snapshots.iter().map(|s| (s.goroutines(), s.complete())).collect();
    assert_eq!(found, [(32, false), (33, true)]);
}

/// net/http/pprof stops writing at 64 MiB, in the middle of a word.
#[test]
fn a_cut_is_noticed_wherever_it_is() {
    let one = "goroutine 5 [chan send]:\nmain.leak()\n\t/app/main.go:9 +0x1d\ncreated by main.main in goroutine 1\n\t/app/main.go:3 +0x2\n\n";
    // Whatever the cut goes through: it moves by one byte with each byte before the first header.
    for shift in 0..one.len() {
        let mut text = "\n".repeat(shift) + &one.repeat(100);
        text.truncate(one.len() * 99);
        let snapshots = common::read(text.into_bytes(), &mut Symbols::new()).expect("a dump");
        assert!(snapshots[0].goroutines() >= 98);
        // Without its last end of line a text may still be whole: editors do that.
        let ends_between_goroutines = shift <= 2;
        assert_eq!(snapshots[0].complete(), ends_between_goroutines, "{shift}");
    }
    let mut text = one.repeat((64 << 20) / one.len() + 1);
    text.truncate(64 << 20);
    let snapshots = common::read(text.into_bytes(), &mut Symbols::new()).expect("a dump");
    let codes: Vec<_> = snapshots[0].info.warnings.sorted().iter().map(|w| w.code.code()).collect();
    assert!(codes.contains(&"pprof-64mib-limit"), "{codes:?}");
    assert!(!snapshots[0].complete());
}

/// A log of a service that crashed over and over: more dumps than anybody can look at are refused, with a way out.
#[test]
fn a_log_of_hundreds_of_crashes() {
    let one = |n: usize| {
        format!("panic: {n}\n\ngoroutine 1 [running]:\nmain.f{n}()\n\t/app/main.go:{n} +0x1\nexit status 2\n")
    };
    let log = |crashes: usize| (0..crashes).map(one).collect::<String>();
    let snapshots = common::read(log(200).into_bytes(), &mut Symbols::new()).expect("dumps");
    assert_eq!(snapshots.len(), 200);
    let error = common::read(log(300).into_bytes(), &mut Symbols::new()).expect_err("too many");
    assert!(error.to_string().contains("more than 256 dumps"), "{error}");
    assert_eq!(error.hints.len(), 1);
}
