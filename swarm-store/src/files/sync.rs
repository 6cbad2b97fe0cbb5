//! Bringing a store up to date with a folder.

use std::collections::BTreeSet;

use swarm_core::model::{OriginKind, TaskId, TaskRow, TaskState, Wish};
use swarm_core::ports::{
    Added, Change, Guard, Step, StoreError, StoreErrorKind, TaskFilter, TaskStore,
};
use swarm_core::protocol::plan;
use swarm_core::store::all_rows;

use super::folder::TaskFolder;

/// What became of the tasks of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Added.
    pub new: Vec<TaskId>,
    /// Their text changed, and the new one counts.
    pub updated: Vec<TaskId>,
    /// Their text changed or their file is gone while they are being worked on:
    /// whoever works on them is told, and begins anew or ends.
    pub noted: Vec<TaskId>,
    /// Their text changed too late: they have landed; or it cannot be read, and
    /// they are held or being worked on.
    pub kept: Vec<TaskId>,
    /// Nothing about them is new.
    pub same: Vec<TaskId>,
    /// Their file is gone, and so they will not be started.
    pub removed: Vec<TaskId>,
}

/// Adds the tasks of a folder to a store, takes in changed texts, and marks
/// those as removed whose file is gone. Whoever works on one of them is told.
/// Tasks of other sources are left alone, and so are tasks that have landed, and
/// those that planners, agents and programs added, which never had a file. May be
/// repeated.
pub async fn sync(store: &dyn TaskStore, folder: &TaskFolder) -> Result<Synced, StoreError> {
    let mut synced = Synced::default();
    let added = store.add(folder.tasks.clone()).await?;
    for (new, added) in folder.tasks.iter().zip(added) {
        let list = match added {
            Added::New => &mut synced.new,
            Added::Updated => &mut synced.updated,
            Added::Noted => &mut synced.noted,
            Added::Kept => &mut synced.kept,
            Added::Same => &mut synced.same,
        };
        list.push(new.task.id.clone());
    }
    for row in orphans(store, folder).await? {
        let task = row.task.id;
        let gone = if row.state.is_worked_on() {
            &mut synced.noted
        } else {
            &mut synced.removed
        };
        let change = Change {
            task: task.clone(),
            guard: Guard::Version(row.version),
            step: Step::Remove,
        };
        match store.apply(vec![change]).await {
            Ok(()) => gone.push(task),
            // Somebody claimed it just now, or wrote something down.
            Err(error) if matches!(error.kind(), StoreErrorKind::Refused { .. }) => {
                synced.kept.push(task);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(synced)
}

/// The rows that [`sync`] would leave behind, were these in the store: to check
/// a folder, or to show what would run, before anything is changed.
pub fn preview(rows: Vec<TaskRow>, folder: &TaskFolder) -> Vec<TaskRow> {
    let mut rows = plan::with(rows, &folder.tasks);
    let known = ids(folder);
    for row in &mut rows {
        if row.task.source == folder.source && is_orphan(row, &known) {
            if row.state.is_worked_on() {
                row.wish = Some(Wish::Remove);
            } else {
                row.state = TaskState::Removed;
            }
            row.version += 1;
        }
    }
    rows
}

/// The rows of the folder whose file is gone.
async fn orphans(store: &dyn TaskStore, folder: &TaskFolder) -> Result<Vec<TaskRow>, StoreError> {
    let known = ids(folder);
    let filter = TaskFilter {
        ids: None,
        source: Some(folder.source.clone()),
    };
    let mut rows = all_rows(store, filter).await?;
    rows.retain(|row| is_orphan(row, &known));
    Ok(rows)
}

fn ids(folder: &TaskFolder) -> BTreeSet<&TaskId> {
    folder.tasks.iter().map(|new| &new.task.id).collect()
}

/// Whether the file of a row is gone, as far as that matters.
fn is_orphan(row: &TaskRow, known: &BTreeSet<&TaskId>) -> bool {
    let noted = row.wish == Some(Wish::Remove);
    removable(&row.state) && had_file(row) && !noted && !known.contains(&row.task.id)
}

/// Whether a row of a folder came from a file of it.
fn had_file(row: &TaskRow) -> bool {
    !matches!(
        row.task.origin.kind(),
        OriginKind::Planner | OriginKind::Agent | OriginKind::Program
    )
}

fn removable(state: &TaskState) -> bool {
    match state {
        TaskState::Ready { .. }
        | TaskState::Running { .. }
        | TaskState::Landing { .. }
        | TaskState::Held { .. }
        | TaskState::Failed { .. }
        | TaskState::Blocked { .. }
        | TaskState::Rejected { .. } => true,
        TaskState::Landed { .. } | TaskState::Closed { .. } | TaskState::Removed => false,
    }
}
