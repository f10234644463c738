//! Words and numbers fitted into columns of a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::SourceRoot;
use crate::report::FrameReport;
pub(super) use crate::report::counted;
pub use crate::report::thousands;

/// How a report is laid out.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// Whether to colour.
    pub color: bool,
    /// How many groups at most; `None` is the format's default.
    pub top: Option<usize>,
    /// Whole stacks.
    pub full: bool,
    /// Where source files stand in the repository.
    pub source_roots: Vec<SourceRoot>,
}

/// A number with its sign: `+1,680`.
pub(super) fn signed(n: i64) -> String {
    if n > 0 { format!("+{}", thousands(n)) } else { thousands(n) }
}

/// Makes text from an input safe to print: what moves the cursor, changes colours or turns the reading direction is
/// spelled out.
#[must_use]
pub fn clean(text: &str) -> String {
    if is_plain(text) || text.chars().all(|c| !is_unsafe(c)) {
        return text.to_owned();
    }
    text.chars().map(|c| if is_unsafe(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether all of it is ASCII that can be seen, as nearly all texts are: much is told of such at once.
fn is_plain(text: &str) -> bool {
    // Without an early end, many bytes are looked at at once.
    text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.width() }
}

/// Fits text into `width` columns by cutting its middle.
pub(super) fn cut_middle(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let head = prefix(text.chars(), room / 3);
    let tail = prefix(text.chars().rev(), room - columns(&head));
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

/// Fits text into `width` columns by cutting its end.
pub(super) fn cut_end(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let head = prefix(text.chars(), width.saturating_sub(1));
    format!("{}…", head.trim_end())
}

/// As many characters as fit.
fn prefix(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= width
        })
        .collect()
}

/// A function's name in `width` columns: whole, else without the directories of its package, else cut in the middle.
pub(super) fn function(name: &str, width: usize) -> String {
    let name = clean(name);
    if columns(&name) <= width {
        return name;
    }
    let path_end = name.find(['(', '[']).unwrap_or(name.len());
    let base = name[..path_end].rfind('/').map_or(0, |i| i + 1);
    cut_middle(&name[base..], width)
}

/// `file:line` in `width` columns; empty where unknown.
pub(super) fn place(frame: &FrameReport, width: usize) -> String {
    let Some(file) = &frame.file else { return String::new() };
    let file = clean(file);
    match frame.line {
        Some(line) => cut_middle(&format!("{file}:{line}"), width),
        None => cut_middle(&file, width),
    }
}

/// `file:line` without directories.
pub(super) fn short_place(frame: &FrameReport) -> String {
    let Some(file) = &frame.file else { return String::new() };
    let base = clean(file.rsplit(['/', '\\']).next().unwrap_or(file));
    frame.line.map_or(base.clone(), |line| format!("{base}:{line}"))
}

/// Breaks text at spaces; continued lines are indented.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let words = text.trim_start_matches(' ');
    let mut line = " ".repeat(text.len() - words.len());
    for word in words.split(' ') {
        let starts = line.trim_start().is_empty();
        if !starts && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::replace(&mut line, format!("    {word}")));
        } else {
            if !starts {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.push(line);
    lines
}

/// Counts as bars, the highest the largest; of more than 40 each bar is the most of its share.
pub(super) fn sparkline(counts: &[i64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const MOST: usize = 40;
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let each = counts.len().div_ceil(MOST).max(1);
    let bar = |n: i64| BARS[usize::try_from(n.max(0).saturating_mul(7) / most).unwrap_or(0).min(7)];
    counts.chunks(each).map(|share| bar(share.iter().copied().max().unwrap_or(0))).collect()
}

/// Breaks text at spaces into lines of at most `width` columns, without an indent; a word that is longer has its own.
pub(super) fn wrapped_to(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{clean, cut_end, cut_middle, function, signed, sparkline, wrapped};

    #[test]
    fn signs() {
        assert_eq!((signed(5), signed(-1680), signed(0)), ("+5".into(), "-1,680".into(), "0".into()));
    }

    #[test]
    fn what_could_harm_a_terminal_is_spelled_out() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c"), "a\\u{1b}[31mb\\u{202e}c");
        assert_eq!(clean("世界 é"), "世界 é");
    }

    #[test]
    fn bars() {
        assert_eq!(sparkline(&[0, 7, 14, 0]), "▁▄█▁");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[i64::MAX, -3]).chars().count(), 2);
        assert_eq!(sparkline(&vec![1; 1000]).chars().count(), 40);
    }

    #[test]
    fn wraps() {
        assert_eq!(wrapped("one two three", 9), ["one two", "    three"]);
        assert_eq!(wrapped("averyverylongword", 5), ["averyverylongword"]);
        assert_eq!(wrapped("  indented text", 40), ["  indented text"]);
    }

    #[test]
    fn cuts() {
        assert_eq!(cut_middle("abcdefghij", 10), "abcdefghij");
        assert_eq!(cut_middle("abcdefghij", 7), "ab…ghij");
        assert_eq!(cut_middle("世界世界世界", 7), "世…世界");
        assert_eq!(cut_middle("abc", 0), "…");
        assert_eq!((cut_end("abc", 3), cut_end("ab cd", 4)), ("abc".into(), "ab…".into()));
        assert_eq!((cut_end("世界世界", 4), cut_end("abc", 0)), ("世…".into(), "…".into()));
        assert_eq!(function("github.com/a/b.(*T).Run.func1", 20), "b.(*T).Run.func1");
        assert_eq!(function("main.G[...]", 40), "main.G[...]");
    }
}
