//! What a claim does to a row.

use crate::model::{Claim, Fence, Holder, Nonce, Setback, TaskRow, TaskState, Timestamp};
use crate::ports::{ClaimRequest, Claimed};

/// What became of the attempt before a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// There was none, or it came to an end of its own.
    Over,
    /// It was stopped.
    Stopped,
    /// It fell silent.
    Silent,
}

/// Claims a row that [`claimable`](super::claimable) allows: a new fence, a new attempt. What an
/// earlier worker had decided on or left when it was cut short is told.
pub fn claim(row: &mut TaskRow, what: &ClaimRequest, nonce: Nonce, now: Timestamp) -> Claimed {
    let (before, intent) = match &row.state {
        TaskState::Landing { intent, .. } => (Before::Silent, Some(intent.clone())),
        TaskState::Running { .. } => (Before::Silent, None),
        TaskState::Ready {
            after: Some(Setback::Interrupted { .. }),
            ..
        } => (Before::Stopped, None),
        _ => (Before::Over, None),
    };
    row.fence = Fence(row.fence.0 + 1);
    row.attempts += 1;
    // Whoever fell silent has not given its try back.
    row.tries += u32::from(before != Before::Silent);
    row.cut_short = match before {
        Before::Over => 0,
        Before::Stopped | Before::Silent => row.cut_short + 1,
    };
    row.version += 1;
    if before == Before::Over {
        row.checkpoint.progress = None;
    }
    let holder = Holder {
        run: what.run.clone(),
        nonce: nonce.clone(),
        lease_until: now.plus(what.lease),
        process: what.process.clone(),
    };
    // An intent is not forgotten before git was asked about it.
    row.state = match &intent {
        Some(intent) => TaskState::Landing {
            holder,
            intent: intent.clone(),
        },
        None => TaskState::Running { holder },
    };
    Claimed {
        claim: Claim {
            task: row.task.id.clone(),
            fence: row.fence,
            nonce,
        },
        intent,
        goes_on: row.checkpoint.progress.is_some(),
        row: row.clone(),
    }
}
