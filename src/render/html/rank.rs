//! The commonest of many values, for lists to choose from; the rest share one place.

use std::collections::HashMap;

/// Values in order of their goroutines, the largest first.
pub(super) struct Ranked {
    /// The values; the rest's place is behind the last.
    pub(super) values: Vec<String>,
    places: HashMap<String, usize>,
    /// How many values have no place of their own.
    pub(super) rest: usize,
}

impl Ranked {
    /// Adds goroutines up by value and keeps the `most` largest.
    pub(super) fn new<'a>(counted: impl Iterator<Item = (&'a str, u64)>, most: usize) -> Self {
        let mut sums: HashMap<&str, u64> = HashMap::new();
        for (value, n) in counted {
            let sum = sums.entry(value).or_default();
            *sum = sum.saturating_add(n);
        }
        let mut order: Vec<(&str, u64)> = sums.into_iter().collect();
        order.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let rest = order.len().saturating_sub(most);
        order.truncate(most);
        let values: Vec<String> = order.into_iter().map(|(value, _)| value.to_owned()).collect();
        let places = values.iter().enumerate().map(|(i, value)| (value.clone(), i)).collect();
        Ranked { values, places, rest }
    }

    /// A value's place, or that of the rest.
    pub(super) fn place(&self, value: &str) -> usize {
        self.places.get(value).copied().unwrap_or(self.values.len())
    }

    /// A value's place, where it has one of its own.
    pub(super) fn own_place(&self, value: &str) -> Option<usize> {
        self.places.get(value).copied()
    }
}
