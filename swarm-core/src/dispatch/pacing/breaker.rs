//! Stops the line when different tasks fail alike: then it is not the tasks.

use std::collections::BTreeSet;

use crate::model::TaskId;

/// What an attempt failed of, as far as two failures can be alike. Never read
/// from a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum Cause {
    /// A turn ended so.
    Turn(&'static str),
    /// This gate step does not pass.
    Gate(String),
    /// A call of this kind failed.
    Call(&'static str),
}

impl Cause {
    /// For people, after "failed: ".
    fn text(&self) -> String {
        match self {
            Self::Turn(end) => format!("their turns ended as {end}"),
            Self::Gate(step) => format!("the gate step {step:?} does not pass"),
            Self::Call(call) => format!("{call} failed"),
        }
    }
}

/// Counts different tasks that fail alike, one after another.
#[derive(Clone, Debug)]
pub(in crate::dispatch) struct Breaker {
    /// So many are too many; 0 never is.
    limit: usize,
    last: Option<Cause>,
    tasks: BTreeSet<TaskId>,
    tripped: Option<String>,
}

impl Breaker {
    pub(in crate::dispatch) fn new(limit: usize) -> Self {
        Self {
            limit,
            last: None,
            tasks: BTreeSet::new(),
            tripped: None,
        }
    }

    /// Something worked.
    pub(in crate::dispatch) fn reset(&mut self) {
        self.last = None;
        self.tasks.clear();
    }

    /// An attempt of this task failed; gives the reason if the line must stop.
    pub(in crate::dispatch) fn failed(&mut self, task: &TaskId, cause: &Cause) -> Option<String> {
        if self.last.as_ref() != Some(cause) {
            self.last = Some(cause.clone());
            self.tasks.clear();
        }
        let new = self.tasks.insert(task.clone());
        let trips = new && self.limit > 0 && self.tasks.len() == self.limit;
        if !trips {
            return None;
        }
        self.tripped = Some(format!(
            "{} different tasks failed alike, one after another: {}",
            self.tasks.len(),
            cause.text()
        ));
        self.tripped.clone()
    }

    /// Why the line was stopped, if it was.
    pub(in crate::dispatch) fn tripped(&self) -> Option<&str> {
        self.tripped.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, Cause};
    use crate::model::TaskId;

    fn feed(limit: usize, failures: &[(&str, Cause)]) -> Vec<bool> {
        let mut breaker = Breaker::new(limit);
        let failures = failures.iter();
        failures
            .map(|(task, cause)| {
                let task = TaskId::new(*task).expect("a good id");
                breaker.failed(&task, cause).is_some()
            })
            .collect()
    }

    #[test]
    fn only_different_tasks_that_fail_alike_in_a_row_stop_the_line() {
        let gate = || Cause::Gate("test".to_owned());
        let crash = || Cause::Turn("crashed");
        assert_eq!(
            feed(3, &[("a", gate()), ("b", gate()), ("c", gate())]),
            [false, false, true]
        );
        assert_eq!(
            feed(3, &[("a", gate()), ("a", gate()), ("b", gate())]),
            [false; 3],
            "one stubborn task is no pattern"
        );
        assert_eq!(
            feed(2, &[("a", gate()), ("b", crash()), ("c", gate())]),
            [false; 3],
            "another cause begins anew"
        );
        assert_eq!(feed(0, &[("a", gate()), ("b", gate())]), [false; 2]);
    }
}
