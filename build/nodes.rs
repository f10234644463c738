//! An automaton whose states hardly have a choice: runs of bytes between nodes that have one.
//!
//! A node is: a number of patterns that match there (u8) and their numbers (u16 each); the same of those that match if the
//! name ends there; the length of a run (u8). With a run: its bytes, and the node behind it (u32). Without one: the node
//! to which most bytes lead (u32), the number of exceptions (u8), and of each the first and the last byte and the node
//! (u32). Numbers are little endian, nodes are places in the file, the first is at 0, and `u32::MAX` is none.

use std::collections::{BTreeMap, HashMap};

use crate::Result;
use crate::automaton::{Automaton, State};

const NONE: u32 = u32::MAX;

/// What is behind a node's patterns.
enum Body {
    Run(Vec<u8>, usize),
    Choice { usual: Option<usize>, exceptions: Vec<(u8, u8, Option<usize>)> },
}

/// The bytes of an automaton.
pub(crate) fn write(automaton: &Automaton) -> Result<Vec<u8>> {
    let states = &automaton.states;
    let mut entries = vec![0; states.len()];
    for state in states {
        let mut to: Vec<usize> = state.next.iter().flatten().copied().collect();
        to.dedup();
        to.into_iter().for_each(|next| entries[next] += 1);
    }
    let is_inner = |state: usize| state > 0 && entries[state] == 1 && only_way(&states[state]).is_some();
    // Each node behind those that lead to it, as names run.
    let (mut order, mut bodies, mut known) = (vec![0], Vec::new(), HashMap::from([(0, 0)]));
    while let Some(state) = order.get(bodies.len()).copied() {
        let body = body(states, state, &is_inner);
        for next in body.next() {
            known.entry(next).or_insert_with(|| {
                order.push(next);
                order.len() - 1
            });
        }
        bodies.push(body);
    }
    let mut places = Vec::new();
    let mut end = 0;
    for (state, body) in order.iter().zip(&bodies) {
        places.push(u32::try_from(end)?);
        end += encode(&states[*state], body, &|_| NONE)?.len();
    }
    let place = |state: usize| known.get(&state).and_then(|at: &usize| places.get(*at)).copied().unwrap_or(NONE);
    let parts: Result<Vec<Vec<u8>>> =
        order.iter().zip(&bodies).map(|(state, body)| encode(&states[*state], body, &place)).collect();
    Ok(parts?.concat())
}

/// The byte and the state behind it, where a state matches nothing and only one byte leads on.
fn only_way(state: &State) -> Option<(u8, usize)> {
    let mut ways = (0..=255).zip(&state.next).filter_map(|(byte, next)| next.map(|next| (byte, next)));
    let way = ways.next()?;
    (ways.next().is_none() && state.matches.is_empty() && state.at_end.is_empty()).then_some(way)
}

fn body(states: &[State], from: usize, is_inner: &dyn Fn(usize) -> bool) -> Body {
    let mut run = Vec::new();
    let mut at = from;
    while let Some((byte, next)) = only_way(&states[at]).filter(|_| run.len() < 255 && (run.is_empty() || is_inner(at)))
    {
        run.push(byte);
        at = next;
    }
    if !run.is_empty() {
        return Body::Run(run, at);
    }
    let mut count: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    states[from].next.iter().for_each(|next| *count.entry(*next).or_default() += 1);
    let usual = count.into_iter().max_by_key(|(_, bytes)| *bytes).and_then(|(next, _)| next);
    let mut exceptions: Vec<(u8, u8, Option<usize>)> = Vec::new();
    for (byte, next) in (0..=255).zip(&states[from].next).filter(|(_, next)| **next != usual) {
        match exceptions.last_mut() {
            Some((_, last, to)) if to == next && *last + 1 == byte => *last = byte,
            _ => exceptions.push((byte, byte, *next)),
        }
    }
    Body::Choice { usual, exceptions }
}

impl Body {
    fn next(&self) -> Vec<usize> {
        match self {
            Body::Run(_, next) => vec![*next],
            Body::Choice { usual, exceptions } => {
                exceptions.iter().filter_map(|(.., next)| *next).chain(*usual).collect()
            }
        }
    }
}

fn encode(state: &State, body: &Body, place: &dyn Fn(usize) -> u32) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for patterns in [&state.matches, &state.at_end] {
        bytes.push(u8::try_from(patterns.len())?);
        bytes.extend(patterns.iter().flat_map(|pattern| pattern.to_le_bytes()));
    }
    let node = |next: Option<usize>| next.map_or(NONE, place).to_le_bytes();
    match body {
        Body::Run(run, next) => {
            bytes.push(u8::try_from(run.len())?);
            bytes.extend(run);
            bytes.extend(node(Some(*next)));
        }
        Body::Choice { usual, exceptions } => {
            bytes.push(0);
            bytes.extend(node(*usual));
            bytes.push(u8::try_from(exceptions.len())?);
            for (first, last, next) in exceptions {
                bytes.extend([*first, *last]);
                bytes.extend(node(*next));
            }
        }
    }
    Ok(bytes)
}
