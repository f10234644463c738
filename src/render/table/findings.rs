//! The findings, worst first, and what is healthy in a line per kind.

use std::collections::BTreeMap;

use super::{ALARM, BOLD, DIM, PLAIN, Page, WARN};
use crate::render::text::{clean, counted, cut_end, function, place, signed, sparkline, thousands, wrapped_to};
use crate::report::{Evidence, EvidenceKind, Finding, FrameReport, Group, Standing, Verdict};

/// Findings shown with all that is known of them; more would push the answer off the first screen.
const SHOWN_WHOLE: usize = 3;
/// Sentences of evidence shown where `--full` doesn't ask for all.
const EVIDENCE_SHOWN: usize = 5;
/// Findings shown with lines of source where `--full` doesn't ask for all.
const SOURCE_SHOWN: usize = 3;
/// Causes named of those that fit.
const CAUSES_SHOWN: usize = 5;
/// Kinds of healthy goroutines shown.
const KINDS_SHOWN: usize = 8;
/// The width of the words before a finding's lines.
pub(super) const MARGIN: usize = 9;

impl Page<'_> {
    pub(super) fn findings(&mut self) {
        let news = |finding: &&Finding| finding.is_news();
        let (mut findings, known): (Vec<&Finding>, Vec<&Finding>) = self.report.findings.iter().partition(news);
        let whole = self.style.top.unwrap_or(SHOWN_WHOLE).min(findings.len());
        let brief = self.top();
        findings.extend(known);
        for (i, finding) in findings.iter().take(whole).enumerate() {
            self.text.push('\n');
            self.finding(finding);
            if i < SOURCE_SHOWN || self.style.full {
                self.source(finding);
            }
        }
        if findings.len() > whole {
            self.text.push('\n');
        }
        for finding in findings.iter().skip(whole).take(brief.saturating_sub(whole)) {
            self.heading(finding);
        }
        if findings.len() > whole.max(brief) {
            self.more(&counted((findings.len() - whole.max(brief)) as i64, "more finding"));
        }
    }

    pub(super) fn heading(&mut self, finding: &Finding) {
        let is_delta = self.report.snapshots.iter().all(|snapshot| snapshot.delta);
        let delta = finding.delta.filter(|delta| *delta != 0 && !is_delta).map(|delta| format!(", {}", signed(delta)));
        let count = counted(finding.goroutines, "goroutine");
        let text = format!(
            "{} ({:.0} %)  {}{}: {}{}{}",
            finding.verdict.word().to_uppercase(),
            finding.confidence.as_f64().unwrap_or(0.0) * 100.0,
            if is_delta { format!("+{count}") } else { count },
            delta.unwrap_or_default(),
            clean(&finding.title),
            since_baseline(finding),
            accepted(finding)
        );
        let ansi = if finding.accepted.is_some() {
            DIM
        } else if finding.verdict == Verdict::Suspect {
            WARN.bold()
        } else {
            ALARM
        };
        self.line(&text, ansi);
    }

    fn finding(&mut self, finding: &Finding) {
        self.heading(finding);
        for (word, frame) in [("at", &finding.site), ("made at", &finding.creator)] {
            if let Some(frame) = frame {
                let text = self.whereabouts(frame);
                self.entry(word, &text, PLAIN);
            }
        }
        if finding.counts.len() > 2 {
            let ends = [finding.counts.first(), finding.counts.last()].map(|n| thousands(n.copied().unwrap_or(0)));
            self.entry("moments", &format!("{}  {} → {}", sparkline(&finding.counts), ends[0], ends[1]), PLAIN);
        }
        self.evidence(finding);
        if let Some(remedy) = &finding.remedy {
            self.entry("fix", &clean(remedy), BOLD);
        }
        let (word, causes) = match &finding.pattern {
            Some(pattern) => ("cause", vec![pattern.clone()]),
            None => ("causes", finding.candidates.iter().take(CAUSES_SHOWN).cloned().collect()),
        };
        if let Some(first) = causes.first() {
            self.entry(word, &format!("{}  (unpark explain {first})", causes.join(", ")), PLAIN);
        } else if let Some(signature) = &finding.signature {
            self.entry("more", &format!("unpark explain {signature}"), DIM);
        }
    }

    /// The first sentence, how many wait where, is what the lines above say.
    fn evidence(&mut self, finding: &Finding) {
        let (source, others): (Vec<&Evidence>, Vec<&Evidence>) =
            finding.evidence.iter().skip(1).partition(|evidence| evidence.kind == EvidenceKind::Source);
        let shown = if self.style.full { others.len() } else { EVIDENCE_SHOWN.min(others.len()) };
        for (i, evidence) in others[..shown].iter().enumerate() {
            self.entry(if i == 0 { "because" } else { "" }, &clean(&evidence.text), PLAIN);
        }
        if others.len() > shown {
            self.entry("", &format!("… {} more; --full shows all", others.len() - shown), DIM);
        }
        // What the source shows is a reason; what it would show is advice.
        let told = finding.source.is_some() && finding.pattern.is_some();
        let word = if told { "why" } else { "look" };
        for (i, evidence) in source.into_iter().enumerate() {
            self.entry(if i == 0 { word } else { "" }, &clean(&evidence.text), PLAIN);
        }
    }

    /// `main.price.func1  example.com/orders/main.go:29`, the path cut where it must be.
    fn whereabouts(&self, frame: &FrameReport) -> String {
        let room = self.style.width.saturating_sub(MARGIN + 4);
        let name = function(&frame.function, room / 2);
        let path = place(frame, room.saturating_sub(name.chars().count() + 2));
        format!("{name}  {path}").trim_end().to_owned()
    }

    /// A word and what belongs to it, further lines below it.
    pub(super) fn entry(&mut self, word: &str, text: &str, ansi: anstyle::Style) {
        let room = self.style.width.saturating_sub(MARGIN + 2);
        for (i, line) in wrapped_to(text, room).into_iter().enumerate() {
            let word = if i == 0 { word } else { "" };
            let word = format!("  {word:MARGIN$}");
            self.two_toned(&word, &line, ansi);
        }
    }

    /// The groups that are as they should be, by what they are; false where there are none.
    pub(super) fn healthy(&mut self) -> bool {
        let mut kinds: BTreeMap<&str, (i64, &Group)> = BTreeMap::new();
        for group in self.report.groups.iter().filter(|g| g.verdict == Verdict::Normal && !g.own && g.count != 0) {
            let kind = kinds.entry(group.title.as_deref().unwrap_or("ended or only waiting")).or_insert((0, group));
            kind.0 += group.count;
        }
        if kinds.is_empty() {
            return false;
        }
        let mut kinds: Vec<(&str, (i64, &Group))> = kinds.into_iter().collect();
        kinds.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
        let all: i64 = kinds.iter().map(|(_, (n, _))| n).sum();
        self.text.push('\n');
        let is_delta = self.report.snapshots.iter().all(|snapshot| snapshot.delta);
        let what = if is_delta { "ended or healthy" } else { "healthy" };
        self.line(&format!("{what}: {}", counted(all, "goroutine")), DIM);
        let digits = kinds.iter().map(|(_, (n, _))| thousands(*n).len()).max().unwrap_or(1).max(5);
        let shown = if self.style.full { kinds.len() } else { KINDS_SHOWN };
        for (title, (n, group)) in kinds.iter().take(shown) {
            let why = group.evidence.first().map_or(String::new(), |evidence| format!(": {}", clean(&evidence.text)));
            let text = format!("{:>digits$}  {}{why}", thousands(*n), clean(title));
            let width = self.style.width;
            self.line(&super::unbroken(&cut_end(&text, width)), DIM);
        }
        if kinds.len() > shown {
            let rest: i64 = kinds[shown..].iter().map(|(_, (n, _))| n).sum();
            let more = counted((kinds.len() - shown) as i64, "more kind");
            self.line(&format!("{:>digits$}  of {more}; --full shows all", thousands(rest)), DIM);
        }
        true
    }
}

/// Why it doesn't count, behind its title.
fn accepted(finding: &Finding) -> String {
    let Some(accepted) = &finding.accepted else { return String::new() };
    let until = accepted.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
    format!(" (accepted{until}: {})", clean(&accepted.reason))
}

/// What a finding is to the baseline, behind its title.
fn since_baseline(finding: &Finding) -> String {
    let Some(compared) = &finding.baseline else { return String::new() };
    let was = compared.goroutines.map_or(String::new(), thousands);
    match compared.standing {
        Standing::New => " (new)".into(),
        Standing::Known => format!(" (known, was {was})"),
        Standing::Worse => match compared.verdict {
            Some(verdict) if verdict != finding.verdict => format!(" (worse, was {was}, {})", verdict.word()),
            _ => format!(" (worse, was {was})"),
        },
    }
}
