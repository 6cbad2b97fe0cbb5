//! Errors: what failed, of what kind, and what to do about it.

use std::error::Error;
use std::fmt;

use crate::model::Timestamp;

/// The cause of a failure, kept for people to read.
pub type Source = Box<dyn Error + Send + Sync>;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// The same call may go through later.
    Retry,
    /// The same call may go through at this time, not before.
    RetryAt(Timestamp),
    /// A person must act (log in, free disk space, resolve something).
    NeedsPerson,
    /// The configuration is wrong; the same call will always fail.
    FixConfiguration,
    /// A bug, here or in the adapter.
    Bug,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retry | Self::RetryAt(_) => "try again later",
            Self::NeedsPerson => "a person must act",
            Self::FixConfiguration => "fix the configuration",
            Self::Bug => "this is a bug",
        })
    }
}

/// An error of a port: a kind that code can match on, the operation that
/// failed, what to do about it, and the cause.
///
/// ```
/// use swarm_core::error::{Advice, Failure};
/// use swarm_core::ports::{StoreError, StoreErrorKind};
/// let error: StoreError = Failure::new(StoreErrorKind::Unavailable, "claim tasks", Advice::Retry)
///     .because("the disk is full");
/// assert_eq!(error.to_string(), "cannot claim tasks: the disk is full");
/// ```
#[derive(Debug)]
pub struct Failure<K> {
    kind: K,
    operation: String,
    advice: Advice,
    source: Option<Source>,
}

impl<K> Failure<K> {
    /// An error of this kind in this operation ("create a worktree").
    pub fn new(kind: K, operation: impl Into<String>, advice: Advice) -> Self {
        Self {
            kind,
            operation: operation.into(),
            advice,
            source: None,
        }
    }

    /// Adds the cause: another error, or a sentence.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Source>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// What sort of error it is.
    pub fn kind(&self) -> &K {
        &self.kind
    }

    /// What to do about it.
    pub fn advice(&self) -> Advice {
        self.advice
    }

    /// What was being done.
    pub fn operation(&self) -> &str {
        &self.operation
    }
}

impl<K: fmt::Debug> fmt::Display for Failure<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.operation)?;
        match &self.source {
            Some(source) => {
                write!(f, ": {source}")?;
                let mut cause = source.source();
                while let Some(next) = cause {
                    write!(f, ": {next}")?;
                    cause = next.source();
                }
                Ok(())
            }
            None => write!(f, " ({:?})", self.kind),
        }
    }
}

impl<K: fmt::Debug> Error for Failure<K> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // Display prints the whole chain, so that a reporter which prints
        // sources too would say everything twice.
        None
    }
}
