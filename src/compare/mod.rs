//! Which group of one snapshot is which group of another, and which goroutines stayed.

mod align;
mod build_change;
mod identity;

pub use align::{Matched, Matching, side_by_side, two_moments};
pub use identity::Identity;
