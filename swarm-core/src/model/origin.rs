//! Who had a task added.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What sort of author a task has.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OriginKind {
    /// Nobody said: a task from before this was recorded.
    #[default]
    Unknown,
    /// A person.
    Person,
    /// A task file.
    File,
    /// A program that embeds the library.
    Program,
    /// A planner of a run.
    Planner,
    /// An agent that worked on another task.
    Agent,
}

impl OriginKind {
    /// The word used by people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Person => "person",
            Self::File => "file",
            Self::Program => "program",
            Self::Planner => "planner",
            Self::Agent => "agent",
        }
    }
}

/// Who had a task added, and when: for people who ask where it comes from. It
/// is no part of what the task says; a task that is added again with the same
/// text keeps the first one.
///
/// There is none without an id: `Origin::default()` says honestly that nobody
/// knows.
///
/// ```
/// use swarm_core::model::{Origin, OriginKind, Timestamp};
/// let origin = Origin::new(OriginKind::Person, "the maintainer", Timestamp(0))?;
/// assert_eq!(origin.to_string(), "person the maintainer, 1970-01-01 00:00:00 UTC");
/// assert!(Origin::new(OriginKind::Person, "  ", Timestamp(0)).is_err());
/// assert_eq!(Origin::default().to_string(), "unknown");
/// # Ok::<_, swarm_core::model::BlankOrigin>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Raw")]
pub struct Origin {
    kind: OriginKind,
    id: String,
    at: Option<Timestamp>,
}

/// An origin whose id says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the origin of a task needs an id that says who added it; it is blank")]
pub struct BlankOrigin;

impl Origin {
    /// Somebody of this kind, by an id that people can follow (a name, a path,
    /// an attempt).
    ///
    /// # Errors
    ///
    /// The id is blank: say who it is.
    pub fn new(
        kind: OriginKind,
        id: impl Into<String>,
        at: Timestamp,
    ) -> Result<Self, BlankOrigin> {
        let id = id.into();
        if id.trim().is_empty() {
            return Err(BlankOrigin);
        }
        let at = Some(at);
        Ok(Self { kind, id, at })
    }

    /// What sort of author.
    pub fn kind(&self) -> OriginKind {
        self.kind
    }

    /// Which one; empty only if nobody knows.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When; `None` only if nobody knows.
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Whether somebody said who it was.
    pub fn is_known(&self) -> bool {
        !self.id.is_empty()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if self.is_known() {
            write!(f, " {}", self.id)?;
        }
        self.at.map_or(Ok(()), |at| write!(f, ", {}", at.utc()))
    }
}

/// As it is stored, by whomever.
#[derive(Deserialize)]
struct Raw {
    kind: OriginKind,
    id: String,
    at: Option<Timestamp>,
}

impl From<Raw> for Origin {
    fn from(raw: Raw) -> Self {
        if raw.id.trim().is_empty() {
            return Self::default();
        }
        Self {
            kind: raw.kind,
            id: raw.id,
            at: raw.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, OriginKind};
    use crate::model::{Task, Timestamp};

    #[test]
    fn what_is_stored_is_read_again_and_a_blank_one_is_unknown() {
        let origin = Origin::new(OriginKind::Planner, "r1/planner-1", Timestamp(5)).unwrap();
        let text = serde_json::to_string(&origin).unwrap();
        assert_eq!(serde_json::from_str::<Origin>(&text).unwrap(), origin);
        let blank = r#"{"kind":"person","id":" ","at":1}"#;
        let blank: Origin = serde_json::from_str(blank).unwrap();
        assert_eq!(blank, Origin::default());
        let old: Task = serde_json::from_str(r#"{"id":"a","title":"a","body":"b"}"#).unwrap();
        assert_eq!(old.origin.kind(), OriginKind::Unknown, "a row from before");
    }
}
