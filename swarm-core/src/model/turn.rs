//! What one turn of an agent is for, and how it can end.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What an agent is asked for in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// Do the task.
    Implement,
    /// Commit what lies uncommitted.
    Commit,
    /// Repair what a gate or a reviewer found.
    Fix,
    /// Take in the line and resolve the conflict.
    Resolve,
    /// Judge the work of another.
    Review,
    /// Say whether the task is ready to be worked on.
    Validate,
    /// Decide an open question of the task.
    Decide,
    /// Find new tasks.
    Plan,
}

impl Role {
    /// The word used in prompts, events and `SWARM_ROLE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Implement => "implement",
            Self::Commit => "commit",
            Self::Fix => "fix",
            Self::Resolve => "resolve",
            Self::Review => "review",
            Self::Validate => "validate",
            Self::Decide => "decide",
            Self::Plan => "plan",
        }
    }
}

/// Which limit ended a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Nothing was heard of the agent for too long.
    Idle,
    /// The turn as a whole took too long.
    Wall,
}

/// Who killed an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Killer {
    /// This library: a cancel or a stop.
    Swarm,
    /// Somebody else: a person, the system, the agent itself.
    Other,
}

/// Why a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end_reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The agent ended by itself.
    Finished,
    /// Not logged in, or the key was refused.
    Auth,
    /// No credit left.
    Billing,
    /// Too many requests, or a usage limit.
    RateLimited {
        /// When it may be tried again, where the service said so.
        retry_at: Option<Timestamp>,
    },
    /// The service is overloaded or broken.
    Overloaded,
    /// The connection failed.
    Network,
    /// The conversation no longer fits.
    ContextFull,
    /// A limit on turns or money that was asked for.
    LimitReached,
    /// A limit of the model (longest answer).
    ModelLimit,
    /// The model declined.
    Refused,
    /// The agent could not work as it was called: unknown flag, unknown model.
    Config,
    /// The session to resume does not exist.
    SessionNotFound,
    /// Ended by a signal.
    Killed {
        /// Whose.
        by: Killer,
    },
    /// It died.
    Crashed,
    /// A limit of the run ended it.
    TimedOut {
        /// Which.
        limit: Limit,
    },
}

impl EndReason {
    /// The word used in events and by people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Auth => "auth",
            Self::Billing => "billing",
            Self::RateLimited { .. } => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Network => "network",
            Self::ContextFull => "context_full",
            Self::LimitReached => "limit_reached",
            Self::ModelLimit => "model_limit",
            Self::Refused => "refused",
            Self::Config => "config",
            Self::SessionNotFound => "session_not_found",
            Self::Killed { .. } => "killed",
            Self::Crashed => "crashed",
            Self::TimedOut { .. } => "timed_out",
        }
    }

    /// Whether this says why an agent was silent for so long that a limit ended
    /// it: it waited for its service. Such a reason tells more than "timed out".
    pub fn explains_silence(&self) -> bool {
        match self {
            Self::Auth
            | Self::Billing
            | Self::RateLimited { .. }
            | Self::Overloaded
            | Self::Network => true,
            Self::Finished
            | Self::ContextFull
            | Self::LimitReached
            | Self::ModelLimit
            | Self::Refused
            | Self::Config
            | Self::SessionNotFound
            | Self::Killed { .. }
            | Self::Crashed
            | Self::TimedOut { .. } => false,
        }
    }
}

/// Processes that could not be ended, by their numbers, for people.
///
/// ```
/// use swarm_core::model::survivors_text;
/// assert_eq!(survivors_text(&[7]), "process 7 could not be ended");
/// assert_eq!(survivors_text(&[7, 9]), "processes 7, 9 could not be ended");
/// ```
pub fn survivors_text(survivors: &[u32]) -> String {
    let numbers: Vec<String> = survivors.iter().map(u32::to_string).collect();
    let what = match survivors {
        [_] => "process",
        _ => "processes",
    };
    format!("{what} {} could not be ended", numbers.join(", "))
}
