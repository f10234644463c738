//! The findings as cards, worst first.

use super::{name, sentence, whereabouts, words};
use crate::render::source::{self, Block};
use crate::render::text::thousands;
use crate::report::{Evidence, EvidenceKind, Finding, Report};

/// Findings before the fold: the icicle shall not be screens away.
const OPEN: usize = 3;
/// Findings told with all that is known; the rest in a line each.
const WHOLE: usize = 100;
/// Findings listed at all, so that the page opens.
const LISTED: usize = 3000;
/// Causes named of those that fit.
const CAUSES: usize = 5;

/// The findings.
pub(super) struct Findings {
    pub(super) open: Vec<Card>,
    pub(super) folded: Vec<Card>,
    /// How many are in neither.
    pub(super) unlisted: usize,
}

/// A finding.
pub(super) struct Card {
    /// Its place in the report, from 0: the script finds it by this.
    pub(super) number: usize,
    pub(super) verdict: &'static str,
    pub(super) heading: String,
    /// Whether only the heading is told.
    pub(super) brief: bool,
    pub(super) share: String,
    pub(super) counts: String,
    /// A word, a function, a place.
    pub(super) places: Vec<(&'static str, String, String)>,
    pub(super) because: Vec<String>,
    pub(super) look: Vec<String>,
    pub(super) fix: Option<String>,
    pub(super) causes: String,
    pub(super) explain: Option<String>,
    pub(super) source: Vec<Block>,
    /// How many of its lines are not there.
    pub(super) source_left_out: usize,
    /// A text, and whether it can be followed.
    pub(super) reference: Option<(String, bool)>,
}

impl Findings {
    pub(super) fn of(report: &Report) -> Self {
        let all = &report.findings;
        let mut cards = all.iter().enumerate().take(LISTED).map(|(number, finding)| card(report, number, finding));
        Findings {
            open: cards.by_ref().take(OPEN).collect(),
            folded: cards.collect(),
            unlisted: all.len().saturating_sub(LISTED),
        }
    }
}

fn card(report: &Report, number: usize, finding: &Finding) -> Card {
    // The first sentence, how many wait where, is what the lines above say.
    let evidence = finding.evidence.iter().skip(1);
    let of = |source: bool| {
        let wanted = move |e: &&_| is_source(e) == source;
        evidence.clone().filter(wanted).map(|e| sentence(&e.text)).collect()
    };
    let causes: Vec<String> = match &finding.pattern {
        Some(pattern) => vec![sentence(pattern)],
        None => finding.candidates.iter().take(CAUSES).map(|cause| sentence(cause)).collect(),
    };
    let counts: Vec<String> = finding.counts.iter().map(|n| thousands(*n)).collect();
    let share = finding.share.as_f64().unwrap_or(0.0) * 100.0;
    let places = [("at", &finding.site), ("made at", &finding.creator)];
    let (source, source_left_out) =
        if number < WHOLE { source::blocks(finding, source::MOST) } else { (Vec::new(), 0) };
    Card {
        number,
        verdict: finding.verdict.word(),
        heading: words::heading(report, finding),
        brief: number >= WHOLE,
        share: if share < 1.0 { "<1 %".into() } else { format!("{share:.0} %") },
        counts: if (2..=12).contains(&counts.len()) { counts.join(" → ") } else { String::new() },
        places: places
            .into_iter()
            .filter_map(|(word, frame)| {
                let (function, place) = whereabouts(frame.as_deref()?);
                Some((word, function, place))
            })
            .collect(),
        because: of(false),
        look: of(true),
        fix: finding.remedy.as_deref().map(sentence),
        explain: causes.first().cloned().or_else(|| finding.signature.as_deref().map(name)),
        causes: causes.join(", "),
        source,
        source_left_out,
        reference: finding.reference.as_deref().map(|text| {
            // A user's rules may say anything; only what a browser opens as a page is a link.
            (sentence(text), text.starts_with("https://") || text.starts_with("http://"))
        }),
    }
}

fn is_source(evidence: &Evidence) -> bool {
    evidence.kind == EvidenceKind::Source
}
