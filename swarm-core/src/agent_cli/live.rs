//! A program that waits for its agent's next turn.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::dialogue::{Dialogue, TurnEnd};
use super::files::Files;
use super::{CliAgent, Invocation};
use crate::model::{EndReason, SessionId};
use crate::ports::{CallContext, HarnessError, Kept, TurnReport, TurnRequest};

/// What was called once, and how.
pub(super) struct Live {
    pub(super) dialogue: Dialogue,
    /// Whose program it is.
    pub(super) agent: Arc<dyn CliAgent>,
    /// The call that started it, but for prompt and conversation.
    pub(super) shape: Invocation,
    /// The conversation that it is in.
    pub(super) session: Option<SessionId>,
    pub(super) grace: Duration,
    /// The files that it was called with, for as long as it lives.
    pub(super) _files: Option<Files>,
}

impl Live {
    /// What was kept of the turn before, if a harness of this kind did.
    pub(super) fn taken(context: &CallContext) -> Option<Box<Self>> {
        context.keep()?.take()?.downcast().ok()
    }

    /// Whether this turn differs from the one before in its prompt only.
    pub(super) async fn can_take(
        &mut self,
        agent: &Arc<dyn CliAgent>,
        shape: &Invocation,
        turn: &TurnRequest,
    ) -> bool {
        Arc::ptr_eq(&self.agent, agent)
            && self.session.is_some()
            && self.session == turn.session
            && self.shape == *shape
            && self.dialogue.waits().await
    }
}

#[async_trait]
impl Kept for Live {
    async fn end(self: Box<Self>) -> Vec<u32> {
        self.dialogue.end(self.grace).await
    }
}

/// A turn's call without its prompt and its conversation: a program that was
/// called so can take any turn of such a call.
pub(super) fn shape(
    agent: &dyn CliAgent,
    turn: &mut TurnRequest,
) -> Result<Invocation, HarnessError> {
    let prompt = std::mem::take(&mut turn.prompt);
    let session = turn.session.take();
    let shape = agent.invocation(turn);
    turn.prompt = prompt;
    turn.session = session;
    shape
}

/// The report of a turn. Who waits for another one is kept.
pub(super) fn keep(live: Option<Box<Live>>, end: TurnEnd, context: &CallContext) -> TurnReport {
    match end {
        TurnEnd::Ended(report) => report,
        TurnEnd::Unheard(survivors) => not_alone(survivors),
        TurnEnd::Waits(report) => {
            if let (Some(mut live), Some(keep)) = (live, context.keep()) {
                live.session.clone_from(&report.session);
                keep.put(*live);
            }
            report
        }
    }
}

/// The turn cannot begin beside what the agent left behind.
pub(super) fn not_alone(survivors: Vec<u32>) -> TurnReport {
    TurnReport {
        survivors,
        ..TurnReport::ended(
            EndReason::Crashed,
            "what the turn before had left could not be ended",
        )
    }
}
