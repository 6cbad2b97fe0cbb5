//! Which of the ready tasks are claimed: in which order, and for which there is
//! room. Pure: a store walks its ready tasks in this order and asks a
//! [`Choice`] about each.

use std::time::Duration;

use crate::model::{Room, Task, TaskRow};
use crate::ports::ClaimRequest;

/// Where a ready row is in the order: smaller goes first, equal ones by id.
///
/// Without ageing that is by priority, the highest first. With it, whoever
/// waits gains a priority in each span; since all gain at one rate, the order
/// of two rows does not depend on the time at which somebody looks.
///
/// ```
/// use std::time::Duration;
/// use swarm_core::model::{Task, Timestamp};
/// use swarm_core::protocol::{choice::rank, lifecycle::fresh};
/// let row = |priority, since| -> Result<_, swarm_core::model::BadTaskId> {
///     Ok(fresh(Task::new("a", "…")?.priority(priority).into(), Timestamp(since)))
/// };
/// let (old, new) = (row(0, 1_000)?, row(1, 5_000)?);
/// assert!(rank(&new, None) < rank(&old, None));
/// assert!(rank(&old, Some(Duration::from_secs(3))) < rank(&new, Some(Duration::from_secs(3))));
/// # Ok::<_, swarm_core::model::BadTaskId>(())
/// ```
pub fn rank(row: &TaskRow, ageing: Option<Duration>) -> i64 {
    let priority = i64::from(row.task.priority);
    match ageing {
        None => -priority,
        Some(span) => {
            let since = i64::try_from(row.waits_since.0).unwrap_or(i64::MAX);
            since.saturating_sub(priority * pace(span))
        }
    }
}

/// The span of ageing in milliseconds, as [`rank`] reckons with it: at most 24
/// days, so that no product overflows. For those who let a database sort.
pub fn pace(span: Duration) -> i64 {
    i64::from(i32::try_from(span.as_millis()).unwrap_or(i32::MAX))
}

/// Chooses among ready tasks, which it is shown in their order.
#[derive(Clone, Debug)]
pub struct Choice {
    room: Room,
    places: usize,
    passed: bool,
}

impl Choice {
    /// Nothing is chosen yet.
    pub fn new(what: &ClaimRequest) -> Self {
        Self {
            room: what.room.clone(),
            places: what.limit,
            passed: false,
        }
    }

    /// Whether to claim this task, which takes its places.
    pub fn takes(&mut self, task: &Task) -> bool {
        if self.is_full() {
            return false;
        }
        let room = &mut self.room;
        let harness = task.harness.as_ref().or(room.default_harness.as_ref());
        if harness.is_some_and(|harness| room.without.contains(harness)) {
            return false;
        }
        let by_harness = harness.and_then(|harness| room.harnesses.get_mut(harness));
        let by_kind = task.kind.as_ref().and_then(|kind| room.kinds.get_mut(kind));
        let mut bounds: Vec<&mut usize> = by_harness.into_iter().chain(by_kind).collect();
        if bounds.iter().any(|places| **places == 0) {
            self.passed = true;
            return false;
        }
        for places in &mut bounds {
            **places -= 1;
        }
        self.places -= 1;
        true
    }

    /// As many were chosen as were asked for: no other need be shown.
    pub fn is_full(&self) -> bool {
        self.places == 0
    }

    /// [`Claims::passed`](crate::ports::Claims::passed).
    pub fn passed(&self) -> bool {
        self.passed
    }
}

#[cfg(test)]
mod tests;
