//! What is to be done.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{HarnessName, Origin, TaskId};

/// Where a task comes from: a folder of task files, a planner, a person.
///
/// A run may be limited to one source; people read it to know whom to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(pub String);

/// What somebody wants done. Nothing but `id` and `body` is needed.
///
/// ```
/// use swarm_core::model::Task;
/// let task = Task::new("fix-login", "The login page rejects valid passwords.")?
///     .after("write-tests")?
///     .priority(5);
/// # Ok::<_, swarm_core::model::BadTaskId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its name, unique in a store.
    pub id: TaskId,
    /// One line for people; the id if nobody gave one.
    pub title: String,
    /// What the agent is told.
    pub body: String,
    /// Tasks that must have landed before this one starts.
    #[serde(default)]
    pub depends_on: Vec<TaskId>,
    /// Higher goes first; equal ones in the order of their ids.
    #[serde(default)]
    pub priority: i32,
    /// Free word for the sort of work (bug, feature …).
    #[serde(default)]
    pub kind: Option<String>,
    /// The harness to use instead of the default one.
    #[serde(default)]
    pub harness: Option<HarnessName>,
    /// The model to ask the harness for.
    #[serde(default)]
    pub model: Option<String>,
    /// The gate steps to run instead of all.
    #[serde(default)]
    pub gates: Option<Vec<String>>,
    /// Wall limit of one turn instead of the run's.
    #[serde(default, rename = "timeout_ms", with = "super::time::optional_millis")]
    pub timeout: Option<Duration>,
    /// Attempts before it is given up, instead of the run's.
    #[serde(default)]
    pub max_attempts: Option<u32>,
    /// Not to be started yet.
    #[serde(default)]
    pub draft: bool,
    /// Whatever else its author wrote down; the library never reads it.
    #[serde(default)]
    pub meta: BTreeMap<String, Value>,
    /// Where it comes from.
    #[serde(default)]
    pub source: Source,
    /// Who had it added, and when. No part of what it says.
    #[serde(default)]
    pub origin: Origin,
}

impl Task {
    /// A task with an id and a text.
    pub fn new(id: impl Into<String>, body: impl Into<String>) -> Result<Self, super::BadTaskId> {
        let id = TaskId::new(id)?;
        Ok(Self {
            title: id.as_str().to_owned(),
            id,
            body: body.into(),
            depends_on: Vec::new(),
            priority: 0,
            kind: None,
            harness: None,
            model: None,
            gates: None,
            timeout: None,
            max_attempts: None,
            draft: false,
            meta: BTreeMap::new(),
            source: Source::default(),
            origin: Origin::default(),
        })
    }

    /// Makes it wait until `other` has landed.
    pub fn after(mut self, other: impl Into<String>) -> Result<Self, super::BadTaskId> {
        self.depends_on.push(TaskId::new(other)?);
        Ok(self)
    }

    /// Says who has it added.
    #[must_use]
    pub fn by(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Whether it says the same as another one, whoever added them.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self {
            id,
            title,
            body,
            depends_on,
            priority,
            kind,
            harness,
            model,
            gates,
            timeout,
            max_attempts,
            draft,
            meta,
            source,
            origin: _,
        } = self;
        *id == other.id
            && *title == other.title
            && *body == other.body
            && *depends_on == other.depends_on
            && *priority == other.priority
            && *kind == other.kind
            && *harness == other.harness
            && *model == other.model
            && *gates == other.gates
            && *timeout == other.timeout
            && *max_attempts == other.max_attempts
            && *draft == other.draft
            && *meta == other.meta
            && *source == other.source
    }

    /// Sets its priority.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }
}

/// A task to be added to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// The task.
    pub task: Task,
    /// Why it cannot run as it is (its file could not be read, say). Such a
    /// task is recorded as blocked for this reason, and so are its dependents.
    pub problem: Option<String>,
}

impl From<Task> for NewTask {
    fn from(task: Task) -> Self {
        Self {
            task,
            problem: None,
        }
    }
}
