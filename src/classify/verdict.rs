//! How sure a leak something is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How sure a leak something is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It can never proceed: proven.
    Leaked,
    /// A leak by signature and by behaviour.
    Likely,
    /// Worth a look.
    Suspect,
    /// Known to be healthy.
    Normal,
    /// Nothing is known of it.
    Unknown,
}

impl Verdict {
    /// Whether it is one to report.
    #[must_use]
    pub fn is_finding(self) -> bool {
        self <= Verdict::Suspect
    }

    /// The word that scripts and tables use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Leaked => "leaked",
            Verdict::Likely => "likely",
            Verdict::Suspect => "suspect",
            Verdict::Normal => "normal",
            Verdict::Unknown => "unknown",
        }
    }
}
