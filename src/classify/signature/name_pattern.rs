//! Regexes over function names, tried once per function and not once per goroutine.

use std::cell::{Ref, RefCell};
use std::sync::OnceLock;

use hashbrown::HashMap;
use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::util::syntax;

use super::automaton;
use super::literal::Literals;
use crate::model::{FunctionId, Symbols};

/// A pattern's number: in the automata, or past them the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PatternId(u16);

impl PatternId {
    /// The user's first pattern.
    const USERS: u16 = 1 << 15;

    /// A pattern that is compiled in, if there can be one of this number.
    pub(super) fn built_in(number: u32) -> Option<Self> {
        u16::try_from(number).ok().filter(|number| *number < Self::USERS).map(PatternId)
    }
}

struct Pattern {
    text: String,
    literals: Literals,
    regex: OnceLock<Option<Regex>>,
}

/// A pattern may not take more memory than this to compile.
const SIZE_LIMIT: usize = 1 << 20;

/// The name patterns of the rules: those that are compiled in, which the automata know, and the user's, each once. A
/// user's regex is compiled when a name passes its literals for the first time.
#[derive(Default)]
pub(super) struct NamePatterns {
    users: Vec<Pattern>,
    by_text: HashMap<String, PatternId, foldhash::fast::RandomState>,
}

impl NamePatterns {
    /// Adds a pattern of the user.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn add(&mut self, text: &str) -> Result<PatternId, String> {
        if let Some(id) = self.by_text.get(text) {
            return Ok(*id);
        }
        let number = u16::try_from(self.users.len()).ok().and_then(|number| number.checked_add(PatternId::USERS));
        let id = PatternId(number.ok_or("more than 32,768 patterns")?);
        let literals = Literals::of(text)?;
        self.users.push(Pattern { text: text.to_owned(), literals, regex: OnceLock::new() });
        self.by_text.insert(text.to_owned(), id);
        Ok(id)
    }

    /// Compiles a pattern of the user now.
    ///
    /// # Errors
    /// Why it can't be.
    pub(super) fn check(&self, id: PatternId) -> Result<(), String> {
        let Some(pattern) = id.0.checked_sub(PatternId::USERS).and_then(|at| self.users.get(usize::from(at))) else {
            return Ok(());
        };
        compile(&pattern.text).map(|_| ()).map_err(|e| e.to_string())
    }

    /// Adds the patterns that match a name, in order.
    fn add_matching(&self, name: &str, found: &mut Vec<PatternId>) {
        automaton::add_matching(name, found, PatternId);
        let users = (PatternId::USERS..).zip(&self.users).filter(|(_, pattern)| pattern.matches(name));
        found.extend(users.map(|(id, _)| PatternId(id)));
    }
}

impl Pattern {
    fn matches(&self, name: &str) -> bool {
        let regex = || self.regex.get_or_init(|| compile(&self.text).ok()).as_ref();
        self.literals
            .decide(name)
            .unwrap_or_else(|| self.literals.allow(name) && regex().is_some_and(|regex: &Regex| regex.is_match(name)))
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
    /// By function.
    known: RefCell<Vec<Option<Names>>>,
    ids: RefCell<Vec<PatternId>>,
}

/// The patterns that match a name: a range of [`NameCache::ids`].
#[derive(Clone, Copy, Default)]
pub(super) struct Names {
    start: u32,
    end: u32,
}

impl Names {
    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The patterns, in order.
    pub(super) fn of(self, ids: &[PatternId]) -> &[PatternId] {
        &ids[self.start as usize..self.end as usize]
    }
}

impl<'a> NameCache<'a> {
    /// Nothing is known yet.
    #[must_use]
    pub(super) fn new(patterns: &'a NamePatterns, symbols: &'a Symbols) -> Self {
        let known = RefCell::new(vec![None; symbols.functions()]);
        NameCache { patterns, symbols, known, ids: RefCell::default() }
    }

    /// Which patterns match a function.
    pub(super) fn of(&self, function: FunctionId) -> Names {
        if let Some(known) = self.known.borrow()[function.index()] {
            return known;
        }
        let mut ids = self.ids.borrow_mut();
        let count = |ids: &[PatternId]| u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let start = count(&ids);
        self.patterns.add_matching(without_vendor(self.symbols.function_name(function)), &mut ids);
        let names = Names { start, end: count(&ids) };
        self.known.borrow_mut()[function.index()] = Some(names);
        names
    }

    /// What [`Names`] are ranges of; none may be asked for while this is held.
    pub(super) fn ids(&self) -> Ref<'_, Vec<PatternId>> {
        self.ids.borrow()
    }
}

/// A name as it would be if its package weren't vendored.
fn without_vendor(name: &str) -> &str {
    const VENDOR: &str = "/vendor/";
    // Hardly any name has it, and to search from the end takes longer.
    match name.contains(VENDOR).then(|| name.rfind(VENDOR)).flatten() {
        Some(at) => &name[at + VENDOR.len()..],
        None => name.strip_prefix("vendor/").unwrap_or(name),
    }
}
