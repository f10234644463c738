//! `--format sarif`: findings as SARIF 2.1.0 for code scanning
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>). A result stands where the cause is, if the source
//! is at hand and tells it, else where the goroutines block.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Number;

use super::text::{clean, counted};
use super::{SourceRoot, Style, source};
use crate::report::{Finding, FrameReport, Report, Standing, Verdict};

/// What GitHub shows of one upload (docs.github.com: "SARIF support for code scanning", limits).
const MAX_RESULTS: usize = 5_000;

/// What the place where they block is to a result that stands where the cause is.
const BLOCKED_HERE: &str = "where they block";

/// What the place of a `go` statement is to a result.
const MADE_HERE: &str = "the go statement that made them";

/// The name of our fingerprint, with the version of how it is made.
const FINGERPRINT: &str = "unparkFinding/v1";

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(report, style))?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    results: Vec<SarifResult>,
    column_kind: &'static str,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: String,
    version: String,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Text,
    help: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Level,
}

#[derive(Serialize)]
struct Level {
    level: &'static str,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    rank: f64,
    properties: Properties,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

#[derive(Serialize)]
struct Properties {
    verdict: Verdict,
    confidence: Number,
    goroutines: i64,
    delta: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[LogicalLocation; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

fn log(report: &Report, style: &Style) -> Log {
    let mut rules: Vec<Rule> = Vec::new();
    let mut results = Vec::new();
    for finding in report.findings.iter().take(MAX_RESULTS) {
        let id = rule_id(finding);
        let rule_index = rules.iter().position(|rule| rule.id == id).unwrap_or_else(|| {
            rules.push(rule(finding, report));
            rules.len() - 1
        });
        results.push(result(finding, rule_index, style));
    }
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: report.tool.name.clone(),
                    version: report.tool.version.clone(),
                    information_uri: "https://crates.io/crates/unpark",
                    rules,
                },
            },
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications(report),
            }],
            results,
            column_kind: "unicodeCodePoints",
        }],
    }
}

/// What can't be relied on, and what didn't fit.
fn notifications(report: &Report) -> Vec<Notification> {
    let warnings = report.snapshots.iter().flat_map(|snapshot| {
        let level = if snapshot.complete { "note" } else { "warning" };
        snapshot.warnings.iter().map(move |warning| Notification {
            level,
            message: Text { text: format!("{}: {}", clean(&snapshot.source), clean(&warning.message)) },
        })
    });
    let more = report.findings.len().saturating_sub(MAX_RESULTS);
    let left_out = (more > 0).then(|| Notification {
        level: "warning",
        message: Text { text: format!("{} left out", counted(more as i64, "more finding")) },
    });
    warnings.chain(left_out).collect()
}

/// The signature, else the cause: what stays over runs and says what kind of finding it is.
fn rule_id(finding: &Finding) -> String {
    finding.signature.clone().or_else(|| finding.pattern.clone()).unwrap_or_else(|| "stuck-goroutines".into())
}

fn rule(finding: &Finding, report: &Report) -> Rule {
    let id = rule_id(finding);
    let remedy = finding.remedy.as_deref().map(|remedy| format!("{} ", clean(remedy))).unwrap_or_default();
    let is_known = finding.signature.is_some() || finding.pattern.is_some();
    let more = if is_known { format!("More: unpark explain {id}") } else { String::new() };
    // A finding's own title may say where; a rule is about all places.
    let group = finding.groups.first().and_then(|id| report.groups.iter().find(|group| group.id == *id));
    let title = group.and_then(|group| group.title.as_deref()).unwrap_or("goroutines that are stuck");
    Rule {
        short_description: Text { text: clean(title) },
        help: Text { text: format!("{remedy}{more}").trim().to_owned() },
        help_uri: finding.reference.clone().filter(|reference| reference.starts_with("https://")),
        default_configuration: Level { level: level(finding.verdict) },
        id,
    }
}

fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Leaked => "error",
        Verdict::Likely => "warning",
        Verdict::Suspect | Verdict::Normal | Verdict::Unknown => "note",
    }
}

