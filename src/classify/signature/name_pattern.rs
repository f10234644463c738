//! Regexes over function names, tried once per function and not once per goroutine.

use std::cell::RefCell;
use std::sync::OnceLock;

use hashbrown::HashMap;
use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::util::syntax;

use super::literal::Literals;
use super::prefixes::Prefixes;
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
    /// Made when the first name is tried.
    prefixes: OnceLock<Prefixes>,
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
        self.prefixes.take();
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
        let prefixes =
            self.prefixes.get_or_init(|| Prefixes::of(self.patterns.iter().map(|pattern| &pattern.literals)));
        let matches = |number: &u16| {
            let pattern = &self.patterns[usize::from(*number)];
            let regex = || pattern.regex.get_or_init(|| compile(&pattern.text).ok());
            pattern.literals.decide(name).unwrap_or_else(|| {
                pattern.literals.allow(name) && regex().as_ref().is_some_and(|regex| regex.is_match(name))
            })
        };
        prefixes.candidates(name).into_iter().filter(matches).map(PatternId).collect()
    }
}

/// Names are short and few, so most of a regex's cost is compiling it: without the engines for long texts it takes half
/// the time. Go names are text, but classes needn't know all of Unicode, which makes it cheap too.
fn compile(text: &str) -> Result<Regex, Box<BuildError>> {
    let config = Config::new().nfa_size_limit(Some(SIZE_LIMIT)).hybrid(false).dfa(false).onepass(false);
    let build = |unicode: bool| {
        let syntax = syntax::Config::new().unicode(unicode).utf8(unicode);
        Regex::builder().configure(config.clone().utf8_empty(unicode)).syntax(syntax).build(text).map_err(Box::new)
    };
    // Classes that could match half a character need Unicode.
    build(false).or_else(|_| build(true))
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
