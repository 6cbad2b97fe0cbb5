//! What a run tells other processes while it goes on: a small file in the
//! repository's git directory, `swarm/live/<run>.json`.
//!
//! The run holds a lock on the file `<run>.lock` beside it. The system drops
//! the lock with the process, however it ended, so the file of a dead run is
//! never believed.

mod bell;
mod keep;
mod look;
mod orders;
mod private;
mod restarts;
mod words;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use swarm_core::Policy;
use swarm_core::dispatch::Snapshot;
use swarm_core::model::{HarnessName, RunId, Source, Timestamp};
use swarm_git::GitRepo;

use super::repository::own_folder;

pub(super) use bell::Bell;
pub(super) use keep::Keeper;
pub(super) use look::look;
pub(super) use orders::{Order, Orders};
pub(super) use restarts::cut_short;
pub(super) use words::{doing, of_run, why};

/// The form of the file.
const SCHEMA: u32 = 1;

/// What is said when the file cannot be written.
pub(super) const UNTOLD: &str = "`swarm why` cannot be told what this run is doing";

/// A run under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Live {
    /// Version of this form.
    pub(super) schema: u32,
    pub(super) run: RunId,
    /// The number of its process, for people.
    pub(super) process: u32,
    pub(super) since: Timestamp,
    /// Its state file.
    pub(super) state: String,
    /// Whose tasks it works on.
    pub(super) source: Source,
    /// Who works on tasks that ask for nobody, in the order of preference.
    pub(super) agents: Vec<HarnessName>,
    /// How often in a row it allows a task to be cut short.
    pub(super) max_restarts: u32,
    /// What it is doing.
    pub(super) now: Snapshot,
}

impl Live {
    /// A run of this process that has not done anything yet.
    pub(super) fn new(run: RunId, state: &Path, source: Source, agents: Vec<HarnessName>) -> Self {
        Self {
            schema: SCHEMA,
            run,
            process: std::process::id(),
            since: Timestamp::wall(),
            state: name_of(state),
            source,
            agents,
            max_restarts: Policy::default().max_restarts,
            now: Snapshot::default(),
        }
    }

    /// Whether it works with this state file.
    pub(super) fn uses(&self, state: &Path) -> bool {
        self.state == name_of(state)
    }
}

fn name_of(state: &Path) -> String {
    let full = state.canonicalize();
    let full = full.unwrap_or_else(|_| state.to_owned());
    full.to_string_lossy().into_owned()
}

/// Where the files are.
pub(super) fn folder(repo: &GitRepo) -> PathBuf {
    own_folder(repo).join("live")
}

/// The file of a run in this folder, by its ending.
fn file(folder: &Path, run: &str, ending: &str) -> PathBuf {
    folder.join(format!("{run}.{ending}"))
}

#[cfg(test)]
mod tests;
