//! Why a chore could not be done, as a person should read it.

use std::fmt;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// A message that says what failed and what to do.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// For `map_err`: puts what was attempted before the error.
    pub(crate) fn because<E: fmt::Display>(attempted: impl fmt::Display) -> impl FnOnce(E) -> Self {
        move |error| Self(format!("{attempted}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
