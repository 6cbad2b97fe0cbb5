//! What is known of the tasks, for commands that only look.

use swarm_core::model::{TaskId, TaskRow, Timestamp};
use swarm_core::protocol::standing::{Standing, standings};
use swarm_git::GitRepo;
use swarm_store::files::{TaskFolder, preview};

use super::args::{Place, Ways};
use super::console::complain;
use super::host::Host;

use super::live::{self, Live};
use super::refusal::Refusal;
use super::settings::Settings;
use super::{prepare, repository, state};

/// The tasks of the state file and of the folder.
#[derive(Debug)]
pub(super) struct Known {
    /// In the order of their ids, as the next run would find them.
    pub(super) rows: Vec<TaskRow>,
    /// The runs that are under way.
    pub(super) runs: Vec<Live>,
    /// How often in a row the next run would allow a task to be cut short.
    max_restarts: u32,
}

impl Known {
    /// Looks. Changes nothing.
    pub(super) async fn look(place: &Place, host: &Host) -> Result<Self, Refusal> {
        let settings = Settings::gather(place, &Ways::default(), host)?;
        let repo = repository::open(&settings, host)?;
        let state = state::path(&settings, &repo);
        let stored = state::peek(&state).await?;
        let folder = tasks(&settings, &repo);
        let rows = match folder {
            Ok(folder) => preview(stored, &folder),
            // What ran before can still be told.
            Err(refusal) if state.exists() => {
                complain(refusal);
                stored
            }
            Err(refusal) => return Err(refusal),
        };
        let mut runs = live::look(&live::folder(&repo))?;
        runs.retain(|live| live.uses(&state));
        let max_restarts = settings.policy.max_restarts;
        Ok(Self {
            rows,
            runs,
            max_restarts,
        })
    }

    /// A task and how it stands.
    pub(super) fn find(&self, id: &str) -> Result<(&TaskRow, Standing), Refusal> {
        let row = find(&self.rows, id)?;
        let standing = self.standings().remove(&row.task.id);
        let standing = standing.unwrap_or(Standing::Removed);
        Ok((row, standing))
    }

    /// Why a task is where it is, in one sentence.
    pub(super) fn why(&self, row: &TaskRow, standing: &Standing) -> String {
        let usual = self.max_restarts;
        live::why(row, standing, &self.runs, usual, Timestamp::wall())
    }

    /// What is to be said of attempts that were cut short.
    pub(super) fn cut_short(&self, row: &TaskRow) -> Option<String> {
        live::cut_short(row, &self.runs, self.max_restarts)
    }

    /// How every task stands.
    pub(super) fn standings(&self) -> std::collections::BTreeMap<TaskId, Standing> {
        standings(&self.rows, Timestamp::wall())
    }
}

fn tasks(settings: &Settings, repo: &GitRepo) -> Result<TaskFolder, Refusal> {
    prepare::read(&repository::tasks_folder(settings, repo)?)
}

/// The row of a task that a person named.
pub(super) fn find<'a>(rows: &'a [TaskRow], id: &str) -> Result<&'a TaskRow, Refusal> {
    let named = rows.iter().find(|row| row.task.id.as_str() == id);
    named.ok_or_else(|| {
        let near = rows
            .iter()
            .map(|row| row.task.id.as_str())
            .map(|known| (strsim::damerau_levenshtein(id, known), known))
            .min()
            .filter(|(distance, known)| *distance <= 1 + known.len() / 4);
        let hint = match near {
            Some((_, known)) => format!("did you mean {known:?}?"),
            None => "`swarm status` lists them all".to_owned(),
        };
        Refusal::new(format!("there is no task {id:?}; {hint}"))
    })
}
