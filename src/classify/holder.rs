//! Who keeps waiters waiting. Waiters for a lock, a Once, a WaitGroup or a shared call are victims; where the dump shows
//! who is past the place where they wait, that is the one to look at.

use super::cluster::Cluster;
use super::evidence::{Evidence, EvidenceKind};
use super::observe::doing;
use super::scene::Scene;
use super::words::{counted, function, place};
use crate::model::{FrameId, StackGroup, Wait};

/// The sentence about who seems to hold what the cluster waits for, or that the dump doesn't show it.
#[must_use]
pub(super) fn holder(cluster: &Cluster, scene: &Scene<'_>) -> Option<Evidence> {
    let wait = cluster.key.state.wait;
    match wait {
        Wait::MutexLock if scene.is_once(cluster) => {
            found(inside(cluster, scene, "sync.(*Once).doSlow"), "runs inside the Once and keeps the others out", scene)
        }
        Wait::MutexLock | Wait::RwMutexLock | Wait::RwMutexRLock => {
            let past = past_the_lock(cluster, scene);
            Some(found(past, "is past this lock in the same code and may hold it", scene).unwrap_or_else(nobody))
        }
        Wait::WaitGroupWait => {
            found(members(cluster, scene), "was started by the function that waits and hasn't ended", scene)
        }
        _ => None,
    }
}

fn nobody() -> Evidence {
    let text = "no goroutine of the dump is past this lock in the same function: who took it returned without unlocking, \
                waits for it too, or holds it in other code";
    Evidence::new(EvidenceKind::Absence, text)
}

fn found(groups: Vec<&StackGroup>, what: &str, scene: &Scene<'_>) -> Option<Evidence> {
    let largest = groups.into_iter().max_by_key(|group| (group.count, std::cmp::Reverse(group.key.stack)))?;
    let site = scene.symbols.site(largest.key.stack)?;
    let text = format!(
        "{} in {} at {} ({}) {what}",
        counted(largest.count, "goroutine"),
        function(site, scene.symbols),
        place(site, scene.symbols),
        doing(largest.key.state.wait).replace("wait ", "waits ").replace("are ", "is "),
    );
    Some(Evidence::with(EvidenceKind::Lock, text, largest.count))
}

/// Groups that have a function on their stacks and don't wait as the cluster does.
fn inside<'s>(cluster: &Cluster, scene: &Scene<'s>, name: &str) -> Vec<&'s StackGroup> {
    let Some(function) = scene.symbols.known_function(name) else { return Vec::new() };
    let is_it = |frame: FrameId| scene.symbols.frame_at(frame).function == function;
    others(cluster, scene)
        .filter(|group| group.key.state.wait != Wait::MutexLock && scene.symbols.frames(group.key.stack).any(is_it))
        .collect()
}

/// Groups that are in the function that locks, further than the lock.
fn past_the_lock<'s>(cluster: &Cluster, scene: &Scene<'s>) -> Vec<&'s StackGroup> {
    let Some(site) = scene.site(cluster) else { return Vec::new() };
    let at = scene.symbols.frame_at(site);
    let is_later = |frame: FrameId| {
        let frame = scene.symbols.frame_at(frame);
        frame.function == at.function && frame.file == at.file && frame.line > at.line
    };
    others(cluster, scene)
        .filter(|group| !is_lock(group.key.state.wait))
        .filter(|group| scene.symbols.frames(group.key.stack).any(is_later))
        .collect()
}

/// Groups made by the function that waits.
fn members<'s>(cluster: &Cluster, scene: &Scene<'s>) -> Vec<&'s StackGroup> {
    let Some(site) = scene.site(cluster) else { return Vec::new() };
    let function = scene.symbols.frame_at(site).function;
    others(cluster, scene)
        .filter(|group| group.key.creator.is_some_and(|c| scene.symbols.frame_at(c).function == function))
        .collect()
}

fn others<'s>(cluster: &Cluster, scene: &Scene<'s>) -> impl Iterator<Item = &'s StackGroup> {
    let mut is_own = vec![false; scene.groups.len()];
    cluster.groups.iter().for_each(|i| is_own[*i] = true);
    (0..scene.groups.len()).filter(move |i| !is_own[*i]).filter_map(|i| scene.now(i))
}

fn is_lock(wait: Wait) -> bool {
    matches!(wait, Wait::MutexLock | Wait::RwMutexLock | Wait::RwMutexRLock)
}
