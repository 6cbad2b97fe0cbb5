//! A [`TaskStore`] in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::errors::{refused, unknown};
use super::index::{Place, Queues, Ticket, Waiting};
use crate::model::{Claim, NewTask, Source, Task, TaskId, TaskRow, Timestamp, Wish};
use crate::nonce;
use crate::ports::{
    Added, Change, ClaimRequest, Claims, Page, Renewal, StoreError, TaskFilter, TaskStore,
};
use crate::protocol::choice::{Choice, rank};
use crate::protocol::lifecycle::{self, Claimable};

/// Rows in one page of a listing.
const PAGE: usize = 1000;

/// Keeps tasks in memory, for one process; what it holds ends with it.
///
/// Its clock starts at the wall clock's time and counts on with tokio's, so
/// that a test which pauses tokio's clock decides what time it is here too.
/// A call costs time by the tasks that it returns or changes, not by those
/// that are stored; a claim also by those that it passes over for want of
/// room, and, with ageing, by those that are ready.
///
/// ```
/// use swarm_core::{model::Task, ports::{Added, TaskStore}, store::MemoryStore};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let store = MemoryStore::new();
/// let task = Task::new("greet", "Print a greeting.")?;
/// assert_eq!(store.add(vec![task.into()]).await?, [Added::New]);
/// # Ok::<_, Box<dyn std::error::Error>>(()) })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MemoryStore {
    began: (Timestamp, Instant),
    tasks: Mutex<Tasks>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self {
            began: (Timestamp::wall(), Instant::now()),
            tasks: Mutex::default(),
        }
    }

    fn now(&self) -> Timestamp {
        let (time, instant) = self.began;
        time.plus(instant.elapsed())
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        // Nothing that runs under the lock can panic half way.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl TaskStore for MemoryStore {
    async fn add(&self, tasks: Vec<NewTask>) -> Result<Vec<Added>, StoreError> {
        let now = self.now();
        let mut all = self.tasks();
        Ok(tasks.into_iter().map(|task| all.add(task, now)).collect())
    }

    async fn claim(&self, what: ClaimRequest) -> Result<Claims, StoreError> {
        Ok(self.tasks().claim(&what, self.now()))
    }

    async fn renew(&self, claims: &[Claim], lease: Duration) -> Result<Vec<Renewal>, StoreError> {
        let now = self.now();
        let mut all = self.tasks();
        let renewals = claims.iter().map(|claim| {
            all.change(&claim.task, now, |row| {
                lifecycle::renew(row, claim, now, lease)
            })
            .unwrap_or(Renewal::Lost)
        });
        Ok(renewals.collect())
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.tasks().apply(changes, self.now())
    }

    async fn list(&self, filter: TaskFilter, after: Option<TaskId>) -> Result<Page, StoreError> {
        Ok(self.tasks().list(filter, after.as_ref()))
    }
}

#[derive(Debug)]
struct Entry {
    row: TaskRow,
    /// Dependencies that have not landed.
    waits: usize,
    place: Place,
}

impl Entry {
    fn ticket(&self) -> Ticket {
        Ticket {
            id: self.row.task.id.clone(),
            priority: self.row.task.priority,
        }
    }

    /// Moves it to where its row belongs now.
    fn settle(&mut self, queues: &mut Queues, now: Timestamp) {
        let place = match lifecycle::claimable(&self.row, now) {
            _ if self.waits > 0 => Place::Nowhere,
            Claimable::Now => Place::Ready,
            Claimable::At(time) => Place::From(time),
            Claimable::No => Place::Nowhere,
        };
        if place != self.place {
            let source = &self.row.task.source;
            queues.take(source, self.ticket(), self.place);
            queues.put(source, self.ticket(), place);
            self.place = place;
        }
    }
}

#[derive(Debug, Default)]
struct Tasks {
    entries: BTreeMap<TaskId, Entry>,
    queues: Queues,
    waiting: Waiting,
}

