//! What is wrong with a set of tasks before any starts, and the order in which
//! they would start. Pure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::fmt;

use super::fate::Fates;
use super::lifecycle;
use super::standing::{Standing, stands_in_new_run};
use crate::model::{NewTask, TaskId, TaskRow, TaskState, Timestamp, Wish};

/// Why a set of tasks can never all land.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Problem {
    /// A task depends on itself.
    SelfDependency {
        /// This one.
        task: TaskId,
    },
    /// A task depends on one that nobody knows.
    Missing {
        /// The task.
        task: TaskId,
        /// What it depends on.
        dependency: TaskId,
    },
    /// Tasks wait for each other.
    Cycle {
        /// Each depends on the next one, and the last one on the first.
        tasks: Vec<TaskId>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SelfDependency { task } => write!(f, "{task} depends on itself"),
            Self::Missing { task, dependency } => {
                write!(f, "{task} depends on {dependency}, which does not exist")
            }
            Self::Cycle { tasks } => {
                f.write_str("tasks depend on each other in a cycle: ")?;
                for task in tasks {
                    write!(f, "{task} → ")?;
                }
                tasks.first().map_or(Ok(()), |first| write!(f, "{first}"))
            }
        }
    }
}

/// Problems as text, a line each.
pub(crate) fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The rows as they would be with these tasks added, in the order of their
/// ids: to check a plan before anything is changed.
pub fn with(rows: Vec<TaskRow>, new: &[NewTask]) -> Vec<TaskRow> {
    let rows = rows.into_iter().map(|row| (row.task.id.clone(), row));
    let mut rows: BTreeMap<TaskId, TaskRow> = rows.collect();
    for new in new {
        if let Some(row) = rows.get_mut(&new.task.id) {
            lifecycle::readd(row, new.clone(), Timestamp::default());
        } else {
            rows.insert(
                new.task.id.clone(),
                lifecycle::fresh(new.clone(), Timestamp::default()),
            );
        }
    }
    rows.into_values().collect()
}

/// What keeps these tasks from ever all landing: tasks that depend on
/// themselves, on nobody, or on each other in a cycle. Tasks that have landed
/// or were taken away are past caring.
///
/// The same rows give the same list, whatever their order. Of cycles that
/// share a task one is named; mending it shows the next.
///
/// ```
/// use swarm_core::{model::{BadTaskId, Task}, protocol::plan};
/// let (a, b) = (Task::new("a", "…")?.after("b")?, Task::new("b", "…")?.after("a")?);
/// let problems = plan::check(&plan::with(Vec::new(), &[a.into(), b.into()]));
/// assert_eq!(
///     problems[0].to_string(),
///     "tasks depend on each other in a cycle: a → b → a",
/// );
/// # Ok::<_, BadTaskId>(())
/// ```
pub fn check(rows: &[TaskRow]) -> Vec<Problem> {
    let known: BTreeMap<&TaskId, &TaskRow> = rows.iter().map(|row| (&row.task.id, row)).collect();
    let live: BTreeMap<&TaskId, &TaskRow> = rows
        .iter()
        .filter(|row| !matches!(row.state, TaskState::Landed { .. } | TaskState::Removed))
        .map(|row| (&row.task.id, row))
        .collect();
    let mut problems = BTreeSet::new();
    for (task, row) in &live {
        for dependency in depends_on(row) {
            if dependency == *task {
                let task = dependency.clone();
                problems.insert(Problem::SelfDependency { task });
            } else if !known.contains_key(dependency) {
                problems.insert(Problem::Missing {
                    task: (*task).clone(),
                    dependency: dependency.clone(),
                });
            }
        }
    }
    let mut problems: Vec<Problem> = problems.into_iter().collect();
    problems.extend(cycles(&live));
    problems
}

/// Also by a text that is only noted: what the text that is worked on names has
/// landed, and is past caring.
fn depends_on(row: &TaskRow) -> impl Iterator<Item = &TaskId> {
    let noted = row.wish.as_ref().and_then(Wish::text);
    let noted = noted.into_iter().flat_map(|task| &task.depends_on);
    row.task.depends_on.iter().chain(noted)
}

/// One cycle for every knot of tasks that wait for each other.
fn cycles(live: &BTreeMap<&TaskId, &TaskRow>) -> Vec<Problem> {
    let index: BTreeMap<&TaskId, usize> = live.keys().enumerate().map(|(n, id)| (*id, n)).collect();
    let edges: Vec<Vec<usize>> = live
        .iter()
        .map(|(task, row)| {
            let others = depends_on(row).filter(|id| id != task);
            others.filter_map(|id| index.get(id).copied()).collect()
        })
        .collect();
    let ids: Vec<&TaskId> = live.keys().copied().collect();
    let mut knots = knots(&edges);
    knots.sort();
    knots
        .iter()
        .map(|knot| Problem::Cycle {
            tasks: shortest_cycle(knot[0], &edges, knot)
                .into_iter()
                .map(|n| ids[n].clone())
                .collect(),
        })
        .collect()
}

