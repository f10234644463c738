//! Signatures: rules that recognise stacks. The rules are data (`src/classify/signatures/*.toml`, `--rules`); here is what
//! reads and applies them.

mod literal;
mod load;
mod matcher;
mod name_pattern;
mod prefixes;
mod rule;
mod shape;

use hashbrown::HashMap;

pub use load::RuleError;
pub use matcher::{Match, Matcher};
pub use rule::{Ceiling, Known, Rule, Scope};
pub use shape::{Form, Shape, enclosing, is_closure, is_main};

use name_pattern::{NamePatterns, PatternId};

/// A rule with its patterns made ready.
pub struct Signature {
    /// The rule as written.
    pub rule: Rule,
    frames: Vec<PatternId>,
    absent: Vec<PatternId>,
    site: Option<PatternId>,
    entry: Option<PatternId>,
    creator: Option<PatternId>,
}

/// All rules of a run.
#[derive(Default)]
pub struct Rules {
    signatures: Vec<Signature>,
    names: NamePatterns,
    /// Rules by the pattern that must match for them to be tried at all.
    by_pattern: HashMap<PatternId, Vec<usize>, foldhash::fast::RandomState>,
    /// Rules that no name selects.
    by_state: Vec<usize>,
}

impl Rules {
    /// A signature by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Signature> {
        self.signatures.iter().find(|signature| signature.rule.id == id)
    }

    /// All signatures, in the order of their files.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> + '_ {
        self.signatures.iter().map(|signature| &signature.rule)
    }

    fn rule(&self, index: usize) -> &Rule {
        &self.signatures[index].rule
    }

    fn index(&mut self) {
        self.by_pattern.clear();
        self.by_state.clear();
        for (i, signature) in self.signatures.iter().enumerate() {
            let mut keys =
                signature.frames.iter().chain(&signature.site).chain(&signature.entry).chain(&signature.creator);
            match keys.next() {
                Some(key) => self.by_pattern.entry(*key).or_default().push(i),
                None => self.by_state.push(i),
            }
        }
    }
}
