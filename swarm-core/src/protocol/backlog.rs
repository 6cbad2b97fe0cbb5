//! What there is to do already, as a planner must know it. Pure.

use std::cmp::Reverse;

use super::prompt::{Known, MAX_KNOWN};
use super::standing::{Standing, standings};
use crate::model::{Source, TaskId, TaskRow, TaskState, Timestamp};

/// The name of planners, unless a task has it.
const NAME: &str = "planner";

/// How many tasks of this source (`None`: of all) wait and may still start, or
/// are worked on. Drafts, and tasks that only a person can free, are not
/// pending.
///
/// ```
/// use swarm_core::model::{Task, Timestamp};
/// use swarm_core::protocol::{backlog, lifecycle::fresh};
/// let (a, b) = (Task::new("a", "…")?, Task::new("b", "…")?.after("nowhere")?);
/// let rows = [fresh(a.into(), Timestamp(0)), fresh(b.into(), Timestamp(0))];
/// assert_eq!(backlog::pending(&rows, None, Timestamp(0)), 1);
/// # Ok::<_, swarm_core::model::BadTaskId>(())
/// ```
pub fn pending(rows: &[TaskRow], source: Option<&Source>, now: Timestamp) -> usize {
    let standings = standings(rows, now);
    let own = rows
        .iter()
        .filter(|row| source.is_none_or(|source| *source == row.task.source));
    own.filter(|row| standings.get(&row.task.id).is_some_and(is_pending))
        .count()
}

fn is_pending(standing: &Standing) -> bool {
    match standing {
        Standing::Running { .. }
        | Standing::Silent { .. }
        | Standing::Ready
        | Standing::BackingOff { .. }
        | Standing::WaitsFor { .. } => true,
        Standing::Landed { .. }
        | Standing::Closed { .. }
        | Standing::Stalled(_)
        | Standing::Unsatisfiable(_)
        | Standing::Draft
        | Standing::Held { .. }
        | Standing::Failed { .. }
        | Standing::Blocked { .. }
        | Standing::Rejected { .. }
        | Standing::Removed => false,
    }
}

/// The tasks that a planner is shown, those that are not done first, and how
/// many more there are.
pub fn known(rows: &[TaskRow]) -> (Vec<Known>, usize) {
    let mut shown: Vec<&TaskRow> = rows
        .iter()
        .filter(|row| row.state != TaskState::Removed)
        .collect();
    shown.sort_by_key(|row| (done(&row.state), Reverse(row.task.priority)));
    let more = shown.len().saturating_sub(MAX_KNOWN);
    let known = shown.into_iter().take(MAX_KNOWN).map(|row| Known {
        id: row.task.id.clone(),
        title: row.task.title.clone(),
        state: row.state.word(),
    });
    (known.collect(), more)
}

fn done(state: &TaskState) -> bool {
    matches!(state, TaskState::Landed { .. } | TaskState::Closed { .. })
}

/// A name for a planner that no task has.
pub fn planner_name(rows: &[TaskRow]) -> TaskId {
    let names = (1..).map(|n: usize| match n {
        1 => NAME.to_owned(),
        n => format!("{NAME}-{n}"),
    });
    let free = |name: &String| !rows.iter().any(|row| row.task.id.as_str() == name);
    names
        .into_iter()
        .find(free)
        .and_then(|name| TaskId::new(name).ok())
        .expect("of endless good names one is free")
}

#[cfg(test)]
mod tests {
    use super::{known, pending, planner_name};
    use crate::model::{Holder, Nonce, Oid, RunId, Source, Task, TaskRow, TaskState, Timestamp};
    use crate::protocol::lifecycle::fresh;
    use crate::protocol::prompt::MAX_KNOWN;

    fn row(id: &str, state: Option<TaskState>) -> TaskRow {
        let mut row = fresh(Task::new(id, "x").unwrap().into(), Timestamp(0));
        row.state = state.unwrap_or(row.state);
        row
    }

    fn landed() -> TaskState {
        TaskState::Landed {
            commit: Oid::new("c"),
            at: Timestamp(1),
        }
    }

    #[test]
    fn pending_is_what_may_still_start_or_is_worked_on() {
        let reason = || "no".to_owned();
        let holder = Holder {
            run: RunId::new("r1"),
            nonce: Nonce::new("n"),
            lease_until: Timestamp(9),
            process: None,
        };
        let mut draft = row("draft", None);
        draft.task.draft = true;
        let mut stalled = row("stalled", None);
        stalled.task.depends_on.push(draft.task.id.clone());
        let mut waits = row("waits", None);
        let ready = row("ready", None);
        waits.task.depends_on.push(ready.task.id.clone());
        let mut elsewhere = row("elsewhere", None);
        elsewhere.task.source = Source("there".to_owned());
        let rows = [
            draft,
            elsewhere,
            row("held", Some(TaskState::Held { reason: reason() })),
            row("landed", Some(landed())),
            ready,
            row("removed", Some(TaskState::Removed)),
            row("running", Some(TaskState::Running { holder })),
            stalled,
            waits,
        ];
        let here = Source::default();
        assert_eq!(pending(&rows, Some(&here), Timestamp(1)), 3);
        assert_eq!(pending(&rows, None, Timestamp(1)), 4, "of all sources");
    }

    #[test]
    fn what_is_not_done_is_shown_first() {
        let mut rows: Vec<_> = (0..MAX_KNOWN)
            .map(|n| row(&format!("l{n}"), Some(landed())))
            .collect();
        rows.push(row("open", None));
        rows.push(row("removed", Some(TaskState::Removed)));
        let (known, more) = known(&rows);
        assert_eq!((known.len(), more), (MAX_KNOWN, 1));
        assert_eq!((known[0].id.as_str(), known[0].state), ("open", "ready"));
    }

    #[test]
    fn a_planner_has_the_name_of_no_task() {
        assert_eq!(planner_name(&[]).as_str(), "planner");
        let taken = ["planner", "planner-2"].map(|name| row(name, None));
        assert_eq!(planner_name(&taken).as_str(), "planner-3");
    }
}