impl Tasks {
    fn add(&mut self, new: NewTask, now: Timestamp) -> Added {
        let id = new.task.id.clone();
        if !self.entries.contains_key(&id) {
            self.insert(lifecycle::fresh(new, now), now);
            return Added::New;
        }
        let added = self.rewrite(&id, now, |row| lifecycle::readd(row, new, now));
        added.unwrap_or(Added::New)
    }

    /// Changes a row with all that the index knows it by. `None`: there is no
    /// such task.
    fn rewrite<T>(
        &mut self,
        id: &TaskId,
        now: Timestamp,
        how: impl FnOnce(&mut TaskRow) -> T,
    ) -> Option<T> {
        let mut entry = self.entries.remove(id)?;
        self.queues
            .take(&entry.row.task.source, entry.ticket(), entry.place);
        for dependency in &entry.row.task.depends_on {
            self.waiting.remove(dependency, id);
        }
        let satisfied = lifecycle::satisfied(&entry.row.state);
        let done = how(&mut entry.row);
        let reopened = satisfied && !lifecycle::satisfied(&entry.row.state);
        self.insert(entry.row, now);
        if reopened {
            self.bind(id, now);
        }
        Some(done)
    }

    fn insert(&mut self, row: TaskRow, now: Timestamp) {
        let id = row.task.id.clone();
        let mut waits = 0;
        for dependency in &row.task.depends_on {
            let known = self.entries.get(dependency);
            let satisfied = known.is_some_and(|entry| lifecycle::satisfied(&entry.row.state));
            if !satisfied && self.waiting.add(dependency, &id) {
                waits += 1;
            }
        }
        let mut entry = Entry {
            row,
            waits,
            place: Place::Nowhere,
        };
        entry.settle(&mut self.queues, now);
        self.entries.insert(id, entry);
    }

    /// Changes a row. `None`: there is no such task.
    fn change<T>(
        &mut self,
        id: &TaskId,
        now: Timestamp,
        how: impl FnOnce(&mut TaskRow) -> T,
    ) -> Option<T> {
        let entry = self.entries.get_mut(id)?;
        if entry.row.wish.as_ref().and_then(Wish::text).is_some() {
            // The change may bring the new text.
            return self.rewrite(id, now, how);
        }
        let done = how(&mut entry.row);
        entry.settle(&mut self.queues, now);
        Some(done)
    }

    fn claim(&mut self, what: &ClaimRequest, now: Timestamp) -> Claims {
        let source = what.source.as_ref();
        let mut claims = Claims::default();
        let mut choice = Choice::new(what);
        let chosen = match &what.ids {
            None => self.choose(what, now, &mut choice),
            Some(ids) => {
                let takes = |id: &TaskId| {
                    let task = self.ready(id, source, now);
                    task.is_some_and(|task| choice.takes(task))
                };
                let ids: BTreeSet<_> = ids.iter().cloned().collect();
                let (chosen, lost) = ids.into_iter().partition(takes);
                claims.lost = lost;
                chosen
            }
        };
        for id in chosen {
            let claimed = self.change(&id, now, |row| lifecycle::claim(row, what, nonce(), now));
            claims.won.extend(claimed);
        }
        if claims.won.len() < what.limit && what.ids.is_none() {
            let next = self.queues.next(source, now);
            claims.next = next.map(|time| time.since(now));
            claims.passed = choice.passed();
        }
        claims
    }

    /// The tasks to be claimed next.
    fn choose(&mut self, what: &ClaimRequest, now: Timestamp, choice: &mut Choice) -> Vec<TaskId> {
        let ready = self.queues.ready(what.source.as_ref(), now);
        let rows = ready.filter_map(|id| self.entries.get(id).map(|entry| &entry.row));
        if what.ageing.is_none() {
            return pick(rows, choice);
        }
        let mut rows: Vec<&TaskRow> = rows.collect();
        rows.sort_by_cached_key(|row| (rank(row, what.ageing), row.task.id.clone()));
        pick(rows.into_iter(), choice)
    }

