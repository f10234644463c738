//! Groups that are judged together: one rule, one wait, one place.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::behaviour::Behaviour;
use super::pace::Pace;
use super::signature::{Match, Matcher, Shape};
use crate::compare::{CountTrend, Identity, IdentityTrend, Matched, benjamini_hochberg, count_trend, identity_trend};
use crate::model::{
    FrameId, GoroutineIds, GroupKey, LockWaiters, Origin, StackGroup, Symbols, Wait, WaitMinutes, WaitState,
};

/// So many moments tell by who was there through half of them.
pub(super) const LONG_SERIES: usize = 6;
/// How likely a rise by chance may be, over all groups.
const SIGNIFICANT: f64 = 0.05;

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
    /// Goroutines at the first and the last moment; in a triage those of the dump that has most.
    pub first: i64,
    /// See `first`.
    pub last: i64,
    /// The last moment; in a triage the dump that has most.
    pub at: usize,
    /// What became of them.
    pub behaviour: Behaviour,
    /// Goroutines at each moment that is judged.
    pub counts: Vec<i64>,
    /// What the counts tell, of three moments and more.
    pub trend: Option<CountTrend>,
    /// What the ids tell, of three moments and more.
    pub lasting: Option<IdentityTrend>,
    /// How likely such a rise is by chance, given how many groups there are.
    pub q: Option<f64>,
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

