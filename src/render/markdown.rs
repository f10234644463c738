//! `--format markdown`: for issues, pull requests and chat, short enough for all of them. The answer first, stacks
//! collapsed, what didn't fit counted.

use std::io::{self, Write};

use super::Style;
use super::source::{Block, Row, blocks};
use super::table;
use super::text::{clean, columns, counted, signed, thousands};
use crate::report::{EvidenceKind, Finding, FrameReport, Group, Report};

/// The first line, by which a program finds its own comment again to replace it.
const MARKER: &str = "<!-- unpark report -->";

/// What GitHub's issues and comments take; chats take less of one message and offer the rest as a file.
const MAX_BYTES: usize = 65_536;

/// Kept for what says how much was left out.
const RESERVED: usize = 512;

/// Findings and groups where `--top` says nothing.
const FINDINGS_SHOWN: usize = 20;
const GROUPS_SHOWN: usize = 20;

/// Causes named of those that fit, the likeliest first.
const CAUSES_SHOWN: usize = 5;

/// Lines of source shown of a finding.
const LINES_SHOWN: usize = 24;

/// The furthest column in which what a line is to the finding stands behind it, where lines are as long.
const WORDS_COLUMN: usize = 72;

/// Frames of a stack that are shown; the outermost follow those left out.
const FRAMES_SHOWN: usize = 40;

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { text: String::new() };
    page.add(&format!("{MARKER}\n"));
    page.head(report);
    let findings = page.findings(report, style);
    let groups = if report.aggregate.is_some() { page.aggregate(report, style) } else { page.groups(report, style) };
    page.rest(report, findings, groups);
    out.write_all(page.text.as_bytes())
}

struct Page {
    text: String,
}

impl Page {
    /// Adds a part where it fits; whether it did.
    fn add(&mut self, part: &str) -> bool {
        let fits = self.text.len() + part.len() + RESERVED <= MAX_BYTES;
        if fits {
            self.text += part;
        }
        fits
    }

    fn head(&mut self, report: &Report) {
        let headline = table::words::headline(report);
        let mut lines = headline.iter();
        self.add(&format!("## unpark: {}\n\n", escaped(lines.next().map_or("", String::as_str))));
        for (i, line) in lines.enumerate() {
            // The answer stands out; the states below it don't.
            self.add(&if i == 0 { format!("**{}**\n\n", escaped(line)) } else { format!("{}\n\n", escaped(line)) });
        }
        for line in table::words::heads(report) {
            self.add(&format!("- {}\n", escaped(&line)));
        }
        self.add("\n");
    }

    /// Adds findings; returns how many there is no room for.
    fn findings(&mut self, report: &Report, style: &Style) -> usize {
        let wanted = style.top.unwrap_or(FINDINGS_SHOWN);
        let (news, known): (Vec<&Finding>, Vec<&Finding>) =
            report.findings.iter().partition(|finding| finding.is_news());
        let shown = news.into_iter().chain(known).take(wanted).take_while(|finding| {
            let heading = heading(finding);
            if !finding.is_news() {
                return self.add(&heading);
            }
            let stack = finding.groups.iter().find_map(|id| report.groups.iter().find(|group| group.id == *id));
            let facts = facts(finding);
            let source = source(finding);
            self.add(&format!("{heading}{facts}{source}{}", stack.map(collapsed).unwrap_or_default()))
                || self.add(&format!("{heading}{facts}{source}"))
                || self.add(&format!("{heading}{facts}"))
                || self.add(&heading)
        });
        report.findings.len() - shown.count()
    }

    /// Adds the largest groups as a table; returns how many are left out.
    fn groups(&mut self, report: &Report, style: &Style) -> usize {
        let wanted = style.top.unwrap_or(GROUPS_SHOWN);
        let groups: Vec<&Group> = report.groups.iter().filter(|group| !group.own && group.count != 0).collect();
        if groups.is_empty() || wanted == 0 {
            return groups.len();
        }
        let is_comparison = groups.iter().any(|group| group.delta.is_some());
        let delta = if is_comparison { " Δ |" } else { "" };
        let line = if is_comparison { "---:|" } else { "" };
        let head = format!(
            "<details><summary>Largest groups</summary>\n\n| n |{delta} state | where | verdict |\n|---:|{line}---|---|---|\n"
        );
        if !self.add(&head) {
            return groups.len();
        }
        let row = |group: &&&Group| {
            let delta = group.delta.map_or(String::new(), |delta| format!(" {} |", signed(delta)));
            let site = group.site.as_deref().map_or("(no frames)".into(), whereabouts);
            let (n, state, verdict) = (thousands(group.count), cell(&code(&group.state)), group.verdict.word());
            self.add(&format!("| {n} |{delta} {state} | {} | {verdict} |\n", cell(&site)))
        };
        let shown = groups.iter().take(wanted).take_while(row).count();
        self.text += "\n</details>\n\n";
        groups.len() - shown
    }

