//! The HTML report: it says what the JSON says, and whatever names stand in a dump, they stay text.

#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use scraper::{Html, Selector};
use unpark::classify::signature::Rules;
use unpark::model::Symbols;
use unpark::render::{self, Format, Style, thousands};
use unpark::report::{Excerpt, FrameReport, Report, Role, Selection, SourceLine, SourcePlace, SourceView, Wanted};

fn page(report: &Report) -> String {
    let style = Style { width: 80, ..Style::default() };
    let mut bytes = Vec::new();
    render::write(report, Format::Html, &style, &mut bytes).expect("written");
    String::from_utf8(bytes).expect("UTF-8")
}

fn triage(dump: impl Into<Vec<u8>>) -> Report {
    let mut symbols = Symbols::new();
    let snapshots = common::read(dump, &mut symbols).expect("a dump");
    common::triage_of(snapshots, &symbols, &Rules::built_in())
}

fn crash() -> Report {
    common::triage(&common::path("orders/crash.log"), &Rules::built_in())
}

fn orders() -> Report {
    let [before, after] = ["orders/before.debug2.txt", "orders/after.debug2.txt"].map(common::path);
    common::diff(&before, &after, &Rules::built_in())
}

fn series(name: &str) -> Report {
    let mut symbols = Symbols::new();
    let snapshots =
        ["s1", "s2", "s3"].map(|s| common::snapshot(&format!("trend/{name}/{s}.debug2.txt.gz"), &mut symbols)).into();
    let rules = Rules::built_in();
    let wanted =
        Wanted { rules: &rules, selection: &Selection::default(), by: None, labels: true, frames: true, source: None };
    unpark::report::trend(snapshots, &symbols, wanted)
}

fn texts(page: &str, selector: &str) -> Vec<String> {
    let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let selector = Selector::parse(selector).expect("a selector");
    Html::parse_document(page).select(&selector).map(|element| words(element.text().collect())).collect()
}

fn data(page: &str) -> serde_json::Value {
    serde_json::from_str(&texts(page, "#data")[0]).expect("JSON")
}

#[test]
fn says_what_the_json_says() {
    for report in [crash(), orders(), series("ticker-no-stop"), series("benign-pool-warmup")] {
        let page = page(&report);
        let headings = texts(&page, ".finding h2");
        assert_eq!(headings.len(), report.findings.len());
        for (heading, finding) in headings.iter().zip(&report.findings) {
            assert!(heading.starts_with(&finding.verdict.word().to_uppercase()), "{heading}");
            assert!(heading.contains(&format!(" {} goroutine", thousands(finding.goroutines))), "{heading}");
            assert!(heading.contains(&finding.title), "{heading}");
        }
        assert!(texts(&page, "h1")[0].contains(&thousands(report.summary.goroutines)));

        let data = data(&page);
        let groups = data["groups"].as_array().expect("groups");
        assert_eq!(groups.len(), report.groups.len());
        for (shown, group) in groups.iter().zip(&report.groups) {
            assert_eq!((&shown["id"], &shown["c"]), (&group.id.clone().into(), &group.count.into()));
            assert_eq!(shown["k"], serde_json::json!(group.counts));
            assert_eq!(data["states"][shown["s"].as_u64().expect("a place") as usize], group.state);
            assert_eq!(data["verdicts"][shown["v"].as_u64().expect("a place") as usize], group.verdict.word());
            assert_eq!(stack(&data, shown), group.frames.iter().map(|f| f.function.clone()).collect::<Vec<_>>());
        }
    }
}

/// The functions of a group, leaf first, by way of the tree.
fn stack(data: &serde_json::Value, group: &serde_json::Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = number(&group["n"]);
    while at != 0 {
        let frame = number(&data["nodes"][2 * at + 1]);
        names.push(data["texts"][number(&data["frames"][frame][0])].as_str().expect("a text").to_owned());
        at = number(&data["nodes"][2 * at]);
    }
    names
}

#[test]
fn a_series_has_a_chart_of_its_findings() {
    let report = series("ticker-no-stop");
    let page = page(&report);
    assert_eq!(texts(&page, ".chart g.line").len(), report.findings.len());
    let said: Vec<String> = texts(&page, ".chart circle title")
        .iter()
        .map(|title| title.rsplit(' ').next().expect("a number").to_owned())
        .collect();
    assert_eq!(said, report.findings[0].counts.iter().map(|n| thousands(*n)).collect::<Vec<_>>());
    assert!(texts(&page, ".chart text").contains(&"0".to_owned()), "the axis begins at zero");
    assert!(texts(&self::page(&orders()), ".chart").is_empty());
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for make in [crash, orders] {
        assert!(page(&make()) == page(&make()));
    }
}

