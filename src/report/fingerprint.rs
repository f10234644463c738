//! Ids of groups that stay over runs, hosts and builds.

use hashbrown::HashMap;

use super::schema::{Finding, FrameReport};
use crate::compare::Matched;
use crate::model::{GroupKey, Symbols};

/// An id for each group: 64 bits of FNV-1a over state, functions and creator as text, lines left out; groups that share
/// them get ordinals in the order of their lines.
pub(super) fn ids(groups: &[Matched], symbols: &Symbols) -> Vec<String> {
    let mut same: HashMap<u64, Vec<usize>, foldhash::fast::RandomState> = HashMap::default();
    for (i, group) in groups.iter().enumerate() {
        same.entry(fingerprint(&group.key, symbols)).or_default().push(i);
    }
    let mut ids = vec![String::new(); groups.len()];
    for (hash, mut members) in same {
        members.sort_by_cached_key(|i| order(&groups[*i].key, symbols));
        for (ordinal, i) in members.into_iter().enumerate() {
            ids[i] = if ordinal == 0 { format!("{hash:016x}") } else { format!("{hash:016x}-{}", ordinal + 1) };
        }
    }
    ids
}

fn fingerprint(key: &GroupKey, symbols: &Symbols) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |text: &str| {
        hash = fnv(text.bytes().fold(hash, fnv), 0xff);
    };
    add(key.state.wait.words(symbols));
    add(if key.state.nil_channel == Some(true) { "nil" } else { "" });
    add(if key.state.no_cases == Some(true) { "no cases" } else { "" });
    add(key.creator.map_or("", |frame| symbols.name_of(frame)));
    symbols.frames(key.stack).for_each(|frame| add(symbols.name_of(frame)));
    hash
}

fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

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
