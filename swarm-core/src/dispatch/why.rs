//! What a live task is doing, for people.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::attempt::{Attempt, Judge, Phase, Work};
use super::course::Course;
use super::dispatcher::Dispatcher;
use super::pacing::Admission;
use crate::model::{AccountId, Role, TaskId, Timestamp};

/// What a live attempt is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "doing", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activity {
    /// Asking git whether an earlier landing happened.
    Recovering,
    /// Getting a worktree.
    Acquiring,
    /// An agent works, or its work is being looked at.
    Working {
        /// In which turn.
        turn: u32,
        /// In which role.
        role: Role,
    },
    /// Gates run.
    Gating,
    /// A reviewer judges.
    Reviewing {
        /// Who.
        reviewer: String,
    },
    /// Wants a turn, but the service of its account does not let it in.
    Parked {
        /// The account.
        account: AccountId,
        /// Until when.
        until: Timestamp,
        /// What the service said.
        why: String,
    },
    /// Wants a turn, but the run is paused.
    Paused {
        /// In which role.
        role: Role,
    },
    /// Wants another turn, but all slots are taken.
    WaitingForSlot {
        /// In which role.
        role: Role,
    },
    /// Waits to be landed.
    Queued {
        /// Its place, from 1.
        place: usize,
    },
    /// Is being landed.
    Landing,
    /// Its ending is being written down.
    Ending,
    /// Was asked to stop.
    Stopping,
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recovering => f.write_str("asking git whether an earlier landing happened"),
            Self::Acquiring => f.write_str("getting a worktree"),
            Self::Working { turn, role } => write!(f, "working: turn {turn} ({})", role.as_str()),
            Self::Gating => f.write_str("gates are running"),
            Self::Reviewing { reviewer } => write!(f, "being reviewed by {reviewer}"),
            Self::Parked {
                account,
                until,
                why,
            } => write!(f, "parked until {}: account {account}: {why}", until.utc()),
            Self::Paused { role } => {
                write!(f, "waiting to {}: the run is paused", role.as_str())
            }
            Self::WaitingForSlot { role } => {
                write!(f, "waiting for a free slot to {}", role.as_str())
            }
            Self::Queued { place } => write!(f, "waiting to be landed, place {place}"),
            Self::Landing => f.write_str("being landed"),
            Self::Ending => f.write_str("ending"),
            Self::Stopping => f.write_str("being stopped"),
        }
    }
}

impl Dispatcher {
    /// What a task is doing; `None` if no attempt of it is live.
    pub fn why(&self, now: Timestamp, task: &TaskId) -> Option<Activity> {
        let attempt = self.attempt_with(task)?;
        Some(self.activity(now, (task, attempt), &attempt.phase))
    }

    fn activity(
        &self,
        now: Timestamp,
        (task, attempt): (&TaskId, &Attempt),
        phase: &Phase,
    ) -> Activity {
        let working = |turn, role| Activity::Working { turn, role };
        match phase {
            // What it is on the way to.
            Phase::Parting { then, .. } => self.activity(now, (task, attempt), then),
            Phase::Recovering(_) => Activity::Recovering,
            Phase::Acquiring | Phase::Working(Work::TakingUp { .. }) => Activity::Acquiring,
            Phase::Working(Work::Claiming { turn }) => working(*turn, Role::Implement),
            Phase::Working(Work::Noting(plan) | Work::Turn(plan) | Work::Looking { plan, .. }) => {
                working(plan.turn, plan.ask.role())
            }
            Phase::Judging(Judge::Noting { .. } | Judge::Gate { .. }) => Activity::Gating,
            Phase::Judging(Judge::Diff { .. }) => self.reviewing(0),
            Phase::Judging(Judge::Parked { reviewer, .. }) => {
                match self.rules(now).reviewer(*reviewer) {
                    Admission::NotBefore(until, why) => Activity::Parked {
                        account: self.setting.reviewer_account(*reviewer),
                        until,
                        why: why.to_owned(),
                    },
                    Admission::Now | Admission::Never(_) if self.course == Course::Paused => {
                        Activity::Paused { role: Role::Review }
                    }
                    Admission::Now | Admission::Never(_) => {
                        Activity::WaitingForSlot { role: Role::Review }
                    }
                }
            }
            Phase::Judging(Judge::Review { reviewer, .. }) => self.reviewing(*reviewer),
            Phase::Waiting(plan) => match self.rules(now).choose(&attempt.harness, plan.ask.role())
            {
                (harness, Admission::NotBefore(until, why)) => Activity::Parked {
                    account: self.setting.account(&harness),
                    until,
                    why: why.to_owned(),
                },
                (_, Admission::Now | Admission::Never(_)) if self.course == Course::Paused => {
                    Activity::Paused {
                        role: plan.ask.role(),
                    }
                }
                (_, Admission::Now | Admission::Never(_)) => Activity::WaitingForSlot {
                    role: plan.ask.role(),
                },
            },
            Phase::Landing(_) => match self.queue.place(task) {
                Some(place) => Activity::Queued { place },
                None => Activity::Landing,
            },
            Phase::Ending(_) => Activity::Ending,
            Phase::Stopping { .. } => Activity::Stopping,
        }
    }

    fn reviewing(&self, reviewer: usize) -> Activity {
        let reviewers = &self.setting.reviewers;
        Activity::Reviewing {
            reviewer: reviewers.get(reviewer).cloned().unwrap_or_default(),
        }
    }
}
