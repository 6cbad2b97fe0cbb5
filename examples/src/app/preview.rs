//! What a store would hold after it took a folder in. Pure: this is how
//! everything is checked before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use swarm_core::model::{TaskId, TaskRow, Timestamp};
use swarm_core::ports::{Guard, Step};
use swarm_core::protocol::lifecycle;
use swarm_store::files::TaskFolder;

/// The rows as they would be, in the order of their ids: what
/// [`sync`](swarm_store::files::sync) would do, on a copy.
pub(super) fn after_sync(rows: Vec<TaskRow>, folder: &TaskFolder) -> Vec<TaskRow> {
    let mut rows: BTreeMap<TaskId, TaskRow> = rows
        .into_iter()
        .map(|row| (row.task.id.clone(), row))
        .collect();
    for new in &folder.tasks {
        match rows.get_mut(&new.task.id) {
            Some(row) => _ = lifecycle::readd(row, new.clone()),
            None => _ = rows.insert(new.task.id.clone(), lifecycle::fresh(new.clone())),
        }
    }
    let written: BTreeSet<&TaskId> = folder.tasks.iter().map(|new| &new.task.id).collect();
    for (id, row) in &mut rows {
        if row.task.source == folder.source && !written.contains(id) {
            let guard = Guard::Version(row.version);
            // Refused for what is past being taken away: that stays.
            let _ = lifecycle::apply(row, &guard, Step::Remove, Timestamp::wall());
        }
    }
    rows.into_values().collect()
}

#[cfg(test)]
mod tests {
    use swarm_core::model::Task;
    use swarm_core::ports::TaskStore;
    use swarm_core::store::MemoryStore;
    use swarm_store::files::{TaskFolder, sync};

    use super::after_sync;
    use crate::app::state::rows;

    /// The copy must do as the real thing does.
    #[tokio::test]
    async fn it_shows_what_sync_will_do() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        write("stays.md", "Stays.").unwrap();
        write("goes.md", "Goes.").unwrap();
        write("changes.md", "Old.").unwrap();
        let store = MemoryStore::new();
        let elsewhere = Task::new("elsewhere", "Of another source.").unwrap();
        store.add(vec![elsewhere.into()]).await.unwrap();
        let read = || TaskFolder::read(folder.path()).unwrap();
        sync(&store, &read()).await.unwrap();

        std::fs::remove_file(folder.path().join("goes.md")).unwrap();
        write("changes.md", "New.").unwrap();
        write("comes.md", "---\ndepends_on: stays\n---\nComes.").unwrap();
        write("broken.md", "---\nmeta: [\n---\nBroken.").unwrap();
        let preview = after_sync(rows(&store).await.unwrap(), &read());
        sync(&store, &read()).await.unwrap();
        assert_eq!(preview, rows(&store).await.unwrap());
        assert_eq!(preview.len(), 6);
    }
}
