//! Ids become words: all that renderers see, and the types of the JSON output.

mod accept;
mod aggregate;
mod baseline;
mod build;
mod explain;
mod finding_words;
mod fingerprint;
mod gate;
mod group_words;
mod schema;
mod selection;
mod snapshot_words;

pub use accept::{Acceptance, Accepted};
pub use aggregate::{Aggregate, AggregateRow, By};
pub use baseline::{Baseline, BaselineReport, Compared, KnownFinding, Standing};
pub use build::{Wanted, diff, trend, triage};
pub use explain::{NoSuchLabel, explain, labels};
pub use gate::Gate;
pub use schema::*;
pub use selection::{LeftOut, Selection};

pub use crate::classify::words::{counted, thousands};
pub use crate::classify::{Evidence, EvidenceKind, Verdict};
pub use crate::model::Origin;
pub use crate::source::{Excerpt, Role, SourceLine, SourcePlace, SourceView};
