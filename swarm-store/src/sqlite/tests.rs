use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use swarm_core::error::Advice;
use swarm_core::model::{Claim, NewTask, Room, RunId, Task, TaskId, Timestamp};
use swarm_core::ports::{
    Added, Change, ClaimRequest, Claims, Page, Renewal, StoreError, StoreErrorKind, TaskFilter,
    TaskStore,
};
use swarm_core::testing::store_suite::{StoreFixture, check_all};
use tempfile::TempDir;

use super::SqliteStore;

mod drift;

/// A clock that goes on when told.
#[derive(Clone, Debug)]
struct Hand(Arc<AtomicU64>);

impl Hand {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_700_000_000_000)))
    }

    fn open(&self, path: &Path) -> SqliteStore {
        let time = self.0.clone();
        let clock = Arc::new(move || Timestamp(time.load(Ordering::SeqCst)));
        SqliteStore::open_with_clock(path, clock).expect("open")
    }

    fn pass(&self, span: Duration) {
        let span = u64::try_from(span.as_millis()).expect("a test is short");
        self.0.fetch_add(span, Ordering::SeqCst);
    }
}

/// Asks its stores in turn, as several processes would.
#[derive(Debug)]
struct InTurn(Vec<SqliteStore>, AtomicUsize);

impl InTurn {
    fn next(&self) -> &SqliteStore {
        &self.0[self.1.fetch_add(1, Ordering::SeqCst) % self.0.len()]
    }
}

#[async_trait]
impl TaskStore for InTurn {
    async fn add(&self, tasks: Vec<NewTask>) -> Result<Vec<Added>, StoreError> {
        self.next().add(tasks).await
    }
    async fn claim(&self, what: ClaimRequest) -> Result<Claims, StoreError> {
        self.next().claim(what).await
    }
    async fn renew(&self, claims: &[Claim], lease: Duration) -> Result<Vec<Renewal>, StoreError> {
        self.next().renew(claims, lease).await
    }
    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.next().apply(changes).await
    }
    async fn list(&self, filter: TaskFilter, after: Option<TaskId>) -> Result<Page, StoreError> {
        self.next().list(filter, after).await
    }
}

struct Fresh {
    store: Arc<dyn TaskStore>,
    hand: Hand,
    _folder: TempDir,
}

impl Fresh {
    fn new(stores: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tasks.db");
        let hand = Hand::new();
        let stores = (0..stores).map(|_| hand.open(&path)).collect();
        Self {
            store: Arc::new(InTurn(stores, AtomicUsize::new(0))),
            hand,
            _folder: folder,
        }
    }
}

#[async_trait]
impl StoreFixture for Fresh {
    fn store(&self) -> Arc<dyn TaskStore> {
        self.store.clone()
    }

    async fn pass(&self, span: Duration) {
        self.hand.pass(span);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keeps_every_clause() {
    check_all(|| Fresh::new(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keeps_every_clause_through_three_connections() {
    check_all(|| Fresh::new(3)).await;
}

fn task(id: &str) -> Task {
    Task::new(id, "Do it.").expect("a good id")
}

fn request(limit: usize) -> ClaimRequest {
    ClaimRequest {
        run: RunId::new("r1"),
        limit,
        lease: Duration::from_secs(120),
        source: None,
        ids: None,
        room: Room::default(),
        ageing: None,
        process: None,
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    { runtime }.build().expect("a runtime").block_on(future)
}

#[test]
fn many_openers_and_claimers_share_one_new_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/tasks.db");
    let names: BTreeSet<String> = (0..200).map(|n| format!("t{n:03}")).collect();
    let won: Vec<String> = std::thread::scope(|scope| {
        let worker = || {
            let store = SqliteStore::open(&path).expect("open");
            block_on(async {
                let tasks = names.iter().map(|name| task(name).into()).collect();
                store.add(tasks).await.expect("add");
                let mut won = Vec::new();
                while let Some(claimed) = store.claim(request(1)).await.expect("claim").won.pop() {
                    won.push(claimed.row.task.id.as_str().to_owned());
                }
                won
            })
        };
        let workers: Vec<_> = (0..8).map(|_| scope.spawn(worker)).collect();
        let won = workers
            .into_iter()
            .map(|worker| worker.join().expect("ends well"));
        won.flatten().collect()
    });
    assert_eq!(won.len(), names.len(), "each task is won once");
    assert_eq!(won.into_iter().collect::<BTreeSet<_>>(), names);
}

#[test]
fn what_was_written_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tasks.db");
    let hand = Hand::new();
    let store = hand.open(&path);
    let claimed = block_on(async {
        store.add(vec![task("a").into()]).await.expect("add");
        store.claim(request(1)).await.expect("claim").won.remove(0)
    });
    // No goodbye: the file must be whole without one.
    std::mem::forget(store);
    let store = hand.open(&path);
    let page = block_on(store.list(TaskFilter::default(), None)).expect("list");
    assert_eq!(page.rows, [claimed.row]);
    let renewed = block_on(store.renew(&[claimed.claim], Duration::from_secs(1)));
    assert_eq!(renewed.expect("renew"), [Renewal::Renewed]);
}

#[test]
fn every_commit_reaches_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = super::open::open(&folder.path().join("tasks.db")).expect("open");
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0));
    assert_eq!(pragma("journal_mode").as_deref(), Ok("wal"));
    let full: Result<u8, _> = connection.pragma_query_value(None, "synchronous", |row| row.get(0));
    assert_eq!(full, Ok(2));
}

#[test]
fn looking_leaves_no_trace_where_nothing_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/tasks.db");
    let none = SqliteStore::open_existing(&path).expect("nothing is wrong");
    assert!(none.is_none());
    assert_eq!(contents(folder.path()), []);
    drop(SqliteStore::open(&path).expect("open"));
    let some = SqliteStore::open_existing(&path).expect("nothing is wrong");
    assert_eq!(some.expect("it is there").path(), path);
}

