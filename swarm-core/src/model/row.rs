//! A task as a store keeps it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    Cost, Fence, HostProcess, Nonce, Occupant, Oid, Progress, ReviewRecord, RunId, SessionId, Task,
    TaskId, Timestamp, Usage,
};

/// Proof that its holder owns a task: every write of an attempt carries it,
/// and a write with an older fence or another nonce changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// The task.
    pub task: TaskId,
    /// Counts the claims of this task.
    pub fence: Fence,
    /// Random; never shown to an agent.
    pub nonce: Nonce,
}

/// Who holds a running task, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run that claimed it.
    pub run: RunId,
    /// The claim's secret.
    pub nonce: Nonce,
    /// When the claim lapses unless renewed, by the store's clock.
    pub lease_until: Timestamp,
    /// The process that claimed it, where it can be told: once that is proved
    /// dead, the claim need not be waited for.
    #[serde(default)]
    pub process: Option<HostProcess>,
}

/// A landing that was decided on: recorded before the line moves, so that a
/// crash in between can be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The line's tip when the landing was made.
    pub base: Oid,
    /// The commit that the line is to move to.
    pub commit: Oid,
}

/// The state of a task in its store. One value, never several flags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TaskState {
    /// May be claimed once its dependencies have landed.
    Ready {
        /// Not before this time (a backoff).
        #[serde(default)]
        not_before: Option<Timestamp>,
        /// How the latest attempt ended, if there was one.
        #[serde(default)]
        after: Option<Setback>,
    },
    /// An attempt works on it.
    Running {
        /// Who.
        holder: Holder,
    },
    /// An attempt is moving the line; only evidence from git may undo this.
    Landing {
        /// Who.
        holder: Holder,
        /// To what.
        intent: Intent,
    },
    /// Its commit is on the line.
    Landed {
        /// The landing commit.
        commit: Oid,
        /// When.
        at: Timestamp,
    },
    /// A person must look; the worktree is kept.
    Held {
        /// Why.
        reason: String,
    },
    /// Its attempts are used up, or trying again cannot help.
    Failed {
        /// Why.
        reason: String,
    },
    /// Its agent says that it cannot be done as things are, or its text could
    /// not be read.
    Blocked {
        /// Why.
        reason: String,
    },
    /// Nothing needed to be done, as an agent found.
    Closed {
        /// Why.
        reason: String,
    },
    /// The reviewers wanted changes in every round.
    Rejected {
        /// The last findings.
        reason: String,
    },
    /// Its author took it away before it landed.
    Removed,
}

/// What somebody wants of a task while it is worked on. Whoever works on it is
/// told when it renews its claim, and ends its attempt; what is wanted is done
/// then. A task that lands first has landed: a new text stays here, for people
/// to see, and is not worked on unless it is added as another task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum Wish {
    /// Another text.
    Edit {
        /// This one.
        task: Box<Task>,
    },
    /// It waits for a person.
    Hold {
        /// Why.
        reason: String,
        /// With another text, if somebody has written one.
        task: Option<Box<Task>>,
    },
    /// Its author took it away.
    Remove,
}

impl Wish {
    /// The new text.
    pub fn text(&self) -> Option<&Task> {
        match self {
            Self::Edit { task } => Some(task),
            Self::Hold { task, .. } => task.as_deref(),
            Self::Remove => None,
        }
    }

    /// The same without the text.
    pub fn want(&self) -> Want {
        match self {
            Self::Edit { .. } => Want::Edited,
            Self::Hold { reason, .. } => Want::Held {
                reason: reason.clone(),
            },
            Self::Remove => Want::Removed,
        }
    }
}

/// What somebody else has made of a task while it was worked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "want", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Want {
    /// It has a new text.
    Edited,
    /// It is to wait for a person.
    Held {
        /// Why.
        reason: String,
    },
    /// Its author took it away.
    Removed,
}

/// How an attempt ended that leaves its task ready again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "setback", rename_all = "snake_case")]
pub enum Setback {
    /// It failed; there will be another.
    Failed {
        /// Why.
        reason: String,
    },
    /// It was stopped with the run; no fault of the task.
    Interrupted {
        /// By what.
        reason: String,
    },
}

/// What is known of the latest attempt: enough to show it to a person, and to
/// go on for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkpoint {
    /// The attempt's number.
    pub attempt: u32,
    /// The run that made it.
    pub run: Option<RunId>,
    /// Its worktree, while that exists.
    pub worktree: Option<PathBuf>,
    /// Its branch, while that exists.
    pub branch: Option<String>,
    /// The commit that it started from.
    pub base: Option<Oid>,
    /// The last commit seen on its branch.
    pub head: Option<Oid>,
    /// The agent's conversation, for resuming it.
    pub session: Option<SessionId>,
    /// Turns so far.
    pub turns: u32,
    /// The latest gate output or review findings, capped.
    pub feedback: Option<String>,
    /// Every call of a reviewer, the oldest first.
    pub reviews: Vec<ReviewRecord>,
    /// Folder with its transcripts and gate output.
    pub logs: Option<PathBuf>,
    /// What the agent gave as its reason, or left for the next conversation.
    pub note: Option<String>,
    /// Paths in conflict with the line, when somebody last looked.
    pub conflicts: Vec<PathBuf>,
    /// Who may be working in the worktree.
    pub occupant: Occupant,
    /// How far it has come; nobody goes on for an attempt without.
    pub progress: Option<Progress>,
}

/// A task with all that the store knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRow {
    /// What is to be done.
    pub task: Task,
    /// Its state.
    pub state: TaskState,
    /// Goes up with every change; people's commands are guarded by it.
    pub version: u64,
    /// What somebody wants of it, while it is worked on.
    #[serde(default)]
    pub wish: Option<Wish>,
    /// Since when it is ready, if it is: what it had waited before an attempt
    /// that was interrupted counts, too. Of rows of older versions: for ever.
    #[serde(default)]
    pub waits_since: Timestamp,
    /// Claims so far.
    pub fence: Fence,
    /// Attempts begun in this life, over all runs.
    pub attempts: u32,
    /// Attempts that count against `max_attempts`; a new run of a failed task
    /// starts again at 0.
    pub tries: u32,
    /// Attempts in a row that were cut short, by a stop or by the death of
    /// their run, before the one that is under way or comes next.
    #[serde(default)]
    pub cut_short: u32,
    /// Tokens used, over all attempts.
    pub usage: Usage,
    /// Money spent, over all attempts, as far as the harnesses tell.
    pub cost: Cost,
    /// Time in attempts, in milliseconds, over all of them.
    pub duration_ms: u64,
    /// The latest attempt.
    pub checkpoint: Checkpoint,
}
