//! Records of a profile by their ids.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// Records by id. Go numbers them from 1 as they come (runtime/pprof/proto.go), which needs no hashing; any other ids are
/// looked up. Of records with one id the last counts.
pub(super) struct Numbered<T> {
    in_order: Vec<T>,
    others: HashMap<u64, T, RandomState>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered { in_order: Vec::new(), others: HashMap::default() }
    }
}

impl<T> Numbered<T> {
    pub(super) fn insert(&mut self, id: u64, record: T) {
        if id == self.in_order.len() as u64 + 1 && !self.others.contains_key(&id) {
            self.in_order.push(record);
        } else {
            self.others.insert(id, record);
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<&T> {
        if !self.others.is_empty()
            && let Some(record) = self.others.get(&id)
        {
            return Some(record);
        }
        self.in_order.get(usize::try_from(id.checked_sub(1)?).ok()?)
    }

    pub(super) fn len(&self) -> usize {
        self.in_order.len() + self.others.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Numbered;

    #[test]
    fn the_last_of_an_id_counts() {
        let mut records = Numbered::default();
        for (id, record) in [(1, 'a'), (2, 'b'), (4, 'd'), (3, 'c'), (4, 'e'), (1, 'f'), (0, 'g'), (u64::MAX, 'h')] {
            records.insert(id, record);
        }
        let known = [0, 1, 2, 3, 4, 5, u64::MAX].map(|id| records.get(id).copied());
        assert_eq!(known, [Some('g'), Some('f'), Some('b'), Some('c'), Some('e'), None, Some('h')]);
    }
}
