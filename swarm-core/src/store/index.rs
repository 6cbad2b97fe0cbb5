//! Which tasks can be claimed, now or later, without looking at every row.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::{Source, TaskId, Timestamp};

/// Where a task stands in the queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It can be claimed.
    Ready,
    /// It can be claimed from this time on.
    From(Timestamp),
    /// It cannot be claimed unless something changes.
    Nowhere,
}

/// What the queues know a task by.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) id: TaskId,
    pub(super) priority: i32,
}

#[derive(Debug, Default)]
struct Queue {
    ready: BTreeSet<(Reverse<i32>, TaskId)>,
    timed: BTreeMap<(Timestamp, TaskId), i32>,
}

impl Queue {
    fn put(&mut self, ticket: Ticket, place: Place) {
        match place {
            Place::Ready => {
                self.ready.insert((Reverse(ticket.priority), ticket.id));
            }
            Place::From(time) => {
                self.timed.insert((time, ticket.id), ticket.priority);
            }
            Place::Nowhere => {}
        }
    }

    fn take(&mut self, ticket: Ticket, place: Place) {
        match place {
            // Its time may have come since it was put here.
            Place::Ready | Place::From(_) => {
                if let Place::From(time) = place
                    && self.timed.remove(&(time, ticket.id.clone())).is_some()
                {
                    return;
                }
                self.ready.remove(&(Reverse(ticket.priority), ticket.id));
            }
            Place::Nowhere => {}
        }
    }

    fn advance(&mut self, now: Timestamp) {
        while let Some(first) = self.timed.first_entry()
            && first.key().0 <= now
        {
            let ((_, id), priority) = first.remove_entry();
            self.ready.insert((Reverse(priority), id));
        }
    }
}

/// Every task that can be claimed now or later, once in the queue of all and
/// once in that of its source.
#[derive(Debug, Default)]
pub(super) struct Queues {
    all: Queue,
    by_source: HashMap<Source, Queue>,
}

impl Queues {
    pub(super) fn put(&mut self, source: &Source, ticket: Ticket, place: Place) {
        if place == Place::Nowhere {
            return;
        }
        self.all.put(ticket.clone(), place);
        if let Some(queue) = self.by_source.get_mut(source) {
            queue.put(ticket, place);
        } else {
            let queue = self.by_source.entry(source.clone()).or_default();
            queue.put(ticket, place);
        }
    }

    pub(super) fn take(&mut self, source: &Source, ticket: Ticket, place: Place) {
        if let Some(queue) = self.by_source.get_mut(source) {
            queue.take(ticket.clone(), place);
        }
        self.all.take(ticket, place);
    }

    /// The tasks that can be claimed, by priority, then by id.
    pub(super) fn ready(
        &mut self,
        source: Option<&Source>,
        now: Timestamp,
    ) -> impl Iterator<Item = &TaskId> {
        let queue = self.queue(source).map(|queue| {
            queue.advance(now);
            &*queue
        });
        queue
            .into_iter()
            .flat_map(|queue| queue.ready.iter().map(|(_, id)| id))
    }

    /// When the next task can be claimed that cannot be now.
    pub(super) fn next(&mut self, source: Option<&Source>, now: Timestamp) -> Option<Timestamp> {
        let queue = self.queue(source)?;
        queue.advance(now);
        queue.timed.first_key_value().map(|((time, _), _)| *time)
    }

    fn queue(&mut self, source: Option<&Source>) -> Option<&mut Queue> {
        match source {
            None => Some(&mut self.all),
            Some(source) => self.by_source.get_mut(source),
        }
    }
}

/// Who waits for whom to land. Knows nothing of landed dependencies.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    dependents: HashMap<TaskId, BTreeSet<TaskId>>,
}

impl Waiting {
    /// Makes `task` wait for `dependency`; false if it did already.
    pub(super) fn add(&mut self, dependency: &TaskId, task: &TaskId) -> bool {
        if let Some(tasks) = self.dependents.get_mut(dependency) {
            return tasks.insert(task.clone());
        }
        let tasks = BTreeSet::from([task.clone()]);
        self.dependents.insert(dependency.clone(), tasks);
        true
    }

    /// `task` waits for `dependency` no longer.
    pub(super) fn remove(&mut self, dependency: &TaskId, task: &TaskId) {
        if let Some(tasks) = self.dependents.get_mut(dependency) {
            tasks.remove(task);
            if tasks.is_empty() {
                self.dependents.remove(dependency);
            }
        }
    }

    /// It landed: those who waited for it.
    pub(super) fn landed(&mut self, dependency: &TaskId) -> BTreeSet<TaskId> {
        self.dependents.remove(dependency).unwrap_or_default()
    }
}
