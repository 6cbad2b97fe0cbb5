//! An observer that remembers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::event::{Event, EventRecord};
use crate::ports::Observer;

/// Remembers everything that it observes.
#[derive(Debug, Default)]
pub struct EventLog {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    records: Vec<EventRecord>,
    closed: usize,
    after_close: usize,
}

impl EventLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// The events so far.
    pub fn events(&self) -> Vec<Event> {
        self.lock()
            .records
            .iter()
            .map(|record| record.event.clone())
            .collect()
    }

    /// The events so far, with their places.
    pub fn records(&self) -> Vec<EventRecord> {
        self.lock().records.clone()
    }

    /// Whether it was closed exactly once, after the last event.
    pub fn closed_properly(&self) -> bool {
        let seen = self.lock();
        seen.closed == 1 && seen.after_close == 0
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for EventLog {
    fn observe(&self, record: &EventRecord) {
        let mut seen = self.lock();
        seen.after_close += usize::from(seen.closed > 0);
        seen.records.push(record.clone());
    }

    fn close(&self) {
        self.lock().closed += 1;
    }
}
