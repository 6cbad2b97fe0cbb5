//! The fixture for reviewers that ask an agent.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Answer, Asked, ReviewerFixture};
use crate::model::{EndReason, Killer};
use crate::ports::{
    CallContext, Capabilities, Harness, HarnessError, Reviewer, TurnReport, TurnRequest,
};
use crate::testing::Ability;
use crate::testing::place::Place;

/// Makes the reviewer that asks an agent.
type Builder = dyn Fn(Arc<dyn Harness>) -> Arc<dyn Reviewer> + Send + Sync;

/// A reviewer that asks an agent, which answers as the clause wants it to.
pub struct AgentFixture {
    place: Place,
    reviewer: Box<Builder>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl AgentFixture {
    /// `reviewer` makes a reviewer that asks this agent.
    pub fn new<R: Reviewer + 'static>(
        reviewer: impl Fn(Arc<dyn Harness>) -> R + Send + Sync + 'static,
    ) -> Self {
        Self {
            place: Place::with_work(),
            reviewer: Box::new(move |agent| Arc::new(reviewer(agent))),
            asked: Arc::default(),
        }
    }
}

impl fmt::Debug for AgentFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentFixture")
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}

impl ReviewerFixture for AgentFixture {
    fn reviewer(&self, answer: &Answer) -> Arc<dyn Reviewer> {
        (self.reviewer)(Arc::new(Agent {
            answer: answer.clone(),
            asked: self.asked.clone(),
        }))
    }

    fn directory(&self) -> PathBuf {
        self.place.work()
    }

    fn contents(&self) -> String {
        self.place.contents()
    }

    fn asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock();
        asked.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn living(&self) -> Vec<String> {
        Vec::new()
    }

    fn lacks(&self) -> Vec<Ability> {
        vec![Ability::Programs, Ability::Processes]
    }
}

#[derive(Debug)]
struct Agent {
    answer: Answer,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Agent {
    fn note(&self, asked: Asked) {
        let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(asked);
    }
}

/// What says so to a reader of verdicts; `None` if nothing is ever said.
pub(super) fn words(answer: &Answer) -> Option<String> {
    Some(match answer {
        Answer::Approves | Answer::Fails => "It is good.\nswarm:{nonce} APPROVED".to_owned(),
        Answer::Wants(findings) => {
            let lines = findings.iter().map(|finding| format!("\n- {finding}"));
            lines.fold("swarm:{nonce} CHANGES".to_owned(), |all, line| all + &line)
        }
        Answer::Says(words) => words.clone(),
        Answer::Echoes => "{all}".to_owned(),
        Answer::Hangs | Answer::Breeds => return None,
    })
}

#[async_trait]
impl Harness for Agent {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .with_resume(true)
            .with_read_only(true)
    }

    async fn run(
        &self,
        turn: TurnRequest,
        context: CallContext,
    ) -> Result<TurnReport, HarnessError> {
        let stopped = || TurnReport::ended(EndReason::Killed { by: Killer::Swarm }, "stopped");
        if context.stop().is_some() {
            return Ok(stopped());
        }
        let asked = Asked {
            text: turn.prompt.clone(),
            session: turn.session.clone(),
            read_only: turn.read_only,
        };
        self.note(asked);
        let Some(words) = words(&self.answer) else {
            context.stopped().await;
            return Ok(stopped());
        };
        let words = words.replace("{nonce}", turn.nonce.as_str());
        let message = words.replace("{all}", &turn.prompt);
        Ok(match self.answer {
            Answer::Fails => TurnReport {
                message,
                ..TurnReport::ended(EndReason::Crashed, "exit code 1")
            },
            _ => TurnReport::finished(message),
        })
    }
}
