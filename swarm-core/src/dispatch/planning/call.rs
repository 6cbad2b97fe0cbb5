//! What is to be done for a planner.

use crate::dispatch::input::{Answer, Fault};
use crate::dispatch::pacing::Budget;
use crate::model::HarnessName;
use crate::ports::Release;

/// One call of a planner, as decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTurn {
    /// Which plan of the run, from 1.
    pub plan: u32,
    /// 1, or 2 to mend the mistakes of the first.
    pub turn: u32,
    /// Whose agent.
    pub harness: HarnessName,
    /// Go on with the conversation of the turn before.
    pub resume: bool,
    /// What it may use up: its share of what the run has left.
    pub budget: Budget,
}

/// A call for the run's planner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanCall {
    /// `TaskStore::list`: how many tasks are pending?
    Count,
    /// `GitClient::acquire`, for this plan of the run.
    Acquire {
        /// From 1.
        plan: u32,
    },
    /// `Harness::run`
    Run(PlanTurn),
    /// `TaskStore::list`, then `TaskStore::add`: what the latest turn said, all
    /// or nothing.
    Add,
    /// `GitClient::release`
    Release(Release),
}

impl PlanCall {
    /// How a call of this kind is answered for if it cannot answer itself.
    pub fn failure(&self) -> fn(Fault) -> Answer {
        match self {
            Self::Count => |fault| Answer::Counted(Err(fault)),
            Self::Acquire { .. } => |fault| Answer::Acquired(Err(fault)),
            Self::Run(_) => |fault| Answer::Ran(Err(fault)),
            Self::Add => |fault| Answer::Planned(Err(fault)),
            Self::Release(_) => |fault| Answer::Released(Err(fault)),
        }
    }
}
