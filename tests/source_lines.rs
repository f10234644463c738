//! Lines of source beside a finding, in every format: the right ones, in their place, and harmless whatever they hold.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use serde_json::Value;
use unpark::classify::signature::Rules;
use unpark::render::{self, Format, Style};
use unpark::report::{Excerpt, Finding, Report, Role, SourcePlace, SourceView};

const FILE: &str = "example.com/orders/main.go";

/// What stands where in `testdata/orders/main.go`, read from it.
const MARKS: [(u64, Role); 5] =
    [(27, Role::Made), (28, Role::Go), (29, Role::Blocks), (32, Role::Partner), (34, Role::Culprit)];

fn view(text: &str, marks: &[(u64, Role)], context: u64) -> SourceView {
    let culprit = marks.iter().find(|(_, role)| *role == Role::Culprit);
    SourceView {
        culprit: culprit.map(|(line, _)| SourcePlace { file: FILE.into(), line: *line }),
        excerpts: vec![Excerpt::around(FILE, Some("main.price"), text, marks, context)],
    }
}

/// The report on the crash, its finding with a view of the source.
fn report(source: SourceView) -> Report {
    let mut report = common::triage(&common::path("orders/crash.log"), &Rules::built_in());
    assert_eq!(report.findings.len(), 1);
    report.findings[0].source = Some(source);
    report
}

fn orders() -> Report {
    report(view(&common::text("orders/main.go"), &MARKS, 1))
}

fn written(report: &Report, format: Format, style: &Style) -> String {
    let mut bytes = Vec::new();
    render::write(report, format, style, &mut bytes).expect("written");
    String::from_utf8(bytes).expect("UTF-8")
}

fn style(width: usize) -> Style {
    Style { width, ..Style::default() }
}

/// The lines of the table from the head of the source on, until a line that is no finding's.
fn block(table: &str) -> Vec<&str> {
    table.lines().skip_while(|line| !line.starts_with("  source ")).take_while(|line| line.starts_with("  ")).collect()
}

#[test]
fn the_table_shows_them() {
    let report = orders();
    for width in [80, 160] {
        insta::assert_snapshot!(
            format!("table_{width}"),
            block(&written(&report, Format::Table, &style(width))).join("\n")
        );
    }
    let colored = written(&report, Format::Table, &Style { color: true, ..style(80) });
    let plain: String =
        colored.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect();
    let trimmed: Vec<&str> = block(&plain).into_iter().map(str::trim_end).collect();
    assert_eq!(trimmed, block(&written(&report, Format::Table, &style(80))), "colours change no word");
}

