//! Which rule is a group's.

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::name_pattern::{NameCache, Names, PatternId};
use super::rule::{Rule, Scope};
use super::shape::Form;
use super::{Rules, Shape, Signature};
use crate::model::{FrameId, Origin, Receive, StackGroup, Symbols, Wait};

/// What the rules say of a group.
#[derive(Clone, Debug, Default)]
pub struct Match {
    /// The most specific rule: a library's before the language's.
    pub signature: Option<usize>,
    /// For whom the goroutine works: the context rule next to the place where it blocks.
    pub context: Option<usize>,
    /// All rules of the language that fit, most specific first.
    pub language: Vec<usize>,
}

/// Applies rules to the groups of a run.
pub struct Matcher<'a> {
    rules: &'a Rules,
    symbols: &'a Symbols,
    names: NameCache<'a>,
    /// See [`Matcher::in_state`]: states are few, and groups many.
    in_state: RefCell<HashMap<State, Rc<[usize]>, RandomState>>,
    /// Room for a group's frames, used again for the next.
    room: RefCell<(Vec<FrameId>, Vec<Named>)>,
    /// The same of rules that fit.
    fits: RefCell<Vec<Fit>>,
}

/// What a wait state has that rules tell apart: the wait, a nil channel, no cases.
type State = (Wait, bool, bool);

/// A rule that fits, and how closely.
struct Fit {
    rule: usize,
    /// The frame that its first pattern matches, from the leaf; lower is closer to what blocks.
    at: usize,
    conditions: usize,
}

impl<'a> Matcher<'a> {
    /// A matcher for the groups of a run.
    #[must_use]
    pub fn new(rules: &'a Rules, symbols: &'a Symbols) -> Self {
        let names = NameCache::new(&rules.names, symbols);
        Matcher {
            rules,
            symbols,
            names,
            in_state: RefCell::default(),
            room: RefCell::default(),
            fits: RefCell::default(),
        }
    }

    /// The rule at an index of a [`Match`].
    #[must_use]
    pub fn rule(&self, index: usize) -> &'a Rule {
        self.rules.signature(index).rule()
    }

    /// The rules of a group.
    #[must_use]
    pub fn of(&self, group: &StackGroup) -> Match {
        let stack = Stack::new(group, self);
        let receive_ok = group.receive.map(|receive| receive == Receive::Ok);
        let mut form = Form::new(self.symbols, &group.key, receive_ok);
        let mut fits = self.by_name(&stack, &form);
        fits.sort_by_key(|fit| (fit.at, std::cmp::Reverse(fit.conditions), fit.rule));
        let is_context = |fit: &&Fit| self.rules.signature(fit.rule).context;
        let context = fits.iter().find(is_context).map(|fit| fit.rule);
        form.in_request =
            fits.iter().any(|fit| is_context(&fit) && self.rules.signature(fit.rule).scope == Scope::PerRequest);
        let library = fits.iter().find(|fit| !is_context(fit)).map(|fit| fit.rule);
        let language = self.of_language(&stack, &form);
        let signature = library.or(language.first().copied()).or(context);
        self.room.replace((stack.frames, stack.named));
        Match { signature, context, language }
    }

    fn by_name(&self, stack: &Stack<'_>, form: &Form<'_>) -> Vec<Fit> {
        let mut tried: Vec<usize> = stack.patterns().flat_map(|id| self.rules.of_pattern(id)).collect();
        tried.sort_unstable();
        tried.dedup();
        tried.into_iter().filter_map(|rule| self.fit(rule, stack, form)).collect()
    }

    fn of_language(&self, stack: &Stack<'_>, form: &Form<'_>) -> Vec<usize> {
        let in_state = self.in_state(stack);
        let mut fits = self.fits.take();
        fits.clear();
        fits.extend(in_state.iter().filter_map(|rule| self.fit_in_state(*rule, stack, form)));
        fits.sort_unstable_by_key(|fit| (std::cmp::Reverse(fit.conditions), fit.rule));
        let rules = fits.iter().map(|fit| fit.rule).collect();
        self.fits.replace(fits);
        rules
    }

    /// The rules that no name selects and whose states fit.
    fn in_state(&self, stack: &Stack<'_>) -> Rc<[usize]> {
        let state = &stack.group.key.state;
        let key = (state.wait, state.nil_channel == Some(true), state.no_cases == Some(true));
        let fits = |rule: &usize| stack.state_fits(self.rules.signature(*rule), self.symbols);
        let find = || self.rules.by_state.iter().copied().filter(fits).collect();
        self.in_state.borrow_mut().entry(key).or_insert_with(find).clone()
    }

    fn fit(&self, index: usize, stack: &Stack<'_>, form: &Form<'_>) -> Option<Fit> {
        let fits = stack.state_fits(self.rules.signature(index), self.symbols);
        if fits { self.fit_in_state(index, stack, form) } else { None }
    }

    /// As [`Matcher::fit`], of a rule whose states are known to fit.
    fn fit_in_state(&self, index: usize, stack: &Stack<'_>, form: &Form<'_>) -> Option<Fit> {
        let signature = self.rules.signature(index);
        if !signature.shapes.iter().all(|shape| form.has(*shape)) {
            return None;
        }
        let at = stack.position(signature)?;
        if !signature.context && !signature.language && stack.users_work_above(at, self.symbols) {
            return None;
        }
        let names = signature.frames.len() + signature.absent.len();
        let one_each = [signature.site, signature.entry, signature.creator].iter().flatten().count();
        // That it makes goroutines like itself says more of a stack than any wait.
        let recursion = if signature.shapes.contains(&Shape::SpawnsItself) { 4 } else { 0 };
        let shapes = signature.shapes.len() * 2 + recursion;
        let conditions = names + one_each + shapes + usize::from(!signature.states.is_empty());
        Some(Fit { rule: index, at, conditions })
    }
}

