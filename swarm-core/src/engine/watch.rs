//! Holds a call to its limits, whatever the adapter does.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::publish::Publisher;
use crate::model::{Limit, TaskId};
use crate::ports::{AgentEvent, CallContext, Sink, Stop, Stopper};

/// Hears a call: its events are published, its silence is measured.
struct Ear {
    task: TaskId,
    publisher: Publisher,
    heard: Mutex<Instant>,
}

impl Sink for Ear {
    fn event(&self, event: AgentEvent) {
        self.publisher.agent(self.task.clone(), event);
    }

    fn alive(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// How long a call may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) wall: Duration,
    pub(super) idle: Duration,
    /// From being stopped by a limit to being given up.
    pub(super) grace: Duration,
}

/// A call that was given up: it was stopped by this limit and did not end.
#[derive(Clone, Copy, Debug)]
pub(super) struct GivenUp(pub(super) Limit);

/// A context whose events are published, and the means to limit its call.
pub(super) struct Watch {
    ear: Arc<Ear>,
    stopper: Stopper,
}

impl Watch {
    pub(super) fn new(
        task: TaskId,
        publisher: Publisher,
        stopper: Stopper,
        context: CallContext,
    ) -> (Self, CallContext) {
        let ear = Arc::new(Ear {
            task,
            publisher,
            heard: Mutex::new(Instant::now()),
        });
        let context = context.heard_by(ear.clone());
        (Self { ear, stopper }, context)
    }

    fn heard(&self) -> Instant {
        *self
            .ear
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the call to its end, or to its limits.
    pub(super) async fn limit<T>(
        &self,
        limits: Limits,
        call: impl Future<Output = T>,
    ) -> Result<T, GivenUp> {
        let mut call = pin!(call);
        let wall = Instant::now() + limits.wall;
        let limit = loop {
            let idle = self.heard() + limits.idle;
            tokio::select! {
                biased;
                done = &mut call => return Ok(done),
                () = sleep_until(wall) => break Limit::Wall,
                () = sleep_until(idle) => {
                    // Something may have been heard while this slept.
                    if self.heard() + limits.idle <= Instant::now() {
                        break Limit::Idle;
                    }
                }
            }
        };
        self.stopper.stop(Stop::Limit(limit));
        tokio::select! {
            biased;
            done = &mut call => Ok(done),
            () = tokio::time::sleep(limits.grace) => Err(GivenUp(limit)),
        }
    }
}
