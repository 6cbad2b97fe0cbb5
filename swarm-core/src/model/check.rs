//! What a look at the surroundings of a run found.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a check came out, the worse the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Fine,
    /// A run may work as it is; a person should know.
    Doubtful,
    /// A run would fail.
    Broken,
}

/// One thing that was looked at before a run: what was found and what to do
/// about it.
///
/// ```
/// use swarm_core::model::{Check, CheckState};
/// let check = Check::broken("claude", "not logged in", "run `claude`, then /login");
/// assert_eq!(check.state, CheckState::Broken);
/// assert_eq!(check.to_string(), "claude: not logged in; run `claude`, then /login");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was looked at: `claude`, `git hooks`.
    pub subject: String,
    /// How it came out.
    pub state: CheckState,
    /// What was found, for people.
    pub found: String,
    /// What a person can do about it; `None` if there is nothing to do.
    pub remedy: Option<String>,
}

impl Check {
    /// All is well.
    pub fn fine(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            state: CheckState::Fine,
            found: found.into(),
            remedy: None,
        }
    }

    /// Something that a person should know, and may change.
    pub fn doubtful(
        subject: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            state: CheckState::Doubtful,
            remedy: Some(remedy.into()),
            ..Self::fine(subject, found)
        }
    }

    /// Something that must be mended before a run.
    pub fn broken(
        subject: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            state: CheckState::Broken,
            ..Self::doubtful(subject, found, remedy)
        }
    }

    /// Whether a run would fail.
    pub fn is_broken(&self) -> bool {
        self.state == CheckState::Broken
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.found)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}
