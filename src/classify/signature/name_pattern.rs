//! Regexes over function names, tried once per function and not once per goroutine.

use std::cell::RefCell;
use std::sync::OnceLock;

use hashbrown::HashMap;
use regex::{Regex, RegexBuilder};

use super::literal::Literals;
use crate::model::{FunctionId, Symbols};

/// A pattern's place in [`NamePatterns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PatternId(u16);

struct Pattern {
    text: String,
    literals: Literals,
    regex: OnceLock<Option<Regex>>,
}

/// A pattern may not take more memory than this to compile.
const SIZE_LIMIT: usize = 1 << 20;

/// All name patterns of the rules, each once. A regex is compiled when a name passes its literals for the first time.
#[derive(Default)]
pub(super) struct NamePatterns {
    patterns: Vec<Pattern>,
    by_text: HashMap<String, PatternId, foldhash::fast::RandomState>,
}

impl NamePatterns {
    /// Adds a pattern whose literals are known.
    pub(super) fn add(
        &mut self,
        text: &str,
        literals: impl FnOnce() -> Result<Literals, String>,
    ) -> Result<PatternId, String> {
        if let Some(id) = self.by_text.get(text) {
            return Ok(*id);
        }
        let id = PatternId(u16::try_from(self.patterns.len()).map_err(|_| "more than 65,535 patterns".to_owned())?);
        self.patterns.push(Pattern { text: text.to_owned(), literals: literals()?, regex: OnceLock::new() });
        self.by_text.insert(text.to_owned(), id);
        Ok(id)
    }

    /// Compiles a pattern now.
    ///
    /// # Errors
    /// Why it can't be.
    pub(super) fn check(&self, id: PatternId) -> Result<(), String> {
        compile(&self.patterns[usize::from(id.0)].text).map(|_| ()).map_err(|e| e.to_string())
    }

    /// Which patterns match a name.
    fn matching(&self, name: &str) -> Vec<PatternId> {
        let matches = |(_, pattern): &(usize, &Pattern)| {
            let regex = || pattern.regex.get_or_init(|| compile(&pattern.text).ok());
            pattern.literals.allow(name) && regex().as_ref().is_some_and(|regex| regex.is_match(name))
        };
        self.patterns.iter().enumerate().filter(matches).map(|(i, _)| PatternId(i as u16)).collect()
    }
}

/// Go names are text, but classes needn't know all of Unicode: that makes compiling cheap.
fn compile(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).unicode(false).size_limit(SIZE_LIMIT).build().or_else(|_| {
        // Classes that could match half a character need Unicode.
        RegexBuilder::new(text).size_limit(SIZE_LIMIT).build()
    })
}

/// What was found out about the functions of a run.
pub(super) struct NameCache<'a> {
    patterns: &'a NamePatterns,
    symbols: &'a Symbols,
    known: RefCell<HashMap<FunctionId, std::rc::Rc<[PatternId]>, foldhash::fast::RandomState>>,
}

impl<'a> NameCache<'a> {
    /// Nothing is known yet.
    #[must_use]
    pub(super) fn new(patterns: &'a NamePatterns, symbols: &'a Symbols) -> Self {
        NameCache { patterns, symbols, known: RefCell::default() }
    }

    /// Which patterns match a function, in order.
    pub(super) fn of(&self, function: FunctionId) -> std::rc::Rc<[PatternId]> {
        let find = || self.patterns.matching(without_vendor(self.symbols.function_name(function))).into();
        self.known.borrow_mut().entry(function).or_insert_with(find).clone()
    }
}

/// A name as it would be if its package weren't vendored.
fn without_vendor(name: &str) -> &str {
    match name.rfind("/vendor/") {
        Some(at) => &name[at + "/vendor/".len()..],
        None => name.strip_prefix("vendor/").unwrap_or(name),
    }
}
