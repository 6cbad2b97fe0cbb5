//! [`SqliteStore`].

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use swarm_core::error::{Advice, Failure};
use swarm_core::model::{Claim, NewTask, Source, TaskId, TaskRow, Timestamp};
use swarm_core::nonce;
use swarm_core::ports::{
    Added, Change, ClaimRequest, Claims, Page, Renewal, StoreError, StoreErrorKind, TaskFilter,
    TaskStore,
};
use swarm_core::protocol::choice::Choice;
use swarm_core::protocol::lifecycle;

use super::busy::patiently;
use super::fault::Fault;
use super::writer::Writer;
use super::{open, rows};

/// Rows in one page of a listing.
const PAGE: usize = 500;

/// A clock: tells the store what time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Keeps tasks in one SQLite file, for any number of processes on one machine.
///
/// What a call did is on the disk when it returns. Time is the machine's wall
/// clock. The file must be on a local disk; beside it SQLite keeps a log
/// (`-wal`) and an index of that (`-shm`), which belong to it.
///
/// Each store has one thread, so that async callers never block; dropping the
/// store waits until that has ended what it is doing. A call whose future is
/// dropped is made nevertheless if it has begun.
///
/// ```
/// use swarm_core::{model::Task, ports::{Added, TaskStore}};
/// use swarm_store::SqliteStore;
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("swarm/tasks.db");
/// let store = SqliteStore::open(&path)?;
/// let task = Task::new("greet", "Print a greeting.")?;
/// assert_eq!(store.add(vec![task.into()]).await?, [Added::New]);
/// # Ok::<_, Box<dyn std::error::Error>>(()) })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct SqliteStore {
    path: PathBuf,
    clock: Clock,
    writer: Writer,
}

