//! The lines of source that a finding is about, ready to be shown.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

/// Lines of one excerpt at most: what fits a screen beside the rest of a finding.
const MAX_LINES: usize = 24;
/// Characters of one line at most; generated code has lines of any length.
const MAX_CHARACTERS: usize = 240;

/// What the source tells of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceView {
    /// The line to change, where the source leaves one; an excerpt marks it.
    pub culprit: Option<SourcePlace>,
    /// The lines that show it.
    pub excerpts: Vec<Excerpt>,
}

/// A line of source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourcePlace {
    /// The file as the profile names it.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

/// Lines of one file, ascending; where some are left out between two, their numbers say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Excerpt {
    /// The file as the profile names it.
    pub file: String,
    /// The function that the lines are of.
    pub function: Option<String>,
    /// The lines, 24 at most.
    pub lines: Vec<SourceLine>,
}

/// A line of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceLine {
    /// Its number, from 1.
    pub line: u64,
    /// The line as it stands in the file, tabs included; cut at 240 characters, the last of them then a `…`.
    pub text: String,
    /// What it is to the finding; empty for a line that only stands beside others.
    pub roles: Vec<Role>,
}

/// What a line is to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The `go` statement
    Go,
    /// Where the goroutines block
    Blocks,
    /// Where what they wait for was made, such as a `make(chan T)`
    Made,
    /// What to change
    Culprit,
    /// What they wait for and doesn't come: the receive, the close, the `Unlock`
    Partner,
}

impl SourceLine {
    /// A line of a file.
    #[must_use]
    pub fn new(line: u64, text: &str, roles: Vec<Role>) -> Self {
        SourceLine { line, text: shortened(text), roles }
    }

    /// The text, at most 240 characters of it, whoever made the line.
    #[must_use]
    pub fn short(&self) -> String {
        shortened(&self.text)
    }
}

impl Excerpt {
    /// The lines around some marked lines of a text: `context` on each side, as long as there is room for them. Of more
    /// marked lines than have room the first ones given are kept; context is kept nearest to its mark first. Marks
    /// beyond the text are left out.
    #[must_use]
    pub fn around(file: &str, function: Option<&str>, text: &str, marks: &[(u64, Role)], context: u64) -> Excerpt {
        let count = text.lines().count() as u64;
        let mut roles: BTreeMap<u64, Vec<Role>> = BTreeMap::new();
        let mut order = Vec::new();
        for (line, role) in marks.iter().filter(|(line, _)| (1..=count).contains(line)) {
            if !roles.contains_key(line) {
                if order.len() == MAX_LINES {
                    continue;
                }
                order.push(*line);
            }
            let roles = roles.entry(*line).or_default();
            if !roles.contains(role) {
                roles.push(*role);
            }
        }
        let mut shown = chosen(&order, count, context).into_iter().peekable();
        let mut lines = Vec::new();
        for (number, text) in (1..).zip(text.lines()) {
            let Some(next) = shown.peek() else { break };
            if *next == number {
                shown.next();
                lines.push(SourceLine::new(number, text, roles.remove(&number).unwrap_or_default()));
            }
        }
        Excerpt { file: file.to_owned(), function: function.map(str::to_owned), lines }
    }
}

