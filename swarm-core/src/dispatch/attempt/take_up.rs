//! From the claim to the first turn: a worktree, and what an attempt left that
//! was cut short.

use super::phase::{Phase, Work};
use super::record::{Attempt, Next, Outcome, Rules};
use crate::dispatch::command::{Ask, Call};
use crate::dispatch::input::{Answer, mismatch};
use crate::event::Event;
use crate::model::{Ending, Oid, Stage};

impl Attempt {
    /// Gets a worktree, unless runs end again and again with this task.
    pub(super) fn acquire(&mut self, rules: Rules<'_>) -> Outcome {
        if self.cut_short > rules.policy.max_restarts {
            let reason = format!(
                "{} attempts in a row were cut short (max_restarts): look what ends them",
                self.cut_short
            );
            return self.end(Ending::Held { reason });
        }
        self.phase = Phase::Acquiring;
        (Next::Call(Call::Acquire), Vec::new())
    }

    pub(super) fn acquired(&mut self, answer: Answer, rules: Rules<'_>) -> Outcome {
        let Answer::Acquired(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let tree = match result {
            Ok(tree) => tree,
            Err(fault) => return self.failed_call(&fault, rules),
        };
        let event = Event::WorktreeReady {
            task: self.task().clone(),
            path: tree.path.clone(),
            branch: tree.branch.clone(),
            base: tree.base.clone(),
        };
        let adopted = self.earlier.as_ref() == Some(&tree);
        self.tree = Some(tree);
        if !adopted {
            self.recovery.elsewhere();
        }
        let (next, mut events) = match self.stage.clone() {
            Stage::Finished { head } if adopted => {
                self.phase = Phase::Working(Work::TakingUp { head });
                (Next::Call(Call::Changes), Vec::new())
            }
            Stage::Finished { .. } => self.turn(Ask::Task, None, rules),
            Stage::Turn { ask, onto } => self.turn(ask, onto, rules),
        };
        events.insert(0, event);
        (next, events)
    }

    /// Finished work is judged again from the start; what is not as it was is
    /// the agent's again.
    pub(super) fn taken_up(&mut self, answer: Answer, head: &Oid, rules: Rules<'_>) -> Outcome {
        let Answer::Changed(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        match result {
            Ok(facts) if facts.head == *head && facts.dirty == 0 && facts.commits > 0 => {
                self.judge(facts.head)
            }
            Ok(_) => self.turn(Ask::Task, None, rules),
            Err(fault) => self.failed_call(&fault, rules),
        }
    }
}
