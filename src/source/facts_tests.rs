//! What is read from small Go files, against what a person reads there: each file of `testdata/source/facts` says in comments
//! all that must be found. `// blocks: chan send` marks where a goroutine waits and in which state, `// frame: 1` the calls
//! that led there, `// started` its `go` statement; `// fact: loop; go` is all that is known of a line. Facts without a line of
//! their own stand beside the package. What isn't written there must not be found.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::alias::Aliases;
use super::examine::{BlockedAt, Examiner, PackageFrame};
use super::facts::*;
use super::go;
use super::package::{Package, PackageFile};
use super::uses::Uses;
use crate::model::Wait;

/// A line and what is known of it; the package's line for what has none.
type Labels = BTreeSet<(u64, String)>;

const STATES: &[(&str, Wait)] = &[
    ("chan send", Wait::ChanSend),
    ("chan receive", Wait::ChanReceive),
    ("select", Wait::Select),
    ("sleep", Wait::Sleep),
    ("sync.Mutex.Lock", Wait::MutexLock),
    ("sync.RWMutex.Lock", Wait::RwMutexLock),
    ("sync.RWMutex.RLock", Wait::RwMutexRLock),
    ("sync.WaitGroup.Wait", Wait::WaitGroupWait),
    ("sync.Cond.Wait", Wait::CondWait),
    ("call", Wait::WaitGroupWait),
];

/// What a file's comments say.
#[derive(Default)]
struct Expected {
    state: String,
    /// The lines of the frames, the innermost first.
    frames: Vec<(usize, u32)>,
    started: Option<u32>,
    labels: Labels,
}

fn expected(text: &str) -> Expected {
    let mut of = Expected::default();
    for (i, line) in text.lines().enumerate() {
        let number = i as u32 + 1;
        let Some((_, comment)) = line.split_once(" // ") else { continue };
        let mut is_fact = false;
        for part in comment.split("; ") {
            if let Some(state) = part.strip_prefix("blocks: ") {
                of.state = state.to_owned();
                of.frames.push((0, number));
            } else if let Some(n) = part.strip_prefix("frame: ") {
                of.frames.push((n.parse().expect("a number"), number));
            } else if part == "started" {
                of.started = Some(number);
            } else if let Some(fact) = part.strip_prefix("fact: ").or(is_fact.then_some(part)) {
                is_fact = true;
                of.labels.insert((u64::from(number), fact.to_owned()));
            }
        }
    }
    of.frames.sort_unstable();
    of
}

fn found(text: &str, expected: &Expected) -> Option<Labels> {
    let file = PackageFile { shown: "x.go".into(), go: go::read(text.as_bytes()).expect("it parses") };
    let package = Package::new(vec![file], 1);
    let aliases = Aliases::of(&package);
    let uses = Uses::all(&package, &aliases);
    let examiner = Examiner { package: &package, aliases: &aliases, uses: &uses, spent: Cell::new(0) };
    // A call blocks in code that isn't in the file.
    let blocks_itself = expected.state != "call";
    let (_, wait) = STATES.iter().find(|(words, _)| *words == expected.state).expect("a state");
    let frames: Vec<PackageFrame<'_>> =
        expected.frames.iter().map(|(_, line)| PackageFrame { file: 0, line: *line, function: "" }).collect();
    let creator = expected.started.map(|line| (0, line));
    let facts = examiner.examine(&BlockedAt { wait: *wait, blocks_itself, frames, creator })?;
    let head = text.lines().position(|line| line.starts_with("package ")).expect("a package") as u64 + 1;
    Some(labels(&facts, head))
}

