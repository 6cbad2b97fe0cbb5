//! Errors that every store gives in the same words.

use crate::error::{Advice, Failure};
use crate::model::TaskId;
use crate::ports::{StoreError, StoreErrorKind};
use crate::protocol::lifecycle::Refused;

/// A change of this task was refused: for those who write a store. Reading the
/// task again shows who has it now.
pub fn refused(task: TaskId, why: Refused) -> StoreError {
    let operation = format!("change task {task}");
    let kind = StoreErrorKind::Refused { task };
    Failure::new(kind, operation, Advice::NeedsPerson).because(why)
}

/// There is no such task: for those who write a store.
pub fn unknown(task: TaskId) -> StoreError {
    let operation = format!("change task {task}");
    let kind = StoreErrorKind::Unknown { task };
    Failure::new(kind, operation, Advice::NeedsPerson).because("there is no such task")
}
