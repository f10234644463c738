//! Which groups a report is about.

use regex::Regex;

use super::Group;

/// What the user wants to see.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only groups with a frame whose function or file matches.
    pub focus: Option<Regex>,
    /// No groups with a frame whose function or file matches.
    pub ignore: Option<Regex>,
    /// Only groups whose state holds one of these, whatever the case.
    pub states: Vec<String>,
    /// Only groups that have so many goroutines in some snapshot.
    pub min_count: Option<u64>,
    /// Only groups of which a goroutine waits so many minutes or more.
    pub min_wait: Option<u32>,
}

/// What a selection left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Groups.
    pub groups: usize,
    /// Their goroutines.
    pub goroutines: i64,
}

impl Selection {
    /// Whether it needs to know all frames of a group.
    #[must_use]
    pub fn looks_at_frames(&self) -> bool {
        self.focus.is_some() || self.ignore.is_some()
    }

    /// Whether a group is wanted.
    #[must_use]
    pub fn wants(&self, group: &Group) -> bool {
        let matches = |pattern: &Regex| {
            group.frames.iter().any(|frame| {
                pattern.is_match(&frame.function) || frame.file.as_deref().is_some_and(|file| pattern.is_match(file))
            })
        };
        let state = || group.state.to_lowercase();
        self.focus.as_ref().is_none_or(matches)
            && !self.ignore.as_ref().is_some_and(matches)
            && (self.states.is_empty() || self.states.iter().any(|wanted| state().contains(&wanted.to_lowercase())))
            && self.min_count.is_none_or(|least| group.counts.iter().any(|count| count.unsigned_abs() >= least))
            && self.min_wait.is_none_or(|least| group.wait_minutes.as_ref().is_some_and(|waits| waits.max >= least))
    }
}
