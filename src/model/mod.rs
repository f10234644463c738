//! What every stage after parsing works on: names, frames and stacks by id, wait states, stack groups, snapshots.

mod function_name;
mod goroutine_ids;
mod group;
mod lock_waiters;
mod origin;
mod site;
mod snapshot;
mod symbols;
mod wait_state;
mod warning;

pub use function_name::FunctionName;
pub use goroutine_ids::{FIRST_IDS, GoroutineIds};
pub use group::{Goroutine, GroupKey, Labels, MAX_GOROUTINES, Samples, StackGroup, WaitMinutes};
pub use lock_waiters::LockWaiters;
pub use origin::{Origin, is_runtime};
pub use snapshot::{Cause, CauseKind, Format, ProfileKind, Snapshot, SnapshotBuilder, SnapshotInfo};
pub use symbols::{ELIDED, Frame, FrameId, FunctionId, Moved, StackId, StrId, Symbols};
pub use wait_state::{Receive, Wait, WaitState};
pub use warning::{Warning, WarningCode, Warnings};