fn result(finding: &Finding, rule_index: usize, style: &Style) -> SarifResult {
    let mut text = format!(
        "{}: {}, {}.",
        clean(&finding.title),
        counted(finding.goroutines, "goroutine"),
        match finding.verdict {
            Verdict::Leaked => "proven",
            Verdict::Likely => "likely a leak",
            _ => "worth a look",
        }
    );
    let sentences = finding.evidence.iter().map(|evidence| clean(&evidence.text));
    for sentence in sentences.chain(finding.remedy.as_deref().map(|remedy| format!("Fix: {}", clean(remedy)))) {
        text += &format!("\n{sentence}");
    }
    let (locations, related_locations) = locations(finding, style);
    SarifResult {
        rule_id: rule_id(finding),
        rule_index,
        level: level(finding.verdict),
        message: Text { text },
        locations,
        related_locations,
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, finding.id.clone())]),
        baseline_state: finding.standing().map(|standing| match standing {
            Standing::New => "new",
            Standing::Worse => "updated",
            Standing::Known => "unchanged",
        }),
        suppressions: finding
            .accepted
            .iter()
            .map(|accepted| Suppression { kind: "external", justification: clean(&accepted.reason) })
            .collect(),
        rank: finding.confidence.as_f64().unwrap_or(0.0) * 100.0,
        properties: Properties {
            verdict: finding.verdict,
            confidence: finding.confidence.clone(),
            goroutines: finding.goroutines,
            delta: finding.delta,
        },
    }
}

/// Where a result stands: where the cause is if the source tells it, else where they block; and what belongs to it.
fn locations(finding: &Finding, style: &Style) -> (Vec<Location>, Vec<Location>) {
    let of = |frame: &Option<_>| frame.as_deref().map(|frame| location(finding, frame, style));
    let (site, creator) = (of(&finding.site), of(&finding.creator));
    let culprit = culprit(finding, style);
    let (first, site) = if culprit.is_some() { (culprit, site) } else { (site, None) };
    let related = [(site, BLOCKED_HERE), (creator, MADE_HERE)];
    let related = related.into_iter().filter_map(|(location, message)| Some((location?, message)));
    let related = (1..).zip(related).map(|(id, (location, message))| Location {
        id: Some(id),
        message: Some(Text { text: message.to_owned() }),
        ..location
    });
    (first.into_iter().collect(), related.collect())
}

fn culprit(finding: &Finding, style: &Style) -> Option<Location> {
    let view = finding.source.as_ref()?;
    let culprit = view.culprit.as_ref()?;
    Some(Location {
        id: None,
        message: None,
        physical_location: Some(physical(finding, &culprit.file, Some(culprit.line), style)),
        logical_locations: source::function_at(view, &culprit.file, culprit.line).map(logical),
    })
}

fn location(finding: &Finding, frame: &FrameReport, style: &Style) -> Location {
    Location {
        id: None,
        message: None,
        physical_location: frame.file.as_deref().map(|file| physical(finding, file, frame.line.map(u64::from), style)),
        logical_locations: Some(logical(clean(&frame.function))),
    }
}

fn logical(fully_qualified_name: String) -> [LogicalLocation; 1] {
    [LogicalLocation { fully_qualified_name, kind: "function" }]
}

fn physical(finding: &Finding, file: &str, line: Option<u64>, style: &Style) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: ArtifactLocation { uri: uri(file, &style.source_roots) },
        region: line.filter(|line| *line > 0).map(|start_line| Region {
            start_line,
            snippet: source::snippet(finding, file, start_line).map(|text| Text { text }),
        }),
    }
}

/// A file as a URI: relative where it lies below one of the roots.
fn uri(file: &str, roots: &[SourceRoot]) -> String {
    let file = SourceRoot::file_in_repository(roots, file).unwrap_or_else(|| file.to_owned());
    let mut uri = String::from(if file.starts_with('/') { "file://" } else { "" });
    for byte in file.bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' | b'@' | b'+' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::{SourceRoot, uri};

    #[test]
    fn files_are_relative_to_their_root() {
        let roots = ["/build/app", "example.com/shop", "example.com/acme=services/a c"];
        let roots = roots.map(|root| SourceRoot::parse(root).unwrap());
        for (file, wanted) in [
            ("/build/app/main.go", "main.go"),
            ("/build/application/main.go", "file:///build/application/main.go"),
            ("example.com/shop/cart/cart.go", "cart/cart.go"),
            ("example.com/acme/cart.go", "services/a%20c/cart.go"),
            ("github.com/a/b@v1.2.3/c.go", "github.com/a/b@v1.2.3/c.go"),
            ("/src/a b/ü%.go", "file:///src/a%20b/%C3%BC%25.go"),
            ("C:/src/x.go", "C%3A/src/x.go"),
        ] {
            assert_eq!(uri(file, &roots), wanted);
        }
    }
}
