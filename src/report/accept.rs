//! Findings that people know and have accepted, with a reason and, where they like, a day from which they count again.

use std::collections::HashMap;

use jiff::civil::Date;
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Finding, Group, Report};

/// What one entry of `unpark.toml` accepts: findings that fit all that it says.
#[derive(Clone, Debug, Default)]
pub struct Acceptance {
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// The finding's id.
    pub finding: Option<String>,
    /// The rule that recognised the stack.
    pub signature: Option<String>,
    /// The function where the goroutines block.
    pub top: Option<Regex>,
    /// Any function of their stacks.
    pub any: Option<Regex>,
    /// The function with the `go` statement.
    pub creator: Option<Regex>,
    /// A label and its value.
    pub label: Option<(String, String)>,
}

/// Why a finding doesn't count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Accepted {
    /// In the words of `unpark.toml`.
    pub reason: String,
    /// The last day on which it holds, YYYY-MM-DD; null where it always does.
    pub until: Option<String>,
}

impl Acceptance {
    fn fits(&self, finding: &Finding, groups: &[&Group]) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|w| Some(w) == found);
        let matches = |wanted: &Option<Regex>, name: Option<&str>| {
            wanted.as_ref().is_none_or(|w| name.is_some_and(|n| w.is_match(n)))
        };
        let frames = || groups.iter().flat_map(|group| &group.frames);
        is(&self.finding, Some(&finding.id))
            && is(&self.signature, finding.signature.as_deref())
            && matches(&self.top, finding.site.as_ref().map(|site| site.function.as_str()))
            && matches(&self.creator, finding.creator.as_ref().map(|creator| creator.function.as_str()))
            && self.any.as_ref().is_none_or(|any| frames().any(|frame| any.is_match(&frame.function)))
            && self.label.as_ref().is_none_or(|(key, value)| {
                groups.iter().any(|group| group.labels.get(key).is_some_and(|values| values.contains_key(value)))
            })
    }
}

impl Report {
    /// Notes which findings are accepted on the day `today`; returns the entries that fitted none, and those that fitted
    /// one and have expired, by their place.
    pub fn accept(&mut self, entries: &[Acceptance], today: Date) -> (Vec<usize>, Vec<usize>) {
        let (mut used, mut expired) = (vec![false; entries.len()], Vec::new());
        if entries.is_empty() {
            return (Vec::new(), expired);
        }
        let groups: HashMap<&str, &Group> = self.groups.iter().map(|group| (group.id.as_str(), group)).collect();
        for finding in &mut self.findings {
            let of: Vec<&Group> = finding.groups.iter().filter_map(|id| groups.get(id.as_str()).copied()).collect();
            for (at, entry) in entries.iter().enumerate() {
                if !entry.fits(finding, &of) {
                    continue;
                }
                used[at] = true;
                if entry.until.is_some_and(|until| until < today) {
                    expired.push(at);
                } else if finding.accepted.is_none() {
                    let until = entry.until.map(|until| until.to_string());
                    finding.accepted = Some(Accepted { reason: entry.reason.clone(), until });
                }
            }
        }
        expired.sort_unstable();
        expired.dedup();
        (used.iter().enumerate().filter(|(_, used)| !**used).map(|(at, _)| at).collect(), expired)
    }
}
