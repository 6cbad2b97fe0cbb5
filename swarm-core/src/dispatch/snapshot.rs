//! What a whole run is doing at one moment, for people and programs that look
//! in.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::attempt::spent_up;
use super::course::Course;
use super::dispatcher::Dispatcher;
use super::pacing::Admission;
use super::planning::PlannerActivity;
use super::why::Activity;
use crate::model::{AccountId, TaskId, Timestamp};

/// What a run is doing.
///
/// As data it may be kept, or shown by another process. Fields and variants may
/// be added; none is renamed or removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// Slots.
    pub jobs: usize,
    /// Slots that are taken: more than there are, after their number was
    /// lowered.
    pub taken: usize,
    /// What each live task is doing.
    pub tasks: BTreeMap<TaskId, Activity>,
    /// Accounts whose service lets nothing through.
    pub accounts: BTreeMap<AccountId, Shut>,
    /// Why no further task is begun, if there were a free slot.
    pub holdup: Option<Holdup>,
    /// What the planner is doing, if the run has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planner: Option<PlannerActivity>,
}

/// Why nothing is started on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "shut", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shut {
    /// Its service asks to wait.
    Parked {
        /// Until when.
        until: Timestamp,
        /// What the service said.
        why: String,
    },
    /// For the rest of the run: a person must act.
    Closed {
        /// What the service said.
        why: String,
    },
}

/// Why a run begins no further tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "holdup", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Holdup {
    /// It is being stopped.
    Stopping,
    /// It finishes what was begun.
    Draining,
    /// Somebody paused it.
    Paused,
    /// Different tasks failed alike.
    LineStopped {
        /// How many, and of what.
        reason: String,
    },
    /// Its budget is used up.
    OutOfBudget {
        /// Which of it.
        reason: String,
    },
    /// Too much finished work waits to be landed.
    Landings,
}

impl fmt::Display for Holdup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopping => f.write_str("it is being stopped"),
            Self::Draining => f.write_str("it only finishes what was begun"),
            Self::Paused => f.write_str("it is paused"),
            Self::LineStopped { reason } | Self::OutOfBudget { reason } => f.write_str(reason),
            Self::Landings => f.write_str("much finished work waits to be landed first"),
        }
    }
}

impl Dispatcher {
    /// What the run is doing. Changes only by [`handle`](Self::handle), except
    /// that accounts are let in again as time passes.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let tasks = self.attempts.keys();
        let tasks = tasks.filter_map(|task| Some((task.clone(), self.why(now, task)?)));
        Snapshot {
            jobs: self.policy.jobs,
            taken: self.taken(),
            tasks: tasks.collect(),
            accounts: self.shut(now),
            holdup: self.holdup(),
            planner: self.planner_activity(now),
        }
    }

    fn shut(&self, now: Timestamp) -> BTreeMap<AccountId, Shut> {
        let accounts = self.setting.accounts.values();
        let shut = accounts.filter_map(|account| {
            let why = match self.governor.admission(account, now) {
                Admission::Now => return None,
                Admission::NotBefore(until, why) => Shut::Parked {
                    until,
                    why: why.to_owned(),
                },
                Admission::Never(why) => Shut::Closed {
                    why: why.to_owned(),
                },
            };
            Some((account.clone(), why))
        });
        shut.collect()
    }

    fn holdup(&self) -> Option<Holdup> {
        match self.course {
            Course::Stopping { .. } => return Some(Holdup::Stopping),
            Course::Draining => return Some(Holdup::Draining),
            Course::Paused => return Some(Holdup::Paused),
            Course::Running => {}
        }
        if let Some(reason) = self.breaker.tripped() {
            let reason = reason.to_owned();
            return Some(Holdup::LineStopped { reason });
        }
        if let Some(what) = self.budget.exhausted(self.now) {
            let reason = spent_up("run", what);
            return Some(Holdup::OutOfBudget { reason });
        }
        self.crowded().then_some(Holdup::Landings)
    }
}
