//! Which group of one snapshot is which group of another, and which goroutines stayed; over many, what their numbers and
//! their ids tell.

mod align;
mod build_change;
mod bundle;
mod clock;
mod forms;
mod identity;
mod restart;
mod series;
mod statistics;
mod trend;

pub use align::{Matched, Matching, side_by_side, two_moments};
pub use clock::{Clock, ClockSource, minutes};
pub use forms::{forms_disagree, merge_forms};
pub use identity::Identity;
pub use restart::{highest_id, restarts};
pub use series::series;
pub use statistics::{MannKendall, TheilSen, benjamini_hochberg, mann_kendall, theil_sen};
pub use trend::{CountTrend, IdentityTrend, Shape, count_trend, identity_trend, steady_births};
