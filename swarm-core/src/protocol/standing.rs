//! How a task stands and why it does not run, from the rows alone. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use super::fate::{Fate, Fates};
use crate::model::{Oid, Prospect, RunId, Setback, TaskId, TaskRow, TaskState, Timestamp};

/// Characters of a reason that a sentence takes.
const BRIEF: usize = 200;

/// How a task stands: what `why` answers. Its text is one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// Its commit is on the line.
    Landed {
        /// The landing commit.
        commit: Oid,
    },
    /// An attempt works on it.
    Running {
        /// In this run.
        run: RunId,
    },
    /// An attempt worked on it, but its worker fell silent: it can be claimed.
    Silent {
        /// In this run.
        run: RunId,
    },
    /// It can start now.
    Ready,
    /// It can start, but not yet: an attempt failed.
    BackingOff {
        /// When.
        until: Timestamp,
        /// How long that is from now, in whole seconds, rounded up.
        seconds: u64,
        /// Why the attempt failed.
        reason: String,
    },
    /// Tasks that it depends on have not landed yet; nothing is wrong.
    WaitsFor {
        /// Those that it names itself, in its own order.
        tasks: Vec<TaskId>,
    },
    /// A task that it depends on waits for a person.
    Stalled(Obstacle),
    /// A task that it depends on cannot land as things are.
    Unsatisfiable(Obstacle),
    /// Its author has not finished it.
    Draft,
    /// A person must look.
    Held {
        /// Why.
        reason: String,
    },
    /// It was given up.
    Failed {
        /// Why.
        reason: String,
    },
    /// It cannot be done as things are.
    Blocked {
        /// Why.
        reason: String,
    },
    /// Nothing needed to be done.
    Closed {
        /// Why.
        reason: String,
    },
    /// The reviewers wanted changes in every round.
    Rejected {
        /// The last findings.
        reason: String,
    },
    /// Its author took it away.
    Removed,
}

/// A task, near or far, that keeps its dependents from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The dependency that the waiting task names itself.
    pub via: TaskId,
    /// The task at fault; `via` itself, or one that it depends on.
    pub root: TaskId,
    /// What is wrong with it.
    pub trouble: Trouble,
}

/// What keeps a dependency from landing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// Nobody knows it.
    Missing,
    /// It depends on itself, directly or not.
    Cycle,
    /// It is still a draft.
    Draft,
    /// It is held, failed, blocked, rejected or removed.
    State {
        /// The state's word.
        word: &'static str,
        /// Why; empty if there is nothing to say.
        reason: String,
    },
}

/// How a task stands. `look` finds the rows of other tasks; `now` is the
/// store's time.
///
/// ```
/// use swarm_core::model::{Task, TaskRow, Timestamp};
/// use swarm_core::protocol::{lifecycle::fresh, standing::standing};
/// let row = fresh(Task::new("b", "…")?.after("a")?.into(), Timestamp(0));
/// let why = standing(&row, |_| None, Timestamp(0));
/// assert_eq!(why.to_string(), "cannot start: it depends on a, which does not exist");
/// # Ok::<_, swarm_core::model::BadTaskId>(())
/// ```
pub fn standing<'a>(
    row: &TaskRow,
    look: impl Fn(&TaskId) -> Option<&'a TaskRow>,
    now: Timestamp,
) -> Standing {
    stands(row, &mut Fates::new(look, false), now)
}

/// How every task stands, by id: the same as [`standing`] for each, at the
/// cost of one.
pub fn standings(rows: &[TaskRow], now: Timestamp) -> BTreeMap<TaskId, Standing> {
    let by_id: BTreeMap<&TaskId, &TaskRow> = rows.iter().map(|row| (&row.task.id, row)).collect();
    let mut fates = Fates::new(|id: &TaskId| by_id.get(id).copied(), false);
    rows.iter()
        .map(|row| (row.task.id.clone(), stands(row, &mut fates, now)))
        .collect()
}

/// How a task stands for a new run, which tries failed tasks again.
pub(super) fn stands_in_new_run<'a, L: Fn(&TaskId) -> Option<&'a TaskRow>>(
    row: &TaskRow,
    fates: &mut Fates<L>,
    now: Timestamp,
) -> Standing {
    match &row.state {
        TaskState::Failed { .. } => waits(row, fates).unwrap_or(Standing::Ready),
        _ => stands(row, fates, now),
    }
}

fn stands<'a, L: Fn(&TaskId) -> Option<&'a TaskRow>>(
    row: &TaskRow,
    fates: &mut Fates<L>,
    now: Timestamp,
) -> Standing {
    match &row.state {
        TaskState::Ready { not_before, after } => {
            waits(row, fates).unwrap_or_else(|| backs_off(*not_before, after.as_ref(), now))
        }
        TaskState::Running { holder } | TaskState::Landing { holder, .. } => {
            let run = holder.run.clone();
            if holder.lease_until > now {
                Standing::Running { run }
            } else {
                Standing::Silent { run }
            }
        }
        TaskState::Landed { commit, .. } => Standing::Landed {
            commit: commit.clone(),
        },
        TaskState::Held { reason } => Standing::Held {
            reason: reason.clone(),
        },
        TaskState::Failed { reason } => Standing::Failed {
            reason: reason.clone(),
        },
        TaskState::Blocked { reason } => Standing::Blocked {
            reason: reason.clone(),
        },
        TaskState::Closed { reason } => Standing::Closed {
            reason: reason.clone(),
        },
        TaskState::Rejected { reason } => Standing::Rejected {
            reason: reason.clone(),
        },
        TaskState::Removed => Standing::Removed,
    }
}

