//! Goroutines told apart by their ids: who stayed, who came, who went.

use crate::model::{GoroutineIds, StackGroup};

/// How the goroutines of a group changed between two moments. Go gives every goroutine of a process its own id and uses
/// none twice (runtime/proc.go:newproc1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// There at both moments.
    pub survivors: u64,
    /// Only at the second.
    pub births: u64,
    /// Only at the first.
    pub deaths: u64,
}

impl Identity {
    /// Compares the ids of two moments of one group; `None` where neither side has any.
    #[must_use]
    pub fn between(before: Option<&StackGroup>, after: Option<&StackGroup>) -> Option<Self> {
        let (before, after) = (before.map(|g| &g.ids), after.map(|g| &g.ids));
        let count = |ids: Option<&GoroutineIds>| ids.map_or(0, GoroutineIds::len);
        let survivors = before.zip(after).map_or(0, |(before, after)| before.shared(after));
        let identity = Identity { survivors, births: count(after) - survivors, deaths: count(before) - survivors };
        (identity != Identity::default()).then_some(identity)
    }
}

impl std::ops::Add for Identity {
    type Output = Identity;

    fn add(self, other: Identity) -> Identity {
        Identity {
            survivors: self.survivors + other.survivors,
            births: self.births + other.births,
            deaths: self.deaths + other.deaths,
        }
    }
}
