//! One moment in three forms: the same totals, and the same state at each stack wherever the form can tell it.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::collections::BTreeMap;

use unpark::model::{Snapshot, StackId, Symbols, Wait, WaitState};

const VERSIONS: [&str; 8] =
    ["go1.19.8", "go1.21.13", "go1.22.10", "go1.23.9", "go1.24.11", "go1.25.5", "go1.26.6", "go1.27.3"];

/// What `main.b_<construct>` waits for, by the program's source; nil channel and no cases beside it.
const CONSTRUCTS: &[(&str, &str, bool, bool)] = &[
    ("b_chan_send", "chan send", false, false),
    ("b_chan_send_buf", "chan send", false, false),
    ("b_chan_recv", "chan receive", false, false),
    ("b_chan_recv_v", "chan receive", false, false),
    ("b_chan_recv_ok", "chan receive", false, false),
    ("b_chan_range", "chan receive", false, false),
    ("b_nil_send", "chan send", true, false),
    ("b_nil_recv", "chan receive", true, false),
    ("b_nil_range", "chan receive", true, false),
    ("b_select0", "select", false, true),
    ("b_select2", "select", false, false),
    ("b_select_ctx", "select", false, false),
    ("b_select1_recv", "chan receive", false, false),
    ("b_select1_send", "chan send", false, false),
    ("b_select1_nil", "chan receive", true, false),
    ("b_ctx_done", "chan receive", false, false),
    ("b_ctx_bg_done", "chan receive", true, false),
    ("b_timer_chan", "chan receive", false, false),
    ("b_ticker_range", "chan receive", false, false),
    ("b_signal_chan", "chan receive", false, false),
];

type States = BTreeMap<Vec<String>, Vec<(WaitState, i64)>>;

/// The states at each stack, by its frames as text.
fn states(snapshot: &Snapshot, symbols: &Symbols) -> States {
    let mut all = States::new();
    for group in &snapshot.groups {
        all.entry(stack(group.key.stack, symbols)).or_default().push((group.key.state, group.count));
    }
    all
}

fn stack(stack: StackId, symbols: &Symbols) -> Vec<String> {
    symbols
        .frames(stack)
        .map(|id| {
            let frame = symbols.frame_at(id);
            format!("{} {}:{}", symbols.name_of(id), symbols.str(frame.file), frame.line)
        })
        .collect()
}

/// Whether what one form says can be what the other says: equal, or unknown to one.
fn agree(a: &WaitState, b: &WaitState) -> bool {
    let detail = |a: Option<bool>, b: Option<bool>| a.zip(b).is_none_or(|(a, b)| a == b);
    a.wait == b.wait && detail(a.nil_channel, b.nil_channel) && detail(a.no_cases, b.no_cases)
}

#[test]
fn totals_and_states_agree() {
    for version in VERSIONS {
        let mut symbols = Symbols::new();
        let mut read = |form: &str| common::snapshot(&format!("waits/{version}/{form}"), &mut symbols);
        let (text, proto, counted) = (read("debug2.txt.gz"), read("debug0.pb.gz"), read("debug1.txt.gz"));
        assert_eq!(text.goroutines(), proto.goroutines(), "{version}");
        assert_eq!(text.goroutines(), counted.goroutines(), "{version}");
        let text = states(&text, &symbols);
        for (form, other) in [("proto", states(&proto, &symbols)), ("debug=1", states(&counted, &symbols))] {
            let mut compared = 0;
            for (stack, sides) in &text {
                // Who runs moves on between the three captures; only text tells who waits to run.
                let [(state, count)] = sides.as_slice() else { continue };
                let Some([(found, found_count)]) = other.get(stack).map(Vec::as_slice) else { continue };
                if state.wait.is_active() || found.wait.is_active() || state.wait == Wait::Semacquire {
                    continue;
                }
                assert!(agree(state, found), "{version} {form} {stack:?}: {state:?} is not {found:?}");
                assert_eq!(count, found_count, "{version} {form} {stack:?}");
                compared += count;
            }
            assert!(compared >= 80, "{version} {form}: only {compared} goroutines have the same stack");
        }
    }
}

