//! What a run left that died: claims that nobody will end, agents that nobody
//! hears.

use super::ports::Parts;
use crate::model::{HostProcess, Occupant, TaskRow, TaskState};
use crate::ports::{Change, Guard, Step, StoreError, StoreErrorKind, Worktree};
use crate::process;

/// A worktree in which nobody works any more: what still lives of a dead
/// process is ended first. `None` if that cannot be made sure of.
pub(super) async fn vacated(earlier: Option<(Worktree, Occupant)>) -> Option<Worktree> {
    let (tree, occupant) = earlier?;
    let vacant = match occupant {
        Occupant::Nobody => true,
        Occupant::Unknown => false,
        Occupant::Process(dead) => process::end_remains(&dead).await,
    };
    if !vacant {
        let path = tree.path.display();
        tracing::warn!(%path, "somebody may still work there: it is left alone");
    }
    vacant.then_some(tree)
}

impl Parts {
    /// Frees the tasks of processes that are proved dead, which need not be
    /// waited for.
    pub(super) async fn free_dead(&self, rows: &[TaskRow]) -> Result<(), StoreError> {
        let dead = |row: &&TaskRow| holder(row).is_some_and(process::is_dead);
        for row in rows.iter().filter(|row| self.concerns(row)).filter(dead) {
            self.change(row, Step::Free).await?;
        }
        Ok(())
    }

    /// Changes a row, unless somebody else was at it since it was read: theirs
    /// is as good.
    pub(super) async fn change(&self, row: &TaskRow, step: Step) -> Result<(), StoreError> {
        let change = Change {
            task: row.task.id.clone(),
            guard: Guard::Version(row.version),
            step,
        };
        match self.store.apply(vec![change]).await {
            Err(error) if !matches!(error.kind(), StoreErrorKind::Refused { .. }) => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Who works on a task, if that can be told.
fn holder(row: &TaskRow) -> Option<&HostProcess> {
    match &row.state {
        TaskState::Running { holder } | TaskState::Landing { holder, .. } => {
            holder.process.as_ref()
        }
        _ => None,
    }
}
