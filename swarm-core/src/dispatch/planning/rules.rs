//! What a planner is allowed to do.

use crate::model::HarnessName;

/// The limits of a run's planner.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanRules {
    /// Whose agent plans.
    pub harness: HarnessName,
    /// It is not called while so many tasks wait or are worked on; at least 1.
    /// Default 1: only when nothing else is left to do.
    pub max_pending: usize,
    /// Plans of one run, good or bad; nothing resets it. Default 20.
    pub max_plans: u32,
    /// Plans in a row that add nothing before it is not called any more in this
    /// run. Default 3.
    pub patience: u32,
}

impl PlanRules {
    /// The defaults, for an agent of this harness.
    pub fn new(harness: HarnessName) -> Self {
        Self {
            harness,
            max_pending: 1,
            max_plans: 20,
            patience: 3,
        }
    }
}