/// The strongly connected components of two and more nodes, each sorted:
/// Tarjan's algorithm with a stack of its own.
fn knots(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    const DONE: usize = usize::MAX;
    let mut number = vec![UNSEEN; edges.len()];
    let mut low = vec![0; edges.len()];
    let mut count = 0;
    let mut open: Vec<usize> = Vec::new();
    let mut knots = Vec::new();
    for root in 0..edges.len() {
        if number[root] != UNSEEN {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((node, next)) = path.pop() {
            if next == 0 {
                number[node] = count;
                low[node] = count;
                count += 1;
                open.push(node);
            }
            if let Some(&to) = edges[node].get(next) {
                path.push((node, next + 1));
                if number[to] == UNSEEN {
                    path.push((to, 0));
                } else if low[to] != DONE {
                    low[node] = low[node].min(number[to]);
                }
                continue;
            }
            if low[node] == number[node] {
                let first = open.iter().rposition(|&n| n == node).unwrap_or_default();
                let mut knot = open.split_off(first);
                for &n in &knot {
                    low[n] = DONE;
                }
                if knot.len() > 1 {
                    knot.sort_unstable();
                    knots.push(knot);
                }
            } else if let Some(&(parent, _)) = path.last() {
                low[parent] = low[parent].min(low[node]);
            }
        }
    }
    knots
}

/// The shortest way from a node of a knot back to itself.
fn shortest_cycle(start: usize, edges: &[Vec<usize>], knot: &[usize]) -> Vec<usize> {
    let mut from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &to in &edges[node] {
            if to == start {
                let mut way = vec![node];
                while let Some(&last) = way.last()
                    && last != start
                {
                    way.push(from[&last]);
                }
                way.reverse();
                return way;
            }
            if knot.binary_search(&to).is_ok() && !from.contains_key(&to) {
                from.insert(to, node);
                queue.push_back(to);
            }
        }
    }
    knot.to_vec()
}

/// What a run would do with a set of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The tasks that it would start, in this order on one slot if each lands
    /// at once.
    pub start: Vec<TaskId>,
    /// The tasks that it would not start, and how each stands, by id. Landed
    /// and removed ones are in neither list.
    pub rest: Vec<(TaskId, Standing)>,
}

/// The order in which a new run would start these tasks: dependencies first,
/// then by priority, then by id. Failed tasks are among them, since a new run
/// tries them again; backoffs are waited for. `now` is the store's time.
pub fn order(rows: &[TaskRow], now: Timestamp) -> Plan {
    let by_id: BTreeMap<&TaskId, &TaskRow> = rows.iter().map(|row| (&row.task.id, row)).collect();
    let mut fates = Fates::new(|id: &TaskId| by_id.get(id).copied(), true);
    let mut plan = Plan::default();
    let mut starting: BTreeMap<&TaskId, &TaskRow> = BTreeMap::new();
    for (id, row) in &by_id {
        match stands_in_new_run(row, &mut fates, now) {
            Standing::Ready
            | Standing::Silent { .. }
            | Standing::BackingOff { .. }
            | Standing::WaitsFor { .. } => {
                starting.insert(id, row);
            }
            Standing::Landed { .. } | Standing::Removed => {}
            standing => plan.rest.push(((*id).clone(), standing)),
        }
    }
    plan.start = in_order(&starting);
    plan
}

fn in_order(starting: &BTreeMap<&TaskId, &TaskRow>) -> Vec<TaskId> {
    let mut waits: BTreeMap<&TaskId, usize> = BTreeMap::new();
    let mut dependents: BTreeMap<&TaskId, Vec<&TaskRow>> = BTreeMap::new();
    let mut ready = BinaryHeap::new();
    for (id, row) in starting {
        // One that is not among these runs elsewhere, and may land at any time.
        let dependencies: BTreeSet<&TaskId> = row.task.depends_on.iter().collect();
        let dependencies = dependencies
            .into_iter()
            .filter(|id| starting.contains_key(id));
        let mut count = 0;
        for dependency in dependencies {
            dependents.entry(dependency).or_default().push(row);
            count += 1;
        }
        waits.insert(id, count);
        if count == 0 {
            ready.push((row.task.priority, Reverse(*id)));
        }
    }
    let mut order = Vec::new();
    while let Some((_, Reverse(id))) = ready.pop() {
        order.push(id.clone());
        for row in dependents.get(id).into_iter().flatten() {
            let count = waits.entry(&row.task.id).or_default();
            *count -= 1;
            if *count == 0 {
                ready.push((row.task.priority, Reverse(&row.task.id)));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests;
