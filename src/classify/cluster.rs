//! Groups that are judged together: one rule, one wait, one place.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::behaviour::Behaviour;
use super::signature::{Match, Matcher, Shape};
use crate::compare::{Identity, Matched};
use crate::model::{
    FrameId, GoroutineIds, GroupKey, LockWaiters, Origin, StackGroup, Symbols, Wait, WaitMinutes, WaitState,
};

/// Groups of one kind, and what is known of their goroutines.
pub(super) struct Cluster {
    /// The groups, as indices.
    pub groups: Vec<usize>,
    /// The rules that fit them.
    pub matched: Match,
    /// Goroutines of the group that `matched` and `key` are of.
    largest: i64,
    /// What they wait for, as the largest of them has it.
    pub key: GroupKey,
    /// Goroutines at the first and the last moment; in a triage the most that one snapshot has.
    pub first: i64,
    /// See `first`.
    pub last: i64,
    /// What became of them.
    pub behaviour: Behaviour,
    /// Who stayed, where the formats tell.
    pub identity: Option<Identity>,
    /// Their waits, at the last moment.
    pub waits: WaitMinutes,
    /// The locks that they wait for.
    pub locks: LockWaiters,
    /// Their ids at the last moment.
    pub ids: GoroutineIds,
    /// Who made them.
    pub parents: GoroutineIds,
    /// Their `go` statements, most goroutines first.
    pub creators: Vec<(FrameId, i64)>,
}

/// What makes groups one cluster.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    /// A library's rule; none for those of the language.
    signature: Option<usize>,
    wait: Wait,
    proof: (bool, bool, bool),
    /// Where; left out where the rule's own library blocks, whatever its lines.
    site: Option<FrameId>,
}

/// What the moments of a comparison are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    /// They are of one process: the last is compared with the first.
    pub compared: bool,
    /// All carry goroutine ids.
    pub with_ids: bool,
}

/// Puts groups together. Groups without a rule stay alone.
pub(super) fn clusters(groups: &[Matched], moments: Moments, matcher: &Matcher<'_>, symbols: &Symbols) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut index: HashMap<Kind, usize, foldhash::fast::RandomState> = HashMap::default();
    for (i, group) in groups.iter().enumerate() {
        let Some(shown) = shown(group, moments) else { continue };
        let fits = matcher.of(&shown);
        let kind = kind(&group.key, &fits, matcher, symbols);
        let known = kind.and_then(|kind| index.get(&kind).copied());
        let at = known.unwrap_or(clusters.len());
        if at == clusters.len() {
            clusters.push(Cluster::new(group.key));
            kind.map(|kind| index.insert(kind, at));
        }
        clusters[at].take_rules(fits, group.key, shown.count, matcher);
        clusters[at].add(i, group, &shown, moments);
    }
    for cluster in &mut clusters {
        cluster.finish(groups, moments);
    }
    clusters
}

/// The details of a group: of the last moment in a comparison, of all in a triage. A group that is gone shows its past.
fn shown(group: &Matched, moments: Moments) -> Option<Cow<'_, StackGroup>> {
    let mut parts = group.parts.iter().flatten();
    if moments.compared {
        return parts.next_back().map(Cow::Borrowed);
    }
    let mut all = Cow::Borrowed(parts.next()?);
    parts.for_each(|part| all.to_mut().absorb(part));
    Some(all)
}

fn kind(key: &GroupKey, fits: &Match, matcher: &Matcher<'_>, symbols: &Symbols) -> Option<Kind> {
    let signature = fits.signature?;
    let rule = matcher.rule(signature);
    // Whatever shapes their stacks have, goroutines that wait alike on one line have one cause.
    let signature = (!rule.language).then_some(signature);
    let site = symbols.site(key.stack).filter(|site| rule.language || symbols.frame_at(*site).origin == Origin::User);
    let WaitState { wait, nil_channel, no_cases, leaked, .. } = key.state;
    let is = |mark: Option<bool>| mark == Some(true);
    Some(Kind { signature, wait, proof: (is(nil_channel), is(no_cases), is(leaked)), site })
}

