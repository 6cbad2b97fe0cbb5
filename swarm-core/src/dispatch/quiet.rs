//! How long a run waits when there is nothing to do, and why it is over.

use super::course::Course;
use super::dispatcher::Dispatcher;
use super::policy::Until;
use crate::model::{RunEnd, Timestamp};

impl Dispatcher {
    /// Why the run is over, once it is.
    pub fn end(&self) -> RunEnd {
        match (self.intake.closed(), self.policy.until) {
            (Some(why), _) => why.clone(),
            (None, Until::Quiet(_)) => RunEnd::Quiet,
            (None, Until::Drained | Until::Stopped) => RunEnd::Drained,
        }
    }

    /// When a wait ends that nothing else may end: for tasks, or for a turn
    /// while what may be used up goes by.
    pub(super) fn waits_end(&self) -> Option<Timestamp> {
        let waiting = self.waiting.iter().filter_map(|id| self.attempts.get(id));
        let own = waiting.filter_map(|one| one.budget(&self.policy, self.now).time);
        let own = own.map(|left| self.now.plus(left));
        let all = own.chain(self.quiet_until()).chain(self.budget.deadline());
        all.filter(|at| *at > self.now).min()
    }

    /// When a run that waits for tasks has waited for long enough, unless one
    /// comes before.
    pub(super) fn quiet_until(&self) -> Option<Timestamp> {
        match self.policy.until {
            Until::Quiet(span) => self.quiet_since.map(|since| since.plus(span)),
            Until::Drained | Until::Stopped => None,
        }
    }

    /// Notes since when there is nothing to do. A look that finds nothing is no
    /// work.
    pub(super) fn rest(&mut self, now: Timestamp) {
        let paused = self.course == Course::Paused;
        let busy = !self.attempts.is_empty() || !self.plans_nothing();
        if paused || busy || self.intake.expects() {
            self.quiet_since = None;
        } else if self.intake.dry() {
            self.quiet_since.get_or_insert(now);
        }
    }
}
