//! When the claims of live attempts are renewed: all at once.

use super::command::{Command, Ticket};
use super::dispatcher::Dispatcher;
use super::input::Answer;
use super::policy::Policy;
use crate::model::{Ending, TaskId, Timestamp};
use crate::ports::{Renewal, Stop};

/// The next renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leases {
    /// Nothing is held.
    Idle,
    /// Due at this time.
    Due(Timestamp),
    /// Under way; asked for once more meanwhile, or not.
    Renewing { ticket: Ticket, again: bool },
}

impl Leases {
    /// Something is held: the next renewal is a quarter of a lease away.
    pub(super) fn after(now: Timestamp, policy: &Policy) -> Self {
        Self::Due(now.plus(policy.lease / 4))
    }

    /// Something may have changed that a renewal tells of.
    pub(super) fn hasten(self, now: Timestamp) -> Self {
        match self {
            Self::Idle => Self::Idle,
            Self::Due(_) => Self::Due(now),
            Self::Renewing { ticket, .. } => Self::Renewing {
                ticket,
                again: true,
            },
        }
    }

    /// The renewal came back.
    pub(super) fn renewed(self, now: Timestamp, policy: &Policy) -> Self {
        match self {
            Self::Renewing { again: true, .. } => Self::Due(now),
            Self::Idle | Self::Due(_) | Self::Renewing { again: false, .. } => {
                Self::after(now, policy)
            }
        }
    }

    pub(super) fn deadline(self) -> Option<Timestamp> {
        match self {
            Self::Due(at) => Some(at),
            Self::Idle | Self::Renewing { .. } => None,
        }
    }
}

impl Dispatcher {
    pub(super) fn renewed(&mut self, now: Timestamp, answer: Answer, out: &mut Vec<Command>) {
        self.leases = self.leases.renewed(now, &self.policy);
        // A renewal that failed is tried again in time: a lease lasts for four.
        let Answer::Renewed(Ok(mut renewals)) = answer else {
            return;
        };
        // First of all, so that no attempt that ends now names a further task
        // that is not its own any more.
        renewals.retain(|(task, renewal)| match renewal {
            Renewal::Lost => !self.guest_lost(task, out),
            Renewal::Renewed | Renewal::Wanted(_) => true,
        });
        for (task, renewal) in renewals {
            match renewal {
                Renewal::Renewed => {}
                Renewal::Wanted(want) => self.wanted(now, &task, want, out),
                Renewal::Lost => self.claim_lost(now, &task, out),
            }
        }
    }

    /// Whether somebody else has taken a further task of an attempt.
    fn guest_lost(&mut self, task: &TaskId, out: &mut Vec<Command>) -> bool {
        let mut attempts = self.attempts.values_mut();
        let event = attempts.find_map(|attempt| attempt.lose_guest(task));
        let lost = event.is_some();
        out.extend(event.map(Command::Publish));
        lost
    }

    fn claim_lost(&mut self, now: Timestamp, task: &TaskId, out: &mut Vec<Command>) {
        let then = Ending::Lost {
            reason: "another worker has claimed the task".to_owned(),
        };
        self.stop_attempt(now, task, then, Stop::Now, out);
    }
}
