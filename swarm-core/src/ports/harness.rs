//! The port to agents.

use std::fmt::Debug;
use std::path::PathBuf;

use async_trait::async_trait;
use serde_json::Value;

use super::{CallContext, PreflightRequest};
use crate::error::Failure;
use crate::model::{
    AttemptId, Check, ContextUse, Cost, EndReason, Nonce, Oid, Role, SessionId, Usage,
};

/// What a harness can do; the loop asks before it relies on something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub struct Capabilities {
    /// A later turn can go on with an earlier one's conversation.
    pub resume: bool,
    /// A turn can be kept from writing.
    pub read_only: bool,
    /// Reports carry what a turn cost.
    pub cost: bool,
    /// A turn can be made to answer by a JSON schema.
    pub structured: bool,
    /// It shortens a conversation by itself before that is full: nobody needs
    /// to hand it on.
    pub compacts: bool,
}

impl Capabilities {
    /// Says whether conversations can be resumed.
    #[must_use]
    pub fn with_resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Says whether a turn can be kept from writing.
    #[must_use]
    pub fn with_read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Says whether reports carry costs.
    #[must_use]
    pub fn with_cost(mut self, cost: bool) -> Self {
        self.cost = cost;
        self
    }

    /// Says whether a turn can be made to answer by a JSON schema.
    #[must_use]
    pub fn with_structured(mut self, structured: bool) -> Self {
        self.structured = structured;
        self
    }

    /// Says whether it shortens full conversations by itself.
    #[must_use]
    pub fn with_compacts(mut self, compacts: bool) -> Self {
        self.compacts = compacts;
        self
    }
}

/// One call of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnRequest {
    /// Whose turn.
    pub attempt: AttemptId,
    /// Counted from 1 within the attempt.
    pub turn: u32,
    /// What for.
    pub role: Role,
    /// What the agent is told. May be megabytes: never an argument of a program.
    pub prompt: String,
    /// The worktree: absolute, and the only place that the agent may write to.
    pub directory: PathBuf,
    /// The conversation to go on with; `None` starts a new one.
    pub session: Option<SessionId>,
    /// The model asked for.
    pub model: Option<String>,
    /// Marks this turn's signals; the prompt names it too.
    pub nonce: Nonce,
    /// For [`Role::Resolve`]: the line's commit to take in.
    pub onto: Option<Oid>,
    /// Where the task files are, if they are files. Not the copy in the worktree.
    pub tasks: Option<PathBuf>,
    /// Money left for this turn.
    pub budget: Option<Cost>,
    /// The turn must not write.
    pub read_only: bool,
    /// A JSON schema for the agent's answer. A harness without
    /// [`Capabilities::structured`] ignores it.
    pub schema: Option<Value>,
    /// Folders outside of `directory` that a commit there writes to, for agents
    /// whose sandbox must be told of them: absolute, and all there. Empty: not
    /// known; [`CliHarness`](crate::agent_cli::CliHarness) then looks for them.
    pub git_folders: Vec<PathBuf>,
    /// File for the raw output, with its folder to be made; `None` keeps none.
    /// An agent that takes several turns in one process writes to that of the
    /// first.
    pub log: Option<PathBuf>,
}

impl TurnRequest {
    /// A first turn that does a task, without anything special: for calling a
    /// harness outside a run.
    pub fn new(
        attempt: AttemptId,
        prompt: impl Into<String>,
        directory: impl Into<PathBuf>,
    ) -> Self {
        Self {
            attempt,
            turn: 1,
            role: Role::Implement,
            prompt: prompt.into(),
            directory: directory.into(),
            session: None,
            model: None,
            nonce: crate::nonce(),
            onto: None,
            tasks: None,
            budget: None,
            read_only: false,
            schema: None,
            git_folders: Vec::new(),
            log: None,
        }
    }
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnReport {
    /// Why it ended.
    pub end: EndReason,
    /// The agent's final message; the only place where signals are read.
    pub message: String,
    /// The conversation, if it can be resumed.
    pub session: Option<SessionId>,
    /// Tokens of this turn alone.
    pub usage: Usage,
    /// Money of this turn alone, if the harness tells.
    pub cost: Option<Cost>,
    /// For an end other than finished: one line for people.
    pub error: Option<String>,
    /// The answer by [`TurnRequest::schema`]. `None` if none was asked for, or
    /// the agent gave none; whether it keeps to the schema is the agent's word.
    pub structured: Option<Value>,
    /// How full the conversation was at its end, if the harness can tell.
    pub context: Option<ContextUse>,
    /// What the agent looked at in this turn, each thing once: paths of files, or
    /// commands. Only told apart, never opened: who looks at something new makes
    /// progress. Empty where a harness cannot tell.
    pub looked_at: Vec<String>,
    /// Numbers of processes that could not be ended. The worktree is not safe
    /// while they live: the attempt is held.
    pub survivors: Vec<u32>,
}

impl TurnReport {
    /// A turn that ended by itself with this message.
    pub fn finished(message: impl Into<String>) -> Self {
        Self {
            end: EndReason::Finished,
            message: message.into(),
            session: None,
            usage: Usage::default(),
            cost: None,
            error: None,
            structured: None,
            context: None,
            looked_at: Vec::new(),
            survivors: Vec::new(),
        }
    }

    /// A turn that ended otherwise.
    pub fn ended(end: EndReason, error: impl Into<String>) -> Self {
        Self {
            end,
            error: Some(error.into()),
            ..Self::finished("")
        }
    }
}

/// What sort of harness error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HarnessErrorKind {
    /// The agent's program is not there.
    NotFound,
    /// The request asks for something that the harness cannot do.
    Unsupported,
    /// The agent could not be started.
    Start,
}

/// No turn began. Everything that happens after that is a [`TurnReport`].
pub type HarnessError = Failure<HarnessErrorKind>;

/// Runs an agent. One object serves all slots at once.
///
/// Guarantees that an implementation gives:
/// - `run` returns only when the agent has ended, and all that it started with
///   it; a caller may use the directory at once. What could not be ended is
///   named in [`TurnReport::survivors`]. The one exception is what it puts into
///   [`CallContext::keep`], if there is one: that may wait for the next turn,
///   keeps to what [`Kept`](super::Kept) guarantees, and is let go by the run.
/// - After [`CallContext::stopped`] it returns soon: in good order within a
///   grace of some seconds, or at once for `Stop::Now`. Dropping the future
///   ends the agent, too.
/// - A failure of the agent or its service is a report, never an error.
///
/// It does not guarantee that the agent did anything, told the truth or stayed
/// in its directory: the loop looks for itself.
///
/// Adapters for command-line agents implement
/// [`CliAgent`](crate::agent_cli::CliAgent) instead and get all of this.
#[cfg_attr(any(test, feature = "test-util"), mockall::automock)]
#[async_trait]
pub trait Harness: Send + Sync + Debug {
    /// What it can do. Must not change while a run lasts.
    fn capabilities(&self) -> Capabilities;

    /// Looks whether turns could work: is the program there, does its version
    /// fit, is it logged in. May be called at any time, also in a run; see
    /// [`PreflightRequest`] for what an implementation keeps to. Nothing found
    /// means that nothing was looked at.
    async fn preflight(&self, what: PreflightRequest) -> Vec<Check> {
        let _ = what;
        Vec::new()
    }

    /// One turn. On error no agent was started; see [`HarnessError::advice`]
    /// for what to do.
    async fn run(
        &self,
        turn: TurnRequest,
        context: CallContext,
    ) -> Result<TurnReport, HarnessError>;
}
