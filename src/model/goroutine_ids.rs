//! Sets of goroutine ids.

use roaring::RoaringTreemap;

/// How many ids a group shows.
pub const FIRST_IDS: usize = 10;

/// A set of goroutine ids that remembers the first [`FIRST_IDS`] in the order of the dump. Small sets, and most groups of
/// a varied dump are small, cost no bitmap; large ones about two bytes a goroutine.
#[derive(Clone, Debug, Default)]
pub struct GoroutineIds {
    first: Vec<u64>,
    all: Option<Box<RoaringTreemap>>,
}

impl GoroutineIds {
    /// Adds an id.
    pub fn insert(&mut self, id: u64) {
        if let Some(all) = &mut self.all {
            all.insert(id);
        } else if self.first.contains(&id) {
        } else if self.first.len() < FIRST_IDS {
            self.first.push(id);
        } else {
            let mut all: RoaringTreemap = self.first.iter().copied().collect();
            all.insert(id);
            self.all = Some(Box::new(all));
        }
    }

    /// Adds all of another set.
    pub fn absorb(&mut self, other: &GoroutineIds) {
        if let (Some(mine), Some(theirs)) = (&mut self.all, &other.all) {
            **mine |= &**theirs;
            return;
        }
        // In the order of the dumps, so that the first ids stay the first.
        other.first.iter().for_each(|id| self.insert(*id));
        if let Some(theirs) = &other.all {
            let mine = self.all.get_or_insert_with(|| Box::new(self.first.iter().copied().collect()));
            **mine |= &**theirs;
        }
    }

    /// The first ids, in the order of the dump.
    #[must_use]
    pub fn first(&self) -> &[u64] {
        &self.first
    }

    /// How many different ids.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.all.as_ref().map_or(self.first.len() as u64, |all| all.len())
    }

    /// True where the format has no ids.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Whether an id is in it.
    #[must_use]
    pub fn contains(&self, id: u64) -> bool {
        self.all.as_ref().map_or_else(|| self.first.contains(&id), |all| all.contains(id))
    }

    /// The ids below a bound.
    #[must_use]
    pub fn below(&self, bound: u64) -> GoroutineIds {
        match &self.all {
            Some(all) => all.iter().take_while(|id| *id < bound).collect(),
            None => self.first.iter().copied().filter(|id| *id < bound).collect(),
        }
    }

    /// How many ids two sets share.
    #[must_use]
    pub fn shared(&self, other: &GoroutineIds) -> u64 {
        match (&self.all, &other.all) {
            (Some(mine), Some(theirs)) => mine.intersection_len(theirs),
            (None, _) => self.first.iter().filter(|id| other.contains(**id)).count() as u64,
            (Some(_), None) => other.shared(self),
        }
    }

    /// The ids that both sets have. The first of a large one are the smallest, not the first of the dump.
    #[must_use]
    pub fn intersection(&self, other: &GoroutineIds) -> GoroutineIds {
        match (&self.all, &other.all) {
            (Some(mine), Some(theirs)) => {
                let both = &**mine & &**theirs;
                let first: GoroutineIds = both.iter().take(FIRST_IDS).collect();
                let large = both.len() > FIRST_IDS as u64;
                GoroutineIds { all: large.then(|| Box::new(both)), ..first }
            }
            (None, _) => self.first.iter().copied().filter(|id| other.contains(*id)).collect(),
            (Some(_), None) => other.intersection(self),
        }
    }

    /// How many ids of one group were there at every moment through half of the intervals (N/2, rounded down) up to a
    /// moment, for each moment from N/2 on.
    #[must_use]
    pub fn through_half(moments: &[&GoroutineIds]) -> Vec<u64> {
        let (before, after) = moments.split_at(moments.len() / 2);
        let Some(middle) = after.first() else { return Vec::new() };
        // Every such window holds the middle moment, so each is what lasted from its start to the middle and from there
        // to its end: N intersections do for all.
        let mut from_start = vec![GoroutineIds::clone(middle)];
        for earlier in before.iter().rev() {
            from_start.extend(from_start.last().map(|lasting| lasting.intersection(earlier)));
        }
        let mut lasting = GoroutineIds::clone(middle);
        let count = |(moment, from_start): (&&GoroutineIds, &GoroutineIds)| {
            lasting = lasting.intersection(moment);
            lasting.shared(from_start)
        };
        after.iter().zip(from_start.iter().rev()).map(count).collect()
    }

    /// The id at a fraction of the way through the sorted ids: 0 the smallest, 1 the largest; `None` of an empty set.
    #[must_use]
    pub fn quantile(&self, fraction: f64) -> Option<u64> {
        let last = self.len().checked_sub(1)?;
        let at = (fraction.clamp(0.0, 1.0) * last as f64).round() as u64;
        match &self.all {
            Some(all) => all.select(at),
            None => {
                let mut sorted = self.first.clone();
                sorted.sort_unstable();
                sorted.get(at as usize).copied()
            }
        }
    }
}