const HOSTILE: [&str; 7] = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\"' onmouseover=\"alert(1)\" x='",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; \u{202e}gpj.exe\u{2066} \u{2028}\u{2029}",
    "\u{1b}]0;owned\u{7}\u{1b}[2J\r\n{{ 7 * 7 }}{% raw %}",
];

/// Puts a text into every field that an input, a rule file or a label can fill.
fn filled(mut report: Report, text: impl Fn() -> String) -> Report {
    let frame = |frame: &Arc<FrameReport>| {
        let FrameReport { line, inlined, origin, .. } = **frame;
        Arc::new(FrameReport { function: text(), package: Some(text()), file: Some(text()), line, inlined, origin })
    };
    for snapshot in &mut report.snapshots {
        snapshot.source = text();
        snapshot.go_version = Some(text());
        snapshot.captured_at = Some(text());
        if let Some(cause) = &mut snapshot.cause {
            // A line more is an element more.
            cause.message = text().replace(['\r', '\n'], " ");
        }
        snapshot.warnings.iter_mut().for_each(|warning| warning.message = text());
    }
    for group in &mut report.groups {
        group.state = text();
        group.id += &text();
        group.site = group.site.as_ref().map(frame);
        group.creator = group.creator.as_ref().map(frame);
        group.frames = group.frames.iter().map(frame).collect();
        group.labels = [(text(), [(text(), group.count)].into())].into();
        group.evidence.iter_mut().for_each(|evidence| evidence.text = text());
        group.title = Some(text());
        group.lock_address = Some(text());
    }
    report.summary.by_state = [(text(), 3)].into();
    for finding in &mut report.findings {
        finding.title = text();
        finding.signature = Some(text());
        finding.pattern = None;
        finding.candidates = vec![text(), text()];
        finding.remedy = Some(text());
        finding.reference = Some(text());
        finding.site = finding.site.as_ref().map(frame);
        finding.creator = finding.creator.as_ref().map(frame);
        finding.evidence.iter_mut().for_each(|evidence| evidence.text = text());
        finding.groups.iter_mut().for_each(|id| *id += &text());
        let lines = [vec![], vec![Role::Blocks], vec![Role::Culprit, Role::Go]];
        let lines = (1..).zip(lines).map(|(line, roles)| SourceLine { line: line * line, text: text(), roles });
        let excerpt = Excerpt { file: text(), function: Some(text()), lines: lines.collect() };
        let culprit = SourcePlace { file: text(), line: 4 };
        finding.source = Some(SourceView { culprit: Some(culprit), excerpts: vec![excerpt.clone(), excerpt] });
    }
    report
}

/// Elements in order with the names of their attributes.
fn elements(page: &str) -> Vec<String> {
    let all = Selector::parse("*").expect("a selector");
    Html::parse_document(page)
        .select(&all)
        .map(|element| {
            let mut attributes: Vec<&str> = element.value().attrs().map(|(name, _)| name).collect();
            attributes.sort_unstable();
            format!("{} {}", element.value().name(), attributes.join(" "))
        })
        .collect()
}

