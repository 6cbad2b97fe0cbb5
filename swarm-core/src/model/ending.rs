//! How attempts end, and what follows: the one table of outcomes.
//!
//! | what happened | ending | store state | outcome | exit | dependents |
//! |---|---|---|---|---|---|
//! | its commit is on the line | `Landed` | `Landed` | landed | 0 | may start |
//! | an attempt failed, another may follow | `Retry` | `Ready` (not before T) | failed, if the run ends first | 1 | wait |
//! | attempts used up, or trying again cannot help | `Failed` | `Failed` | failed | 1 | unsatisfiable |
//! | a person must look (uncommitted work, conflict, no reviewer) | `Held` | `Held` | held | 1 | wait |
//! | the agent says it cannot be done | `Blocked` | `Blocked` | blocked | 1 | unsatisfiable |
//! | nothing needs to be done, says an agent, and left nothing | `Closed` | `Closed` | closed | 0 | may start |
//! | reviewers wanted changes in every round | `Rejected` | `Rejected` | rejected | 1 | unsatisfiable |
//! | the run was stopped | `Interrupted` | `Ready` | interrupted | 130 | wait |
//! | another worker holds a newer claim | `Lost` | as that worker says | as that worker says | 1 unless landed | wait |
//! | never started: draft, or the run ended first | none | `Ready` | skipped | 1, drafts 0 | wait |
//! | its file cannot be read | none | `Blocked` | blocked | 1 | unsatisfiable |
//! | a dependency cannot land | none | `Ready` | blocked | 1 | unsatisfiable |
//! | its file was taken away | none | `Removed` | not reported | 0 | unsatisfiable |
//!
//! "Unsatisfiable" is derived when somebody asks, never stored: a retried
//! dependency frees its dependents by landing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Oid, TaskState};

/// How an attempt ended. Every attempt has exactly one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// Its commit is on the line.
    Landed {
        /// The landing commit.
        commit: Oid,
    },
    /// It failed; the task is ready again after a pause.
    Retry {
        /// Why it failed.
        reason: String,
        /// The pause.
        #[serde(rename = "after_ms", with = "super::time::millis")]
        after: Duration,
    },
    /// It failed, and so did the task.
    Failed {
        /// Why.
        reason: String,
    },
    /// A person must look.
    Held {
        /// Why.
        reason: String,
    },
    /// The agent says that it cannot be done as things are.
    Blocked {
        /// Why.
        reason: String,
    },
    /// An agent says that nothing needs to be done, and it left nothing.
    Closed {
        /// Why.
        reason: String,
    },
    /// The reviewers wanted changes in every round.
    Rejected {
        /// The last findings.
        reason: String,
    },
    /// The run was stopped; no fault of the task.
    Interrupted {
        /// By what.
        reason: String,
    },
    /// Somebody else holds a newer claim; nothing was written.
    Lost {
        /// How that was noticed.
        reason: String,
    },
}

impl Ending {
    /// Whether the task is settled: nobody will work on it again in this run.
    pub fn settles(&self) -> bool {
        match self {
            Self::Landed { .. }
            | Self::Failed { .. }
            | Self::Held { .. }
            | Self::Blocked { .. }
            | Self::Closed { .. }
            | Self::Rejected { .. }
            | Self::Interrupted { .. } => true,
            Self::Retry { .. } | Self::Lost { .. } => false,
        }
    }

    /// Why, for people; empty for a landing.
    pub fn reason(&self) -> &str {
        match self {
            Self::Landed { .. } => "",
            Self::Retry { reason, .. }
            | Self::Failed { reason }
            | Self::Held { reason }
            | Self::Blocked { reason }
            | Self::Closed { reason }
            | Self::Rejected { reason }
            | Self::Interrupted { reason }
            | Self::Lost { reason } => reason,
        }
    }
}

/// What a report says of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// On the line.
    Landed,
    /// Waits for a person.
    Held,
    /// Given up, or its last attempt failed.
    Failed,
    /// Cannot be done as things are.
    Blocked,
    /// Nothing needed to be done.
    Closed,
    /// Reviewers wanted changes in every round.
    Rejected,
    /// Never started.
    Skipped,
    /// Stopped with the run.
    Interrupted,
}

impl Outcome {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Landed => "landed",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What a task's state means for the tasks that depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prospect {
    /// They may start.
    Satisfied,
    /// They wait: it may still land.
    Open,
    /// They cannot start unless a person changes something.
    GivenUp,
}

impl TaskState {
    /// What this state means for dependents.
    pub fn prospect(&self) -> Prospect {
        match self {
            Self::Landed { .. } | Self::Closed { .. } => Prospect::Satisfied,
            Self::Ready { .. }
            | Self::Running { .. }
            | Self::Landing { .. }
            | Self::Held { .. } => Prospect::Open,
            Self::Failed { .. } | Self::Blocked { .. } | Self::Rejected { .. } | Self::Removed => {
                Prospect::GivenUp
            }
        }
    }

    /// Whether somebody holds it, or has fallen silent with it.
    pub fn is_worked_on(&self) -> bool {
        match self {
            Self::Running { .. } | Self::Landing { .. } => true,
            Self::Ready { .. }
            | Self::Landed { .. }
            | Self::Closed { .. }
            | Self::Held { .. }
            | Self::Failed { .. }
            | Self::Blocked { .. }
            | Self::Rejected { .. }
            | Self::Removed => false,
        }
    }

    /// Whether nobody will work on the task unless a person changes something.
    pub fn rests(&self) -> bool {
        match self {
            Self::Ready { .. } | Self::Running { .. } | Self::Landing { .. } => false,
            Self::Landed { .. }
            | Self::Held { .. }
            | Self::Failed { .. }
            | Self::Blocked { .. }
            | Self::Closed { .. }
            | Self::Rejected { .. }
            | Self::Removed => true,
        }
    }

    /// One word for people.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ready { .. } => "ready",
            Self::Running { .. } => "running",
            Self::Landing { .. } => "landing",
            Self::Landed { .. } => "landed",
            Self::Held { .. } => "held",
            Self::Failed { .. } => "failed",
            Self::Blocked { .. } => "blocked",
            Self::Closed { .. } => "closed",
            Self::Rejected { .. } => "rejected",
            Self::Removed => "removed",
        }
    }
}
