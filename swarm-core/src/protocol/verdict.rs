//! What a report says of a task when its run ends. Pure.

use super::standing::Standing;
use crate::model::{Outcome, Setback, TaskRow, TaskState};

/// What a report at the end of a run says of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// Why, in a sentence; empty for a landed task.
    pub reason: String,
    /// Whether the run may still be called a success with this: it landed, needed
    /// nothing, or is a draft.
    pub clean: bool,
}

/// What a report at the end of a run says of a task that stands so, by the
/// table in the model's `ending` module. `None`: a task that was taken away is
/// not reported.
pub fn verdict(row: &TaskRow, standing: &Standing) -> Option<Verdict> {
    let (outcome, reason) = match standing {
        Standing::Landed { .. } => (Outcome::Landed, String::new()),
        Standing::Held { reason } => (Outcome::Held, reason.clone()),
        Standing::Failed { reason } => (Outcome::Failed, reason.clone()),
        Standing::Blocked { reason } => (Outcome::Blocked, reason.clone()),
        Standing::Closed { reason } => (Outcome::Closed, reason.clone()),
        Standing::Rejected { reason } => (Outcome::Rejected, reason.clone()),
        Standing::Draft => (Outcome::Skipped, standing.to_string()),
        Standing::Stalled(_) | Standing::Unsatisfiable(_) => {
            (Outcome::Blocked, standing.to_string())
        }
        Standing::Running { .. } | Standing::Silent { .. } => {
            (Outcome::Interrupted, standing.to_string())
        }
        Standing::Ready | Standing::BackingOff { .. } | Standing::WaitsFor { .. } => {
            unfinished(row, standing)
        }
        Standing::Removed => return None,
    };
    let clean = matches!(
        standing,
        Standing::Landed { .. } | Standing::Closed { .. } | Standing::Draft
    );
    Some(Verdict {
        outcome,
        reason,
        clean,
    })
}

fn unfinished(row: &TaskRow, standing: &Standing) -> (Outcome, String) {
    match &row.state {
        TaskState::Ready {
            after: Some(Setback::Failed { reason }),
            ..
        } => (Outcome::Failed, reason.clone()),
        TaskState::Ready {
            after: Some(Setback::Interrupted { reason }),
            ..
        } => (Outcome::Interrupted, reason.clone()),
        _ if matches!(standing, Standing::WaitsFor { .. }) => {
            (Outcome::Skipped, format!("the run ended first: {standing}"))
        }
        _ => (
            Outcome::Skipped,
            "the run ended before it could start".to_owned(),
        ),
    }
}