    /// Adds totals by something else than the stack; returns how many are left out.
    fn aggregate(&mut self, report: &Report, style: &Style) -> usize {
        let Some(aggregate) = &report.aggregate else { return 0 };
        let head = format!("| n | Δ | {} |\n|---:|---:|---|\n", cell(&escaped(&aggregate.by)));
        if !self.add(&head) {
            return aggregate.rows.len();
        }
        let shown = aggregate.rows.iter().take(style.top.unwrap_or(GROUPS_SHOWN)).take_while(|row| {
            let delta = row.delta.map(signed).unwrap_or_default();
            let key = row.key.as_deref().map_or("(none)".into(), code);
            self.add(&format!("| {} | {delta} | {} |\n", thousands(row.count), cell(&key)))
        });
        let shown = shown.count();
        self.text += "\n";
        aggregate.rows.len() - shown
    }

    fn rest(&mut self, report: &Report, findings: usize, groups: usize) {
        let own: i64 = report.groups.iter().filter(|group| group.own).map(|group| group.count).sum();
        let chosen = report.left_out;
        let what = [
            (findings > 0).then(|| counted(findings as i64, "more finding")),
            (groups > 0).then(|| counted(groups as i64, "more group")),
            (own > 0).then(|| format!("{} of the runtime and the profiler", counted(own, "goroutine"))),
            (chosen.groups > 0).then(|| format!("{} left out by options", counted(chosen.groups as i64, "group"))),
        ];
        let what: Vec<String> = what.into_iter().flatten().collect();
        if !what.is_empty() {
            self.text += &format!("_Not shown: {}._\n", what.join(", "));
        }
    }
}

fn heading(finding: &Finding) -> String {
    let delta = finding.delta.filter(|delta| *delta != 0).map(|delta| format!(", {}", signed(delta)));
    format!(
        "### {} ({:.0} %): {}{}, {}{}\n\n",
        finding.verdict.word().to_uppercase(),
        finding.confidence.as_f64().unwrap_or(0.0) * 100.0,
        counted(finding.goroutines, "goroutine"),
        delta.unwrap_or_default(),
        escaped(&finding.title),
        match (&finding.accepted, finding.standing()) {
            (Some(accepted), _) => format!(" (accepted: {})", escaped(&accepted.reason)),
            (None, Some(standing)) => format!(" ({})", standing.word()),
            (None, None) => String::new(),
        }
    )
}

fn facts(finding: &Finding) -> String {
    let mut text = String::new();
    let mut fact = |word: &str, what: &str| text += &format!("- {word} {what}\n");
    if let Some(site) = &finding.site {
        fact("at", &whereabouts(site));
    }
    if let Some(creator) = &finding.creator {
        fact("made at", &whereabouts(creator));
    }
    if finding.counts.len() > 2 {
        let counts: Vec<String> = finding.counts.iter().map(|count| thousands(*count)).collect();
        fact("moments:", &counts.join(", "));
    }
    // The first sentence says where, which stands above.
    for evidence in finding.evidence.iter().skip(1) {
        let word = if evidence.kind == EvidenceKind::Source { "look:" } else { "because" };
        fact(word, &escaped(&evidence.text));
    }
    if let Some(remedy) = &finding.remedy {
        fact("**fix:**", &escaped(remedy));
    }
    let causes = finding.pattern.as_ref().map_or(finding.candidates.as_slice(), std::slice::from_ref);
    let causes = &causes[..causes.len().min(CAUSES_SHOWN)];
    if let Some(first) = causes.first() {
        let causes: Vec<String> = causes.iter().map(|cause| code(cause)).collect();
        fact("causes:", &format!("{} (`unpark explain {first}`)", causes.join(", ")));
    }
    text + "\n"
}

