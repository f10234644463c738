//! An earlier report as what is known: what it has too is no news, unless it became worse.

use std::collections::HashMap;
use std::io::Read;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finding, Report, SCHEMA_VERSION, Verdict};

/// What a finding has at least more of than the baseline to be worse: goroutines, and of those that it had.
const WORSE_BY: (i64, f64) = (10, 0.25);

/// A report of an earlier run, as far as it is compared.
#[derive(Clone, Debug)]
pub struct Baseline {
    source: String,
    findings: Vec<KnownFinding>,
}

/// A finding of the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownFinding {
    /// Its id.
    pub id: String,
    /// One line.
    pub title: String,
    /// How sure a leak it was.
    pub verdict: Verdict,
    /// How many it had.
    pub goroutines: i64,
    /// The ids of its groups.
    #[serde(skip_serializing)]
    #[schemars(skip)]
    groups: Vec<String>,
}

/// The fields of a report that are read.
#[derive(Deserialize)]
struct Document {
    schema_version: u32,
    findings: Vec<KnownFinding>,
}

/// What a finding is to the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The baseline doesn't have it.
    New,
    /// It has it with a lesser verdict, or with fewer goroutines: by ten and by a quarter.
    Worse,
    /// It has it.
    Known,
}

/// A finding beside that of the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Compared {
    /// What it is to the baseline.
    pub standing: Standing,
    /// How sure a leak it was.
    pub verdict: Option<Verdict>,
    /// How many goroutines it had.
    pub goroutines: Option<i64>,
}

/// The report beside the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BaselineReport {
    /// The file as named.
    pub source: String,
    /// Findings that it doesn't have.
    pub new: usize,
    /// Findings that became worse.
    pub worse: usize,
    /// Findings that it has.
    pub known: usize,
    /// What it has and this report hasn't.
    pub gone: Vec<KnownFinding>,
}

impl Standing {
    /// The word that scripts use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Standing::New => "new",
            Standing::Worse => "worse",
            Standing::Known => "known",
        }
    }
}

impl Baseline {
    /// Reads what `--format json` wrote. The error is a sentence that says what was expected.
    ///
    /// # Errors
    /// Where it isn't JSON, no report, or one of another version.
    pub fn read(source: &str, json: impl Read) -> Result<Self, String> {
        let document: Document = serde_json::from_reader(json)
            .map_err(|e| format!("{source}: {e}; a baseline is a report that --format json wrote"))?;
        if document.schema_version != SCHEMA_VERSION {
            let found = document.schema_version;
            return Err(format!("{source}: a report of schema version {found}; this unpark reads {SCHEMA_VERSION}"));
        }
        Ok(Baseline { source: source.to_owned(), findings: document.findings })
    }

    /// Notes in a report what each finding is to the baseline, and what is gone.
    pub fn compare(&self, report: &mut Report) {
        let mut used = vec![false; self.findings.len()];
        let mut by_id: HashMap<&str, usize> = HashMap::new();
        let mut by_group: HashMap<&str, usize> = HashMap::new();
        for (i, known) in self.findings.iter().enumerate() {
            by_id.entry(&known.id).or_insert(i);
            known.groups.iter().for_each(|group| _ = by_group.entry(group).or_insert(i));
        }
        let mut take = |at: Option<&usize>| at.copied().filter(|at| !std::mem::replace(&mut used[*at], true));
        let mut found: Vec<Option<usize>> =
            report.findings.iter().map(|finding| take(by_id.get(finding.id.as_str()))).collect();
        // A rule of another name, a site that moved: the groups are the same.
        for (finding, found) in report.findings.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            *found = finding.groups.iter().find_map(|group| take(by_group.get(group.as_str())));
        }
        for (finding, found) in report.findings.iter_mut().zip(found) {
            finding.baseline = Some(standing(finding, found.map(|at| &self.findings[at])));
        }
        let count = |wanted: Standing| report.findings.iter().filter(|f| f.standing() == Some(wanted)).count();
        report.baseline = Some(BaselineReport {
            source: self.source.clone(),
            new: count(Standing::New),
            worse: count(Standing::Worse),
            known: count(Standing::Known),
            gone: self.findings.iter().zip(used).filter(|(_, used)| !used).map(|(known, _)| known.clone()).collect(),
        });
    }
}

impl Finding {
    /// Whether nobody knew of it: the baseline hasn't got it, and it isn't accepted.
    #[must_use]
    pub fn is_news(&self) -> bool {
        self.standing() != Some(Standing::Known) && self.accepted.is_none()
    }

    /// What it is to the baseline, where there is one.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.baseline.as_ref().map(|compared| compared.standing)
    }
}

fn standing(finding: &Finding, known: Option<&KnownFinding>) -> Compared {
    let Some(known) = known else { return Compared { standing: Standing::New, verdict: None, goroutines: None } };
    let more = finding.goroutines.saturating_sub(known.goroutines);
    let grown = more >= WORSE_BY.0 && more as f64 >= known.goroutines as f64 * WORSE_BY.1;
    let worse = finding.verdict < known.verdict || grown;
    let standing = if worse { Standing::Worse } else { Standing::Known };
    Compared { standing, verdict: Some(known.verdict), goroutines: Some(known.goroutines) }
}
