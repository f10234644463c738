//! Ids become words: all that renderers see, and the types of the JSON output.

mod aggregate;
mod build;
mod fingerprint;
mod schema;
mod selection;

pub use aggregate::{Aggregate, AggregateRow, By};
pub use build::{diff, triage};
pub use schema::*;
pub use selection::{LeftOut, Selection};

pub use crate::model::Origin;
