//! Signatures: rules that recognise stacks. The rules are data (`src/classify/signatures/*.toml`, `--rules`); here is what
//! reads and applies them.

mod automaton;
mod built_in;
mod literal;
mod load;
mod matcher;
mod name_pattern;
mod packed;
mod rule;
mod shape;

use std::borrow::Cow;

pub use load::RuleError;
pub use matcher::{Match, Matcher};
pub use rule::{Ceiling, Known, Rule, Scope};
pub use shape::{Form, Shape, enclosing, is_closure, is_main};

use built_in::{Entry, Lazy};
use name_pattern::{NamePatterns, PatternId};

/// A rule: what tells whether it fits, and, read when it does, all of it.
pub struct Signature {
    id: Cow<'static, str>,
    states: Vec<Cow<'static, str>>,
    shapes: Vec<Shape>,
    scope: Scope,
    language: bool,
    context: bool,
    frames: Vec<PatternId>,
    absent: Vec<PatternId>,
    site: Option<PatternId>,
    entry: Option<PatternId>,
    creator: Option<PatternId>,
    rule: Lazy,
}

/// All rules of a run.
#[derive(Default)]
pub struct Rules {
    entries: Vec<Entry>,
    names: NamePatterns,
    /// Rules with the pattern that must match for them to be tried at all, by pattern.
    by_pattern: Vec<(PatternId, usize)>,
    /// Rules that no name selects.
    by_state: Vec<usize>,
}

impl Signature {
    /// The rule as written.
    #[must_use]
    pub fn rule(&self) -> &Rule {
        self.rule.get()
    }

    fn patterns(&self) -> impl Iterator<Item = PatternId> + '_ {
        let one_each = self.site.iter().chain(&self.entry).chain(&self.creator);
        self.frames.iter().chain(one_each).copied()
    }
}

impl Rules {
    /// A signature by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Signature> {
        self.signatures().find(|signature| signature.id == id)
    }

    /// All signatures, in the order of their files.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> + '_ {
        self.signatures().map(Signature::rule)
    }

    fn signatures(&self) -> impl Iterator<Item = &Signature> + '_ {
        self.entries.iter().map(Entry::get)
    }

    fn signature(&self, index: usize) -> &Signature {
        self.entries[index].get()
    }

    fn index(&mut self) {
        self.by_pattern.clear();
        self.by_state.clear();
        for (i, entry) in self.entries.iter().enumerate() {
            match entry.key {
                Some(key) => self.by_pattern.push((key, i)),
                None => self.by_state.push(i),
            }
        }
        // Patterns are numbered as the rules come: it is in order but for a few, which this kind of sorting makes use of.
        self.by_pattern.sort();
    }

    /// The rules that may fit where a pattern matches.
    fn of_pattern(&self, pattern: PatternId) -> impl Iterator<Item = usize> + '_ {
        let first = self.by_pattern.partition_point(|(known, _)| *known < pattern);
        self.by_pattern[first..].iter().take_while(move |(known, _)| *known == pattern).map(|(_, rule)| *rule)
    }
}
