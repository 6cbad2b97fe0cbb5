//! Further tasks that an agent asks for in the middle of its work: claimed for
//! it, done on the same branch, completed by the same landing.

use super::phase::{Phase, Work};
use super::record::{Attempt, Next, Outcome, Rules};
use crate::dispatch::command::{Ask, Call};
use crate::dispatch::input::{Answer, Won, mismatch};
use crate::event::Event;
use crate::model::{Claim, Ending, TaskId};

/// A further task of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// Its claim.
    pub claim: Claim,
    /// The number of its attempt, for events.
    pub attempt: u32,
}

impl Guest {
    /// How its claim ends, when the attempt of `host` ends so: it lands with it,
    /// or is given back as it was found.
    pub fn ending(host: &Ending, of: &TaskId) -> Ending {
        match host {
            Ending::Landed { .. } => host.clone(),
            Ending::Retry { .. }
            | Ending::Failed { .. }
            | Ending::Held { .. }
            | Ending::Blocked { .. }
            | Ending::Closed { .. }
            | Ending::Rejected { .. }
            | Ending::Interrupted { .. }
            | Ending::Lost { .. } => Ending::Interrupted {
                reason: format!("it was claimed along with {of}, and given back"),
            },
        }
    }
}

impl Attempt {
    /// How many more tasks it may claim.
    pub(super) fn may_claim(&self, rules: Rules<'_>) -> usize {
        let claims = rules.policy.claims;
        claims.saturating_sub(self.guests.len())
    }

    pub(super) fn claim_more(&mut self, turn: u32, ids: Vec<TaskId>, rules: Rules<'_>) -> Outcome {
        let limit = self.may_claim(rules);
        self.phase = Phase::Working(Work::Claiming { turn });
        (Next::Call(Call::Claim { ids, limit }), Vec::new())
    }

    /// The store answered: the agent is told, whatever it got.
    pub(super) fn claimed_more(&mut self, answer: Answer, rules: Rules<'_>) -> Outcome {
        let Answer::Claimed(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let mut events = match result {
            Ok(facts) => self.take_in(facts.won),
            Err(fault) => vec![Event::Trouble {
                task: Some(self.task().clone()),
                message: format!("no further task could be claimed: {}", fault.message),
            }],
        };
        let (next, more) = self.turn(Ask::Claims, None, rules);
        events.extend(more);
        (next, events)
    }

    /// Further tasks are ours from now on.
    pub(super) fn take_in(&mut self, won: Vec<Won>) -> Vec<Event> {
        let mut events = Vec::new();
        for won in won {
            events.push(Event::Claimed {
                task: won.claim.task.clone(),
                attempt: won.attempt,
                harness: self.acting.clone(),
            });
            self.guests.push(Guest {
                claim: won.claim,
                attempt: won.attempt,
            });
        }
        events
    }

    /// Somebody else holds a further task by now.
    pub(in crate::dispatch) fn lose_guest(&mut self, task: &TaskId) -> Option<Event> {
        let at = self
            .guests
            .iter()
            .position(|guest| guest.claim.task == *task)?;
        self.guests.remove(at);
        Some(Event::ClaimLost { task: task.clone() })
    }
}
