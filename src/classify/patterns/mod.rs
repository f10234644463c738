//! Leak patterns: causes in the code, each with the page that `unpark explain` prints.

/// A cause, and how it is explained.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// Its name; scripts rely on it.
    pub id: &'static str,
    /// What it is about.
    pub area: &'static str,
    /// The page, in Markdown; its first line is `# id: what went wrong`.
    pub page: &'static str,
}

impl Pattern {
    /// What went wrong, in a line.
    #[must_use]
    pub fn title(&self) -> &'static str {
        let heading = self.page.lines().next().unwrap_or_default();
        heading.split_once(": ").map_or(heading, |(_, title)| title)
    }
}

macro_rules! patterns {
    ($($area:literal: $($id:literal)+;)+) => {
        /// All patterns, by area.
        pub const ALL: &[Pattern] = &[
            $($(Pattern { id: $id, area: $area, page: include_str!(concat!($id, ".md")) },)+)+
        ];
    };
}

patterns! {
    "channels":
        "premature-return" "timeout-leak" "ncast" "first-error-return" "double-send" "consumer-gone"
        "range-without-close" "never-sent" "ctx-ignored" "lost-cancel" "contract-violation" "nil-channel"
        "empty-select" "semaphore-not-released" "not-drained";
    "locks and waiting":
        "double-lock" "lock-order" "missing-unlock" "lock-convoy" "rwmutex-upgrade" "waitgroup-never-done"
        "errgroup-misuse" "cond-missed-signal" "once-stuck" "lock-and-channel";
    "time":
        "ticker-loop" "timer-after-loop" "sleep-loop";
    "spawning":
        "recursive-spawn" "unbounded-spawn" "retry-spawn" "cgo-flood" "busy-poll";
    "resources":
        "body-not-closed" "transport-per-request" "server-without-timeout" "conn-without-deadline" "rows-not-closed"
        "tx-not-finished" "client-not-closed" "process-not-waited" "iterator-not-stopped" "pipe-not-closed";
}

/// A pattern by its id.
#[must_use]
pub fn get(id: &str) -> Option<&'static Pattern> {
    ALL.iter().find(|pattern| pattern.id == id)
}

/// The id closest to what was typed, where one is close.
#[must_use]
pub fn nearest(typed: &str) -> Option<&'static str> {
    nearest_of(typed, ALL.iter().map(|pattern| pattern.id))
}

/// The name closest to what was typed: one that holds it, else the one with the fewest edits, if they are fewer than
/// half its letters.
#[must_use]
pub fn nearest_of<'a>(typed: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let typed = typed.to_lowercase().replace(['_', ' '], "-");
    if typed.len() >= 3
        && let Some(holds) = names.clone().filter(|name| name.contains(&typed)).min_by_key(|name| name.len())
    {
        return Some(holds);
    }
    let closest = names.map(|name| (edits(&typed, name), name)).min()?;
    (closest.0 * 2 < closest.1.len().max(typed.len())).then_some(closest.1)
}

/// How many letters to put in, take out or change to come from one word to the other.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    // Longer than any name: the answer is "far" whatever the rest says.
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{ALL, edits, get, nearest};

    #[test]
    fn the_nearest_name() {
        assert_eq!((edits("kitten", "sitting"), edits("", "abc"), edits("abc", "abc")), (3, 3, 0));
        for (typed, expected) in [
            ("body-not-close", Some("body-not-closed")),
            ("Body not closed", Some("body-not-closed")),
            ("waitgroup", Some("waitgroup-never-done")),
            ("n-cast", Some("ncast")),
            ("xyzzy", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed), expected, "{typed}");
        }
    }

    #[test]
    fn every_page_has_what_a_reviewer_needs() {
        assert_eq!(ALL.len(), 43);
        for pattern in ALL {
            assert_eq!(get(pattern.id).map(|p| p.id), Some(pattern.id));
            assert!(pattern.page.starts_with(&format!("# {}: ", pattern.id)), "{}", pattern.id);
            assert!(!pattern.title().is_empty());
            let at =
                |heading: &str| pattern.page.find(heading).unwrap_or_else(|| panic!("{}: no {heading}", pattern.id));
            let headings = [
                "\n## The code\n",
                "\n## The stack\n",
                "\n## The fix\n",
                "\n## How to confirm it\n",
                "\n## References\n",
            ];
            assert!(headings.iter().map(|h| at(h)).is_sorted(), "{}", pattern.id);
            assert!(pattern.page.matches("```go\n").count() >= 2, "{}: code and fix", pattern.id);
            for format in ["debug=2", "debug=1", "profile.proto"] {
                at(format);
            }
            let longest = pattern.page.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(100), "{}: a line of {longest:?} columns", pattern.id);
        }
    }
}
