//! All name patterns of the rules as two automata that tell which of them match a name in one pass over it:
//! regex-automata makes them, and what is written is only their states, in the form that
//! `src/classify/signature/automaton.rs` walks.
//!
//! Patterns that begin with `^` make a large automaton of states with hardly a choice each ([`crate::nodes`]); the few that
//! may match anywhere make a small one of states with many, which is a table.

use std::collections::{BTreeMap, HashMap};

use regex_automata::dfa::dense::{Builder, Config, DFA};
use regex_automata::dfa::{Automaton as _, StartKind};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind, PatternID};
use regex_syntax::hir::Look;

use crate::{Result, nodes};

/// The states of an automaton, from 0, at which it starts.
pub(crate) struct Automaton {
    pub states: Vec<State>,
    /// The class of each byte: bytes of one class lead from a state to the same state.
    pub classes: Vec<u8>,
}

/// A state.
#[derive(Default)]
pub(crate) struct State {
    /// Patterns that match, whatever follows.
    pub matches: Vec<u16>,
    /// Patterns that match where the name ends.
    pub at_end: Vec<u16>,
    /// Where each byte leads; none where nothing matches any more.
    pub next: Vec<Option<usize>>,
}

/// Both automata, as they are written.
pub(crate) fn of(patterns: &[String]) -> Result<(Vec<u8>, Vec<u8>)> {
    let (mut from_start, mut anywhere) = (Vec::new(), Vec::new());
    for (number, pattern) in (0..).zip(patterns) {
        let parsed = regex_syntax::ParserBuilder::new().utf8(false).unicode(false).build().parse(pattern);
        let hir = parsed.map_err(|e| format!("{pattern}: {e}"))?;
        let is_anchored = hir.properties().look_set_prefix().contains(Look::Start);
        if is_anchored { &mut from_start } else { &mut anywhere }.push((number, pattern.as_str()));
    }
    let anchored = Automaton::of(&from_start, Anchored::Yes)?;
    Ok((nodes::write(&anchored)?, table(&Automaton::of(&anywhere, Anchored::No)?)?))
}

impl Automaton {
    /// The automaton of patterns with their numbers.
    fn of(patterns: &[(u16, &str)], anchored: Anchored) -> Result<Self> {
        let kind = if anchored == Anchored::Yes { StartKind::Anchored } else { StartKind::Unanchored };
        let texts: Vec<&str> = patterns.iter().map(|(_, text)| *text).collect();
        // As `name_pattern.rs` compiles those of the user: over bytes, with classes of ASCII.
        let dfa = Builder::new()
            .configure(Config::new().match_kind(MatchKind::All).start_kind(kind))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false))
            .build_many(&texts)?;
        let first = dfa.start_state(&start::Config::new().anchored(anchored))?;
        let number = |id: PatternID| patterns[id.as_usize()].0;
        let states = states(&dfa, first, &number)?;
        Ok(Automaton { states, classes: (0..=255).map(|byte| dfa.byte_classes().get(byte)).collect() })
    }
}

/// The states that a name can reach.
fn states(dfa: &DFA<Vec<u32>>, first: StateID, number: &dyn Fn(PatternID) -> u16) -> Result<Vec<State>> {
    let mut ids = vec![first];
    let mut known = HashMap::from([(first, 0)]);
    let mut states = Vec::new();
    while let Some(id) = ids.get(states.len()).copied() {
        let mut next = Vec::new();
        for byte in 0..=255 {
            let to = dfa.next_state(id, byte);
            if dfa.is_quit_state(to) {
                return Err("a pattern looks at more than bytes".into());
            }
            next.push((!dfa.is_dead_state(to)).then(|| {
                *known.entry(to).or_insert_with(|| {
                    ids.push(to);
                    ids.len() - 1
                })
            }));
        }
        let matches = |state| -> Vec<u16> {
            let length = if dfa.is_match_state(state) { dfa.match_len(state) } else { 0 };
            (0..length).map(|index| number(dfa.match_pattern(state, index))).collect()
        };
        states.push(State { matches: matches(id), at_end: matches(dfa.next_eoi_state(id)), next });
    }
    Ok(states)
}

/// An automaton as a table: a column for each class of bytes and one for the end of the name.
///
/// First the number of columns and the class of each byte; then a row of u16 for each state: where each class leads, which
/// is past the last row where nothing matches any more, and where in a list what matches there begins. Lists are u16 too:
/// a number of patterns, and the patterns. The last two columns of a row are the lists of the state and of the end.
fn table(automaton: &Automaton) -> Result<Vec<u8>> {
    let Automaton { states, classes } = automaton;
    let columns = classes.iter().max().map_or(0, |most| usize::from(*most) + 1);
    let representative: Vec<usize> =
        (0..columns).filter_map(|class| classes.iter().position(|of| usize::from(*of) == class)).collect();
    let dead = states.len();
    // Lists that are equal stand once; the empty one is the first.
    let mut lists: BTreeMap<&[u16], usize> = BTreeMap::from([(&[][..], 0)]);
    let mut written: Vec<u16> = vec![0];
    let mut rows: Vec<u16> = Vec::new();
    for state in states {
        for byte in &representative {
            rows.push(u16::try_from(state.next[*byte].unwrap_or(dead))?);
        }
        for list in [&state.matches, &state.at_end] {
            let at = *lists.entry(list).or_insert_with(|| {
                written.push(list.len() as u16);
                written.extend(list);
                written.len() - list.len() - 1
            });
            rows.push(u16::try_from(at)?);
        }
    }
    let mut bytes = u16::try_from(columns)?.to_le_bytes().to_vec();
    bytes.extend(u16::try_from(states.len())?.to_le_bytes());
    bytes.extend(classes);
    bytes.extend(rows.iter().chain(&written).flat_map(|number| number.to_le_bytes()));
    Ok(bytes)
}
