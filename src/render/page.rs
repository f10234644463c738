//! Markdown for a terminal: as it is, with headings in bold and code and stacks dim.

use anstyle::Style as Ansi;

use super::Style;

const HEADING: Ansi = Ansi::new().bold();
const CODE: Ansi = Ansi::new().dimmed();

/// The page, coloured where the style asks for it.
#[must_use]
pub fn page(markdown: &str, style: &Style) -> String {
    if !style.color {
        return markdown.to_owned();
    }
    let mut text = String::with_capacity(markdown.len() * 2);
    let mut fenced = false;
    for line in markdown.lines() {
        let fence = line.starts_with("```");
        let ansi = match () {
            () if fenced || fence || line.starts_with("    ") => CODE,
            () if line.starts_with('#') => HEADING,
            () => Ansi::new(),
        };
        fenced ^= fence;
        text.push_str(&format!("{ansi}{line}{ansi:#}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Style, page};

    #[test]
    fn a_comment_in_code_is_no_heading() {
        let style = |color| Style { width: 80, color, ..Style::default() };
        let markdown = "# x: y\n\n```sh\n# no\n```\n";
        assert_eq!(page(markdown, &style(false)), markdown);
        let colored = page(markdown, &style(true));
        assert!(colored.contains("\u{1b}[1m# x: y") && colored.contains("\u{1b}[2m# no"), "{colored:?}");
    }
}
