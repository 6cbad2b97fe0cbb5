//! The port to whoever judges the work.

use std::fmt::Debug;
use std::path::PathBuf;

use async_trait::async_trait;

use super::{CallContext, Diff, PreflightRequest};
use crate::error::Failure;
use crate::model::{AccountId, AttemptId, Check, Cost, EndReason, Nonce, Oid, Timestamp, Usage};

/// Who reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewerInfo {
    /// For events and reports.
    pub name: String,
    /// Whose limits are its own. `None`: nobody else's; its name stands for it.
    pub account: Option<AccountId>,
}

/// Asks for a judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRequest {
    /// Whose work.
    pub attempt: AttemptId,
    /// Counted from 1 within the attempt.
    pub round: u32,
    /// What the task says.
    pub task: String,
    /// The worktree, to be read only.
    pub directory: PathBuf,
    /// What was changed. All paths are named, also if the text was cut.
    pub diff: Diff,
    /// The commits that the diff is between, for whoever wants to see more of
    /// it: where the work began and what would land.
    pub range: Option<(Oid, Oid)>,
    /// The latest findings, of the round before: earlier ones are not told again.
    pub feedback: Option<String>,
    /// Marks the verdict.
    pub nonce: Nonce,
    /// File for the raw output; `None` keeps none.
    pub log: Option<PathBuf>,
}

/// A judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The work is good.
    Approved,
    /// Something must change first.
    Changes {
        /// What, one finding each.
        findings: Vec<String>,
    },
    /// No judgement could be had: never read as "changes".
    Unavailable {
        /// When it may be had, where the reviewer knows.
        until: Option<Timestamp>,
        /// How its turn ended, if it is an agent: what limits or closes its
        /// account keeps others off it, too.
        end: Option<EndReason>,
        /// Why.
        why: String,
    },
}

impl Ruling {
    /// No judgement could be had, and nobody knows until when.
    ///
    /// ```
    /// use swarm_core::ports::Ruling;
    /// let down = Ruling::unavailable("the service is overloaded");
    /// assert!(matches!(down, Ruling::Unavailable { until: None, .. }));
    /// ```
    pub fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable {
            until: None,
            end: None,
            why: why.into(),
        }
    }
}

/// A judgement and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The judgement.
    pub ruling: Ruling,
    /// Tokens used.
    pub usage: Usage,
    /// Money spent, if known.
    pub cost: Option<Cost>,
}

impl From<Ruling> for Review {
    fn from(ruling: Ruling) -> Self {
        Self {
            ruling,
            usage: Usage::default(),
            cost: None,
        }
    }
}

/// What sort of reviewer error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReviewErrorKind {
    /// The reviewer could not be asked.
    Start,
    /// The call was stopped.
    Stopped,
}

/// The reviewer could not be asked; treated like [`Ruling::Unavailable`].
pub type ReviewError = Failure<ReviewErrorKind>;

/// Judges work.
///
/// Guarantees that an implementation gives: it changes nothing in the
/// worktree; each call stands alone and knows of no earlier one but by its
/// request; it returns soon after being stopped. It does not guarantee to be
/// right: gates are asked first, and nothing lands on an approval alone.
///
/// The loop looks at the worktree after every call. A reviewer that changed or
/// committed something there has judged nothing: the work is held.
#[cfg_attr(any(test, feature = "test-util"), mockall::automock)]
#[async_trait]
pub trait Reviewer: Send + Sync + Debug {
    /// Who it is.
    fn info(&self) -> ReviewerInfo;

    /// Looks whether it could be asked; as
    /// [`Harness::preflight`](super::Harness::preflight).
    async fn preflight(&self, what: PreflightRequest) -> Vec<Check> {
        let _ = what;
        Vec::new()
    }

    /// One judgement.
    async fn review(
        &self,
        what: ReviewRequest,
        context: CallContext,
    ) -> Result<Review, ReviewError>;
}
