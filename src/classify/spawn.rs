//! One `go` statement that made most of what there is.

use hashbrown::HashMap;

use super::evidence::{Evidence, EvidenceKind};
use super::fullest::which_dump;
use super::observe::doing;
use super::scene::Scene;
use super::words::{counted, function, percent, place, thousands};
use crate::model::{FrameId, StackGroup, Wait};

/// A crowd of fewer goroutines in one moment may be a large pool.
const CROWD: i64 = 1_000;
/// At two moments, with others each time, so many are enough.
const CROWD_TWICE: i64 = 100;

/// The goroutines of one `go` statement.
#[derive(Clone, Debug)]
pub(super) struct Crowd {
    /// The statement.
    pub creator: FrameId,
    /// Its groups, as indices.
    pub groups: Vec<usize>,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
}

/// The `go` statement, or the function where the format hides it, that made more than half of all goroutines, if they do work: idle workers and connections are a
/// pool, however many.
#[must_use]
pub(super) fn crowd(scene: &Scene<'_>, is_finding: &dyn Fn(usize) -> bool) -> Option<Crowd> {
    let mut by_creator: HashMap<FrameId, (i64, i64, Vec<usize>), foldhash::fast::RandomState> = HashMap::default();
    for (i, group) in scene.groups.iter().enumerate() {
        // Formats without creators show the entry in its stead.
        let Some(creator) = group.key.creator.or_else(|| scene.symbols.entry(group.key.stack)) else { continue };
        let entry = by_creator.entry(creator).or_default();
        entry.0 += scene.now(i).map_or(0, |part| part.count);
        entry.1 += group.parts.first().and_then(Option::as_ref).map_or(0, |part| part.count);
        entry.2.push(i);
    }
    let (creator, (last, first, groups)) =
        by_creator.into_iter().max_by_key(|(creator, (last, ..))| (*last, std::cmp::Reverse(*creator)))?;
    // Where ids don't tell that they come and go, two moments say no more than one.
    let told_apart = scene.moments.compared && scene.moments.with_ids;
    let enough = if told_apart { first.min(last) >= CROWD_TWICE } else { last >= CROWD };
    let working: i64 =
        groups.iter().filter_map(|i| scene.now(*i)).filter(|g| works(g.key.state.wait)).map(|g| g.count).sum();
    if !enough || last * 2 <= scene.total || working * 2 <= last || groups.iter().any(|i| is_finding(*i)) {
        return None;
    }
    // The same goroutines at both moments are a pool or a leak of another kind.
    let stay = told_apart && survivors(scene, &groups) * 2 > last as u64;
    if stay {
        return None;
    }
    let symbols = scene.symbols;
    let whose = if groups.iter().any(|i| scene.groups[*i].key.creator.is_some()) {
        format!("were made by the go statement at {}, in {}", place(creator, symbols), function(creator, symbols))
    } else {
        format!("run {}", function(creator, symbols))
    };
    let text = format!("{} ({} of all) {whose}", counted(last, "goroutine"), percent(last, scene.total));
    let mut evidence = vec![Evidence::with(EvidenceKind::Count, text, last)];
    evidence.extend(which_dump(scene.at, &groups, scene));
    if told_apart {
        let (stay, first) = (thousands(survivors(scene, &groups) as i64), thousands(first));
        let text = format!("of the {first} at the first moment {stay} are still there; the rest is new");
        evidence.push(Evidence::new(EvidenceKind::Identity, text));
    } else if scene.moments.compared {
        evidence.push(Evidence::new(EvidenceKind::Count, format!("{} at the first moment", thousands(first))));
    }
    evidence.push(doings(scene, &groups));
    Some(Crowd { creator, groups, evidence })
}

/// What most of them do.
fn doings(scene: &Scene<'_>, groups: &[usize]) -> Evidence {
    let mut parts: Vec<&StackGroup> = groups.iter().filter_map(|i| scene.now(*i)).collect();
    parts.sort_by_key(|part| (std::cmp::Reverse(part.count), part.key.stack));
    let words = parts.iter().take(3).map(|part| {
        let at = scene.symbols.site(part.key.stack).map(|site| format!(" at {}", place(site, scene.symbols)));
        format!("{} {}{}", thousands(part.count), doing(part.key.state.wait), at.unwrap_or_default())
    });
    Evidence::new(EvidenceKind::State, words.collect::<Vec<_>>().join(", "))
}

/// Sleeping stands for a slow call, in tests and in backoffs.
fn works(wait: Wait) -> bool {
    wait.is_active()
        || matches!(
            wait,
            Wait::Sleep | Wait::Syscall | Wait::MutexLock | Wait::ChanSend | Wait::RwMutexLock | Wait::Semacquire
        )
}

fn survivors(scene: &Scene<'_>, groups: &[usize]) -> u64 {
    let shared = |i: &usize| {
        let parts = &scene.groups[*i].parts;
        let (Some(Some(first)), Some(Some(last))) = (parts.first(), parts.last()) else { return 0 };
        first.ids.shared(&last.ids)
    };
    groups.iter().map(shared).sum()
}