/// What a ready task waits for, if time is not all.
fn waits<'a, L: Fn(&TaskId) -> Option<&'a TaskRow>>(
    row: &TaskRow,
    fates: &mut Fates<L>,
) -> Option<Standing> {
    if row.task.draft {
        return Some(Standing::Draft);
    }
    let (fate, via) = fates.of_dependencies(row);
    let via = via?;
    let open = |id: &&TaskId| {
        let known = fates.row(id);
        !known.is_some_and(|row| row.state.prospect() == Prospect::Satisfied)
    };
    Some(match fate {
        Fate::Landed | Fate::Open => Standing::WaitsFor {
            tasks: row.task.depends_on.iter().filter(open).cloned().collect(),
        },
        Fate::Waits(root) => Standing::Stalled(Obstacle {
            trouble: trouble(fates.row(&root), Trouble::Draft),
            via,
            root,
        }),
        Fate::Stuck(root) => Standing::Unsatisfiable(Obstacle {
            trouble: trouble(fates.row(&root), Trouble::Cycle),
            via,
            root,
        }),
    })
}

/// What is wrong with the task at fault, which is `otherwise` if its state does
/// not tell.
fn trouble(root: Option<&TaskRow>, otherwise: Trouble) -> Trouble {
    let Some(root) = root else {
        return Trouble::Missing;
    };
    let reason = match &root.state {
        TaskState::Ready { .. } => return otherwise,
        TaskState::Held { reason }
        | TaskState::Failed { reason }
        | TaskState::Blocked { reason }
        | TaskState::Closed { reason }
        | TaskState::Rejected { reason } => reason.clone(),
        TaskState::Running { .. }
        | TaskState::Landing { .. }
        | TaskState::Landed { .. }
        | TaskState::Removed => String::new(),
    };
    let word = root.state.word();
    Trouble::State { word, reason }
}

fn backs_off(not_before: Option<Timestamp>, after: Option<&Setback>, now: Timestamp) -> Standing {
    match (not_before, after) {
        (Some(until), after) if until > now => Standing::BackingOff {
            until,
            seconds: until
                .since(now)
                .as_millis()
                .div_ceil(1000)
                .try_into()
                .unwrap_or(u64::MAX),
            reason: after.map(setback).unwrap_or_default().to_owned(),
        },
        _ => Standing::Ready,
    }
}

fn setback(after: &Setback) -> &str {
    match after {
        Setback::Failed { reason } | Setback::Interrupted { reason } => reason,
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Landed { commit } => write!(f, "landed as {commit}"),
            Self::Running { run } => write!(f, "run {run} is working on it"),
            Self::Silent { run } => write!(
                f,
                "run {run} was working on it and fell silent; it can be taken over"
            ),
            Self::Ready => f.write_str("ready to start"),
            Self::BackingOff {
                seconds, reason, ..
            } => write!(f, "will be tried again in {seconds} s: {}", brief(reason)),
            Self::WaitsFor { tasks } => write!(f, "waits for {}", list(tasks)),
            Self::Stalled(obstacle) => write!(f, "waits: {obstacle}"),
            Self::Unsatisfiable(obstacle) => write!(f, "cannot start: {obstacle}"),
            Self::Draft => f.write_str("a draft: it starts when its author says so"),
            Self::Held { reason } => write!(f, "held until a person looks: {}", brief(reason)),
            Self::Failed { reason } => write!(f, "failed: {}", brief(reason)),
            Self::Blocked { reason } => write!(f, "blocked: {}", brief(reason)),
            Self::Closed { reason } => write!(f, "nothing needed to be done: {}", brief(reason)),
            Self::Rejected { reason } => write!(f, "rejected by its reviewers: {}", brief(reason)),
            Self::Removed => f.write_str("taken away by its author"),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { via, root, trouble } = self;
        if via == root {
            write!(f, "it depends on {root}, which {trouble}")
        } else {
            write!(
                f,
                "it depends on {via}, which needs {root}, which {trouble}"
            )
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("does not exist"),
            Self::Cycle => f.write_str("depends on itself"),
            Self::Draft => f.write_str("is a draft"),
            Self::State { word, reason } if reason.is_empty() => write!(f, "is {word}"),
            Self::State { word, reason } => write!(f, "is {word}: {}", brief(reason)),
        }
    }
}

/// The first line that says something, cut to what fits into a sentence.
fn brief(reason: &str) -> Cow<'_, str> {
    let mut lines = reason.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty()).unwrap_or_default();
    match line.char_indices().nth(BRIEF) {
        Some((end, _)) => format!("{}…", &line[..end]).into(),
        None => line.into(),
    }
}

fn list(tasks: &[TaskId]) -> String {
    let tasks: Vec<&str> = tasks.iter().map(TaskId::as_str).collect();
    tasks.join(", ")
}

#[cfg(test)]
mod tests;