impl FromIterator<u64> for GoroutineIds {
    fn from_iter<I: IntoIterator<Item = u64>>(ids: I) -> Self {
        let mut set = GoroutineIds::default();
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::GoroutineIds;

    #[test]
    fn small_and_large_sets_answer_alike() {
        for n in [0u64, 1, 9, 10, 11, 5_000] {
            let set: GoroutineIds = (0..n).map(|i| i * 3 + 1).collect();
            assert_eq!((set.len(), set.is_empty()), (n, n == 0));
            assert!((0..n).all(|i| set.contains(i * 3 + 1) && !set.contains(i * 3)));
            assert_eq!(set.quantile(0.0), (n > 0).then_some(1));
            assert_eq!(set.quantile(1.0), n.checked_sub(1).map(|last| last * 3 + 1));
            let every_second: GoroutineIds = (0..n).step_by(2).map(|i| i * 3 + 1).collect();
            assert_eq!((set.shared(&every_second), every_second.shared(&set)), (n.div_ceil(2), n.div_ceil(2)));
            for other in [&every_second, &set, &(0..4).map(|i| i * 3 + 1).collect()] {
                let both = set.intersection(other);
                assert_eq!((both.len(), both.is_empty()), (set.shared(other), set.shared(other) == 0));
                assert!((0..n * 3).all(|id| both.contains(id) == (set.contains(id) && other.contains(id))));
                assert_eq!(both.first().len() as u64, both.len().min(10));
            }
            for m in [0u64, 4, 20] {
                let mut both: GoroutineIds = (0..m).map(|i| i * 3 + 1_000_000).collect();
                both.absorb(&set);
                assert_eq!(both.len(), n + m);
                let mut again = both.clone();
                again.absorb(&both);
                assert_eq!(again.len(), n + m);
            }
        }
    }

    #[test]
    fn through_half_is_all_windows_intersected() {
        for n in 1..10usize {
            // Id k comes at moment k mod n and stays for k mod 7 intervals.
            let there = |moment: usize, id: usize| (id % n..=id % n + id % 7).contains(&moment);
            let moments: Vec<GoroutineIds> =
                (0..n).map(|m| (0..500).filter(|id| there(m, *id)).map(|id| id as u64).collect()).collect();
            let lasting =
                |last: usize| (0..500).filter(|id| (last - n / 2..=last).all(|m| there(m, *id))).count() as u64;
            let moments: Vec<&GoroutineIds> = moments.iter().collect();
            assert_eq!(GoroutineIds::through_half(&moments), (n / 2..n).map(lasting).collect::<Vec<_>>());
        }
        assert!(GoroutineIds::through_half(&[]).is_empty());
    }

    #[test]
    fn the_first_stay_in_the_order_of_the_dump() {
        let set: GoroutineIds = [9, 3, 9, 7].into_iter().collect();
        assert_eq!((set.first(), set.len(), set.quantile(0.5)), (&[9, 3, 7][..], 3, Some(7)));
    }
}
