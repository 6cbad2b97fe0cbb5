//! What can be wrong with a set-up.

use crate::protocol::prompt::PromptError;

/// What is wrong with a swarm's set-up. Nothing was started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No store was given.
    #[error("a swarm needs a task store: call `store`")]
    NoStore,
    /// No git client was given.
    #[error("a swarm needs a git client: call `git`")]
    NoGit,
    /// No harness was given.
    #[error("a swarm needs a harness: call `harness`")]
    NoHarness,
    /// A fall-back, a planner or a limit names a harness that was not given.
    #[error(
        "a fall-back, a planner or a limit names the harness {0:?}, which was not given: call `harness` for it"
    )]
    UnknownHarness(String),
    /// Two harnesses have one name.
    #[error("there are two harnesses named {0:?}")]
    TwoHarnesses(String),
    /// Nothing was said about reviews.
    #[error("say who reviews: call `reviewers`, or `unreviewed` if nobody does")]
    ReviewUndecided,
    /// A number that must be at least 1 is 0.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// The prompts cannot be made; every mistake is named.
    #[error(transparent)]
    Prompts(#[from] PromptError),
}