#[test]
fn states_are_what_the_program_does() {
    for version in VERSIONS {
        for form in ["debug0.pb.gz", "debug1.txt.gz", "debug2.txt.gz"] {
            let mut symbols = Symbols::new();
            let snapshot = common::snapshot(&format!("waits/{version}/{form}"), &mut symbols);
            for (construct, words, nil, no_cases) in CONSTRUCTS {
                let name = format!("main.{construct}");
                let group = snapshot
                    .groups
                    .iter()
                    .find(|g| symbols.entry(g.key.stack).is_some_and(|entry| symbols.name_of(entry) == name));
                let group = group.unwrap_or_else(|| panic!("{version} {form} lacks {name}"));
                let state = group.key.state;
                assert_eq!(state.wait.words(&symbols), *words, "{version} {form} {name}");
                assert!(state.nil_channel.is_none_or(|found| found == *nil), "{version} {form} {name}");
                assert!(state.no_cases.is_none_or(|found| found == *no_cases), "{version} {form} {name}");
                if form.starts_with("debug2") {
                    assert_eq!((state.nil_channel, state.no_cases), (Some(*nil), Some(*no_cases)), "{version} {name}");
                }
            }
        }
    }
}

/// Locks and their like, by what stands on the stack.
#[test]
fn locks_have_one_name_in_all_versions() {
    for version in VERSIONS {
        for form in ["debug0.pb.gz", "debug1.txt.gz", "debug2.txt.gz"] {
            let mut symbols = Symbols::new();
            let snapshot = common::snapshot(&format!("waits/{version}/{form}"), &mut symbols);
            let mut seen = 0;
            for group in &snapshot.groups {
                let names = common::names(group, &symbols);
                let has = |name: &str| names.iter().any(|n| n == name);
                if group.key.state.wait.is_active() {
                    continue;
                }
                let wanted = if has("sync.(*WaitGroup).Wait") {
                    "sync.WaitGroup.Wait"
                } else if has("sync.(*Mutex).lockSlow") || has("internal/sync.(*Mutex).lockSlow") {
                    "sync.Mutex.Lock"
                } else if has("sync.(*RWMutex).RLock") {
                    "sync.RWMutex.RLock"
                } else if has("sync.(*RWMutex).Lock") {
                    "sync.RWMutex.Lock"
                } else if has("sync.(*Cond).Wait") {
                    "sync.Cond.Wait"
                } else {
                    continue;
                };
                assert_eq!(group.key.state.wait.words(&symbols), wanted, "{version} {form} {names:?}");
                seen += 1;
            }
            assert!(seen >= 5, "{version} {form}: only {seen} groups");
        }
    }
}

/// A dump of traceback level 2 shows runtime frames that debug=2 hides: the groups are the same.
#[test]
fn a_crash_dump_groups_like_debug_2() {
    let mut symbols = Symbols::new();
    let text = common::snapshot("orders/after.debug2.txt", &mut symbols);
    let crash = common::snapshot("orders/crash.system.log.gz", &mut symbols);
    let key = |g: &unpark::model::StackGroup| (g.key, g.count);
    let in_crash: Vec<_> = crash.groups.iter().map(key).collect();
    let mut same = 0;
    for group in &text.groups {
        if !group.key.state.wait.is_active() {
            assert!(in_crash.contains(&key(group)), "{:?}", common::names(group, &symbols));
            same += group.count;
        }
    }
    // All but main, which takes the one profile and dies in the other.
    assert_eq!(same, 432);
}

#[test]
fn the_leak_profile_marks_exactly_the_leaked() {
    for (form, total) in [("debug0.pb.gz", 36), ("debug1.txt.gz", 36), ("debug2.txt.gz", 125)] {
        let mut symbols = Symbols::new();
        let snapshot = common::snapshot(&format!("leak-profile/{form}"), &mut symbols);
        assert_eq!(snapshot.goroutines(), total);
        let leaked: i64 = snapshot.groups.iter().filter(|g| g.key.state.leaked == Some(true)).map(|g| g.count).sum();
        let without_frames: i64 =
            snapshot.groups.iter().filter(|g| g.key.stack == StackId::EMPTY).map(|g| g.count).sum();
        assert_eq!(leaked + without_frames, 36, "{form}");
    }
}
