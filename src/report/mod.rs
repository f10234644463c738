//! Ids become words: all that renderers see, and the types of the JSON output.

mod aggregate;
mod build;
mod explain;
mod fingerprint;
mod schema;
mod selection;

pub use aggregate::{Aggregate, AggregateRow, By};
pub use build::{Wanted, diff, trend, triage};
pub use explain::{NoSuchLabel, explain, labels};
pub use schema::*;
pub use selection::{LeftOut, Selection};

pub use crate::classify::words::{counted, thousands};
pub use crate::classify::{Evidence, EvidenceKind, Verdict};
pub use crate::model::Origin;
