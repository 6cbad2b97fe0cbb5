//! What a planner is doing, for people.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::planner::{Leave, News, Phase};
use crate::dispatch::dispatcher::Dispatcher;
use crate::dispatch::pacing::Admission;
use crate::model::{AccountId, Role, RunEnd, Timestamp};

/// What a run's planner is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "doing", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlannerActivity {
    /// Nothing is to be planned until something changes.
    Resting {
        /// Until this has happened.
        until: News,
    },
    /// Would plan as soon as a slot is free and no task can begin.
    Waiting,
    /// Would plan, but the service of its account does not let it in.
    Parked {
        /// The account.
        account: AccountId,
        /// Until when.
        until: Timestamp,
        /// What the service said.
        why: String,
    },
    /// Counts what is pending, or gets a worktree.
    Preparing,
    /// Its agent speaks.
    Speaking {
        /// Which plan of the run, from 1.
        plan: u32,
        /// 1, or 2 to mend the mistakes of the first.
        turn: u32,
        /// When that turn began.
        since: Timestamp,
    },
    /// What it said is taken in, or its worktree given back.
    Ending,
    /// Was asked to stop.
    Stopping,
    /// It is not called any more in this run.
    Over {
        /// Why.
        why: PlanEnd,
    },
}

/// Why a planner is not called any more in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlanEnd {
    /// The run begins nothing more.
    Run {
        /// Why.
        why: RunEnd,
    },
    /// Its account lets nobody in any more: a person must act.
    Account {
        /// The account.
        account: AccountId,
        /// What the service said.
        why: String,
    },
    /// It has made as many plans as it may.
    Plans {
        /// So many.
        plans: u32,
    },
    /// Too many plans in a row added nothing.
    Fruitless {
        /// So many.
        plans: u32,
    },
}

impl fmt::Display for PlannerActivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resting { until: News::Ended } => {
                f.write_str("resting until an attempt has ended")
            }
            Self::Resting {
                until: News::Progress,
            } => f.write_str("resting until a task has landed or was added"),
            Self::Waiting => f.write_str("waiting until a slot is free and no task can begin"),
            Self::Parked {
                account,
                until,
                why,
            } => write!(f, "parked until {}: account {account}: {why}", until.utc()),
            Self::Preparing => f.write_str("looking whether to plan"),
            Self::Speaking { plan, turn, since } => {
                let since = since.utc();
                write!(f, "planning since {since}: plan {plan}, turn {turn}")
            }
            Self::Ending => f.write_str("ending a plan"),
            Self::Stopping => f.write_str("being stopped"),
            Self::Over { why } => write!(f, "over for this run: {why}"),
        }
    }
}

impl fmt::Display for PlanEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { why } => why.fmt(f),
            Self::Account { account, why } => write!(f, "account {account}: {why}"),
            Self::Plans { plans } => write!(f, "it has made {plans} plans (max_plans)"),
            Self::Fruitless { plans } => {
                write!(f, "its last {plans} plans added nothing (patience)")
            }
        }
    }
}

impl Dispatcher {
    /// What the planner is doing; `None` if the run has none.
    pub(in crate::dispatch) fn planner_activity(&self, now: Timestamp) -> Option<PlannerActivity> {
        let planner = self.planner.as_ref()?;
        Some(match &planner.phase {
            Phase::Resting { until } => match self.leave(planner, now) {
                // Nothing that it waits for would have it called.
                Leave::Never(why) => PlannerActivity::Over { why },
                Leave::Now(_) | Leave::Later => PlannerActivity::Resting { until: *until },
            },
            Phase::Wanted => match self.rules(now).choose(&planner.rules.harness, Role::Plan) {
                (harness, Admission::NotBefore(until, why)) => PlannerActivity::Parked {
                    account: self.setting.account(&harness),
                    until,
                    why: why.to_owned(),
                },
                (_, Admission::Now | Admission::Never(_)) => PlannerActivity::Waiting,
            },
            Phase::Counting | Phase::Acquiring => PlannerActivity::Preparing,
            Phase::Turn(turn) => PlannerActivity::Speaking {
                plan: turn.plan,
                turn: turn.turn,
                since: planner.since,
            },
            Phase::Adding { .. } | Phase::Releasing { .. } => PlannerActivity::Ending,
            Phase::Stopping { .. } => PlannerActivity::Stopping,
            Phase::Over(why) => PlannerActivity::Over { why: why.clone() },
        })
    }
}