fn shortened(text: &str) -> String {
    let mut ends = text.char_indices().map(|(at, _)| at).skip(MAX_CHARACTERS - 1);
    match (ends.next(), ends.next()) {
        (Some(end), Some(_)) => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

/// The marked lines and, as long as there is room, those around them: all neighbours before any that is further away.
fn chosen(marked: &[u64], count: u64, context: u64) -> BTreeSet<u64> {
    let mut shown: BTreeSet<u64> = marked.iter().copied().collect();
    for distance in 1..=context.min(MAX_LINES as u64) {
        for line in marked {
            for near in [line.saturating_sub(distance), line.saturating_add(distance)] {
                if shown.len() < MAX_LINES && (1..=count).contains(&near) {
                    shown.insert(near);
                }
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, Role};

    /// `line 1` to `line 100`.
    fn hundred() -> String {
        (1..=100).map(|n| format!("line {n}\n")).collect()
    }

    fn numbers(excerpt: &Excerpt) -> Vec<u64> {
        excerpt.lines.iter().map(|line| line.line).collect()
    }

    #[test]
    fn lines_around_marks() {
        let marks = [(50, Role::Blocks), (4, Role::Go), (2, Role::Made), (50, Role::Culprit), (50, Role::Blocks)];
        let excerpt = Excerpt::around("a/b.go", Some("main.f"), &hundred(), &marks, 2);
        assert_eq!(numbers(&excerpt), [1, 2, 3, 4, 5, 6, 48, 49, 50, 51, 52], "two ranges joined, a gap kept");
        assert_eq!((excerpt.file.as_str(), excerpt.function.as_deref()), ("a/b.go", Some("main.f")));
        assert_eq!(excerpt.lines[8].text, "line 50");
        assert_eq!(excerpt.lines[8].roles, [Role::Blocks, Role::Culprit]);
        assert_eq!(excerpt.lines[3].roles, [Role::Go]);
        assert!(excerpt.lines[0].roles.is_empty());
    }

    #[test]
    fn the_ends_of_a_text() {
        let text = "one\r\n\ttwo\r\nthree";
        let excerpt =
            Excerpt::around("x.go", None, text, &[(2, Role::Go), (0, Role::Made), (4, Role::Partner)], u64::MAX);
        let texts: Vec<&str> = excerpt.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["one", "\ttwo", "three"]);
        assert!(Excerpt::around("x.go", None, "", &[(1, Role::Go)], 3).lines.is_empty());
        assert!(Excerpt::around("x.go", None, text, &[], 3).lines.is_empty());
        assert!(Excerpt::around("x.go", None, text, &[(u64::MAX, Role::Go)], 3).lines.is_empty());
    }

    #[test]
    fn marks_stay_where_there_is_no_room_for_all() {
        // Eleven marks, 9 lines apart: with one line on each side 33, of which 24 have room.
        let marks: Vec<(u64, Role)> = (0..11).map(|i| (5 + i * 9, Role::Go)).collect();
        let excerpt = Excerpt::around("x.go", None, &hundred(), &marks, 1);
        assert_eq!(excerpt.lines.len(), 24);
        assert_eq!(excerpt.lines.iter().filter(|line| !line.roles.is_empty()).count(), 11);
        assert_eq!(numbers(&excerpt)[..6], [4, 5, 6, 13, 14, 15], "context of the first marks");

        let every: Vec<(u64, Role)> = (1..=100).rev().map(|line| (line, Role::Blocks)).collect();
        let excerpt = Excerpt::around("x.go", None, &hundred(), &every, 3);
        assert_eq!(numbers(&excerpt), (77..=100).collect::<Vec<u64>>(), "the first marks given");

        let excerpt = Excerpt::around("x.go", None, &hundred(), &[(50, Role::Go)], u64::MAX);
        assert_eq!(numbers(&excerpt), (38..=61).collect::<Vec<u64>>(), "nearest first");
    }

    #[test]
    fn long_lines_are_cut() {
        let text = format!("{}\n{}\n{}", "é".repeat(240), "é".repeat(241), "x".repeat(1_000_000));
        let excerpt = Excerpt::around("x.go", None, &text, &[(2, Role::Culprit)], 1);
        assert_eq!(excerpt.lines[0].text, "é".repeat(240));
        assert_eq!(excerpt.lines[1].text, "é".repeat(239) + "…");
        assert_eq!(excerpt.lines[2].text, "x".repeat(239) + "…");
    }

    #[test]
    fn roles_are_words() {
        let all = [Role::Go, Role::Blocks, Role::Made, Role::Culprit, Role::Partner];
        assert_eq!(serde_json::to_string(&all).unwrap(), r#"["go","blocks","made","culprit","partner"]"#);
    }
}
