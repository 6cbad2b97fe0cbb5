//! Why a run ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunEnd {
    /// Nothing was left that could be done.
    #[default]
    Drained,
    /// Nothing came for as long as it was to wait
    /// ([`Until::Quiet`](crate::dispatch::Until)).
    Quiet,
    /// It was told to finish what was begun, and to begin nothing more.
    Asked,
    /// It was stopped.
    Stopped,
    /// What it may use up is used up.
    OutOfBudget {
        /// Which limit.
        reason: String,
    },
    /// Different tasks failed alike.
    LineStopped {
        /// How many, and of what.
        reason: String,
    },
    /// No account lets it in any more: a person must act.
    NoAccount,
    /// The store could not be asked for tasks, several times in a row.
    StoreFailed {
        /// The last error.
        reason: String,
    },
}

impl fmt::Display for RunEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drained => f.write_str("nothing was left to do"),
            Self::Quiet => f.write_str("nothing came to do"),
            Self::Asked => f.write_str("it was told to begin nothing more"),
            Self::Stopped => f.write_str("it was stopped"),
            Self::OutOfBudget { reason } => f.write_str(reason),
            Self::LineStopped { reason } => write!(f, "the line was stopped: {reason}"),
            Self::NoAccount => f.write_str("no account lets it in any more"),
            Self::StoreFailed { reason } => {
                write!(f, "the store could not be asked for tasks: {reason}")
            }
        }
    }
}
