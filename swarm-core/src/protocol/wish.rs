//! What others want of a task that is being worked on: kept in its row, told to
//! whoever works on it, done when its attempt has ended. Pure.

use super::lifecycle::{Refused, hold, readd, remove};
use crate::model::{NewTask, TaskRow, TaskState, Timestamp, Wish};
use crate::ports::Added;

/// Whether somebody works on it, as far as anybody knows: the lease has not
/// lapsed, or the line may have been moved for it.
pub(super) fn is_attended(row: &TaskRow, now: Timestamp) -> bool {
    match &row.state {
        TaskState::Running { holder } => holder.lease_until > now,
        state => state.is_worked_on(),
    }
}

/// Notes a new text of a task that is being worked on. The text that is worked
/// on takes another one back, and a removal.
pub(super) fn note_text(row: &mut TaskRow, new: NewTask) -> Added {
    // No agent is interrupted for a file that is just being written.
    if new.problem.is_some() {
        return Added::Kept;
    }
    // Who wrote it is no part of a text: the same one again is no news.
    let noted = row.wish.as_ref().and_then(Wish::text);
    let noted = noted.filter(|text| text.says_the_same(&new.task)).cloned();
    let other = !row.task.says_the_same(&new.task);
    let task = other.then(|| Box::new(noted.unwrap_or(new.task)));
    let wish = match (&row.wish, task) {
        (Some(Wish::Hold { reason, .. }), task) => {
            let reason = reason.clone();
            Some(Wish::Hold { reason, task })
        }
        (Some(Wish::Edit { .. } | Wish::Remove) | None, Some(task)) => Some(Wish::Edit { task }),
        (Some(Wish::Edit { .. } | Wish::Remove) | None, None) => None,
    };
    if row.wish == wish {
        return Added::Same;
    }
    row.wish = wish;
    row.version += 1;
    Added::Noted
}

/// Notes that it is to be held.
pub(super) fn note_hold(row: &mut TaskRow, reason: String) -> Result<(), Refused> {
    let task = match row.wish.take() {
        Some(Wish::Edit { task }) => Some(task),
        Some(Wish::Hold { task, .. }) => task,
        Some(Wish::Remove) => {
            row.wish = Some(Wish::Remove);
            return Err(Refused("its author took it away"));
        }
        None => None,
    };
    row.wish = Some(Wish::Hold { reason, task });
    Ok(())
}

/// Does what was wanted, once an attempt has brought the row to its state.
pub(super) fn fulfil(row: &mut TaskRow, now: Timestamp) {
    if let TaskState::Landed { .. } = row.state {
        // Too late; a text that somebody has written is not thrown away.
        row.wish.take_if(|wish| wish.text().is_none());
        return;
    }
    match row.wish.take() {
        None => {}
        Some(Wish::Edit { task }) => {
            readd(row, (*task).into(), now);
        }
        Some(Wish::Hold { reason, task }) => {
            if let Some(task) = task {
                readd(row, (*task).into(), now);
            }
            // Refused for one that rests already: nothing is left to do.
            let _ = hold(row, reason, now);
        }
        Some(Wish::Remove) => {
            // Cannot be refused: it has neither landed, nor does anybody work.
            let _ = remove(row, now);
        }
    }
}

#[cfg(test)]
mod tests;
