//! Which cause the source speaks for. One table for each thing that goroutines wait for; in each the first rule that fits
//! decides, so that what also fits a weaker rule is named by the stronger.
//!
//! The rules of channels follow "Unveiling and Vanquishing Goroutine Leaks in Enterprise Microservices" (arXiv:2312.12002),
//! made exact by programs with and without each fault, and by Go's own source, in which none of them should be seen.

mod lock;
mod receive;
mod select;
mod send;
mod spawn;
mod waiting;

use super::words::place_of;
use crate::source::{Operation, Role, SiteFacts, SourcePlace, SpawnKind};

/// A cause that the source shows.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    /// The pattern's name.
    pub pattern: &'static str,
    /// What shows it: sentences with their lines.
    pub evidence: Vec<String>,
    /// The line to change.
    pub culprit: Option<SourcePlace>,
    /// Other lines that show it.
    pub marks: Vec<(SourcePlace, Role)>,
    /// What to change, in words of this code.
    pub remedy: String,
    /// Whether the source leaves no other cause: else it is only the likeliest.
    pub sure: bool,
}

impl Cause {
    /// A cause that one sentence shows.
    fn new(pattern: &'static str, evidence: String, remedy: String) -> Self {
        Cause { pattern, evidence: vec![evidence], culprit: None, marks: Vec::new(), remedy, sure: true }
    }

    /// What the holder of a lock waits for.
    pub(super) fn of_holder(pattern: &'static str, evidence: String, remedy: String, culprit: SourcePlace) -> Self {
        Cause { culprit: Some(culprit), ..Cause::new(pattern, evidence, remedy) }.unsure()
    }

    fn culprit(mut self, place: &SourcePlace) -> Self {
        self.culprit = Some(place.clone());
        self
    }

    fn mark(mut self, place: Option<&SourcePlace>, role: Role) -> Self {
        self.marks.extend(place.map(|place| (place.clone(), role)));
        self
    }

    fn unsure(mut self) -> Self {
        self.sure = false;
        self
    }
}

/// A rule: the cause, if it fits.
type Rule = fn(&SiteFacts) -> Option<Cause>;

/// The cause that the source of a blocked goroutine shows.
pub(super) fn cause(facts: &SiteFacts) -> Option<Cause> {
    let rules: &[Rule] = match facts.operation {
        Operation::Send => send::RULES,
        Operation::Receive | Operation::Range => receive::RULES,
        Operation::Select => select::RULES,
        Operation::Lock => lock::RULES,
        Operation::WaitGroup | Operation::Condition => waiting::RULES,
        Operation::Sleep => spawn::RULES,
        Operation::Call => &[waiting::errgroup, spawn::of_itself],
    };
    rules.iter().find_map(|rule| rule(facts))
}

/// `fetch.go:31`.
fn at(place: &SourcePlace) -> String {
    place_of(&place.file, place.line)
}

/// `make(chan result) at fetch.go:31 has no buffer`, where there is one such make.
fn buffer(facts: &SiteFacts) -> Option<String> {
    let [make] = facts.channel.as_ref()?.makes.as_slice() else { return None };
    Some(match &make.capacity {
        None => format!("{} at {} has no buffer", make.text, at(&make.place)),
        Some(capacity) => format!("{} at {} has room for {capacity}", make.text, at(&make.place)),
    })
}

/// Where the channel is made, if in one place.
fn made(facts: &SiteFacts) -> Option<&SourcePlace> {
    match facts.channel.as_ref()?.makes.as_slice() {
        [make] => Some(&make.place),
        _ => None,
    }
}

/// The sentence about the buffer, then another.
fn after_buffer(facts: &SiteFacts, sentence: &str) -> String {
    buffer(facts).map_or_else(|| sentence.to_owned(), |buffer| format!("{buffer}; {sentence}"))
}

/// The statement that started the goroutine, where there is one only.
fn spawn(facts: &SiteFacts) -> Option<&crate::source::SpawnFacts> {
    match facts.spawns.as_slice() {
        [spawn] => Some(spawn),
        _ => None,
    }
}

/// `go` at, `g.Go` at: how it was started, for sentences.
fn started(kind: &SpawnKind) -> String {
    match kind {
        SpawnKind::Go => "the go statement".into(),
        SpawnKind::ErrGroup { .. } => "the group's Go".into(),
        SpawnKind::Passed(name) => format!("the call of {name}"),
    }
}

/// A channel field that is never made: waiting on it is waiting for ever.
fn never_made(facts: &SiteFacts) -> Option<Cause> {
    let channel = facts.channel.as_ref()?;
    let (of, field) = channel.field.as_ref().filter(|_| channel.never_set && channel.makes.is_empty())?;
    let evidence = format!("nothing in its package sets the field {field} of {of}: {} is nil", channel.name);
    let remedy = format!("make the channel where a {of} is made: {field}: make(chan …)");
    Some(Cause::new("nil-channel", evidence, remedy).culprit(&facts.place))
}
