//! The file that keeps the tasks' state.

use std::fs;
use std::path::{Path, PathBuf};

use swarm_core::model::TaskRow;
use swarm_core::ports::{StoreError, TaskFilter};
use swarm_core::store::all_rows;
use swarm_git::GitRepo;
use swarm_store::SqliteStore;

use super::refusal::Refusal;
use super::repository::own_folder;
use super::settings::Settings;

/// Where the file is, or will be.
pub(super) fn path(settings: &Settings, repo: &GitRepo) -> PathBuf {
    let default = || own_folder(repo).join("state.db");
    settings.state.clone().unwrap_or_else(default)
}

/// What the file holds. If there is none, none is made.
pub(super) async fn peek(path: &Path) -> Result<Vec<TaskRow>, Refusal> {
    match SqliteStore::open_existing(path).map_err(|error| unusable(&error))? {
        Some(store) => Ok(all_rows(&store, TaskFilter::default()).await?),
        None => Ok(Vec::new()),
    }
}

/// Opens the file for a command that changes a task: it must be there.
pub(super) fn open_known(path: &Path) -> Result<SqliteStore, Refusal> {
    let store = SqliteStore::open_existing(path).map_err(|error| unusable(&error))?;
    store.ok_or_else(|| {
        Refusal::new(format!(
            "{}: there is no such file, so nothing has run yet; run `swarm run` first, \
             or say by --state where the file is",
            path.display()
        ))
    })
}

/// Opens the file, or makes it. If that fails, no folder stays behind.
pub(super) fn open(path: &Path) -> Result<SqliteStore, Refusal> {
    let missing = missing_folders(path);
    SqliteStore::open(path).map_err(|error| {
        for folder in &missing {
            // Only empty folders go; what is not there, or not empty, stays so.
            let _ = fs::remove_dir(folder);
        }
        unusable(&error)
    })
}

fn unusable(error: &StoreError) -> Refusal {
    Refusal::new(format!("{error}; or choose another file by --state"))
}

/// The folders above a file that do not exist, the deepest first.
pub(super) fn missing_folders(file: &Path) -> Vec<PathBuf> {
    let above = file.ancestors().skip(1);
    above
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .map(Path::to_owned)
        .collect()
}
