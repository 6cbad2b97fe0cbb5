//! What a change does to a task's row. Pure: a store calls this and adds
//! storage and a transaction.

mod claim;

use std::time::Duration;

use super::wish::{fulfil, is_attended, note_hold, note_text};
use crate::model::{
    Checkpoint, Claim, Cost, Ending, Fence, HarnessName, Holder, NewTask, Prospect, SessionId,
    Setback, TaskRow, TaskState, Timestamp, Usage, Wish,
};
use crate::ports::{Added, Guard, Renewal, Step};

pub use claim::claim;

/// The guard of a change did not hold, or the step does not fit the state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub &'static str);

/// Whether a row can be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimable {
    /// Now, if its dependencies have landed.
    Now,
    /// Not before this time.
    At(Timestamp),
    /// Not unless somebody changes it.
    No,
}

/// The row of a task that is new to a store.
pub fn fresh(new: NewTask, now: Timestamp) -> TaskRow {
    TaskRow {
        state: entry(new.problem),
        task: new.task,
        version: 1,
        wish: None,
        waits_since: now,
        fence: Fence(0),
        attempts: 0,
        tries: 0,
        cut_short: 0,
        usage: Usage::default(),
        cost: Cost::default(),
        duration_ms: 0,
        checkpoint: Checkpoint::default(),
    }
}

fn entry(problem: Option<String>) -> TaskState {
    match problem {
        None => TaskState::Ready {
            not_before: None,
            after: None,
        },
        Some(reason) => TaskState::Blocked { reason },
    }
}

/// Adds a task again: what it does to the row that is there.
///
/// A new text counts for tasks that wait or were given up; one that is held
/// keeps waiting for its person, with the new text, or the old one while the
/// new one cannot be read. A task that was taken away comes back. Of one that
/// is worked on the text is noted, and counts once the attempt has ended.
/// Landed work is never touched. Who added it is no part of the text: only a new
/// text brings a new origin, if it has one.
pub fn readd(row: &mut TaskRow, mut new: NewTask, now: Timestamp) -> Added {
    let same = row.task.says_the_same(&new.task);
    let waited = matches!(row.state, TaskState::Ready { .. });
    let added = match &row.state {
        TaskState::Running { .. } | TaskState::Landing { .. } if is_attended(row, now) => {
            return note_text(row, new);
        }
        TaskState::Landed { .. } => return if same { Added::Same } else { Added::Kept },
        TaskState::Removed => {
            row.state = entry(new.problem);
            row.tries = 0;
            Added::Updated
        }
        TaskState::Held { .. } if new.problem.is_some() => return Added::Kept,
        TaskState::Blocked { reason } if new.problem.as_ref() == Some(reason) && same => {
            Added::Same
        }
        _ if new.problem.is_some() => {
            row.state = entry(new.problem);
            Added::Updated
        }
        _ if same && !unreadable(row) => Added::Same,
        TaskState::Held { .. } => Added::Updated,
        // Whoever worked on it fell silent.
        TaskState::Running { .. }
        | TaskState::Landing { .. }
        | TaskState::Ready { .. }
        | TaskState::Failed { .. }
        | TaskState::Blocked { .. }
        | TaskState::Closed { .. }
        | TaskState::Rejected { .. } => {
            row.state = entry(None);
            row.tries = 0;
            Added::Updated
        }
    };
    if added == Added::Updated {
        if !new.task.origin.is_known() {
            new.task.origin = row.task.origin.clone();
        }
        row.task = new.task;
        row.wish = None;
        row.version += 1;
        if !waited {
            row.waits_since = now;
        }
    }
    added
}

/// Blocked without an attempt, or without a text to make one with: it could
/// not be read when it was added.
fn unreadable(row: &TaskRow) -> bool {
    let textless = row.task.body.trim().is_empty();
    matches!(row.state, TaskState::Blocked { .. }) && (row.attempts == 0 || textless)
}

/// Whether a row can be claimed at `now`, dependencies aside.
pub fn claimable(row: &TaskRow, now: Timestamp) -> Claimable {
    let from = match &row.state {
        TaskState::Ready { .. } if row.task.draft => return Claimable::No,
        TaskState::Ready { not_before, .. } => not_before.unwrap_or_default(),
        TaskState::Running { holder } | TaskState::Landing { holder, .. } => holder.lease_until,
        TaskState::Landed { .. }
        | TaskState::Held { .. }
        | TaskState::Failed { .. }
        | TaskState::Blocked { .. }
        | TaskState::Closed { .. }
        | TaskState::Rejected { .. }
        | TaskState::Removed => return Claimable::No,
    };
    if from <= now {
        Claimable::Now
    } else {
        Claimable::At(from)
    }
}