/// How goroutines of one kind moved over three moments and more.
#[derive(Clone, Debug)]
pub struct Movement {
    /// How many at each moment.
    pub counts: Vec<i64>,
    /// What the counts tell.
    pub trend: CountTrend,
    /// Of its p, given how many groups there are.
    pub q: Option<f64>,
    /// How many were old, from the middle moment on, where ids tell.
    pub long_lived: Option<Vec<u64>>,
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
#[derive(Clone, Debug)]
pub struct Moments {
    /// They are of one process: the last is compared with the first.
    pub compared: bool,
    /// There is one, and it is a difference of two in itself: counts are what came more than went.
    pub delta: bool,
    /// All carry goroutine ids.
    pub with_ids: bool,
    /// The first that is judged together with the last: before it the process was another.
    pub from: usize,
    /// When each was, in minutes since the first; its index where nothing tells.
    pub minutes: Vec<f64>,
    /// `minutes` are minutes.
    pub timed: bool,
    /// The highest goroutine id at each: how many the process has made until then. None where formats have no ids.
    pub issued: Vec<u64>,
}

impl Moments {
    /// Whether there is more than one to judge by.
    #[must_use]
    pub fn several(&self) -> bool {
        self.compared && self.from + 1 < self.minutes.len()
    }
}

/// Puts groups together. Groups without a rule stay alone.
pub(super) fn clusters(
    groups: &[Matched],
    moments: &Moments,
    matcher: &Matcher<'_>,
    symbols: &Symbols,
) -> Vec<Cluster> {
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
    part_growers(&mut clusters, groups, moments);
    correct_for_many(&mut clusters);
    clusters
}

/// What piles up may wait on one line with many that don't: where the whole doesn't grow, the groups that do are judged
/// alone.
fn part_growers(clusters: &mut Vec<Cluster>, groups: &[Matched], moments: &Moments) {
    let window = moments.from..moments.minutes.len();
    if !moments.with_ids || window.len() < 3 {
        return;
    }
    let grows = |group: &usize| {
        let ids = |part: &Option<StackGroup>| part.as_ref().map(|group| group.ids.clone());
        let ids: Vec<Option<GoroutineIds>> = groups[*group].parts[window.clone()].iter().map(ids).collect();
        identity_trend(&ids.iter().map(Option::as_ref).collect::<Vec<_>>()).is_some_and(|trend| trend.grows)
    };
    for i in 0..clusters.len() {
        let cluster = &clusters[i];
        if cluster.groups.len() < 2 || matches!(cluster.behaviour, Behaviour::PilingUp { .. } | Behaviour::Gone) {
            continue;
        }
        let (growers, others): (Vec<usize>, Vec<usize>) = cluster.groups.iter().partition(|group| grows(group));
        if !growers.is_empty() && !others.is_empty() {
            let parted = cluster.of(&growers, groups, moments);
            clusters[i] = clusters[i].of(&others, groups, moments);
            clusters.push(parted);
        }
    }
}

/// Of four and five moments few goroutines had the time to become old: the last three may tell instead, if the old never
/// become fewer.
fn grows_of_late(lasting: &IdentityTrend, moments: &[Option<&GoroutineIds>]) -> bool {
    let late = moments.len().checked_sub(3).filter(|_| (4..6).contains(&moments.len()));
    let trend = late.and_then(|from| identity_trend(&moments[from..]));
    lasting.long_lived.is_sorted() && trend.is_some_and(|trend| trend.grows)
}

/// Whether those who lasted go on lasting: work that lives long piles up too, and ends. Of six moments and more, four fifths
/// of those that were there through the first half are there in the end, whatever else comes and goes on the same stack
/// (`examples/leak_or_load.rs`, "ids, staying": no false alarm under any load). Of fewer, of all that the first half has.
fn stay(ids: &[GoroutineIds]) -> bool {
    let (Some(last), first_half) = (ids.last(), &ids[..=ids.len() / 2]) else { return false };
    let merge = if ids.len() < LONG_SERIES {
        |mut all: GoroutineIds, moment: GoroutineIds| {
            all.absorb(&moment);
            all
        }
    } else {
        |lasting: GoroutineIds, moment: GoroutineIds| lasting.intersection(&moment)
    };
    let early = first_half.iter().cloned().reduce(merge).unwrap_or_default();
    early.shared(last) * 5 >= early.len() * 4
}

/// Judges counts where there are no ids: of many groups some rise by chance.
fn correct_for_many(clusters: &mut [Cluster]) {
    let p: Vec<f64> = clusters.iter().filter_map(|cluster| Some(cluster.trend.as_ref()?.p)).collect();
    let mut q = benjamini_hochberg(&p).into_iter();
    for cluster in clusters.iter_mut().filter(|cluster| cluster.trend.is_some()) {
        cluster.q = q.next();
        let Some(trend) = &cluster.trend else { continue };
        let rises = trend.grown && trend.floor && cluster.q.is_some_and(|q| q < SIGNIFICANT);
        if cluster.identity.is_none() && cluster.last > 0 {
            cluster.behaviour = match cluster.behaviour {
                _ if trend.enough && rises => Behaviour::Proven,
                // With so many moments the tests decide, not the two ends.
                Behaviour::Grew if trend.enough => Behaviour::Steady,
                other => other,
            };
        }
    }
}

/// The details of a group: of the last moment in a comparison, of all in a triage. A group that is gone shows its past.
fn shown<'g>(group: &'g Matched, moments: &Moments) -> Option<Cow<'g, StackGroup>> {
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
            at: 0,
            behaviour: Behaviour::OneMoment,
            counts: Vec::new(),
            trend: None,
            lasting: None,
            q: None,
            identity: None,
            waits: WaitMinutes::default(),
            locks: LockWaiters::default(),
            ids: GoroutineIds::default(),
            parents: GoroutineIds::default(),
            creators: Vec::new(),
        }
    }

    /// A cluster of some of its groups, under the same rules.
    fn of(&self, some: &[usize], groups: &[Matched], moments: &Moments) -> Self {
        let key = some.first().map_or(self.key, |i| groups[*i].key);
        let mut cluster = Cluster { matched: self.matched.clone(), ..Cluster::new(key) };
        for i in some {
            if let Some(shown) = shown(&groups[*i], moments) {
                cluster.add(*i, &groups[*i], &shown, moments);
            }
        }
        cluster.finish(groups, moments);
        cluster
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

    fn add(&mut self, index: usize, group: &Matched, shown: &StackGroup, moments: &Moments) {
        self.groups.push(index);
        let counts = || group.parts.iter().map(|part| part.as_ref().map_or(0, |g| g.count));
        let last = if moments.compared { counts().next_back().unwrap_or(0) } else { counts().max().unwrap_or(0) };
        self.first += if moments.compared { counts().nth(moments.from).unwrap_or(0) } else { 0 };
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

    fn finish(&mut self, groups: &[Matched], moments: &Moments) {
        self.at = moments.minutes.len().saturating_sub(1);
        if !moments.compared && self.at > 0 {
            self.keep_fullest(groups, moments);
        }
        self.creators.sort_unstable();
        self.creators.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        self.creators.sort_by_key(|(frame, goroutines)| (std::cmp::Reverse(*goroutines), *frame));
        if moments.delta {
            self.behaviour = Behaviour::of_difference(self.last);
        }
        if !moments.several() {
            return;
        }
        let window = moments.from..moments.minutes.len();
        let at = |moment: usize| self.groups.iter().filter_map(move |i| groups[*i].parts[moment].as_ref());
        self.counts = window.clone().map(|moment| at(moment).map(|group| group.count).sum()).collect();
        self.trend = count_trend(&moments.minutes[window.clone()], &self.counts);
        if !moments.with_ids {
            self.behaviour = Behaviour::of(self.first, self.last, None);
            return;
        }
        // Over all groups at once: a goroutine may have moved from one to another.
        let ids: Vec<GoroutineIds> = window
            .clone()
            .map(|moment| {
                let mut all = GoroutineIds::default();
                at(moment).for_each(|group| all.absorb(&group.ids));
                all
            })
            .collect();
        self.compare_ids(&ids, &Pace::new(moments, window));
    }

    fn compare_ids(&mut self, ids: &[GoroutineIds], pace: &Pace<'_>) {
        let (Some(before), Some(after)) = (ids.first(), ids.last()) else { return };
        let survivors = before.shared(after);
        let identity = Identity { survivors, births: after.len() - survivors, deaths: before.len() - survivors };
        self.identity = Some(identity);
        let moments: Vec<Option<&GoroutineIds>> = ids.iter().map(Some).collect();
        self.lasting = identity_trend(&moments);
        self.behaviour = match &self.lasting {
            None => Behaviour::of(self.first, self.last, Some(identity)),
            Some(lasting) if (lasting.grows || grows_of_late(lasting, &moments)) && stay(ids) => {
                pace.of(&moments, &lasting.long_lived)
            }
            // Few, or not at every moment: of a series less is believed than of two moments.
            Some(_) => match Behaviour::of(self.first, self.last, Some(identity)) {
                Behaviour::Accumulating { .. } => Behaviour::Accumulating { strong: false },
                other => other,
            },
        };
    }

    /// How it moved over three moments and more.
    pub(super) fn movement(&self) -> Option<Movement> {
        let trend = self.trend.as_ref()?;
        let long_lived = self.lasting.as_ref().map(|lasting| lasting.long_lived.clone());
        Some(Movement { counts: self.counts.clone(), trend: *trend, q: self.q, long_lived })
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
