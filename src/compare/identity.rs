//! Goroutines told apart by their ids: who stayed, who came, who went.

use crate::model::StackGroup;

/// How the goroutines of a group changed between two moments. Go gives every goroutine of a process its own id and uses
/// none twice (runtime/proc.go:newproc1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// There at both moments.
    pub survivors: u64,
    /// Only at the second.
    pub births: u64,
    /// Only at the first.
    pub deaths: u64,
}

impl Identity {
    /// Compares the ids of two moments of one group; `None` where a side has none.
    #[must_use]
    pub fn between(before: Option<&StackGroup>, after: Option<&StackGroup>) -> Option<Self> {
        match (before.map(|g| g.ids.as_ref()), after.map(|g| g.ids.as_ref())) {
            (Some(Some(before)), Some(Some(after))) => {
                let survivors = before.intersection_len(after);
                Some(Identity { survivors, births: after.len() - survivors, deaths: before.len() - survivors })
            }
            (None, Some(Some(after))) => Some(Identity { survivors: 0, births: after.len(), deaths: 0 }),
            (Some(Some(before)), None) => Some(Identity { survivors: 0, births: 0, deaths: before.len() }),
            _ => None,
        }
    }
}
