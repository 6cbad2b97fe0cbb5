//! A reviewer that is any program.

use std::sync::Arc;

use async_trait::async_trait;

use super::HarnessReviewer;
use crate::agent_cli::CommandHarness;
use crate::model::Check;
use crate::ports::{
    CallContext, HarnessError, PreflightRequest, Review, ReviewError, ReviewRequest, Reviewer,
    ReviewerInfo,
};

/// Calls a program for a judgement, as [`CommandHarness`] does, with
/// `SWARM_ROLE` set to `review`. Exit code 0 and a verdict line
/// (`swarm:$SWARM_NONCE APPROVED`, or `swarm:$SWARM_NONCE CHANGES` and the
/// findings after it) are a judgement; any other exit code means that there is
/// none.
///
/// ```
/// use swarm_core::review::CommandReviewer;
/// let reviewer = CommandReviewer::parse("my-reviewer --strict")?;
/// # Ok::<_, swarm_core::ports::HarnessError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CommandReviewer(HarnessReviewer);

impl CommandReviewer {
    /// Takes a command line, which is the reviewer's name, too.
    ///
    /// # Errors
    /// As for [`CommandHarness::parse`].
    pub fn parse(line: &str) -> Result<Self, HarnessError> {
        Ok(Self::new(line, CommandHarness::parse(line)?))
    }

    /// Takes a command under a name for events and reports.
    pub fn new(name: impl Into<String>, command: CommandHarness) -> Self {
        Self(HarnessReviewer::new(name, Arc::new(command)))
    }
}

#[async_trait]
impl Reviewer for CommandReviewer {
    fn info(&self) -> ReviewerInfo {
        self.0.info()
    }

    async fn preflight(&self, what: PreflightRequest) -> Vec<Check> {
        self.0.preflight(what).await
    }

    async fn review(
        &self,
        what: ReviewRequest,
        context: CallContext,
    ) -> Result<Review, ReviewError> {
        self.0.review(what, context).await
    }
}