/// A frame with the patterns that it matches.
#[derive(Clone, Copy)]
struct Named {
    /// From the leaf.
    at: usize,
    frame: FrameId,
    names: Names,
}

/// A group's frames with the patterns that they match.
struct Stack<'a> {
    frames: Vec<FrameId>,
    /// Those that some pattern matches, which are few.
    named: Vec<Named>,
    site: Option<FrameId>,
    creator: Option<Names>,
    wait: Wait,
    group: &'a StackGroup,
    ids: Ref<'a, Vec<PatternId>>,
}

impl<'a> Stack<'a> {
    fn new(group: &'a StackGroup, matcher: &'a Matcher<'_>) -> Self {
        let symbols = matcher.symbols;
        let names = |frame: FrameId| matcher.names.of(symbols.frame_at(frame).function);
        let (mut frames, mut named) = matcher.room.take();
        frames.clear();
        frames.extend(symbols.frames(group.key.stack));
        named.clear();
        named.extend(
            frames
                .iter()
                .enumerate()
                .map(|(at, frame)| Named { at, frame: *frame, names: names(*frame) })
                .filter(|named| !named.names.is_empty()),
        );
        let creator = group.key.creator.map(names);
        let (site, wait) = (symbols.site(group.key.stack), group.key.state.wait);
        Stack { frames, named, site, creator, wait, group, ids: matcher.names.ids() }
    }

    fn patterns(&self) -> impl Iterator<Item = PatternId> + '_ {
        let of_frames = self.named.iter().map(|named| named.names);
        of_frames.chain(self.creator).flat_map(|names| names.of(&self.ids)).copied()
    }

    fn state_fits(&self, rule: &Signature, symbols: &Symbols) -> bool {
        if rule.states.is_empty() {
            return true;
        }
        let has = |word: &str| rule.states.iter().any(|state| state == word);
        let words = self.wait.words(symbols);
        let detail = match self.wait {
            Wait::ChanOp => has("chan send") || has("chan receive"),
            Wait::Waiting | Wait::Unknown => !rule.language,
            Wait::Running | Wait::Runnable => !rule.language && rule.scope != Scope::PerRequest,
            Wait::ChanSend | Wait::ChanReceive if self.group.key.state.nil_channel == Some(true) => {
                has(&format!("{words} (nil chan)"))
            }
            Wait::Select if self.group.key.state.no_cases == Some(true) => has("select (no cases)"),
            _ => false,
        };
        detail || has(words)
    }

    /// Where the rule's first frame pattern matches, if all its conditions hold.
    fn position(&self, signature: &Signature) -> Option<usize> {
        let is_named = |named: &&Named, id: &PatternId| named.names.of(&self.ids).contains(id);
        let frame_with = |id: &PatternId| self.named.iter().find(|named| is_named(named, id)).map(|named| named.at);
        let names_of = |frame: Option<FrameId>| {
            self.named.iter().find(|named| Some(named.frame) == frame).map(|named| named.names)
        };
        let outermost = || self.named.last().filter(|named| named.at + 1 == self.frames.len()).map(|named| named.names);
        let holds = |wanted: Option<PatternId>, names: &dyn Fn() -> Option<Names>| {
            wanted.is_none_or(|id| names().is_some_and(|names| names.of(&self.ids).contains(&id)))
        };
        let good = holds(signature.site, &|| names_of(self.site))
            && holds(signature.entry, &outermost)
            && holds(signature.creator, &|| self.creator)
            && signature.absent.iter().all(|id| frame_with(id).is_none());
        if !good {
            return None;
        }
        let mut at = None;
        for id in &signature.frames {
            let here = frame_with(id)?;
            at = Some(at.map_or(here, |first: usize| first.min(here)));
        }
        Some(at.unwrap_or_else(|| match (signature.site, signature.entry) {
            (Some(_), _) => self.frames.iter().position(|frame| Some(*frame) == self.site).unwrap_or(0),
            (None, Some(_)) => self.frames.len().saturating_sub(1),
            (None, None) => 0,
        }))
    }

    /// Whether frames of other users' code stand between the leaf and the rule's frame: then that code blocks, and the
    /// rule only says who called it.
    fn users_work_above(&self, at: usize, symbols: &Symbols) -> bool {
        let package = |frame: FrameId| symbols.package(symbols.frame_at(frame).function);
        let own = self.frames.get(at).map(|frame| library(package(*frame)));
        self.frames[..at.min(self.frames.len())].iter().any(|frame| {
            let package = package(*frame);
            // Old builds don't tell dependencies from the user's code by their paths.
            let is_plumbing = package.starts_with("golang.org/x/") || package.starts_with("google.golang.org/");
            symbols.frame_at(*frame).origin == Origin::User && !is_plumbing && Some(library(package)) != own
        })
    }
}

/// The part of an import path that a library's packages share: `github.com/a/b`, `k8s.io/client-go`.
fn library(package: &str) -> &str {
    let elements = match package.split('/').next() {
        Some("github.com" | "gitlab.com" | "bitbucket.org" | "golang.org") => 3,
        _ => 2,
    };
    let end = package.match_indices('/').nth(elements - 1).map_or(package.len(), |(at, _)| at);
    &package[..end]
}

/// Only for shapes that need no group.
impl Matcher<'_> {
    /// Whether a group's stack has a shape.
    #[must_use]
    pub fn has_shape(&self, group: &StackGroup, shape: Shape) -> bool {
        Form::new(self.symbols, &group.key, group.receive.map(|r| r == Receive::Ok)).has(shape)
    }
}
