//! A gate and a reviewer that follow a script.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::ports::{
    CallContext, Gate, GateError, GateReport, GateRequest, Review, ReviewError, ReviewRequest,
    Reviewer, ReviewerInfo, Ruling, StepOutcome, StepReport,
};

/// A [`Gate`] of one step that fails as often as it is told, then passes.
#[derive(Debug)]
pub struct ScriptedGate {
    name: String,
    failures: Mutex<VecDeque<String>>,
}

impl ScriptedGate {
    /// A step that fails with these outputs, one a call, then passes.
    pub fn new(
        name: impl Into<String>,
        failures: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            failures: Mutex::new(failures.into_iter().map(Into::into).collect()),
        }
    }
}

#[async_trait]
impl Gate for ScriptedGate {
    fn steps(&self) -> Vec<String> {
        vec![self.name.clone()]
    }

    async fn run(&self, _: GateRequest, _: CallContext) -> Result<GateReport, GateError> {
        let failure = self
            .failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let step = StepReport {
            name: self.name.clone(),
            outcome: match failure {
                Some(_) => StepOutcome::Failed { code: Some(1) },
                None => StepOutcome::Passed,
            },
            output: failure.unwrap_or_default(),
            duration: Duration::ZERO,
        };
        Ok(GateReport { steps: vec![step] })
    }
}

/// A [`Reviewer`] that gives these rulings in order, then approves.
#[derive(Debug)]
pub struct ScriptedReviewer {
    name: String,
    rulings: Mutex<VecDeque<Ruling>>,
    asked: Mutex<Vec<ReviewRequest>>,
}

impl ScriptedReviewer {
    /// A reviewer of this name.
    pub fn new(name: impl Into<String>, rulings: impl IntoIterator<Item = Ruling>) -> Self {
        Self {
            name: name.into(),
            rulings: Mutex::new(rulings.into_iter().collect()),
            asked: Mutex::default(),
        }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<ReviewRequest> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

#[async_trait]
impl Reviewer for ScriptedReviewer {
    fn info(&self) -> ReviewerInfo {
        ReviewerInfo {
            name: self.name.clone(),
        }
    }

    async fn review(&self, what: ReviewRequest, _: CallContext) -> Result<Review, ReviewError> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what);
        let ruling = self
            .rulings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        Ok(ruling.unwrap_or(Ruling::Approved).into())
    }
}
