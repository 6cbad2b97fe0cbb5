//! Plain data: what tasks, claims, attempts and their endings are. No I/O.

mod ending;
mod id;
mod row;
mod task;
mod time;
mod turn;
mod usage;

pub use ending::{Ending, Outcome, Prospect};
pub use id::{
    AttemptId, BadTaskId, Fence, HarnessName, MAX_TASK_ID, Nonce, Oid, RunId, SessionId, TaskId,
};
pub use row::{Checkpoint, Claim, Holder, Intent, Setback, TaskRow, TaskState};
pub use task::{NewTask, Source, Task};
pub use time::Timestamp;
pub use turn::{EndReason, Killer, Limit, Role, survivors_text};
pub use usage::{Cost, Usage};