#[test]
fn tables_stay_short_and_narrow() {
    let text: String = (1..=400).map(|n| format!("\tcall{n}({})\n", "argument, ".repeat(20))).collect();
    let marks = [(50, Role::Go), (150, Role::Blocks), (250, Role::Made), (350, Role::Culprit), (350, Role::Blocks)];
    let mut source = view(&text, &marks, 9);
    source.excerpts.push(Excerpt::around("example.com/orders/other.go", None, &text, &[(100, Role::Partner)], 9));
    let report = report(source);
    for width in [60, 80, 160] {
        let table = written(&report, Format::Table, &style(width));
        let shown = block(&table);
        let lines: Vec<&&str> = shown.iter().filter(|line| line.contains('│')).collect();
        assert_eq!(lines.len(), 12);
        assert!(shown.last().expect("a last").contains("31 more lines"), "{shown:?}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("   ")).count(), 12 - 5, "all marks are there");
        for line in shown {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{line}");
        }
        let full = written(&report, Format::Table, &Style { full: true, ..style(width) });
        assert_eq!(block(&full).iter().filter(|line| line.contains('│')).count(), 24 + 19);
    }
}

/// Lines of source belong to the first screens' findings; the fourth has them only where all is asked for.
#[test]
fn three_findings_have_them() {
    let mut report = orders();
    let first = report.findings[0].clone();
    report.findings = (0..5).map(|i| Finding { id: format!("finding-{i}"), ..first.clone() }).collect();
    let count = |style: Style| written(&report, Format::Table, &style).matches("  source ").count();
    assert_eq!(count(style(80)), 3);
    assert_eq!(count(Style { top: Some(5), ..style(80) }), 3);
    assert_eq!(count(Style { top: Some(5), full: true, ..style(80) }), 5);
}

#[test]
fn json_has_them() {
    let json: Value = serde_json::from_str(&written(&orders(), Format::Json, &style(80))).expect("JSON");
    let source = &json["findings"][0]["source"];
    assert_eq!(source["culprit"], serde_json::json!({ "file": FILE, "line": 34 }));
    let lines = source["excerpts"][0]["lines"].as_array().expect("lines");
    let numbers: Vec<u64> = lines.iter().filter_map(|line| line["line"].as_u64()).collect();
    assert_eq!(numbers, (26..=35).collect::<Vec<u64>>());
    assert_eq!(lines[3], serde_json::json!({ "line": 29, "text": "\t\tanswer <- backend()", "roles": ["blocks"] }));
    let schema = Report::json_schema();
    assert!(jsonschema::validator_for(&schema).expect("a schema").is_valid(&json));
}

#[test]
fn markdown_has_a_block_of_go() {
    let markdown = written(&orders(), Format::Markdown, &style(80));
    let source = markdown.split_once("<details open><summary>Source</summary>").expect("the source").1;
    let source = source.split_once("</details>").expect("its end").0;
    insta::assert_snapshot!("markdown", source.trim());
}

#[test]
fn the_page_has_them() {
    use scraper::{Html, Selector};
    let page = Html::parse_document(&written(&orders(), Format::Html, &style(80)));
    let texts = |selector: &str| -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        page.select(&selector).map(|element| element.text().collect()).collect()
    };
    assert_eq!(texts(".finding .source-lines figcaption"), [format!("main.price {FILE}:34")]);
    assert_eq!(texts(".source-lines tr").len(), 10);
    assert_eq!(texts(".source-lines .culprit .code"), ["    case <-time.After(timeout):"]);
    assert_eq!(texts(".source-lines .marked .word"), ["made", "go", "blocks", "partner"]);
    assert_eq!(texts(".source-lines .marked .number"), ["27", "28", "29", "32"]);
}

