//! Holds a call to its limits, whatever the adapter does.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};

use super::ports::{Named, Ports};
use crate::model::{AttemptId, Limit, SessionId};
use crate::ports::{AgentEvent, Answer, CallContext, Question, Sink, Stop, Stopper};

/// Hears a call: its events are published, its silence is measured, what it
/// asks is put to those who may answer.
struct Ear {
    attempt: AttemptId,
    ports: Arc<Ports>,
    /// The turn whose conversation is to be kept as soon as it is named.
    turn: Option<u32>,
    heard: Mutex<Heard>,
}

struct Heard {
    /// When the last sound came.
    last: Instant,
    /// Until when it waits for its service, as it says.
    waits: Option<Instant>,
    /// Questions that it waits for. As long as there are any, silence is not
    /// its own.
    asked: usize,
    /// The conversation that it named last.
    session: Option<SessionId>,
}

impl Ear {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ear {
    /// A conversation that can be gone on with is told at once: its turn may
    /// never end.
    fn named(&self, session: &SessionId) {
        self.heard().session = Some(session.clone());
        if let Some(turn) = self.turn {
            let named = Named {
                task: self.attempt.task.clone(),
                turn,
                session: session.clone(),
            };
            // A run that is over needs it no more.
            let _ = self.ports.named.send(named);
        }
    }
}

#[async_trait]
impl Sink for Ear {
    fn event(&self, event: AgentEvent) {
        match &event {
            AgentEvent::Session { session } => self.named(session),
            AgentEvent::Waits { wait } => {
                let span = wait.span(self.ports.clock.now());
                self.heard().waits = Some(Instant::now() + span);
            }
            // It works again: from now on, silence is its own.
            AgentEvent::Message { .. } | AgentEvent::Tool { .. } => self.heard().waits = None,
            _ => {}
        }
        let publisher = &self.ports.publisher;
        publisher.agent(self.attempt.task.clone(), event);
    }

    fn alive(&self) {
        self.heard().last = Instant::now();
    }

    async fn ask(&self, question: Question) -> Answer {
        let _waits = Waits::begin(self);
        self.ports.questions.ask(&self.attempt, question).await
    }
}

/// Counts a question as open, also if it is dropped.
struct Waits<'a>(&'a Ear);

impl<'a> Waits<'a> {
    fn begin(ear: &'a Ear) -> Self {
        ear.heard().asked += 1;
        Self(ear)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let mut heard = self.0.heard();
        heard.asked -= 1;
        heard.last = Instant::now();
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
    /// For a turn with a conversation that can be resumed, its number is given.
    pub(super) fn new(
        (attempt, turn): (AttemptId, Option<u32>),
        ports: Arc<Ports>,
        stopper: Stopper,
        context: CallContext,
    ) -> (Self, CallContext) {
        let ear = Arc::new(Ear {
            attempt,
            ports,
            turn,
            heard: Mutex::new(Heard {
                last: Instant::now(),
                waits: None,
                asked: 0,
                session: None,
            }),
        });
        let context = context.heard_by(ear.clone());
        (Self { ear, stopper }, context)
    }

    /// The conversation that the call has named, whatever became of it.
    pub(super) fn session(&self) -> Option<SessionId> {
        self.ear.heard().session.clone()
    }

    /// When it was heard last: right now, while it waits for an answer; at the
    /// end of its wait, while it waits for its service.
    fn heard(&self) -> Instant {
        let heard = self.ear.heard();
        if heard.asked > 0 {
            Instant::now()
        } else {
            heard
                .waits
                .map_or(heard.last, |waits| waits.max(heard.last))
        }
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
