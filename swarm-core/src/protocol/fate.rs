//! Whether a task can land, seen from the tasks that depend on it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Prospect, TaskId, TaskRow, TaskState};

/// What can become of a task, from best to worst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It has landed.
    Landed,
    /// It may land by itself.
    Open,
    /// It waits for a person at this task: held, or a draft.
    Waits(TaskId),
    /// It cannot land because of this task: given up, missing, or its own
    /// dependency.
    Stuck(TaskId),
}

impl Fate {
    fn rank(&self) -> u8 {
        match self {
            Self::Landed => 0,
            Self::Open => 1,
            Self::Waits(_) => 2,
            Self::Stuck(_) => 3,
        }
    }
}

/// Finds the fates of tasks and remembers them: any number of questions about
/// one set of rows costs one look at each row and dependency.
pub(super) struct Fates<L> {
    look: L,
    /// A failed task will be tried again.
    retry: bool,
    known: BTreeMap<TaskId, Fate>,
}

/// A task whose dependencies are being looked at.
struct Frame<'a> {
    row: &'a TaskRow,
    next: usize,
    worst: Fate,
}

impl<'a, L: Fn(&TaskId) -> Option<&'a TaskRow>> Fates<L> {
    /// `look` finds a row. With `retry`, failed tasks count as ready.
    pub(super) fn new(look: L, retry: bool) -> Self {
        Self {
            look,
            retry,
            known: BTreeMap::new(),
        }
    }

    /// The row of a task.
    pub(super) fn row(&self, id: &TaskId) -> Option<&'a TaskRow> {
        (self.look)(id)
    }

    /// The worst fate among the dependencies of a task, and the first of them
    /// that has it.
    pub(super) fn of_dependencies(&mut self, row: &TaskRow) -> (Fate, Option<TaskId>) {
        let mut worst = (Fate::Landed, None);
        for dependency in &row.task.depends_on {
            let fate = self.of(dependency);
            if fate.rank() > worst.0.rank() {
                worst = (fate, Some(dependency.clone()));
            }
        }
        worst
    }

    /// The fate of a task.
    pub(super) fn of(&mut self, id: &TaskId) -> Fate {
        // Depth first without recursion: chains may be as long as the store.
        let mut path: Vec<Frame<'a>> = Vec::new();
        let mut on_path: BTreeSet<TaskId> = BTreeSet::new();
        let mut answer = self.enter(id, &mut path, &mut on_path);
        while let Some(frame) = path.last_mut() {
            if let Some(fate) = answer.take()
                && fate.rank() > frame.worst.rank()
            {
                frame.worst = fate;
            }
            if let Some(dependency) = frame.row.task.depends_on.get(frame.next) {
                frame.next += 1;
                answer = self.enter(dependency, &mut path, &mut on_path);
            } else if let Some(done) = path.pop() {
                on_path.remove(&done.row.task.id);
                let fate = leave(&done);
                self.known.insert(done.row.task.id.clone(), fate.clone());
                answer = Some(fate);
            }
        }
        answer.unwrap_or(Fate::Open)
    }

    /// The fate of a task if it is plain to see, or its place on the path.
    fn enter(
        &self,
        id: &TaskId,
        path: &mut Vec<Frame<'a>>,
        on_path: &mut BTreeSet<TaskId>,
    ) -> Option<Fate> {
        if let Some(fate) = self.known.get(id) {
            return Some(fate.clone());
        }
        let Some(row) = self.row(id) else {
            return Some(Fate::Stuck(id.clone()));
        };
        if let Some(fate) = own(row, self.retry) {
            return Some(fate);
        }
        if !on_path.insert(id.clone()) {
            return Some(Fate::Stuck(id.clone()));
        }
        path.push(Frame {
            row,
            next: 0,
            worst: Fate::Landed,
        });
        None
    }
}

/// What a task's state says, unless its dependencies decide.
fn own(row: &TaskRow, retry: bool) -> Option<Fate> {
    let id = || row.task.id.clone();
    match &row.state {
        TaskState::Ready { .. } => None,
        TaskState::Failed { .. } if retry => None,
        TaskState::Held { .. } => Some(Fate::Waits(id())),
        state => Some(match state.prospect() {
            Prospect::Satisfied => Fate::Landed,
            Prospect::Open => Fate::Open,
            Prospect::GivenUp => Fate::Stuck(id()),
        }),
    }
}

fn leave(frame: &Frame<'_>) -> Fate {
    match &frame.worst {
        Fate::Stuck(root) => Fate::Stuck(root.clone()),
        _ if frame.row.task.draft => Fate::Waits(frame.row.task.id.clone()),
        Fate::Waits(root) => Fate::Waits(root.clone()),
        Fate::Open | Fate::Landed => Fate::Open,
    }
}
