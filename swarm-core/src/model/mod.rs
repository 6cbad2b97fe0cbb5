//! Plain data: what tasks, claims, attempts and their endings are. No I/O.

mod check;
mod ending;
mod host;
mod id;
mod origin;
pub(crate) mod path;
mod progress;
mod review;
mod room;
mod row;
mod run_end;
mod task;
mod time;
mod turn;
mod usage;

pub use check::{Check, CheckState};
pub use ending::{Ending, Outcome, Prospect};
pub use host::{HostProcess, Occupant};
pub use id::{
    AccountId, AttemptId, BadTaskId, Fence, HarnessName, MAX_TASK_ID, Nonce, Oid, QuestionId,
    RunId, SessionId, TaskId,
};
pub use origin::{BlankOrigin, Origin, OriginKind};
pub use progress::{Counts, Progress, Stage, Unfinished};
pub use review::{ReviewRecord, Verdict};
pub use room::Room;
pub use row::{Checkpoint, Claim, Holder, Intent, Setback, TaskRow, TaskState, Want, Wish};
pub use run_end::RunEnd;
pub use task::{NewTask, Source, Task};
pub use time::{Timestamp, Wait};
pub use turn::{EndReason, Killer, Limit, Role, survivors_text};
pub use usage::{ContextUse, Cost, Usage};
