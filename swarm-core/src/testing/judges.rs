//! A gate and a reviewer that follow a script.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::error::{Advice, Failure};
use crate::model::AccountId;
use crate::ports::{
    CallContext, Gate, GateError, GateErrorKind, GateReport, GateRequest, Review, ReviewError,
    ReviewErrorKind, ReviewRequest, Reviewer, ReviewerInfo, Ruling, StepOutcome, StepReport,
};

/// A [`Gate`] of one step that fails as often as it is told, then passes.
#[derive(Debug)]
pub struct ScriptedGate {
    name: String,
    failures: Mutex<VecDeque<String>>,
    calls: Mutex<Vec<GateRequest>>,
    forget: bool,
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
            calls: Mutex::default(),
            forget: false,
        }
    }

    /// Keeps no record of its calls: for runs of many thousand tasks.
    #[must_use]
    pub fn forgetful(mut self) -> Self {
        self.forget = true;
        self
    }

    /// The calls so far that ran the step.
    pub fn calls(&self) -> Vec<GateRequest> {
        locked(&self.calls).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Gate for ScriptedGate {
    fn steps(&self) -> Vec<String> {
        vec![self.name.clone()]
    }

    async fn run(&self, what: GateRequest, context: CallContext) -> Result<GateReport, GateError> {
        let error = |kind, advice| Failure::new(kind, "run the scripted gate", advice);
        let wanted = what.steps.as_deref().unwrap_or_default();
        if wanted.iter().any(|step| *step != self.name) {
            let unknown = GateErrorKind::UnknownStep;
            return Err(error(unknown, Advice::FixConfiguration));
        }
        if context.stop().is_some() {
            return Err(error(GateErrorKind::Stopped, Advice::Retry));
        }
        if !self.forget {
            locked(&self.calls).push(what);
        }
        let failure = locked(&self.failures).pop_front();
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
    calls: Mutex<Vec<ReviewRequest>>,
    account: Option<AccountId>,
    forget: bool,
}

impl ScriptedReviewer {
    /// A reviewer of this name.
    pub fn new(name: impl Into<String>, rulings: impl IntoIterator<Item = Ruling>) -> Self {
        Self {
            name: name.into(),
            rulings: Mutex::new(rulings.into_iter().collect()),
            calls: Mutex::default(),
            account: None,
            forget: false,
        }
    }

    /// Works with this account.
    #[must_use]
    pub fn account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// Keeps no record of its calls: for runs of many thousand tasks.
    #[must_use]
    pub fn forgetful(mut self) -> Self {
        self.forget = true;
        self
    }

    /// The calls so far that were judged.
    pub fn calls(&self) -> Vec<ReviewRequest> {
        locked(&self.calls).clone()
    }
}

#[async_trait]
impl Reviewer for ScriptedReviewer {
    fn info(&self) -> ReviewerInfo {
        ReviewerInfo {
            name: self.name.clone(),
            account: self.account.clone(),
        }
    }

    async fn review(
        &self,
        what: ReviewRequest,
        context: CallContext,
    ) -> Result<Review, ReviewError> {
        if context.stop().is_some() {
            let kind = ReviewErrorKind::Stopped;
            let what = "ask the scripted reviewer";
            return Err(Failure::new(kind, what, Advice::Retry));
        }
        if !self.forget {
            locked(&self.calls).push(what);
        }
        let ruling = locked(&self.rulings).pop_front();
        Ok(ruling.unwrap_or(Ruling::Approved).into())
    }
}
