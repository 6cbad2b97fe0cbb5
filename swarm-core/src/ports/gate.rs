//! The port to whatever checks the work.

use std::fmt::Debug;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;

use super::CallContext;
use crate::error::Failure;
use crate::model::AttemptId;

/// Asks for the work in a worktree to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateRequest {
    /// Whose work.
    pub attempt: AttemptId,
    /// The worktree, where the steps run.
    pub directory: PathBuf,
    /// Run only these of the gate's steps, in the gate's order; `None`: all.
    pub steps: Option<Vec<String>>,
    /// Folder for the full output, a file a step; `None` keeps none.
    pub logs: Option<PathBuf>,
}

/// How a step came out. Its kind is its name; nothing is read from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// The work is as the step wants it.
    Passed,
    /// It is not.
    Failed {
        /// The exit code, if it was a program that had one.
        code: Option<i32>,
    },
    /// It took too long and was ended.
    TimedOut,
}

/// What a step said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// Its name.
    pub name: String,
    /// How it came out.
    pub outcome: StepOutcome,
    /// Head and tail of its output, bounded.
    pub output: String,
    /// How long it ran.
    pub duration: Duration,
}

/// What a gate found. Steps after the first that did not pass were not run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GateReport {
    /// The steps that ran, in order.
    pub steps: Vec<StepReport>,
}

impl GateReport {
    /// The step that did not pass.
    pub fn failed(&self) -> Option<&StepReport> {
        self.steps
            .iter()
            .find(|step| step.outcome != StepOutcome::Passed)
    }
}

/// What sort of gate error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GateErrorKind {
    /// A step could not be started.
    Start,
    /// A step was asked for that the gate does not have.
    UnknownStep,
    /// The call was stopped.
    Stopped,
    /// A step left processes that could not be ended: the worktree is not safe.
    Survivors,
}

/// The work could not be checked; this says nothing about the work.
pub type GateError = Failure<GateErrorKind>;

/// Checks work. Must not change what it checks.
///
/// Guarantees that an implementation gives: it runs in `directory` and nowhere
/// else; it returns soon after being stopped, with all that it started ended.
/// It does not guarantee that the same work always gets the same answer.
#[cfg_attr(any(test, feature = "test-util"), mockall::automock)]
#[async_trait]
pub trait Gate: Send + Sync + Debug {
    /// Names of its steps, in the order in which they run.
    fn steps(&self) -> Vec<String>;

    /// Runs the steps until one does not pass.
    async fn run(&self, what: GateRequest, context: CallContext) -> Result<GateReport, GateError>;
}
