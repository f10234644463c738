//! What every stage after parsing works on: names, frames and stacks by id, wait states, stack groups, snapshots.

mod function_name;
mod group;
mod origin;
mod site;
mod snapshot;
mod symbols;
mod wait_state;
mod warning;

pub use function_name::FunctionName;
pub use group::{FIRST_IDS, Goroutine, GroupKey, Labels, LockAddress, MAX_GOROUTINES, StackGroup, WaitMinutes};
pub use origin::{Origin, is_runtime};
pub use snapshot::{Cause, CauseKind, Format, KeepIds, ProfileKind, Snapshot, SnapshotBuilder, SnapshotInfo};
pub use symbols::{ELIDED, Frame, FrameId, FunctionId, StackId, StrId, Symbols};
pub use wait_state::{Receive, Wait, WaitState};
pub use warning::{Warning, WarningCode, Warnings};
