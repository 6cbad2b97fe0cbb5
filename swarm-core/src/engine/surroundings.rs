//! What an agent is told beside its task: files of the project, and what
//! became of the tasks that its own depends on.

use std::cmp::Reverse;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::ports::Ports;
use crate::model::{Task, TaskId, TaskRow, TaskState};
use crate::ports::TaskFilter;
use crate::protocol::prompt::{Dependency, Orientation};
use crate::protocol::standing::{Standing, standings};
use crate::store::all_rows;

/// Looked at once, when an attempt has its worktree and before any agent has
/// been there.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) orientation: Vec<Orientation>,
    pub(super) dependencies: Vec<Dependency>,
    /// Tasks that nobody works on, where the agent may claim some.
    pub(super) pending: Vec<Task>,
}

impl Surroundings {
    /// Never fails: a prompt is complete without them.
    pub(super) async fn look(ports: &Ports, task: &Task, root: &Path) -> Self {
        Self {
            orientation: orientation(ports, root).await,
            dependencies: dependencies(ports, task).await,
            pending: pending(ports, std::slice::from_ref(&task.id)).await,
        }
    }
}

pub(super) async fn orientation(ports: &Ports, root: &Path) -> Vec<Orientation> {
    let (files, limit) = ports.parts.prompts.orientation_files();
    if files.is_empty() {
        return Vec::new();
    }
    let (root, files) = (root.to_owned(), files.to_vec());
    let read = move || {
        let files = files.iter();
        files.filter_map(|path| begin(&root, path, limit)).collect()
    };
    let read = tokio::task::spawn_blocking(read);
    read.await.unwrap_or_default()
}

/// The beginning of a file, if it is one and inside the worktree, links
/// followed.
fn begin(root: &Path, path: &PathBuf, limit: usize) -> Option<Orientation> {
    let place = root.join(path).canonicalize().ok()?;
    let inside = place.starts_with(root.canonicalize().ok()?);
    let found = place.metadata().ok()?;
    if !inside || !found.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    // One character more than will be shown, so that none is cut in two.
    let most = limit as u64 + 4;
    File::open(&place)
        .ok()?
        .take(most)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(Orientation {
        path: path.clone(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
        size: found.len(),
    })
}

/// The tasks that could be claimed now, those that go first before the others;
/// none where agents claim nothing.
pub(super) async fn pending(ports: &Ports, own: &[TaskId]) -> Vec<Task> {
    if ports.parts.policy.claims == 0 {
        return Vec::new();
    }
    let filter = TaskFilter {
        ids: None,
        source: ports.parts.source.clone(),
    };
    let rows = all_rows(&*ports.parts.store, filter).await;
    let rows = rows.unwrap_or_default();
    let standings = standings(&rows, ports.clock.now());
    let ready = |row: &TaskRow| {
        let stands = standings.get(&row.task.id);
        matches!(stands, Some(Standing::Ready)) && !own.contains(&row.task.id)
    };
    let mut tasks: Vec<Task> = rows.into_iter().filter(ready).map(|row| row.task).collect();
    tasks.sort_by_key(|task| Reverse(task.priority));
    tasks
}

async fn dependencies(ports: &Ports, task: &Task) -> Vec<Dependency> {
    if task.depends_on.is_empty() {
        return Vec::new();
    }
    let filter = TaskFilter {
        ids: Some(task.depends_on.clone()),
        source: None,
    };
    let rows = all_rows(&*ports.parts.store, filter).await;
    let landed = rows.into_iter().flatten().filter_map(|row| {
        let TaskState::Landed { commit, .. } = row.state else {
            return None;
        };
        Some(Dependency {
            id: row.task.id,
            title: row.task.title,
            commit,
        })
    });
    landed.collect()
}

#[cfg(test)]
mod tests;
