//! Which of several dumps beside each other a cluster is judged by: they may be of different processes, whose ids and parents
//! say nothing about each other.

use std::cmp::Reverse;

use super::cluster::{Cluster, Moments};
use super::evidence::{Evidence, EvidenceKind};
use super::scene::Scene;
use super::words::thousands;
use crate::compare::Matched;
use crate::model::{GoroutineIds, LockWaiters, WaitMinutes};

impl Cluster {
    /// Leaves only what is known of the goroutines in the dump that has most of them; of equals, the first.
    pub(super) fn keep_fullest(&mut self, groups: &[Matched], moments: &Moments) {
        let dumps = moments.minutes.len();
        let parts = |dump: usize| self.groups.iter().filter_map(move |i| groups[*i].parts[dump].as_ref());
        let counts: Vec<i64> = (0..dumps).map(|dump| parts(dump).map(|group| group.count).sum()).collect();
        let Some((at, last)) = counts.iter().copied().enumerate().max_by_key(|(dump, n)| (*n, Reverse(*dump))) else {
            return;
        };
        let (mut waits, mut locks) = (WaitMinutes::default(), LockWaiters::default());
        let (mut ids, mut parents, mut creators) = (GoroutineIds::default(), GoroutineIds::default(), Vec::new());
        for part in parts(at) {
            waits.absorb(&part.waits);
            locks.absorb(&part.locks);
            ids.absorb(&part.ids);
            parents.absorb(&part.parents);
            creators.extend(part.key.creator.map(|creator| (creator, part.count)));
        }
        (self.waits, self.locks, self.ids, self.parents, self.creators) = (waits, locks, ids, parents, creators);
        (self.at, self.last) = (at, last);
    }
}

/// Which dump the evidence on some groups is about, and how many goroutines they have there, where there are several dumps.
pub(super) fn which_dump(at: usize, groups: &[usize], scene: &Scene<'_>) -> Option<Evidence> {
    let dumps = scene.moments.minutes.len();
    if scene.moments.compared || dumps < 2 {
        return None;
    }
    let parts =
        |i: &usize| scene.groups[*i].parts.iter().enumerate().filter_map(|(dump, part)| Some((dump, part.as_ref()?)));
    let counts = || groups.iter().flat_map(parts).map(|(dump, group)| (dump == at, group.count));
    let here: i64 = counts().filter(|(here, _)| *here).map(|(_, n)| n).sum();
    let number = at + 1;
    let text = if counts().any(|(here, n)| !here && n != 0) {
        format!("{} of them are in dump {number} of {dumps}; what follows is about these", thousands(here))
    } else {
        format!("all of them are in dump {number} of {dumps}")
    };
    Some(Evidence::with(EvidenceKind::Count, text, here))
}

/// The moment that is now: the last of a comparison, else the dump with the most goroutines; of equals, the first.
#[must_use]
pub(super) fn now(groups: &[Matched], moments: &Moments) -> usize {
    let dumps = moments.minutes.len();
    if moments.compared {
        return dumps.saturating_sub(1);
    }
    let total = |dump: &usize| total(groups, *dump);
    (0..dumps).max_by_key(|dump| (total(dump), Reverse(*dump))).unwrap_or(0)
}

/// Goroutines of one dump.
#[must_use]
pub(super) fn total(groups: &[Matched], dump: usize) -> i64 {
    groups.iter().filter_map(|group| group.parts.get(dump)?.as_ref()).map(|part| part.count).sum()
}
