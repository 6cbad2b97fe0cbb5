//! Tells the observers, in order, and survives them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use super::clock::Clock;
use crate::event::{Event, EventRecord};
use crate::model::{RunId, TaskId};
use crate::ports::{AgentEvent, Observer};

/// The observers of a run. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Publisher {
    run: RunId,
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    observers: Vec<Arc<dyn Observer>>,
    seq: u64,
}

impl Publisher {
    pub(super) fn new(run: RunId, clock: Clock, observers: Vec<Arc<dyn Observer>>) -> Self {
        Self {
            run,
            clock,
            inner: Arc::new(Mutex::new(Inner { observers, seq: 0 })),
        }
    }

    pub(super) fn publish(&self, event: Event) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.observers.is_empty() {
            return;
        }
        inner.seq += 1;
        let record = EventRecord::new(inner.seq, self.clock.now(), self.run.clone(), event);
        // An observer that panics is left alone from then on.
        inner.observers.retain(|observer| {
            catch_unwind(AssertUnwindSafe(|| observer.observe(&record))).is_ok()
        });
    }

    /// Nothing is published after this.
    pub(super) fn close(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        for observer in inner.observers.drain(..) {
            // There is nobody left to tell of a panic here.
            let _ = catch_unwind(AssertUnwindSafe(|| observer.close()));
        }
    }

    /// Tells what an agent does.
    pub(super) fn agent(&self, task: TaskId, did: AgentEvent) {
        self.publish(Event::Agent { task, did });
    }
}
