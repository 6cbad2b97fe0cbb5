//! Where an attempt is. One value; each phase but three waits for one answer.

use super::record::Next;
use crate::dispatch::command::{Ask, TurnPlan};
use crate::dispatch::input::TurnFacts;
use crate::model::{Ending, Intent, Oid, Role, Timestamp};
use crate::protocol::signals::{Readiness, Signal};

/// The phase of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum Phase {
    /// An earlier worker had decided on a landing: did it happen?
    Recovering(Recovery),
    /// Getting a worktree.
    Acquiring,
    /// The agent works.
    Working(Work),
    /// Gates and reviewers judge.
    Judging(Judge),
    /// On the way to the line.
    Landing(Land),
    /// Ready for a turn, but without a slot. Waits for no answer.
    Waiting(TurnPlan),
    /// Letting go of an agent that waits for its next turn; then comes this.
    Parting { then: Box<Phase>, next: Box<Next> },
    /// Writing down how it ended, giving the worktree back.
    Ending(End),
    /// Asked to stop; whatever the pending call answers, it then ends so.
    Stopping { then: Ending, give_up_at: Timestamp },
}

impl Phase {
    /// What its call is for, where different tasks may fail of it alike.
    pub(super) fn undertaking(&self) -> Option<&'static str> {
        match self {
            Self::Acquiring => Some("making a worktree"),
            Self::Working(Work::Turn(_)) => Some("starting the agent"),
            Self::Working(Work::Looking { .. } | Work::TakingUp { .. }) => {
                Some("looking at a worktree")
            }
            Self::Judging(Judge::Gate { .. }) => Some("running the gate"),
            Self::Recovering(_)
            | Self::Working(Work::Noting(_) | Work::Claiming { .. })
            | Self::Judging(
                Judge::Noting { .. }
                | Judge::Diff { .. }
                | Judge::Parked { .. }
                | Judge::Review { .. },
            )
            | Self::Landing(_)
            | Self::Waiting(_)
            | Self::Parting { .. }
            | Self::Ending(_)
            | Self::Stopping { .. } => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum Recovery {
    /// Is the intended commit on the line?
    Asking { intent: Intent },
    /// It is not; taking the intent back.
    Withdrawing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum Work {
    /// Going on for an attempt whose work was finished with this commit: is it
    /// still so?
    TakingUp { head: Oid },
    /// Writing down how far it is, before this turn.
    Noting(TurnPlan),
    /// A turn runs.
    Turn(TurnPlan),
    /// Looking at what the turn left.
    Looking { plan: TurnPlan, after: After },
    /// Claiming further tasks, for the agent asked for them.
    Claiming { turn: u32 },
}

/// What the look at a worktree is to be read with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum After {
    /// What the worker said, if anything.
    Signal(Option<Signal>),
    /// What the validator said, and how its message began.
    Readiness {
        said: Option<Readiness>,
        opening: String,
    },
    /// The decider ended; it may say that the task cannot be done.
    Decision { blocked: Option<String> },
    /// The agent crashed.
    Crash { error: String },
}

impl After {
    pub(super) fn of(ask: Ask, facts: &TurnFacts) -> Self {
        match ask.role() {
            Role::Validate => Self::Readiness {
                said: facts.readiness.clone(),
                opening: facts.opening.clone(),
            },
            Role::Decide => Self::Decision {
                blocked: match &facts.signal {
                    Some(Signal::Blocked { why }) => Some(why.clone()),
                    Some(
                        Signal::Done
                        | Signal::Claim { .. }
                        | Signal::FollowUp { .. }
                        | Signal::HandOff { .. }
                        | Signal::Close { .. },
                    )
                    | None => None,
                },
            },
            Role::Implement
            | Role::Commit
            | Role::Fix
            | Role::Resolve
            | Role::Review
            | Role::Plan => Self::Signal(facts.signal.clone()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum Judge {
    /// Writing down that the work is finished.
    Noting { head: Oid },
    /// Gates check this commit.
    Gate { head: Oid },
    /// Looking at what it changes, for the reviewers.
    Diff { head: Oid },
    /// This reviewer is not let in now, and no other is left. Waits for no
    /// answer, and holds no slot.
    Parked { head: Oid, reviewer: usize },
    /// A reviewer judges it.
    Review {
        head: Oid,
        /// Its place in the list.
        reviewer: usize,
        /// Why those before it could not judge, in this round.
        down: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum Land {
    /// In the queue. Waits for no answer.
    Queued { head: Oid },
    /// A try to land failed: out of the queue for a while. Waits for no answer.
    Pausing { head: Oid, until: Timestamp },
    /// Making the landing commit.
    Merging { head: Oid },
    /// Writing down that the line is about to move.
    Intending { head: Oid, intent: Intent },
    /// Moving the line.
    Advancing { head: Oid, intent: Intent },
    /// The move failed in an unknown way: did it happen?
    Checking { head: Oid, intent: Intent },
    /// The line did not move; taking the intent back.
    Withdrawing { head: Oid, why: Unmoved },
}

/// Why the line did not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum Unmoved {
    /// Somebody else moved it first: no fault, and no reason to wait.
    Stale,
    /// It could not be moved.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum End {
    /// Giving the worktree back.
    Releasing { ending: Ending },
    /// Writing down how it ended.
    Recording { ending: Ending },
}
