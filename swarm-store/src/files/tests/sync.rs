use std::fs;
use std::path::Path;
use std::time::Duration;

use swarm_core::model::{
    Checkpoint, Ending, NewTask, Oid, Origin, OriginKind, Room, RunId, Source, Task, TaskId,
    TaskRow, Timestamp,
};
use swarm_core::ports::{Change, ClaimRequest, Claimed, Guard, Spent, Step, TaskFilter, TaskStore};
use swarm_core::store::MemoryStore;

use crate::files::{Synced, TaskFolder, preview, sync};

/// Syncs, and checks that the preview said what would come of it.
async fn run(store: &MemoryStore, dir: &Path) -> Synced {
    let folder = TaskFolder::read(dir).expect("a good folder");
    let expected = preview(all(store).await, &folder);
    let synced = sync(store, &folder).await.expect("sync");
    assert_eq!(timeless(all(store).await), timeless(expected));
    synced
}

/// A preview knows no time.
fn timeless(mut rows: Vec<TaskRow>) -> Vec<TaskRow> {
    for row in &mut rows {
        row.waits_since = Timestamp(0);
    }
    rows
}

async fn all(store: &MemoryStore) -> Vec<TaskRow> {
    let page = store.list(TaskFilter::default(), None).await;
    page.expect("list").rows
}

fn ids(ids: &[&str]) -> Vec<TaskId> {
    let ids = ids.iter();
    ids.map(|id| TaskId::new(*id).expect("a good id")).collect()
}

async fn row(store: &MemoryStore, id: &str) -> TaskRow {
    let filter = TaskFilter {
        ids: Some(ids(&[id])),
        source: None,
    };
    let page = store.list(filter, None).await.expect("list");
    page.rows.into_iter().next().expect("it is stored")
}

async fn word(store: &MemoryStore, id: &str) -> &'static str {
    row(store, id).await.state.word()
}

/// Claims the next task, which must be this one.
async fn claim(store: &MemoryStore, id: &str) -> Claimed {
    let request = ClaimRequest {
        run: RunId::new("r1"),
        limit: 1,
        lease: Duration::from_secs(120),
        source: None,
        ids: None,
        room: Room::default(),
        ageing: None,
        process: None,
    };
    let mut claims = store.claim(request).await.expect("claim");
    let claimed = claims.won.pop().expect("a task is ready");
    assert_eq!(claimed.row.task.id.as_str(), id);
    claimed
}

async fn end(store: &MemoryStore, claimed: Claimed, ending: Ending) {
    let change = Change {
        task: claimed.claim.task.clone(),
        guard: Guard::Claim(claimed.claim),
        step: Step::End {
            ending,
            spent: Spent::default(),
            checkpoint: Checkpoint::default(),
        },
    };
    store.apply(vec![change]).await.expect("apply");
}

fn reason() -> String {
    "because".to_owned()
}

#[tokio::test]
async fn an_edit_counts_until_work_begins_and_again_after_a_failure() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.md");
    let write = |text: &str| fs::write(&file, text).expect("write");
    let store = MemoryStore::new();
    write("one");
    assert_eq!(run(&store, dir.path()).await.new, ids(&["a"]));
    assert_eq!(run(&store, dir.path()).await.same, ids(&["a"]));
    write("two");
    assert_eq!(run(&store, dir.path()).await.updated, ids(&["a"]));
    let claimed = claim(&store, "a").await;
    assert_eq!(claimed.row.task.body, "two");
    write("three");
    assert_eq!(run(&store, dir.path()).await.noted, ids(&["a"]));
    assert_eq!(run(&store, dir.path()).await.same, ids(&["a"]));
    end(&store, claimed, Ending::Failed { reason: reason() }).await;
    assert_eq!(run(&store, dir.path()).await.same, ids(&["a"]));
    let claimed = claim(&store, "a").await;
    assert_eq!(claimed.row.task.body, "three");
    let commit = Oid::new("c");
    end(&store, claimed, Ending::Landed { commit }).await;
    write("four");
    assert_eq!(run(&store, dir.path()).await.kept, ids(&["a"]));
    assert_eq!(row(&store, "a").await.task.body, "three");
    assert_eq!(word(&store, "a").await, "landed");
}

#[tokio::test]
async fn an_edit_does_not_end_a_hold() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.md");
    let store = MemoryStore::new();
    fs::write(&file, "one").expect("write");
    run(&store, dir.path()).await;
    let claimed = claim(&store, "a").await;
    end(&store, claimed, Ending::Held { reason: reason() }).await;
    fs::write(&file, "two").expect("write");
    assert_eq!(run(&store, dir.path()).await.updated, ids(&["a"]));
    assert_eq!(word(&store, "a").await, "held");
    fs::write(&file, "").expect("write");
    assert_eq!(run(&store, dir.path()).await.kept, ids(&["a"]));
    let row = row(&store, "a").await;
    assert_eq!((row.state.word(), row.task.body.as_str()), ("held", "two"));
}

