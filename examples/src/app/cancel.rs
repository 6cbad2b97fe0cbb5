//! `swarm cancel`.

use swarm_core::model::{TaskId, TaskRow, TaskState};
use swarm_core::ports::{Change, Guard, Step, StoreErrorKind, TaskFilter, TaskStore};
use swarm_core::store::all_rows;
use swarm_store::SqliteStore;

use super::args::{TaskArgs, Ways};
use super::console::result;
use super::host::Host;
use super::known::find;
use super::live::{self, Bell};
use super::refusal::Refusal;
use super::retry::how_it_stands;
use super::settings::Settings;
use super::text::clean;
use super::{repository, state};

/// What is recorded of it.
const CANCELLED: &str = "cancelled by a person";
/// Times that somebody else may be faster.
const TRIES: usize = 8;

/// Holds a task, also one that a run works on.
pub(super) async fn cancel(args: &TaskArgs, host: &Host) -> Result<u8, Refusal> {
    let settings = Settings::gather(&args.place, &Ways::default(), host)?;
    let repo = repository::open(&settings, host)?;
    let store = state::open_known(&state::path(&settings, &repo))?;
    let row = hold(&store, &args.task).await?;
    let id = clean(row.task.id.as_str());
    let again = format!("`swarm retry {id}` has it tried again");
    let (TaskState::Running { holder } | TaskState::Landing { holder, .. }) = &row.state else {
        result(format_args!("{id}: held; {again}"));
        return Ok(0);
    };
    let folder = live::folder(&repo);
    let run = &holder.run;
    let runs = live::look(&folder).unwrap_or_default();
    if runs.iter().any(|live| live.run == *run) {
        // If it does not hear the bell, it finds out by itself.
        let _ = Bell::of(&folder, run).ring();
    }
    result(format_args!(
        "{id}: run {run} ends its agent and keeps its work; then it is held, and {again}"
    ));
    Ok(0)
}

/// Gives the task as it is now.
async fn hold(store: &SqliteStore, named: &str) -> Result<TaskRow, Refusal> {
    let mut tries = 0..TRIES;
    loop {
        let rows = all_rows(store, TaskFilter::default()).await?;
        let row = find(&rows, named)?;
        let change = Change {
            task: row.task.id.clone(),
            guard: Guard::Version(row.version),
            step: Step::Hold {
                reason: CANCELLED.to_owned(),
            },
        };
        let id = row.task.id.clone();
        match store.apply(vec![change]).await {
            Ok(()) => return now(store, &id).await,
            Err(error) if matches!(error.kind(), StoreErrorKind::Refused { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        // Either it cannot be held, or its run wrote something down meanwhile.
        let same = now(store, &id).await?.version == row.version;
        if same || tries.next().is_none() {
            let how = how_it_stands(row, &rows);
            let why = format!("{id} cannot be cancelled: {how}");
            return Err(Refusal::new(why));
        }
    }
}

async fn now(store: &SqliteStore, id: &TaskId) -> Result<TaskRow, Refusal> {
    let rows = all_rows(store, TaskFilter::default()).await?;
    find(&rows, id.as_str()).cloned()
}