/// All that is known, in words.
fn labels(facts: &SiteFacts, head: u64) -> Labels {
    let mut out = Labels::new();
    let mut add = |line: u64, words: String| {
        out.insert((line, words));
    };
    add(facts.place.line, format!("{} waits to {}", facts.function, operation(facts.operation)));
    let about = [
        facts.context.as_ref().map(|context| format!("context {context}")),
        facts.takes_back.then(|| "takes back".to_owned()),
    ];
    about.into_iter().flatten().for_each(|words| add(head, words));
    let places = [
        (facts.sent_before.as_ref(), "sent before"),
        (facts.condition.as_ref(), "if"),
        (facts.kept.as_ref().map(|exit| &exit.place), "keeps the slot"),
        (facts.spawns_itself.as_ref().map(|own| &own.place), "starts itself"),
        (facts.spawns_itself.as_ref().and_then(|own| own.after_sleep.as_ref()), "sleeps before it starts itself"),
    ];
    places.into_iter().for_each(|(place, words)| {
        if let Some(place) = place {
            add(place.line, words.to_owned());
        }
    });
    if let Some(around) = &facts.repeats {
        loop_labels(around, &mut add);
    }
    facts.channel.iter().for_each(|channel| channel_labels(channel, head, &mut add));
    facts.cases.iter().for_each(|case| case_labels(case, &mut add));
    facts.spawns.iter().for_each(|spawn| spawn_labels(spawn, &mut add));
    for held in &facts.held {
        let flags = [(held.read, " for reading"), (held.same, ", the same"), (held.same_field, ", of its field")];
        add(held.place.line, format!("holds {}{}", held.name, all(&flags)));
        held.shared_with.iter().for_each(|place| add(place.line, "takes it too".into()));
    }
    facts.lock.iter().for_each(|lock| lock_labels(lock, head, &mut add));
    if let Some(group) = &facts.group {
        group.adds.iter().for_each(|one| add(one.place.line, "adds".into()));
        group.dones.iter().for_each(|one| use_labels(one, "done", &mut add));
        group.added_inside.iter().for_each(|place| add(place.line, "added inside".into()));
    }
    if let Some(condition) = &facts.condition_variable {
        add(head, if condition.in_loop { "checks a predicate" } else { "checks no predicate" }.into());
        condition.signals.iter().for_each(|place| add(place.line, "signals".into()));
    }
    out
}

fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Send => "send",
        Operation::Receive => "receive",
        Operation::Range => "range",
        Operation::Select => "select",
        Operation::Lock => "lock",
        Operation::WaitGroup => "wait for a group",
        Operation::Condition => "wait for a condition",
        Operation::Sleep => "sleep",
        Operation::Call => "call",
    }
}

/// The words of flags that are set.
fn all(flags: &[(bool, &str)]) -> String {
    flags.iter().filter(|(is_set, _)| *is_set).map(|(_, words)| *words).collect()
}

fn loop_labels(around: &LoopFacts, add: &mut impl FnMut(u64, String)) {
    let over = around.over.as_ref().map(|over| format!(" over {over}")).unwrap_or_default();
    add(around.place.line, format!("{}loop{over}", if around.endless { "endless " } else { "" }));
    around.exit.iter().for_each(|exit| add(exit.place.line, "leaves the loop".into()));
}

fn channel_labels(channel: &ChannelFacts, head: u64, add: &mut impl FnMut(u64, String)) {
    match &channel.kind {
        ChannelKind::Plain => {}
        ChannelKind::Timer => add(head, "a timer".into()),
        ChannelKind::Ticker => add(head, "a ticker".into()),
        ChannelKind::Done(context) => done_labels(context, head, add),
    }
    for make in &channel.makes {
        let room = make.capacity.as_ref().map_or("without a buffer".into(), |n| format!("with room for {n}"));
        add(make.place.line, format!("made {room}"));
    }
    channel.sends.iter().for_each(|one| use_labels(one, "send", add));
    channel.receives.iter().for_each(|one| use_labels(one, "receive", add));
    channel.closes.iter().for_each(|one| use_labels(one, &format!("close in {}", one.function), add));
    channel.escapes.iter().for_each(|place| add(place.line, "goes to other code".into()));
    channel.field.iter().for_each(|(of, field)| add(head, format!("field {field} of {of}")));
    if channel.never_set && channel.makes.is_empty() {
        add(head, "never set".into());
    }
}

fn done_labels(context: &ContextFacts, head: u64, add: &mut impl FnMut(u64, String)) {
    add(head, format!("done of {}", context.name));
    context.derived.iter().for_each(|place| {
        add(place.line, if context.never_cancelled { "derived, never cancelled" } else { "derived" }.into());
    });
    context.background.iter().for_each(|place| add(place.line, "background".into()));
}