#[tokio::test]
async fn a_task_that_a_planner_added_needs_no_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = MemoryStore::new();
    let source = TaskFolder::read(dir.path()).expect("a folder").source;
    let by = |kind| Origin::new(kind, "somebody", Timestamp(1)).expect("not blank");
    let task = |id: &str, kind| {
        let mut task = Task::new(id, "text").expect("a good id").by(by(kind));
        task.source = source.clone();
        task
    };
    let planned = task("planned", OriginKind::Planner);
    let written = task("written", OriginKind::File);
    let both = vec![planned.into(), written.into()];
    store.add(both).await.expect("add");
    assert_eq!(run(&store, dir.path()).await.removed, ids(&["written"]));
    assert_eq!(word(&store, "planned").await, "ready");
    // Whoever writes a file for it takes it over.
    fs::write(dir.path().join("planned.md"), "another text").expect("write");
    assert_eq!(run(&store, dir.path()).await.updated, ids(&["planned"]));
    let origin = row(&store, "planned").await.task.origin;
    assert_eq!(origin.kind(), OriginKind::File);
    assert!(origin.id().ends_with("planned.md"), "{origin}");
}

#[tokio::test]
async fn a_task_whose_file_is_gone_is_removed_and_may_come_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = |name: &str| dir.path().join(format!("{name}.md"));
    let store = MemoryStore::new();
    for name in ["a", "b", "c", "d"] {
        fs::write(path(name), "text").expect("write");
    }
    let other = Task {
        source: Source("elsewhere".to_owned()),
        ..Task::new("z", "text").expect("a good id")
    };
    store.add(vec![other.into()]).await.expect("add");
    run(&store, dir.path()).await;
    let a = claim(&store, "a").await;
    let commit = Oid::new("c");
    end(&store, a, Ending::Landed { commit }).await;
    let b = claim(&store, "b").await;
    let c = claim(&store, "c").await;
    end(&store, c, Ending::Failed { reason: reason() }).await;
    for name in ["a", "b", "c", "d"] {
        fs::remove_file(path(name)).expect("remove");
    }
    let synced = run(&store, dir.path()).await;
    assert_eq!(
        synced,
        Synced {
            noted: ids(&["b"]),
            removed: ids(&["c", "d"]),
            ..Synced::default()
        }
    );
    let words = [
        ("a", "landed"),
        ("b", "running"),
        ("c", "removed"),
        ("d", "removed"),
        ("z", "ready"),
    ];
    for (id, expected) in words {
        assert_eq!(word(&store, id).await, expected, "{id}");
    }
    assert_eq!(run(&store, dir.path()).await, Synced::default());
    fs::write(path("d"), "text").expect("write");
    assert_eq!(run(&store, dir.path()).await.updated, ids(&["d"]));
    assert_eq!(word(&store, "d").await, "ready");
    end(&store, b, Ending::Failed { reason: reason() }).await;
    assert_eq!(word(&store, "b").await, "removed", "as it was told");
    assert_eq!(run(&store, dir.path()).await.same, ids(&["d"]));
}

#[tokio::test]
async fn a_broken_file_blocks_its_task_until_it_is_mended() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.md");
    let store = MemoryStore::new();
    fs::write(&file, "---\npriority: high\n---\ntext").expect("write");
    assert_eq!(run(&store, dir.path()).await.new, ids(&["a"]));
    let row = row(&store, "a").await;
    let standing = swarm_core::protocol::standing::standing(&row, |_| None, Timestamp(0));
    let problem = format!(
        "blocked: {}:2: priority must be a whole number",
        file.display()
    );
    assert_eq!(standing.to_string(), problem);
    assert_eq!(run(&store, dir.path()).await.same, ids(&["a"]));
    fs::write(&file, "---\npriority: 3\n---\ntext").expect("write");
    assert_eq!(run(&store, dir.path()).await.updated, ids(&["a"]));
    claim(&store, "a").await;
}

#[tokio::test]
async fn files_are_never_touched() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.md");
    fs::write(&file, "text").expect("write");
    let before = fs::metadata(&file)
        .and_then(|about| about.modified())
        .expect("a time");
    let store = MemoryStore::new();
    run(&store, dir.path()).await;
    let claimed = claim(&store, "a").await;
    end(&store, claimed, Ending::Failed { reason: reason() }).await;
    run(&store, dir.path()).await;
    let after = fs::metadata(&file)
        .and_then(|about| about.modified())
        .expect("a time");
    assert_eq!(before, after);
    assert_eq!(fs::read_to_string(&file).expect("read"), "text");
    assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1);
}

#[tokio::test]
async fn a_thousand_files_are_one_call() {
    let mut store = swarm_core::ports::MockTaskStore::new();
    let tasks: Vec<NewTask> = (0..1000)
        .map(|n| {
            Task::new(format!("t{n}"), "text")
                .expect("a good id")
                .into()
        })
        .collect();
    let folder = TaskFolder {
        source: Source::default(),
        tasks,
    };
    store
        .expect_add()
        .once()
        .returning(|tasks| Ok(vec![swarm_core::ports::Added::New; tasks.len()]));
    store
        .expect_list()
        .once()
        .returning(|_, _| Ok(swarm_core::ports::Page::default()));
    assert_eq!(sync(&store, &folder).await.expect("sync").new.len(), 1000);
}