/// Whether a row can be claimed by its id at `now`, dependencies aside: not if
/// somebody fell silent with it, for what became of that must be asked first.
pub fn claimable_by_name(row: &TaskRow, now: Timestamp) -> bool {
    let ready = matches!(row.state, TaskState::Ready { .. });
    ready && claimable(row, now) == Claimable::Now
}

/// Whether a dependency in this state lets its dependents start.
pub fn satisfied(dependency: &TaskState) -> bool {
    dependency.prospect() == Prospect::Satisfied
}

fn holds(row: &TaskRow, claim: &Claim) -> bool {
    match &row.state {
        TaskState::Running { holder } | TaskState::Landing { holder, .. } => {
            row.fence == claim.fence && holder.nonce == claim.nonce
        }
        _ => false,
    }
}

/// Extends a lease.
pub fn renew(row: &mut TaskRow, claim: &Claim, now: Timestamp, lease: Duration) -> Renewal {
    if !holds(row, claim) {
        return Renewal::Lost;
    }
    if let TaskState::Running { holder } | TaskState::Landing { holder, .. } = &mut row.state {
        holder.lease_until = now.plus(lease);
    }
    match &row.wish {
        None => Renewal::Renewed,
        Some(wish) => Renewal::Wanted(wish.want()),
    }
}

/// Makes a guarded change, or refuses and leaves the row as it is.
// tidy: table
pub fn apply(row: &mut TaskRow, guard: &Guard, step: Step, now: Timestamp) -> Result<(), Refused> {
    match guard {
        Guard::Claim(claim) if !holds(row, claim) => {
            return Err(Refused("the claim is no longer the task's"));
        }
        Guard::Version(version) if *version != row.version => {
            return Err(Refused("the task has changed since it was read"));
        }
        Guard::Claim(_) | Guard::Version(_) => {}
    }
    match (guard, step) {
        (Guard::Claim(_), Step::Checkpoint(checkpoint)) => row.checkpoint = checkpoint,
        (
            Guard::Claim(_),
            Step::Name {
                turn,
                session,
                harness,
            },
        ) => named(&mut row.checkpoint, turn, session, harness),
        (Guard::Claim(_), Step::Intend(_)) if row.wish.is_some() => {
            return Err(Refused("somebody wants something else of the task"));
        }
        (Guard::Claim(_), Step::Intend(intent)) => {
            row.state = TaskState::Landing {
                holder: holder(row)?,
                intent,
            };
        }
        (Guard::Claim(_), Step::Withdraw) => {
            row.state = TaskState::Running {
                holder: holder(row)?,
            };
        }
        (
            Guard::Claim(_),
            Step::End {
                ending,
                spent,
                checkpoint,
            },
        ) => {
            row.state = after(&ending, &mut row.tries, now);
            if let Ending::Retry { after, .. } = &ending {
                row.waits_since = now.plus(*after);
            }
            row.usage += spent.usage;
            row.cost += spent.cost;
            row.duration_ms += u64::try_from(spent.duration.as_millis()).unwrap_or(u64::MAX);
            row.checkpoint = checkpoint;
            fulfil(row, now);
        }
        (Guard::Version(_), Step::Retry) => retry(row, now)?,
        (Guard::Version(_), Step::Hold { reason }) => hold(row, reason, now)?,
        (Guard::Version(_), Step::Remove) => remove(row, now)?,
        (Guard::Version(_), Step::Free) => free(row, now)?,
        (Guard::Claim(_), Step::Retry | Step::Hold { .. } | Step::Remove | Step::Free) => {
            return Err(Refused("only a person may do this, by the row's version"));
        }
        (
            Guard::Version(_),
            Step::Checkpoint(_)
            | Step::Name { .. }
            | Step::Intend(_)
            | Step::Withdraw
            | Step::End { .. },
        ) => return Err(Refused("only the holder of the claim may do this")),
    }
    row.version += 1;
    Ok(())
}

