//! What speaks for a verdict.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;

/// One thing that speaks for a verdict, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// What kind of thing.
    pub kind: EvidenceKind,
    /// A sentence.
    pub text: String,
    /// The number in it, where there is one.
    pub value: Option<Number>,
}

impl Evidence {
    /// Evidence without a number.
    #[must_use]
    pub fn new(kind: EvidenceKind, text: impl Into<String>) -> Self {
        Evidence { kind, text: text.into(), value: None }
    }

    /// Evidence with its number.
    #[must_use]
    pub fn with(kind: EvidenceKind, text: impl Into<String>, value: impl Into<Number>) -> Self {
        Evidence { kind, text: text.into(), value: Some(value.into()) }
    }
}

/// Kinds of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The runtime's own leak proof
    LeakProfile,
    /// The wait state
    State,
    /// How long they wait
    Wait,
    /// How many they are
    Count,
    /// How they grow
    Growth,
    /// Who stays
    Identity,
    /// A known stack
    Signature,
    /// The source
    Source,
    /// Who holds a lock
    Lock,
    /// What is missing
    Absence,
}
