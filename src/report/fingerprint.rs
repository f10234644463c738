//! Ids of groups that stay over runs, hosts and builds.

use hashbrown::HashMap;

use super::schema::{Finding, FrameReport};
use crate::compare::Matched;
use crate::model::{FrameId, GroupKey, Symbols};

/// An id for each group: 64 bits over state, functions and creator, lines left out; groups that share them get ordinals in
/// the order of their lines.
pub(super) fn ids(groups: &[Matched], symbols: &Symbols) -> Vec<String> {
    let mut names = Names { symbols, hashes: vec![None; symbols.functions()] };
    let mut members: Vec<(u64, usize)> =
        groups.iter().enumerate().map(|(i, group)| (fingerprint(&group.key, &mut names), i)).collect();
    members.sort_unstable();
    let mut ids = vec![String::new(); groups.len()];
    for same in members.chunk_by_mut(|a, b| a.0 == b.0) {
        same.sort_by_cached_key(|(_, i)| order(&groups[*i].key, symbols));
        for (ordinal, (hash, i)) in same.iter().enumerate() {
            ids[*i] = if ordinal == 0 { format!("{hash:016x}") } else { format!("{hash:016x}-{}", ordinal + 1) };
        }
    }
    ids
}

/// The hashes of functions' names, each found once: stacks share most of theirs.
struct Names<'a> {
    symbols: &'a Symbols,
    hashes: Vec<Option<u64>>,
}

impl Names<'_> {
    fn hash(&mut self, frame: FrameId) -> u64 {
        let function = self.symbols.frame_at(frame).function;
        *self.hashes[function.index()].get_or_insert_with(|| hash(self.symbols.function_name(function)))
    }
}

fn fingerprint(key: &GroupKey, names: &mut Names<'_>) -> u64 {
    let state = &key.state;
    let marks = u64::from(state.nil_channel == Some(true)) | u64::from(state.no_cases == Some(true)) << 1;
    let state = add(hash(state.wait.words(names.symbols)), marks);
    let made = add(state, key.creator.map_or(0, |frame| names.hash(frame)));
    let symbols = names.symbols;
    symbols.frames(key.stack).fold(made, |hash, frame| add(hash, names.hash(frame)))
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// The same by words, with the upper half brought down, which the product leaves above.
fn add(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word).wrapping_mul(PRIME);
    product ^ product >> 32
}

/// FNV's, for 64 bits.
const PRIME: u64 = 0x0100_0000_01b3;

/// The id of a finding: its signature and the function where it blocks, so that it stays when lines move.
pub(super) fn finding(signature: Option<&str>, site: Option<&FrameReport>) -> String {
    let signature = signature.unwrap_or("unnamed");
    site.map_or_else(|| signature.to_owned(), |site| format!("{signature}@{}", site.function))
}

/// Gives findings of one signature and function ordinals, in their order.
pub(super) fn number_alike(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize, foldhash::fast::RandomState> = HashMap::default();
    for finding in findings {
        let nth = seen.entry(finding.id.clone()).or_insert(0);
        *nth += 1;
        if *nth > 1 {
            finding.id = format!("{}-{nth}", finding.id);
        }
    }
}

/// Lines first, so that a group keeps its ordinal when all lines of a file move; then whatever else parts two groups.
fn order(key: &GroupKey, symbols: &Symbols) -> impl Ord + use<> {
    let frames = || symbols.frames(key.stack).chain(key.creator).map(|frame| symbols.frame_at(frame));
    let lines: Vec<u32> = frames().map(|frame| frame.line).collect();
    let files: Vec<String> = frames().map(|frame| symbols.str(frame.file).to_owned()).collect();
    let state = &key.state;
    (lines, files, state.nil_channel, state.no_cases, state.leaked, state.durable, state.locked_to_thread)
}