    /// This very task, if it can be claimed by its id.
    fn ready(&self, id: &TaskId, source: Option<&Source>, now: Timestamp) -> Option<&Task> {
        let entry = self.entries.get(id)?;
        let here = source.is_none_or(|source| entry.row.task.source == *source);
        let ready = entry.waits == 0 && lifecycle::claimable_by_name(&entry.row, now);
        Some(&entry.row.task).filter(|_| here && ready)
    }

    fn apply(&mut self, changes: Vec<Change>, now: Timestamp) -> Result<(), StoreError> {
        // One change alone leaves its row as it was if it is refused.
        let several = changes.len() > 1;
        let mut before = Vec::new();
        let mut turned = Vec::new();
        for Change { task, guard, step } in changes {
            if several {
                before.extend(self.entries.get(&task).map(|entry| entry.row.clone()));
            }
            let made = self.change(&task, now, |row| {
                let before = lifecycle::satisfied(&row.state);
                lifecycle::apply(row, &guard, step, now)?;
                Ok((before, lifecycle::satisfied(&row.state)))
            });
            match made {
                Some(Ok((before, after))) if before != after => turned.push((task, after)),
                Some(Ok(_)) => {}
                Some(Err(why)) => {
                    self.undo(before, now);
                    return Err(refused(task, why));
                }
                None => {
                    self.undo(before, now);
                    return Err(unknown(task));
                }
            }
        }
        for (dependency, satisfied) in turned {
            if satisfied {
                self.release(&dependency, now);
            } else {
                self.bind(&dependency, now);
            }
        }
        Ok(())
    }

    /// Puts rows back as they were, the latest change first.
    fn undo(&mut self, before: Vec<TaskRow>, now: Timestamp) {
        for old in before.into_iter().rev() {
            let id = old.task.id.clone();
            self.rewrite(&id, now, |row| *row = old);
        }
    }

    /// Frees the tasks that waited for one that has landed.
    fn release(&mut self, dependency: &TaskId, now: Timestamp) {
        for id in self.waiting.landed(dependency) {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.waits -= 1;
                entry.settle(&mut self.queues, now);
            }
        }
    }

    /// Has those wait that depend on a task which is open again.
    fn bind(&mut self, dependency: &TaskId, now: Timestamp) {
        for (id, entry) in &mut self.entries {
            if entry.row.task.depends_on.contains(dependency) && self.waiting.add(dependency, id) {
                entry.waits += 1;
                entry.settle(&mut self.queues, now);
            }
        }
    }

    fn list(&self, filter: TaskFilter, after: Option<&TaskId>) -> Page {
        let source = filter.source.as_ref();
        let mut rows = if let Some(ids) = filter.ids {
            let ids: BTreeSet<_> = ids.into_iter().collect();
            let wanted = ids.iter().filter(|id| after < Some(id));
            page(wanted.filter_map(|id| self.entries.get(id)), source)
        } else {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let range = self.entries.range((from, Bound::Unbounded));
            page(range.map(|(_, entry)| entry), source)
        };
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let last = rows.last().map(|row| row.task.id.clone());
        Page {
            next: last.filter(|_| more),
            rows,
        }
    }
}

/// Those of the rows, which come in their order, that are to be claimed.
fn pick<'a>(mut rows: impl Iterator<Item = &'a TaskRow>, choice: &mut Choice) -> Vec<TaskId> {
    let mut chosen = Vec::new();
    while !choice.is_full()
        && let Some(row) = rows.next()
    {
        if choice.takes(&row.task) {
            chosen.push(row.task.id.clone());
        }
    }
    chosen
}

/// One row more than a page holds, if there is one.
fn page<'a>(entries: impl Iterator<Item = &'a Entry>, source: Option<&Source>) -> Vec<TaskRow> {
    entries
        .map(|entry| &entry.row)
        .filter(|row| source.is_none_or(|source| row.task.source == *source))
        .take(PAGE + 1)
        .cloned()
        .collect()
}
