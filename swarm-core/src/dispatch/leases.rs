//! When the claims of live attempts are renewed: all at once.

use super::command::Ticket;
use super::policy::Policy;
use crate::model::Timestamp;

/// The next renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leases {
    /// Nothing is held.
    Idle,
    /// Due at this time.
    Due(Timestamp),
    /// Under way.
    Renewing(Ticket),
}

impl Leases {
    /// Something is held: the next renewal is a quarter of a lease away.
    pub(super) fn after(now: Timestamp, policy: &Policy) -> Self {
        Self::Due(now.plus(policy.lease / 4))
    }

    pub(super) fn deadline(self) -> Option<Timestamp> {
        match self {
            Self::Due(at) => Some(at),
            Self::Idle | Self::Renewing(_) => None,
        }
    }
}
