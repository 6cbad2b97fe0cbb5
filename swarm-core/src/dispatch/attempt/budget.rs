//! What an attempt may use up, and what follows when it has.

use super::record::{Attempt, Outcome, Rules};
use crate::dispatch::pacing::Budget;
use crate::dispatch::policy::Policy;
use crate::model::{Ending, Timestamp};
use crate::ports::Spent;

impl Attempt {
    /// The end of an attempt for which nothing is left: the run's budget, its
    /// task's or its own is used up.
    pub(in crate::dispatch) fn spent_up(&mut self, rules: Rules<'_>) -> Option<Outcome> {
        if let Some(what) = rules.budget.exhausted(rules.now) {
            let reason = spent_up("run", what);
            return Some(self.end(Ending::Interrupted { reason }));
        }
        let (own, task) = self.budgets(rules.policy, rules.now);
        if let Some(what) = task.lacks() {
            let reason = format!("{} (over all its attempts)", spent_up("task", what));
            return Some(self.end(Ending::Failed { reason }));
        }
        let what = own.lacks()?;
        Some(self.fail(spent_up("attempt", what), rules))
    }

    /// What neither the attempt nor its task forbids a turn.
    pub(in crate::dispatch) fn budget(&self, policy: &Policy, now: Timestamp) -> Budget {
        let (own, task) = self.budgets(policy, now);
        own.and(task)
    }

    fn budgets(&self, policy: &Policy, now: Timestamp) -> (Budget, Budget) {
        let mut spent = Spent {
            duration: self.duration(now),
            ..self.spent
        };
        let own = policy.attempt_budget.after(spent);
        spent.usage += self.before.usage;
        spent.cost += self.before.cost;
        spent.duration += self.before.duration;
        (own, policy.task_budget.after(spent))
    }
}

/// For people.
pub(in crate::dispatch) fn spent_up(whose: &str, what: &str) -> String {
    format!("the {whose}'s budget of {what} is used up")
}