/// A group's stack, closed until somebody opens it.
fn collapsed(group: &Group) -> String {
    let mut stack = String::new();
    let frame = |frame: &FrameReport| {
        let at = frame.file.as_deref().map_or(String::new(), |file| {
            format!("\n\t{}:{}", clean(file), frame.line.map_or("?".into(), |line| line.to_string()))
        });
        format!("{}{at}\n", clean(&frame.function))
    };
    let all = group.frames.len();
    let inner = if all > FRAMES_SHOWN { FRAMES_SHOWN / 2 } else { all };
    group.frames[..inner].iter().for_each(|f| stack += &frame(f));
    if all > inner {
        stack += &format!("… {} more frames\n", all - FRAMES_SHOWN);
        group.frames[all - FRAMES_SHOWN / 2..].iter().for_each(|f| stack += &frame(f));
    }
    if let Some(creator) = &group.creator {
        stack += &format!("created by {}", frame(creator));
    }
    format!("<details><summary>Stack</summary>\n\n{}\n</details>\n\n", fenced(&stack, ""))
}

/// The lines of source that it is about, open: they are what somebody who knows the code looks at.
fn source(finding: &Finding) -> String {
    let (blocks, left_out) = blocks(finding, LINES_SHOWN);
    if blocks.is_empty() {
        return String::new();
    }
    let mut text = String::from("<details open><summary>Source</summary>\n\n");
    for block in &blocks {
        let function = block.function.as_deref().map_or(String::new(), |name| code(name) + " ");
        text += &format!("{function}{}\n\n{}\n", code(&block.place), fenced(&listing(block), "go"));
    }
    if left_out > 0 {
        text += &format!("… {}\n\n", counted(left_out as i64, "more line"));
    }
    text + "</details>\n\n"
}

/// Numbered lines, what they are to the finding as comments behind them.
fn listing(block: &Block) -> String {
    let lines = || block.rows.iter().filter_map(|row| if let Row::Line(line) = row { Some(line) } else { None });
    let digits = lines().map(|line| line.number.to_string().len()).max().unwrap_or(1);
    let marked = lines().filter(|line| !line.words.is_empty()).map(|line| columns(&line.text));
    let column = marked.filter(|width| *width <= WORDS_COLUMN).max().unwrap_or(0);
    let mut text = String::new();
    for row in &block.rows {
        match row {
            Row::Gap => text += &format!("{:>digits$}\n", "…"),
            Row::Line(line) if line.words.is_empty() => {
                text += format!("{:>digits$}  {}", line.number, line.text).trim_end();
                text.push('\n');
            }
            Row::Line(line) => {
                let space = " ".repeat(column.saturating_sub(columns(&line.text)));
                text += &format!("{:>digits$}  {}{space}  // <- {}\n", line.number, line.text, line.words);
            }
        }
    }
    text
}

/// Lines in a fence that no backticks within can end.
fn fenced(lines: &str, language: &str) -> String {
    let fence = "`".repeat(longest_run(lines).max(2) + 1);
    format!("{fence}{language}\n{lines}{fence}\n")
}

/// `name` `file:line`
fn whereabouts(frame: &FrameReport) -> String {
    let line = frame.line.map_or(String::new(), |line| format!(":{line}"));
    let place = frame.file.as_deref().map_or(String::new(), |file| format!(" {}", code(&format!("{file}{line}"))));
    code(&frame.function) + &place
}

/// A code span that no backtick within can end.
fn code(text: &str) -> String {
    let text = clean(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text in which nothing is markup, a link, a tag or somebody's name.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in clean(text).chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            // Names behind it would be told, numbers behind a # linked.
            '@' => out += "&#64;",
            '#' => out += "&#35;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// What stands in a table's cell, where a bar would end it even within code.
fn cell(text: &str) -> String {
    text.replace("\\|", "|").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::{cell, code, escaped};

    #[test]
    fn nothing_of_a_name_is_markup() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``x"), "``` ``x ```");
        assert_eq!(code("\u{1b}[31m"), "`\\u{1b}[31m`");
        assert_eq!(
            escaped("<img src=x> @someone #1 a_b*c* [x](y)"),
            "&lt;img src=x&gt; &#64;someone &#35;1 a\\_b\\*c\\* \\[x\\](y)"
        );
        assert_eq!(cell(&code("a|b")), "`a\\|b`");
        assert_eq!(cell(&escaped("a|b")), "a\\|b");
    }
}
