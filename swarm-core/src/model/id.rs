//! Names of things, each with a type of its own.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest task id, in bytes. Longer ones are refused when the task is added.
pub const MAX_TASK_ID: usize = 512;

/// The id of a task: any text without `/`, control characters or surrounding
/// white space, 1 to [`MAX_TASK_ID`] bytes.
///
/// Nothing in an id is ever executed or used as a path: branches and folders
/// are named by a slug made from it.
///
/// ```
/// use swarm_core::model::TaskId;
/// assert!(TaskId::new("日本 `x`").is_ok());
/// assert!(TaskId::new("a/b").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId(Arc<str>);

/// Why a text is no task id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id:?} is no task id: {why}")]
pub struct BadTaskId {
    /// The text that was given.
    pub id: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl TaskId {
    /// Checks and takes an id.
    pub fn new(id: impl Into<String>) -> Result<Self, BadTaskId> {
        let id = id.into();
        let why = if id.is_empty() {
            "it is empty"
        } else if id.len() > MAX_TASK_ID {
            "it is longer than 512 bytes"
        } else if id.contains('/') {
            "it contains a slash; use another character"
        } else if id.chars().any(char::is_control) {
            "it contains a control character"
        } else if id.trim() != id {
            "it begins or ends with white space"
        } else {
            return Ok(Self(id.into()));
        };
        Err(BadTaskId { id, why })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TaskId {
    type Error = BadTaskId;
    fn try_from(id: String) -> Result<Self, BadTaskId> {
        Self::new(id)
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(text.as_ref().into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// One run of a swarm. Lower-case letters, digits and dashes; new for
    /// every run, so that two runs on one repository never share a name.
    RunId
}
text_id! {
    /// A git object id in lower-case hex.
    Oid
}
text_id! {
    /// An agent's own conversation id, as its CLI gave it.
    SessionId
}
text_id! {
    /// Random text that marks the signals of one turn (in a
    /// [`TurnRequest`](crate::ports::TurnRequest)), or proves one claim (in a
    /// [`Claim`](super::Claim)). The two are never the same.
    Nonce
}
text_id! {
    /// The name under which a harness was given to the builder.
    HarnessName
}
text_id! {
    /// Whose login and credit a harness works with. Harnesses that share them
    /// share their limits. Unless the builder is told otherwise, it is the
    /// harness's name.
    AccountId
}

/// Counts the claims of a task: a write with an older fence is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub u64);

/// A question that an agent asked, counted from 1 within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuestionId(pub u64);

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which attempt of which task in which run: names worktrees, branches, logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptId {
    /// The run.
    pub run: RunId,
    /// The task.
    pub task: TaskId,
    /// Counted from 1 over the whole life of the task, across runs.
    pub number: u32,
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} attempt {} in run {}",
            self.task, self.number, self.run
        )
    }
}
