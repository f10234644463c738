//! Lines of source made ready for a page: which of them, without what could harm it, as far to the left as they go.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthChar;

use super::text::{clean, cut_middle};
use crate::report::{Excerpt, Finding, Role, SourceLine, SourceView};

/// Lines of one finding at most, in any format.
pub(super) const MOST: usize = 60;
/// A name may be as long as whoever wrote it liked; longer ones are cut in the middle.
const NAME_WIDTH: usize = 300;
/// Columns from one tab stop to the next.
const TAB: usize = 4;

/// Neighbouring lines of one file.
pub(super) struct Block {
    /// Cleaned.
    pub(super) function: Option<String>,
    /// Cleaned, with the line that matters most.
    pub(super) place: String,
    pub(super) rows: Vec<Row>,
}

/// A line, or the gap between two.
pub(super) enum Row {
    Gap,
    Line(Line),
}

/// A line.
pub(super) struct Line {
    pub(super) number: u64,
    /// What it is to the finding, in a word or several; empty for one that only stands beside others.
    pub(super) words: String,
    pub(super) is_culprit: bool,
    /// Cleaned, without tabs.
    pub(super) text: String,
}

/// The lines of a finding as blocks, `most` altogether, and how many are left out. Marked lines come before those
/// around them, and nearer ones before those further away.
pub(super) fn blocks(finding: &Finding, most: usize) -> (Vec<Block>, usize) {
    let Some(view) = &finding.source else { return (Vec::new(), 0) };
    let mut ranked: Vec<((u64, u8), usize, usize)> = Vec::new();
    for (i, excerpt) in view.excerpts.iter().enumerate() {
        let marked: Vec<u64> = excerpt.lines.iter().filter(|l| !l.roles.is_empty()).map(|l| l.line).collect();
        ranked.extend(excerpt.lines.iter().enumerate().map(|(j, line)| (rank(line, &marked), i, j)));
    }
    ranked.sort_unstable();
    let left_out = ranked.len().saturating_sub(most);
    let shown: BTreeSet<(usize, usize)> = ranked.into_iter().take(most).map(|(_, i, j)| (i, j)).collect();
    let of = |i: usize, excerpt: &Excerpt| {
        let lines: Vec<&SourceLine> =
            excerpt.lines.iter().enumerate().filter(|(j, _)| shown.contains(&(i, *j))).map(|(_, line)| line).collect();
        (!lines.is_empty()).then(|| block(view, excerpt, &lines))
    };
    (view.excerpts.iter().enumerate().filter_map(|(i, excerpt)| of(i, excerpt)).collect(), left_out)
}

/// How far from a marked line, then how telling.
fn rank(line: &SourceLine, marked: &[u64]) -> (u64, u8) {
    let after = marked.partition_point(|mark| *mark < line.line);
    let near = marked.get(after).into_iter().chain(after.checked_sub(1).and_then(|before| marked.get(before)));
    let distance = near.map(|mark| mark.abs_diff(line.line)).min().unwrap_or(u64::MAX);
    (distance, line.roles.iter().map(|role| weight(*role)).min().unwrap_or(u8::MAX))
}

/// The most telling first.
fn weight(role: Role) -> u8 {
    match role {
        Role::Culprit => 0,
        Role::Blocks => 1,
        Role::Go => 2,
        Role::Partner => 3,
        Role::Made => 4,
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Culprit => "cause",
        Role::Blocks => "blocks",
        Role::Go => "go",
        Role::Partner => "partner",
        Role::Made => "made",
    }
}

fn block(view: &SourceView, excerpt: &Excerpt, lines: &[&SourceLine]) -> Block {
    let culprit = view.culprit.as_ref().filter(|culprit| culprit.file == excerpt.file).map(|culprit| culprit.line);
    let here = |number: &u64| lines.iter().any(|line| line.line == *number);
    let most_telling = || lines.iter().min_by_key(|line| rank(line, &[]).1).map(|line| line.line);
    let at = culprit.filter(here).or_else(most_telling).map(|line| format!(":{line}")).unwrap_or_default();
    let texts: Vec<String> = lines.iter().map(|line| text(&line.short())).collect();
    let indent = |text: &String| text.len() - text.trim_start_matches(' ').len();
    let common = texts.iter().filter(|text| !text.is_empty()).map(indent).min().unwrap_or(0);
    let mut rows = Vec::new();
    let mut before = None;
    for (line, text) in lines.iter().zip(texts) {
        if before.is_some_and(|before: u64| before.saturating_add(1) < line.line) {
            rows.push(Row::Gap);
        }
        before = Some(line.line);
        let mut roles = line.roles.clone();
        roles.sort_unstable_by_key(|role| weight(*role));
        roles.dedup();
        rows.push(Row::Line(Line {
            number: line.line,
            words: roles.iter().map(|role| word(*role)).collect::<Vec<_>>().join(", "),
            is_culprit: roles.contains(&Role::Culprit),
            text: text.get(common..).unwrap_or_default().to_owned(),
        }));
    }
    let name = |text: &str| cut_middle(&clean(text), NAME_WIDTH);
    Block { function: excerpt.function.as_deref().map(name), place: name(&excerpt.file) + &at, rows }
}

/// A line that can be shown: tabs become spaces, what could harm a page is spelled out.
fn text(line: &str) -> String {
    let mut spread = String::new();
    let mut column = 0;
    for c in line.chars() {
        if c == '\t' {
            let room = TAB - column % TAB;
            spread.extend(std::iter::repeat_n(' ', room));
            column += room;
        } else {
            spread.push(c);
            column += c.width().unwrap_or(0);
        }
    }
    clean(spread.trim_end())
}

/// The text of a line where the view has it, tabs kept, for formats that show the region as it stands in the file.
pub(super) fn snippet(finding: &Finding, file: &str, line: u64) -> Option<String> {
    let excerpts = finding.source.iter().flat_map(|view| &view.excerpts).filter(|excerpt| excerpt.file == file);
    let line = excerpts.flat_map(|excerpt| &excerpt.lines).find(|shown| shown.line == line)?;
    Some(line.short().split('\t').map(clean).collect::<Vec<_>>().join("\t"))
}

/// The function that a line is of, where the view has it.
pub(super) fn function_at(view: &SourceView, file: &str, line: u64) -> Option<String> {
    let holds = |excerpt: &&Excerpt| excerpt.file == file && excerpt.lines.iter().any(|shown| shown.line == line);
    view.excerpts.iter().find(holds)?.function.as_deref().map(clean)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_line_is_harmless() {
        assert_eq!(text("\t\tc <- 1\t// x  "), "        c <- 1  // x");
        assert_eq!(text("世\tb"), "世  b");
        assert_eq!(text("a\u{1b}[2J\u{202e}\rb"), "a\\u{1b}[2J\\u{202e}\\u{d}b");
        assert_eq!(text("\t \t"), "");
    }
}