fn use_labels(one: &UseFacts, what: &str, add: &mut impl FnMut(u64, String)) {
    let beside: String = one.beside.iter().map(|kind| format!(" or {}", case_kind(*kind))).collect();
    let flags = [
        (one.is_range, " by range"),
        (one.repeats.is_some() && !one.is_range, " in a loop"),
        (one.repeats.as_ref().is_some_and(|around| around.exit.is_some()), " that is left"),
        (one.condition.is_some(), " in a branch"),
        (one.never_waits, " or not at all"),
        (one.deferred, ", deferred"),
        (one.own, ", own"),
        (one.spawner, ", beside go"),
    ];
    add(one.place.line, format!("{what}{beside}{}", all(&flags)));
    one.skipped_by
        .iter()
        .for_each(|exit| add(exit.place.line, format!("skips {}", what.split(' ').next().unwrap_or(what))));
}

fn case_kind(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Done => "done",
        CaseKind::Timer => "timer",
        CaseKind::Ticker => "ticker",
        CaseKind::Receive => "receive",
        CaseKind::Send => "send",
    }
}

fn case_labels(case: &CaseFacts, add: &mut impl FnMut(u64, String)) {
    add(case.place.line, format!("case {}{}", case_kind(case.kind), if case.leaves { " leaves" } else { "" }));
    let Some(channel) = &case.channel else { return };
    if let ChannelKind::Done(context) = &channel.kind {
        done_labels(context, case.place.line, add);
    }
    channel.closes.iter().for_each(|one| add(one.place.line, format!("close in {}", one.function)));
}

fn spawn_labels(spawn: &SpawnFacts, add: &mut impl FnMut(u64, String)) {
    let by = match &spawn.by {
        SpawnKind::Go => "go".to_owned(),
        SpawnKind::ErrGroup { with_context: true } => "a group with context".to_owned(),
        SpawnKind::ErrGroup { with_context: false } => "a group without context".to_owned(),
        SpawnKind::Passed(name) => name.clone(),
    };
    add(spawn.place.line, format!("started by {by}{}", if spawn.repeats.is_some() { " in a loop" } else { "" }));
    spawn.receive.iter().for_each(|place| add(place.line, "first receive".into()));
    spawn.exit_before_receive.iter().for_each(|exit| add(exit.place.line, "leaves before the receive".into()));
}

fn lock_labels(lock: &LockFacts, head: u64, add: &mut impl FnMut(u64, String)) {
    add(head, format!("unlocked in {} places", lock.unlocks));
    for section in &lock.sections {
        let flags = [
            (section.read, " for reading"),
            (section.deferred, ", unlock deferred"),
            (section.no_unlock, ", no unlock"),
            (section.takes.is_some(), ", then another"),
        ];
        add(section.place.line, format!("lock in {}{}", section.function, all(&flags)));
        let places = [
            (section.exit.as_ref().map(|exit| &exit.place), "leaves it locked"),
            (
                section.blocks.as_ref().filter(|blocks| blocks.channel).map(|blocks| &blocks.place),
                "a channel under the lock",
            ),
            (
                section.blocks.as_ref().filter(|blocks| !blocks.channel).map(|blocks| &blocks.place),
                "a wait under the lock",
            ),
            (section.again.as_ref(), "locks again"),
            (section.recovered.as_ref(), "recovers"),
            (section.may_panic.as_ref(), "may panic"),
        ];
        places.into_iter().for_each(|(place, words)| {
            if let Some(place) = place {
                add(place.line, words.to_owned());
            }
        });
    }
}

#[test]
fn files_tell_what_their_comments_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/source/facts");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(files.len() >= 40, "{}", files.len());
    let mut faults = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("readable");
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let expected = expected(&text);
        match found(&text, &expected) {
            None => faults.push(format!("{name}: nothing blocks there")),
            Some(found) => {
                let missing =
                    expected.labels.difference(&found).map(|(line, fact)| format!("{name}:{line}: missing: {fact}"));
                let more = found
                    .difference(&expected.labels)
                    .map(|(line, fact)| format!("{name}:{line}: not in the comments: {fact}"));
                faults.extend(missing.chain(more));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
