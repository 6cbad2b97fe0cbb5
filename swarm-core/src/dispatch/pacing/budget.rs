//! What may be used up.

use std::time::Duration;

use crate::model::Cost;
use crate::ports::Spent;

/// What may be used up: by a run, by an attempt, or by a task over all of its
/// attempts. What is `None` is not bounded.
///
/// ```
/// use std::time::Duration;
/// use swarm_core::dispatch::{Budget, Policy};
/// use swarm_core::model::Cost;
/// let mut policy = Policy::default();
/// policy.run_budget.cost = Some(Cost::from_usd(20.0));
/// policy.attempt_budget = Budget {
///     tokens: Some(2_000_000),
///     time: Some(Duration::from_secs(2 * 60 * 60)),
///     ..Budget::default()
/// };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Money, as far as the harnesses tell of it.
    pub cost: Option<Cost>,
    /// Tokens: input and output, cached or not.
    pub tokens: Option<u64>,
    /// Wall time, from the beginning of the run or of the attempt. Waiting, also
    /// for an account or in a pause, takes time; a landing is not broken off.
    pub time: Option<Duration>,
}

impl Budget {
    /// What is left of it.
    pub(in crate::dispatch) fn after(self, spent: Spent) -> Self {
        let tokens = spent.usage.total();
        Self {
            cost: self.cost.map(|cost| cost.minus(spent.cost)),
            tokens: self.tokens.map(|all| all.saturating_sub(tokens)),
            time: self.time.map(|time| time.saturating_sub(spent.duration)),
        }
    }

    /// What neither of the two forbids.
    pub(in crate::dispatch) fn and(self, other: Self) -> Self {
        Self {
            cost: less(self.cost, other.cost),
            tokens: less(self.tokens, other.tokens),
            time: less(self.time, other.time),
        }
    }

    /// What of this is nothing, if something is: for people, after "budget of".
    pub(in crate::dispatch) fn lacks(self) -> Option<&'static str> {
        if self.cost == Some(Cost::default()) {
            Some("money")
        } else if self.tokens == Some(0) {
            Some("tokens")
        } else if self.time == Some(Duration::ZERO) {
            Some("time")
        } else {
            None
        }
    }
}

fn less<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
