//! Everything that a run needs, checked before anything is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use swarm_core::gate::CommandGate;
use swarm_core::model::{TaskRow, TaskState};
use swarm_core::ports::{GitClient, Harness, RepoState, Reviewer};
use swarm_core::protocol::plan;
use swarm_git::GitRepo;
use swarm_store::files::{TaskFolder, preview};

use super::args::{HarnessKind, Place, Ways};
use super::arrivals::Mark;
use super::host::Host;

use super::refusal::Refusal;
use super::settings::Settings;
use super::{agents, judges, repository, reviewers, state};

/// A run that can start.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) settings: Settings,
    pub(super) repo: GitRepo,
    pub(super) before: RepoState,
    /// The folder of task files.
    pub(super) tasks: PathBuf,
    /// What it looked like.
    pub(super) mark: Mark,
    pub(super) folder: TaskFolder,
    /// The state file.
    pub(super) state: PathBuf,
    /// The store's rows as they will be, those of other folders too.
    pub(super) rows: Vec<TaskRow>,
    /// The default one first.
    pub(super) harnesses: Vec<(HarnessKind, Arc<dyn Harness>)>,
    pub(super) gate: Option<CommandGate>,
    pub(super) reviewers: Vec<Arc<dyn Reviewer>>,
}

impl Prepared {
    /// The rows of the folder.
    pub(super) fn own_rows(&self) -> impl Iterator<Item = &TaskRow> {
        own(&self.rows, &self.folder)
    }
}

fn own<'a>(rows: &'a [TaskRow], folder: &'a TaskFolder) -> impl Iterator<Item = &'a TaskRow> {
    let source = &folder.source;
    rows.iter().filter(move |row| row.task.source == *source)
}

/// Checks everything. Nothing is written, whatever comes of it.
pub(super) async fn prepare(place: &Place, ways: &Ways, host: &Host) -> Result<Prepared, Refusal> {
    let settings = Settings::gather(place, ways, host)?;
    let repo = repository::open(&settings, host)?;
    let before = repo.inspect().await;
    let before = before.map_err(|error| Refusal::new(repository::explain(&error)))?;
    // The agent that is asked for is missing whatever the tasks say.
    let default = agents::make(settings.harness, &settings, host)?;
    let tasks = repository::tasks_folder(&settings, &repo)?;
    // Before it is read: what is written meanwhile is found again.
    let mark = Mark::of(&tasks);
    let folder = read(&tasks)?;
    let tasks = tasks.canonicalize().unwrap_or(tasks);
    let state = state::path(&settings, &repo);
    let rows = preview(state::peek(&state).await?, &folder);
    let mut harnesses = vec![(settings.harness, default)];
    let kinds = check(&settings, &rows, &folder, &tasks)?;
    if ways.harness_cmd.is_some() && !kinds.contains(&HarnessKind::Command) {
        return Err(Refusal::new(
            "--harness-cmd: nothing would use it; add --harness command",
        ));
    }
    for kind in kinds {
        if kind != settings.harness {
            harnesses.push((kind, agents::make(kind, &settings, host)?));
        }
    }
    let gate = judges::gate(&settings, host)?;
    let reviewers = reviewers::make(&settings, host)?;
    Ok(Prepared {
        settings,
        repo,
        before,
        tasks,
        mark,
        folder,
        state,
        rows,
        harnesses,
        gate,
        reviewers,
    })
}

/// What the tasks need besides each other: gives the agents that they are for.
pub(super) fn check(
    settings: &Settings,
    rows: &[TaskRow],
    folder: &TaskFolder,
    tasks: &Path,
) -> Result<Vec<HarnessKind>, Refusal> {
    let problems = plan::check(rows).into_iter();
    let in_folder = |problem| format!("{}: {problem}", tasks.display());
    Refusal::unless_empty(problems.map(in_folder).collect())?;
    let file_of = |row: &TaskRow| repository::task_file(tasks, row.task.id.as_str());
    let open = || own(rows, folder).filter(|row| is_open(row));
    let kinds = agents::needed(settings.agents(), open(), file_of)?;
    judges::check_gates(settings, open(), file_of)?;
    Ok(kinds)
}

/// What is said of a file that cannot be read: no reason to leave the others
/// alone.
pub(super) fn blocks(problem: &str) -> String {
    format!("{problem} (this task is blocked, and so is what depends on it)")
}

/// Reads the folder of task files.
pub(super) fn read(tasks: &Path) -> Result<TaskFolder, Refusal> {
    TaskFolder::read(tasks).map_err(|error| {
        let hint = if tasks.exists() {
            ""
        } else {
            "; make it and write a Markdown file into it, or name another one by --tasks"
        };
        Refusal::new(format!("{error}{hint}"))
    })
}

/// Whether a run may still have to do with a task.
fn is_open(row: &TaskRow) -> bool {
    !matches!(row.state, TaskState::Landed { .. } | TaskState::Removed)
}
