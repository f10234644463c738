//! A signature as it is written down: the schema of the TOML files under `src/classify/signatures` and of `--rules`.

use serde::{Deserialize, Serialize};

use super::shape::Shape;
use crate::classify::Verdict;

/// A file of signatures.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    /// The signatures.
    pub signature: Vec<Rule>,
}

/// A rule that recognises a stack, and what is known of the goroutines that have it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// Its name: lower-case words joined by hyphens, unique.
    pub id: String,
    /// What the goroutines are, as a plural noun phrase.
    pub title: String,
    /// Wait states in Go's words; none means any. `chan send` and `chan receive` allow `chan op`, and all of a library's
    /// rules allow a state that the format hides.
    pub states: Vec<String>,
    /// Regexes: each must match the function of some frame.
    pub frames: Vec<String>,
    /// Must match the function of the site.
    pub site: Option<String>,
    /// Must match the outermost function.
    pub entry: Option<String>,
    /// Must match the function with the `go` statement.
    pub creator: Option<String>,
    /// Must match no frame's function.
    pub absent: Vec<String>,
    /// What the stack must look like, besides names.
    pub shapes: Vec<Shape>,
    /// How many of them are normal, and what more of them means.
    pub scope: Scope,
    /// A rule of the language, not of a library: tried last, by state and shape.
    pub language: bool,
    /// Says for whom the goroutine works, not what blocks it: any other rule wins over it.
    pub context: bool,
    /// Of a companion: the rules whose findings it is part of.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub companion_of: Vec<String>,
    /// Goroutines per object.
    pub per_object: Option<u32>,
    /// What one object is: a singular noun.
    pub object: Option<String>,
    /// The normal population: a clause.
    pub normal: String,
    /// So many objects are normal.
    pub normal_count: Option<u32>,
    /// When it is a leak: a clause.
    pub leak: String,
    /// So many objects in one snapshot are worth a look.
    pub suspect_count: Option<u32>,
    /// So many minutes of waiting are worth a look.
    pub suspect_wait: Option<u32>,
    /// Of connections: that they pile up is worth a look, though their number follows the load.
    pub growth: bool,
    /// The worst verdict that behaviour may give.
    pub ceiling: Option<Ceiling>,
    /// Whoever makes one ends it: left over without its maker, it is forgotten.
    pub owned: bool,
    /// They wait because of others.
    pub victim: bool,
    /// The causes that it may have, likeliest first.
    pub patterns: Vec<String>,
    /// What in the source decides between them: a clause.
    pub decides: Option<String>,
    /// What to change: one or two sentences.
    pub remedy: Option<String>,
    /// Where the knowledge is from.
    pub reference: Option<String>,
    /// How well it is known.
    pub known: Known,
}

/// How many goroutines of a rule are normal, and what more of them means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The runtime's and the profiler's own.
    System,
    /// One per process, or `normal_count`.
    Singleton,
    /// As many as their pool's limit.
    Pool,
    /// Part of another rule's finding; never one alone.
    Companion,
    /// As many as objects that are alive.
    PerObject,
    /// As many as connections.
    PerConnection,
    /// As many as requests in flight.
    #[default]
    PerRequest,
}

/// The worst verdict that behaviour may give; proof stands above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ceiling {
    /// Never reported.
    Normal,
    /// At most suspect.
    Suspect,
    /// Likely: what a rule has that says nothing.
    Likely,
}

impl Ceiling {
    /// The verdict.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Ceiling::Normal => Verdict::Normal,
            Ceiling::Suspect => Verdict::Suspect,
            Ceiling::Likely => Verdict::Likely,
        }
    }
}

/// How a rule is known to be true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// Its stacks were produced and matched.
    Seen,
    /// The functions were read in the library's source.
    Read,
    /// From the literature or another project's list.
    Literature,
    /// The user's own.
    #[default]
    User,
}

/// A text or a list of them.
fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}
