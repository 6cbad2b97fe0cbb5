//! Why nothing was done.

use std::fmt;

use swarm_core::ports::{GitError, StoreError};

/// Bad usage, configuration or input, for a person to mend: a line for each
/// thing that is wrong, which names it and says what to do. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal(Vec<String>);

impl Refusal {
    pub(super) fn new(line: impl Into<String>) -> Self {
        Self(vec![line.into()])
    }

    /// Nothing, if there is nothing to complain about.
    pub(super) fn unless_empty(lines: Vec<String>) -> Result<(), Self> {
        if lines.is_empty() {
            Ok(())
        } else {
            Err(Self(lines))
        }
    }
}

impl From<GitError> for Refusal {
    fn from(error: GitError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(error.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
