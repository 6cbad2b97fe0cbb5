//! Before the work: is the task ready, and what does it leave open?

use super::record::{Attempt, Outcome, Rules};
use crate::dispatch::command::Ask;
use crate::dispatch::input::ChangeFacts;
use crate::event::Event;
use crate::model::Ending;
use crate::protocol::signals::Readiness;

impl Attempt {
    /// What the first turn is for.
    pub(super) fn opening(rules: Rules<'_>) -> Ask {
        if rules.policy.validate {
            Ask::Validate
        } else {
            Self::after_validation(rules)
        }
    }

    fn after_validation(rules: Rules<'_>) -> Ask {
        if rules.policy.decide {
            Ask::Decide
        } else {
            Ask::Task
        }
    }

    /// The table of what a validator says. What it committed stays, and lands
    /// with the work.
    pub(super) fn validated(
        &mut self,
        said: Option<Readiness>,
        opening: &str,
        facts: &ChangeFacts,
        rules: Rules<'_>,
    ) -> Outcome {
        let event = Event::Validated {
            task: self.task().clone(),
            corrected: facts.commits > 0,
        };
        let (next, mut events) = match said {
            Some(Readiness::Ready) => {
                let (next, mut events) = self.turn(Self::after_validation(rules), None, rules);
                events.insert(0, event);
                (next, events)
            }
            Some(Readiness::NotReady { concerns }) => {
                let reason = format!("not ready to be worked on: {}", concerns.join("; "));
                self.end(Ending::Blocked { reason })
            }
            Some(Readiness::Blocked { why }) => self.end(Ending::Blocked { reason: why }),
            Some(Readiness::Close { why }) => self.closed(why, facts),
            None if self.counts.unclear == 0 => {
                self.counts.unclear += 1;
                self.turn(Ask::Validate, None, rules)
            }
            None => {
                let said = match opening.trim() {
                    "" => "No output",
                    opening => opening,
                };
                let reason =
                    format!("nobody knows whether it is ready; its validator says: {said}");
                self.end(Ending::Held { reason })
            }
        };
        events.shrink_to_fit();
        (next, events)
    }

    /// What was open is decided, or whoever works on it decides.
    pub(super) fn decided(&mut self, blocked: Option<String>, rules: Rules<'_>) -> Outcome {
        match blocked {
            Some(reason) => self.end(Ending::Blocked { reason }),
            None => self.turn(Ask::Task, None, rules),
        }
    }

    /// Nothing could be decided: no reason not to work.
    pub(super) fn undecided(&mut self, why: &str, rules: Rules<'_>) -> Outcome {
        let event = Event::Trouble {
            task: Some(self.task().clone()),
            message: format!("nothing was decided before the work, which begins anyway: {why}"),
        };
        self.forget_conversation();
        let (next, mut events) = self.turn(Ask::Task, None, rules);
        events.insert(0, event);
        (next, events)
    }
}
