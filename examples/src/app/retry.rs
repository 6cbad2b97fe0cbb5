//! `swarm retry`.

use std::path::Path;

use swarm_core::model::{RunId, TaskId, TaskRow, TaskState, Timestamp};
use swarm_core::ports::{Change, Guard, Step, StoreErrorKind, TaskFilter, TaskStore};
use swarm_core::protocol::standing::{Standing, standing};
use swarm_core::store::all_rows;

use super::args::{TaskArgs, Ways};
use super::console::result;
use super::host::Host;
use super::known::find;
use super::live::{self, Bell};
use super::refusal::Refusal;
use super::settings::Settings;
use super::text::clean;
use super::{repository, state};

/// A task that will be tried anyway.
const READY: TaskState = TaskState::Ready {
    not_before: None,
    after: None,
};

/// Makes a task ready again.
pub(super) async fn retry(args: &TaskArgs, host: &Host) -> Result<u8, Refusal> {
    let settings = Settings::gather(&args.place, &Ways::default(), host)?;
    let repo = repository::open(&settings, host)?;
    let state = state::path(&settings, &repo);
    let store = state::open_known(&state)?;
    let rows = all_rows(&store, TaskFilter::default()).await?;
    let row = find(&rows, &args.task)?;
    if row.state == READY {
        return Err(refused(row, &rows));
    }
    let change = Change {
        task: row.task.id.clone(),
        guard: Guard::Version(row.version),
        step: Step::Retry,
    };
    match store.apply(vec![change]).await {
        Ok(()) => {}
        Err(error) if matches!(error.kind(), StoreErrorKind::Refused { .. }) => {
            return Err(refused(
                row,
                &all_rows(&store, TaskFilter::default()).await?,
            ));
        }
        Err(error) => return Err(error.into()),
    }
    let id = clean(row.task.id.as_str());
    match ring(&live::folder(&repo), &state, row) {
        Some(run) => result(format_args!("{id}: ready; run {run} tries it again")),
        None => result(format_args!(
            "{id}: ready; the next `swarm run` tries it again"
        )),
    }
    if let Some(worktree) = &row.checkpoint.worktree {
        let worktree = clean(&worktree.to_string_lossy());
        result(format_args!("  its earlier work stays in {worktree}"));
    }
    Ok(0)
}

/// Tells a run that works on the tasks of this one's folder.
fn ring(folder: &Path, state: &Path, row: &TaskRow) -> Option<RunId> {
    let mut runs = live::look(folder).unwrap_or_default().into_iter();
    let live = runs.find(|live| live.uses(state) && live.source == row.task.source)?;
    // Unheard, it is as if no run were under way: the next one finds the task.
    Bell::of(folder, &live.run).ring().ok()?;
    Some(live.run)
}

/// Why a task cannot be tried again.
fn refused(row: &TaskRow, rows: &[TaskRow]) -> Refusal {
    let id = &row.task.id;
    let now = rows.iter().find(|now| now.task.id == *id).unwrap_or(row);
    if now.version != row.version {
        return Refusal::new(format!(
            "{id} has changed in this moment, it is {} now; look at it and try again",
            now.state.word()
        ));
    }
    let how = how_it_stands(now, rows);
    Refusal::new(format!(
        "{id} cannot be tried again: {how}; only a task that is held, failed, blocked or \
         rejected can"
    ))
}

/// How a task stands among these.
pub(super) fn how_it_stands(row: &TaskRow, rows: &[TaskRow]) -> Standing {
    let look = |id: &TaskId| rows.iter().find(|row| row.task.id == *id);
    standing(row, look, Timestamp::wall())
}
