//! The merge queue: first come, first served, one at a time.

use std::collections::VecDeque;

use crate::model::TaskId;

/// Who waits to be landed, and who is being landed.
#[derive(Debug, Default)]
pub(in crate::dispatch) struct Queue {
    waiting: VecDeque<TaskId>,
    landing: Option<TaskId>,
}

impl Queue {
    pub(in crate::dispatch) fn join(&mut self, task: TaskId) {
        self.leave(&task);
        self.waiting.push_back(task);
    }

    /// The task is no longer on its way to the line.
    pub(in crate::dispatch) fn leave(&mut self, task: &TaskId) {
        if self.landing.as_ref() == Some(task) {
            self.landing = None;
        }
        // Only a stop takes out somebody in the middle.
        self.waiting.retain(|other| other != task);
    }

    /// The next to land, if nobody is landing.
    pub(in crate::dispatch) fn next(&mut self) -> Option<TaskId> {
        if self.landing.is_some() {
            return None;
        }
        self.landing = self.waiting.pop_front();
        self.landing.clone()
    }

    pub(in crate::dispatch) fn len(&self) -> usize {
        self.waiting.len() + usize::from(self.landing.is_some())
    }

    /// The place in the queue, from 1; `None` for one that is not waiting.
    pub(in crate::dispatch) fn place(&self, task: &TaskId) -> Option<usize> {
        self.waiting
            .iter()
            .position(|other| other == task)
            .map(|at| at + 1)
    }
}