/// All files of a folder with what is in them.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.clone(), fs::read(path).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

/// The error of opening this file, and a check that nothing was changed.
fn refused(path: &Path) -> StoreError {
    let folder = path.parent().expect("it is in a folder");
    let before = contents(folder);
    let error = SqliteStore::open(path).expect_err("it cannot be used");
    assert_eq!(contents(folder), before);
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    error
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tasks.db");
    drop(SqliteStore::open(&path).expect("open"));
    let connection = Connection::open(&path).expect("open");
    connection
        .pragma_update(None, "user_version", 7)
        .expect("a pragma");
    connection.close().expect("close");
    let error = refused(&path);
    assert_eq!(*error.kind(), StoreErrorKind::TooNew);
    let text = error.to_string();
    assert!(
        text.contains("version 7") && text.contains("use a newer program"),
        "{text}"
    );
}

#[test]
fn a_version_that_is_still_in_the_log_is_seen_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tasks.db");
    drop(SqliteStore::open(&path).expect("open"));
    let newer = Connection::open(&path).expect("open");
    newer
        .pragma_update(None, "user_version", 7)
        .expect("a pragma");
    let error = SqliteStore::open(&path).expect_err("it is too new");
    assert_eq!(*error.kind(), StoreErrorKind::TooNew);
}

#[test]
fn files_of_others_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database").expect("write");
    let other = folder.path().join("other.db");
    let connection = Connection::open(&other).expect("open");
    connection
        .execute_batch("CREATE TABLE t (x)")
        .expect("a table");
    connection.close().expect("close");
    for path in [text, other] {
        let error = refused(&path);
        assert_eq!(*error.kind(), StoreErrorKind::Corrupt);
        assert_eq!(error.advice(), Advice::FixConfiguration);
    }
}

#[test]
fn a_place_that_cannot_be_written_is_a_clear_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("write");
    let taken = folder.path().join("folder.db");
    fs::create_dir(&taken).expect("a folder");
    for path in [taken, file.join("tasks.db")] {
        let error = SqliteStore::open(&path).expect_err("it cannot be used");
        assert_eq!(*error.kind(), StoreErrorKind::Unavailable);
        assert_eq!(error.advice(), Advice::FixConfiguration);
        let text = error.to_string();
        assert!(text.contains(&path.display().to_string()), "{text}");
        assert!(text.contains("keep the store elsewhere"), "{text}");
    }
}

#[test]
fn a_row_that_cannot_be_understood_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tasks.db");
    let store = SqliteStore::open(&path).expect("open");
    block_on(store.add(vec![task("a").into()])).expect("add");
    let update = r#"UPDATE tasks SET row = replace(row, '"ready"', '"dancing"')"#;
    let connection = Connection::open(&path).expect("open");
    connection.execute_batch(update).expect("an update");
    let error = block_on(store.list(TaskFilter::default(), None)).expect_err("no such state");
    assert_eq!(*error.kind(), StoreErrorKind::Corrupt);
    let text = error.to_string();
    assert!(
        text.contains("task a") && text.contains("dancing"),
        "{text}"
    );
}
