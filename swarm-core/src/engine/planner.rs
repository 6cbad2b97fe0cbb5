//! How an embedder has tasks planned.

use crate::dispatch::PlanRules;
use crate::model::HarnessName;

/// An agent that finds new tasks when there is nothing left to do. A run has at
/// most one, and none unless it is given to
/// [`SwarmBuilder::planner`](crate::SwarmBuilder::planner).
///
/// It is called in a worktree of its own, read-only where its harness can, takes
/// a slot, and its money counts against the run's. What it says is added to the
/// store all or none, with the run as its origin, and worked on in the same run.
///
/// ```
/// use swarm_core::Planner;
/// let planner = Planner::new("claude")
///     .instructions("Plan what is missing for the release, as ROADMAP.md describes it.")
///     .max_pending(3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planner {
    pub(super) rules: PlanRules,
    pub(super) instructions: Option<String>,
    pub(super) model: Option<String>,
}

impl Planner {
    /// Plans with the harness that was given to the builder under this name.
    pub fn new(harness: impl AsRef<str>) -> Self {
        Self {
            rules: PlanRules::new(HarnessName::new(harness)),
            instructions: None,
            model: None,
        }
    }

    /// Says what to plan. Default: whatever the project needs next. Its rules
    /// and the form of its answer are told all the same.
    #[must_use]
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.instructions = Some(text.into());
        self
    }

    /// Asks the harness for this model. Default: the run's.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Does not call it while so many tasks wait or are worked on; at least 1.
    /// Default 1: it is called when nothing else is left. With more it plans
    /// ahead, as soon as a slot is free and nothing can be claimed.
    #[must_use]
    pub fn max_pending(mut self, tasks: usize) -> Self {
        self.rules.max_pending = tasks;
        self
    }

    /// Plans of one run, good or bad; at least 1. Default 20.
    #[must_use]
    pub fn max_plans(mut self, plans: u32) -> Self {
        self.rules.max_plans = plans;
        self
    }

    /// Plans in a row that add nothing, before it is not called any more; at
    /// least 1. After each of them it waits until a task has landed or was
    /// added. Default 3.
    #[must_use]
    pub fn patience(mut self, plans: u32) -> Self {
        self.rules.patience = plans;
        self
    }
}