impl SqliteStore {
    /// Opens a store, or makes a new one with the folder that it is in.
    ///
    /// Blocks for as long as another process is making the same store, usually
    /// not at all.
    ///
    /// # Errors
    ///
    /// - `Unavailable`: the file cannot be made or written, or is on a network
    ///   file system. Nothing was changed but perhaps a folder made.
    /// - `TooNew`: a newer version of this library made it; it is unchanged.
    /// - `Corrupt`: the file is something else; it is unchanged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with_clock(path, Arc::new(Timestamp::wall))
    }

    /// Opens a store if its file is there: for looking without leaving a trace
    /// where there is nothing to see.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Option<Self>, StoreError> {
        match path.as_ref().try_exists() {
            Ok(false) => Ok(None),
            // Whatever is wrong, opening it tells.
            Ok(true) | Err(_) => Self::open(path).map(Some),
        }
    }

    /// Opens a store that takes the time from this clock: for tests. Stores on
    /// one file must agree about the time.
    pub fn open_with_clock(path: impl AsRef<Path>, clock: Clock) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let connection = open::open(&path)?;
        let writer = Writer::start(connection).map_err(|error| {
            let kind = StoreErrorKind::Unavailable;
            Failure::new(kind, "start the store's thread", Advice::Retry).because(error)
        })?;
        Ok(Self {
            path,
            clock,
            writer,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Changes something in one transaction, at one time.
    async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection, Timestamp) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let clock = self.clock.clone();
        self.run(doing, move |connection| {
            let change = open::begin(connection)?;
            // Only now: waiting for the lock takes time too.
            let answer = work(&change, clock())?;
            change.commit()?;
            Ok(answer)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.writer.run(work).await {
            Ok(answer) => answer.map_err(|fault| fault.explain(doing, &self.path)),
            Err(gone) => {
                let operation = format!("{doing} the task store {}", self.path.display());
                let kind = StoreErrorKind::Unavailable;
                Err(Failure::new(kind, operation, Advice::Bug).because(gone))
            }
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TaskStore for SqliteStore {
    async fn add(&self, tasks: Vec<NewTask>) -> Result<Vec<Added>, StoreError> {
        self.write("add tasks to", |db, now| {
            tasks.into_iter().map(|task| add(db, task, now)).collect()
        })
        .await
    }

    async fn claim(&self, what: ClaimRequest) -> Result<Claims, StoreError> {
        self.write("claim tasks in", move |db, now| claim(db, &what, now))
            .await
    }

    async fn renew(&self, claims: &[Claim], lease: Duration) -> Result<Vec<Renewal>, StoreError> {
        let claims = claims.to_vec();
        self.write("renew claims in", move |db, now| {
            let renewals = claims.iter().map(|claim| renew(db, claim, now, lease));
            renewals.collect()
        })
        .await
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.write("change tasks in", |db, now| {
            let mut changes = changes.into_iter();
            changes.try_for_each(|change| apply(db, change, now))
        })
        .await
    }

    async fn list(&self, filter: TaskFilter, after: Option<TaskId>) -> Result<Page, StoreError> {
        self.run("list tasks in", move |connection| {
            patiently(|| {
                let moment = open::begin_reading(connection)?;
                list(&moment, &filter, after.as_ref())
            })
        })
        .await
    }
}

fn add(db: &Connection, new: NewTask, now: Timestamp) -> Result<Added, Fault> {
    let mut reopened = false;
    let (row, added) = match rows::get(db, &new.task.id)? {
        None => (lifecycle::fresh(new, now), Added::New),
        Some(mut row) => {
            let satisfied = lifecycle::satisfied(&row.state);
            let added = lifecycle::readd(&mut row, new, now);
            reopened = satisfied && !lifecycle::satisfied(&row.state);
            (row, added)
        }
    };
    match added {
        Added::New | Added::Updated => {
            rows::put(db, &row)?;
            rows::link(db, &row)?;
        }
        Added::Noted => rows::put(db, &row)?,
        Added::Same | Added::Kept => {}
    }
    if reopened {
        rows::bind(db, &row.task.id)?;
    }
    Ok(added)
}

fn claim(db: &Connection, what: &ClaimRequest, now: Timestamp) -> Result<Claims, Fault> {
    let source = what.source.as_ref();
    let mut claims = Claims::default();
    let mut choice = Choice::new(what);
    let chosen = match &what.ids {
        None => rows::choose(db, what, now, &mut choice)?,
        Some(ids) => {
            let (found, lost) = named(db, ids, source, now, &mut choice)?;
            claims.lost = lost;
            found
        }
    };
    for mut row in chosen {
        let claimed = lifecycle::claim(&mut row, what, nonce(), now);
        rows::put(db, &row)?;
        claims.won.push(claimed);
    }
    if claims.won.len() < what.limit && what.ids.is_none() {
        let next = rows::next(db, source, now)?;
        claims.next = next.map(|time| time.since(now));
        claims.passed = choice.passed();
    }
    Ok(claims)
}

/// Those of the tasks that can be claimed by their ids, and the others.
fn named(
    db: &Connection,
    ids: &[TaskId],
    source: Option<&Source>,
    now: Timestamp,
    choice: &mut Choice,
) -> Result<(Vec<TaskRow>, Vec<TaskId>), Fault> {
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    for id in ids.iter().collect::<BTreeSet<_>>() {
        let row = rows::waiting_for_nobody(db, id)?.filter(|row| {
            let here = source.is_none_or(|source| row.task.source == *source);
            here && lifecycle::claimable_by_name(row, now) && choice.takes(&row.task)
        });
        match row {
            Some(row) => found.push(row),
            None => lost.push(id.clone()),
        }
    }
    Ok((found, lost))
}

fn renew(
    db: &Connection,
    claim: &Claim,
    now: Timestamp,
    lease: Duration,
) -> Result<Renewal, Fault> {
    let Some(mut row) = rows::get(db, &claim.task)? else {
        return Ok(Renewal::Lost);
    };
    let renewal = lifecycle::renew(&mut row, claim, now, lease);
    match renewal {
        Renewal::Renewed | Renewal::Wanted(_) => rows::put(db, &row)?,
        Renewal::Lost => {}
    }
    Ok(renewal)
}

fn apply(db: &Connection, change: Change, now: Timestamp) -> Result<(), Fault> {
    let Change { task, guard, step } = change;
    let Some(mut row) = rows::get(db, &task)? else {
        return Err(Fault::Unknown(task));
    };
    let satisfied = lifecycle::satisfied(&row.state);
    let waited_for = row.task.depends_on.clone();
    lifecycle::apply(&mut row, &guard, step, now).map_err(|why| Fault::Refused(task, why))?;
    rows::put(db, &row)?;
    // A new text that was noted may count from now on.
    if row.task.depends_on != waited_for {
        rows::link(db, &row)?;
    }
    if satisfied && !lifecycle::satisfied(&row.state) {
        rows::bind(db, &row.task.id)?;
    }
    Ok(())
}

fn list(db: &Connection, filter: &TaskFilter, after: Option<&TaskId>) -> Result<Page, Fault> {
    let source = filter.source.as_ref();
    // One more than a page tells whether there is another one.
    let mut found = match &filter.ids {
        Some(ids) => chosen(db, ids, source, after)?,
        None => rows::after(db, source, after, PAGE + 1)?,
    };
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().map(|row| row.task.id.clone());
    Ok(Page {
        rows: found,
        next: last.filter(|_| more),
    })
}

fn chosen(
    db: &Connection,
    ids: &[TaskId],
    source: Option<&Source>,
    after: Option<&TaskId>,
) -> Result<Vec<TaskRow>, Fault> {
    let ids: BTreeSet<&TaskId> = ids.iter().filter(|id| after < Some(id)).collect();
    let mut found = Vec::new();
    for id in ids {
        let row = rows::get(db, id)?;
        found.extend(row.filter(|row| source.is_none_or(|source| row.task.source == *source)));
        if found.len() > PAGE {
            break;
        }
    }
    Ok(found)
}