#[test]
fn hostile_texts_stay_texts() {
    for make in [crash, orders, || series("ticker-no-stop")] {
        let harmless = elements(&page(&filled(make(), || "harmless".into())));
        for text in HOSTILE {
            let page = page(&filled(make(), || text.into()));
            assert_eq!(elements(&page), harmless, "{text:?}");
            assert!(!page.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{2066}', '\u{2028}', '\u{2029}']), "{text:?}");
            let json = page.split_once("id=\"data\">").and_then(|(_, rest)| rest.split_once("</script>"));
            let json = json.expect("data").0;
            assert!(!json.contains(['<', '>', '&']), "{text:?}");
            assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{text:?}");
            let links = Selector::parse("a").expect("a selector");
            assert_eq!(Html::parse_document(&page).select(&links).count(), 0, "{text:?}");
        }
    }
}

#[test]
fn only_the_pages_own_script_may_run() {
    let page = page(&crash());
    let policy = Selector::parse("meta[http-equiv]").expect("a selector");
    let document = Html::parse_document(&page);
    let policy = document.select(&policy).next().and_then(|m| m.attr("content")).expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for address in ["src=", "href=", "url(", "@import", "innerHTML", "outerHTML", "insertAdjacent", "eval("] {
        assert!(!page.contains(address), "{address}");
    }
}

/// As many stacks as goroutines, each as narrow as a hundred-thousandth.
#[test]
fn a_hundred_thousand_stacks_fit_a_page() {
    let mut dump = String::new();
    for i in 0..100_000 {
        let (near, far) = (i % 311, i % 7919);
        writeln!(
            dump,
            "goroutine {} [chan receive]:\nexample.com/app.leaf{i}(...)\n\t/app/leaf.go:{} +0x1\n\
             example.com/app.far{far}(...)\n\t/app/far{far}.go:9 +0x1\n\
             example.com/app.near{near}(...)\n\t/app/near.go:9 +0x1\nmain.main(...)\n\t/app/main.go:7 +0x1\n",
            i + 1,
            i % 500 + 1
        )
        .expect("written");
    }
    let report = triage(dump);
    assert_eq!(report.groups.len(), 100_000);
    let page = page(&report);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    let data = data(&page);
    let list = |name: &str| data[name].as_array().expect("a list").clone();
    let own = list("groups").iter().map(|entry| number(&entry["c"])).sum::<usize>();
    assert_eq!(own + rest(&data).map(|sum| number(&sum[5])).sum::<usize>(), 100_000, "no goroutine is lost");
    let merged = rest(&data).map(|sum| number(&sum[4])).sum::<usize>();
    assert_eq!(data["merged"], merged);
    assert_eq!(list("groups").len() + merged, 100_000);
    assert!(data["below"].as_u64().is_some());
    names_inside_merged_stacks(&report, &data);
}

/// Every function and file of a stack is known to search: in the box that it is merged in, or as a frame on the way there.
fn names_inside_merged_stacks(report: &Report, data: &serde_json::Value) {
    assert_eq!(data["unnamed"], 0);
    let names = names(data);
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    for sum in rest(data) {
        let above = stack(data, &serde_json::json!({ "n": data["nodes"][2 * number(&sum[0])] }));
        let near = above.first().expect("a frame above").clone();
        let (mut last, mut held) = (0, 0);
        for distance in numbers(sum[6].as_str().expect("names")) {
            last += distance;
            held += usize::from(known.insert((near.clone(), names[last].clone())));
        }
        assert!(held >= number(&sum[4]), "a leaf for each stack");
    }
    let own: BTreeSet<&str> =
        data["groups"].as_array().expect("groups").iter().filter_map(|g| g["id"].as_str()).collect();
    for group in report.groups.iter().filter(|group| !own.contains(group.id.as_str())) {
        let frames: Vec<&str> = group.frames.iter().map(|frame| frame.function.as_str()).collect();
        let leaf = (frames[2].to_owned(), frames[0].to_owned());
        assert!(known.contains(&leaf) || known.contains(&(frames[1].to_owned(), leaf.1)), "{frames:?}");
    }
}

fn number(value: &serde_json::Value) -> usize {
    value.as_u64().expect("a number") as usize
}

fn rest(data: &serde_json::Value) -> impl Iterator<Item = &Vec<serde_json::Value>> {
    data["rest"].as_array().expect("sums").iter().map(|row| row.as_array().expect("a row"))
}

/// Numbers as the script reads them: five bits a digit, the lowest first.
fn numbers(written: &str) -> Vec<usize> {
    const DIGITS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    let (mut numbers, mut n, mut bits) = (Vec::new(), 0, 0);
    for c in written.chars() {
        let digit = DIGITS.find(c).expect("a digit");
        n |= (digit & 31) << bits;
        bits += 5;
        if digit < 32 {
            numbers.push(n);
            (n, bits) = (0, 0);
        }
    }
    numbers
}

/// The names inside merged stacks: each is what it shares with the name before it, and the rest.
fn names(data: &serde_json::Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in data["names"].as_str().expect("names").lines() {
        let digits = line.find(|c: char| numbers(&c.to_string()).len() == 1).expect("a last digit") + 1;
        let shared = numbers(&line[..digits])[0];
        let before = names.last().map_or("", |name| &name[..shared]);
        names.push(format!("{before}{}", &line[digits..]));
    }
    names
}

/// Names that are too long for a page are left out, and the page says of how many stacks.
#[test]
fn endless_names_do_not_make_an_endless_page() {
    let mut dump = String::new();
    for i in 0..20_000 {
        let name = "<&\">".repeat(70);
        writeln!(dump, "goroutine {} [select]:\nmain.{i}{name}(...)\n\t/app/a.go:{i} +0x1\n", i + 1).expect("written");
    }
    let page = page(&triage(dump));
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    assert!(number(&data(&page)["unnamed"]) > 1_000);
}