#[test]
fn a_result_stands_where_the_cause_is() {
    let schema: Value = serde_json::from_str(&common::text("sarif-2.1.0.schema.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let result = |report: &Report, style: &Style| -> Value {
        let log: Value = serde_json::from_str(&written(report, Format::Sarif, style)).expect("JSON");
        let errors: Vec<String> = schema.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        log["runs"][0]["results"][0].clone()
    };
    let style =
        Style { source_roots: vec![render::SourceRoot::parse("example.com/orders").expect("a root")], ..style(80) };
    let mut report = orders();
    let with = result(&report, &style);
    report.findings[0].source.as_mut().expect("a view").culprit = None;
    let without_culprit = result(&report, &style);
    report.findings[0].source = None;
    let without = result(&report, &style);

    let place = |location: &Value| {
        let place = &location["physicalLocation"];
        let snippet = place["region"]["snippet"]["text"].as_str().map(str::to_owned);
        (place["artifactLocation"]["uri"].as_str().map(str::to_owned), place["region"]["startLine"].as_u64(), snippet)
    };
    let main = |line: u64, snippet: Option<&str>| (Some("main.go".to_owned()), Some(line), snippet.map(str::to_owned));
    let (cause, blocks, made) = ("\tcase <-time.After(timeout):", "\t\tanswer <- backend()", "\tgo func() {");
    assert_eq!(place(&with["locations"][0]), main(34, Some(cause)));
    assert_eq!(with["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "main.price");
    assert_eq!(place(&with["relatedLocations"][0]), main(29, Some(blocks)));
    assert_eq!(with["relatedLocations"][0]["message"]["text"], "where they block");
    assert_eq!(place(&with["relatedLocations"][1]), main(28, Some(made)));
    assert_eq!((&with["relatedLocations"][0]["id"], &with["relatedLocations"][1]["id"]), (&1.into(), &2.into()));

    assert_eq!(place(&without_culprit["locations"][0]), main(29, Some(blocks)));
    assert_eq!(place(&without["locations"][0]), main(29, None));
    assert_eq!(without["relatedLocations"].as_array().map(Vec::len), Some(1));
    for other in [&without_culprit, &without] {
        assert_eq!(with["partialFingerprints"], other["partialFingerprints"]);
    }
}

/// A terminal's escapes, directions, the ends of fences and elements, and a line of a megabyte.
fn hostile() -> String {
    let lines = [
        "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m",
        "x\u{202e}og.niam\u{2066}\u{200b}\u{feff}\u{2028}y\u{85}",
        "</td></table></article><script>alert(1)</script><img src=x onerror=alert(1)>",
        "`````",
        "```",
        "</details>",
        "~~~ | @someone #1 <!-- {{ 7 * 7 }}",
        "a\rb\u{8}\u{b}\u{c}\u{0}",
        "*/ // \\",
    ];
    lines.join("\n") + "\n" + &"<`\u{1b}\u{202e}\t世".repeat(200_000) + "\n\n"
}

#[test]
fn hostile_source_is_harmless_in_every_format() {
    let text = hostile();
    let marks: Vec<(u64, Role)> = (1..=10).map(|line| (line, Role::Culprit)).collect();
    let mut source = view(&text, &marks, 2);
    // A view that nobody has cut, with a line within a line and numbers that no file has.
    source.excerpts[0].lines[9].text = text.clone();
    source.excerpts[0].lines[9].line = u64::MAX;
    source.excerpts[0].file = text.clone();
    source.excerpts[0].function = Some(text.clone());
    source.culprit = Some(SourcePlace { file: text, line: 3 });
    let harmful = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200b}' | '\u{202e}' | '\u{2066}' | '\u{feff}' | '\u{2028}')
    };
    let report = report(source);
    for format in [Format::Table, Format::Markdown, Format::Html] {
        for full in [false, true] {
            let text = written(&report, format, &Style { full, ..style(80) });
            assert!(!text.contains(harmful), "{format:?}");
            // The page's own script and styles are 40 KB of it.
            assert!(text.len() < 100_000, "{format:?}: {} bytes", text.len());
            assert!(text.contains("\\u{202e}"), "{format:?}");
        }
    }
    let sarif: Value = serde_json::from_str(&written(&report, Format::Sarif, &style(80))).expect("JSON");
    let snippet = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["snippet"]["text"];
    assert_eq!(snippet, hostile().lines().nth(2).expect("a line"));
    assert!(!sarif["runs"][0]["results"].to_string().contains(harmful));
}

/// What stands in a fence of Markdown: everything from its first line to one with as many backticks.
#[test]
fn no_line_ends_a_fence() {
    let marks: Vec<(u64, Role)> = (1..=10).map(|line| (line, Role::Blocks)).collect();
    let markdown = written(&report(view(&hostile(), &marks, 2)), Format::Markdown, &style(80));
    let mut lines = markdown.lines().skip_while(|line| !line.ends_with("`go"));
    let fence = lines.next().and_then(|line| line.strip_suffix("go")).expect("a fence").to_owned();
    let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != fence).collect();
    assert_eq!(inside.len(), 11);
    for line in inside {
        assert!(!line.contains(&fence), "{line}");
        assert!(line.trim_start().starts_with(|c: char| c.is_ascii_digit()), "{line}");
    }
    assert_eq!((lines.next(), lines.next()), (Some(""), Some("</details>")));
}
