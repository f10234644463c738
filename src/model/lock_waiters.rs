//! Which locks the goroutines of a group wait for.

use std::collections::BTreeMap;

/// More locks than these are counted and not told apart: a hostile dump can hold as many as goroutines.
const MAX_LOCKS: usize = 4096;

/// How many goroutines wait for the lock at each address, where arguments show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockWaiters {
    by_address: BTreeMap<u64, u64>,
    others: u64,
}

impl LockWaiters {
    /// Counts `goroutines` that wait for the lock at `address`.
    pub fn add(&mut self, address: u64, goroutines: u64) {
        if self.by_address.len() < MAX_LOCKS || self.by_address.contains_key(&address) {
            *self.by_address.entry(address).or_default() += goroutines;
        } else {
            self.others += goroutines;
        }
    }

    /// Adds the waiters of another group.
    pub fn absorb(&mut self, other: &LockWaiters) {
        other.by_address.iter().for_each(|(address, goroutines)| self.add(*address, *goroutines));
        self.others += other.others;
    }

    /// The lock that all wait for, where they wait for one.
    #[must_use]
    pub fn only(&self) -> Option<u64> {
        match self.by_address.len() {
            1 if self.others == 0 => self.by_address.keys().next().copied(),
            _ => None,
        }
    }

    /// How many locks; at most one more than are told apart.
    #[must_use]
    pub fn locks(&self) -> usize {
        self.by_address.len() + usize::from(self.others > 0)
    }

    /// The lock that most wait for, and how many; of equals the one with the lowest address.
    #[must_use]
    pub fn longest_queue(&self) -> Option<(u64, u64)> {
        self.by_address.iter().map(|(a, n)| (*a, *n)).max_by_key(|(a, n)| (*n, std::cmp::Reverse(*a)))
    }

    /// Each lock and its waiters, by address.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.by_address.iter().map(|(address, goroutines)| (*address, *goroutines))
    }
}

#[cfg(test)]
mod tests {
    use super::{LockWaiters, MAX_LOCKS};

    #[test]
    fn different_locks_are_no_lock_in_common() {
        let mut locks = LockWaiters::default();
        assert_eq!((locks.only(), locks.longest_queue()), (None, None));
        locks.add(1, 2);
        assert_eq!(locks.only(), Some(1));
        locks.add(2, 2);
        locks.add(3, 1);
        assert_eq!((locks.only(), locks.locks(), locks.longest_queue()), (None, 3, Some((1, 2))));
    }

    #[test]
    fn countless_locks_take_little() {
        let mut locks = LockWaiters::default();
        (0..MAX_LOCKS as u64 + 100).for_each(|address| locks.add(address, 1));
        locks.add(0, 5);
        assert_eq!((locks.locks(), locks.longest_queue()), (MAX_LOCKS + 1, Some((0, 6))));
    }
}
