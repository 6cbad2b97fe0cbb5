//! Makes the errors of this crate.

use std::io;
use std::path::Path;

use gix::error::Class;
use swarm_core::error::{Advice, Failure};
use swarm_core::ports::{GitError, GitErrorKind};

pub(crate) type Result<T> = std::result::Result<T, GitError>;

/// An error with a sentence that says what is wrong and what to do.
pub(crate) fn error(
    kind: GitErrorKind,
    operation: impl Into<String>,
    advice: Advice,
    because: impl Into<String>,
) -> GitError {
    Failure::new(kind, operation, advice).because(because.into())
}

/// Reading or writing `path` failed.
pub(crate) fn io(operation: &str, path: &Path, source: &io::Error) -> GitError {
    error(
        GitErrorKind::Io,
        operation,
        Advice::NeedsPerson,
        format!("{}: {source}", path.display()),
    )
}

/// gix failed. What matters to the caller is whether a lock was in the way.
pub(crate) fn gix(operation: &str, source: gix::Error) -> GitError {
    let text = source.to_string();
    let (kind, advice) = match source.dominant_class() {
        Some(Class::Retryable) => (GitErrorKind::Lock, Advice::Retry),
        _ if is_lock(&text) => (GitErrorKind::Lock, Advice::Retry),
        Some(Class::PermissionDenied | Class::ResourceExhaustion(_)) => {
            (GitErrorKind::Io, Advice::NeedsPerson)
        }
        _ => (GitErrorKind::Command, Advice::NeedsPerson),
    };
    Failure::new(kind, operation, advice).because(Box::new(source) as swarm_core::error::Source)
}

/// Whether a message of git or gix speaks of a lock file in the way.
pub(crate) fn is_lock(text: &str) -> bool {
    (text.contains("Unable to create '") && text.contains(".lock'"))
        || text.contains("cannot lock ref")
        || text.contains("could not lock")
        || text.contains("The lock for resource")
}