/// A write that comes late must not touch what a later turn has noted.
fn named(checkpoint: &mut Checkpoint, turn: u32, session: SessionId, harness: HarnessName) {
    if let Some(progress) = &mut checkpoint.progress
        && progress.counts.turns == turn
    {
        progress.harness = harness;
        progress.resumable = true;
        checkpoint.session = Some(session);
    }
}

fn free(row: &mut TaskRow, now: Timestamp) -> Result<(), Refused> {
    match &mut row.state {
        TaskState::Running { holder } | TaskState::Landing { holder, .. } => {
            holder.lease_until = now;
            Ok(())
        }
        _ => Err(Refused("nobody works on it")),
    }
}

fn holder(row: &TaskRow) -> Result<Holder, Refused> {
    match &row.state {
        TaskState::Running { holder } | TaskState::Landing { holder, .. } => Ok(holder.clone()),
        _ => Err(Refused("nobody holds the task")),
    }
}

fn after(ending: &Ending, tries: &mut u32, now: Timestamp) -> TaskState {
    match ending.clone() {
        Ending::Landed { commit } => TaskState::Landed { commit, at: now },
        Ending::Retry { reason, after } => TaskState::Ready {
            not_before: Some(now.plus(after)),
            after: Some(Setback::Failed { reason }),
        },
        Ending::Interrupted { reason } | Ending::Lost { reason } => {
            *tries = tries.saturating_sub(1);
            TaskState::Ready {
                not_before: None,
                after: Some(Setback::Interrupted { reason }),
            }
        }
        Ending::Failed { reason } => TaskState::Failed { reason },
        Ending::Held { reason } => TaskState::Held { reason },
        Ending::Blocked { reason } => TaskState::Blocked { reason },
        Ending::Closed { reason } => TaskState::Closed { reason },
        Ending::Rejected { reason } => TaskState::Rejected { reason },
    }
}

fn retry(row: &mut TaskRow, now: Timestamp) -> Result<(), Refused> {
    match &row.state {
        TaskState::Ready { .. } => {}
        TaskState::Held { .. }
        | TaskState::Failed { .. }
        | TaskState::Closed { .. }
        | TaskState::Rejected { .. } => row.waits_since = now,
        TaskState::Blocked { .. } if !unreadable(row) => row.waits_since = now,
        TaskState::Blocked { .. } => return Err(Refused("its file must be mended first")),
        TaskState::Running { .. } | TaskState::Landing { .. } => {
            return Err(Refused("it is being worked on"));
        }
        TaskState::Landed { .. } => return Err(Refused("it has landed")),
        TaskState::Removed => return Err(Refused("its author took it away")),
    }
    row.state = entry(None);
    row.tries = 0;
    Ok(())
}

pub(super) fn hold(row: &mut TaskRow, reason: String, now: Timestamp) -> Result<(), Refused> {
    match &row.state {
        TaskState::Running { .. } | TaskState::Landing { .. } if is_attended(row, now) => {
            return note_hold(row, reason);
        }
        TaskState::Ready { .. } | TaskState::Running { .. } | TaskState::Landing { .. } => {}
        TaskState::Held { .. }
        | TaskState::Failed { .. }
        | TaskState::Blocked { .. }
        | TaskState::Closed { .. }
        | TaskState::Rejected { .. }
        | TaskState::Landed { .. }
        | TaskState::Removed => return Err(Refused("it would not start anyway")),
    }
    row.state = TaskState::Held { reason };
    Ok(())
}

pub(super) fn remove(row: &mut TaskRow, now: Timestamp) -> Result<(), Refused> {
    match &row.state {
        TaskState::Running { .. } | TaskState::Landing { .. } if is_attended(row, now) => {
            row.wish = Some(Wish::Remove);
            return Ok(());
        }
        TaskState::Running { .. }
        | TaskState::Landing { .. }
        | TaskState::Ready { .. }
        | TaskState::Held { .. }
        | TaskState::Failed { .. }
        | TaskState::Blocked { .. }
        | TaskState::Rejected { .. }
        | TaskState::Removed => {}
        TaskState::Landed { .. } => return Err(Refused("it has landed")),
        TaskState::Closed { .. } => return Err(Refused("it is closed")),
    }
    row.state = TaskState::Removed;
    Ok(())
}

#[cfg(test)]
mod tests;