impl Cluster {
    fn new(key: GroupKey) -> Self {
        Cluster {
            groups: Vec::new(),
            matched: Match::default(),
            largest: i64::MIN,
            key,
            first: 0,
            last: 0,
            behaviour: Behaviour::OneMoment,
            identity: None,
            waits: WaitMinutes::default(),
            locks: LockWaiters::default(),
            ids: GoroutineIds::default(),
            parents: GoroutineIds::default(),
            creators: Vec::new(),
        }
    }

    /// The rules are those of the largest group, but for one that makes goroutines like itself: that tells the cause of all.
    fn take_rules(&mut self, fits: Match, key: GroupKey, goroutines: i64, matcher: &Matcher<'_>) {
        let recursion =
            |fits: &Match| fits.signature.is_some_and(|i| matcher.rule(i).shapes.contains(&Shape::SpawnsItself));
        let (known, new) = (recursion(&self.matched), recursion(&fits));
        if (new && !known) || (new == known && goroutines > self.largest) {
            (self.matched, self.key, self.largest) = (fits, key, goroutines);
        }
    }

    fn add(&mut self, index: usize, group: &Matched, shown: &StackGroup, moments: Moments) {
        self.groups.push(index);
        let counts = || group.parts.iter().map(|part| part.as_ref().map_or(0, |g| g.count));
        let last = if moments.compared { counts().next_back().unwrap_or(0) } else { counts().max().unwrap_or(0) };
        self.first += if moments.compared { counts().next().unwrap_or(0) } else { 0 };
        self.last += last;
        if last == 0 {
            return;
        }
        self.waits.absorb(&shown.waits);
        self.locks.absorb(&shown.locks);
        self.ids.absorb(&shown.ids);
        self.parents.absorb(&shown.parents);
        // Groups of one creator mostly follow each other; `finish` adds up the rest.
        match (group.key.creator, self.creators.last_mut()) {
            (Some(creator), Some((known, goroutines))) if *known == creator => *goroutines += last,
            (Some(creator), _) => self.creators.push((creator, last)),
            (None, _) => {}
        }
    }

    fn finish(&mut self, groups: &[Matched], moments: Moments) {
        self.creators.sort_unstable();
        self.creators.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        self.creators.sort_by_key(|(frame, goroutines)| (std::cmp::Reverse(*goroutines), *frame));
        if !moments.compared {
            return;
        }
        if moments.with_ids {
            // Over all groups at once: a goroutine may have moved from one to another.
            let ids = |at: fn(&Matched) -> Option<&StackGroup>| {
                let mut all = GoroutineIds::default();
                self.groups.iter().filter_map(|i| at(&groups[*i])).for_each(|group| all.absorb(&group.ids));
                all
            };
            let before = ids(|group| group.parts.first().and_then(Option::as_ref));
            let after = ids(|group| group.parts.last().and_then(Option::as_ref));
            let survivors = before.shared(&after);
            let (births, deaths) = (after.len() - survivors, before.len() - survivors);
            self.identity = Some(Identity { survivors, births, deaths });
        }
        self.behaviour = Behaviour::of(self.first, self.last, self.identity);
    }

    /// The longest wait of which at least half of the goroutines that carry one have so much.
    #[must_use]
    pub(super) fn median_wait(&self) -> u32 {
        // A header without minutes proves nothing, but a median of few stands for nobody else.
        if self.waits.known() * 2 >= self.last.unsigned_abs() { self.waits.median().unwrap_or(0) } else { 0 }
    }

    /// The longest wait.
    #[must_use]
    pub(super) fn longest_wait(&self) -> u32 {
        self.waits.max().unwrap_or(0)
    }
}
