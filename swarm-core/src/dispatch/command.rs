//! What the dispatcher wants done.

use serde::{Deserialize, Serialize};

pub use super::attempt::Guest;
use super::input::{Answer, Fault};
use super::pacing::Budget;
use super::planning::PlanCall;
use crate::event::Event;
use crate::model::{
    Claim, Ending, HarnessName, Intent, Oid, Progress, Role, Room, SessionId, TaskId,
};
use crate::ports::{Release, Spent, Stop};

/// Names one call; its answer carries the same. Never used twice in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Why an agent is called: chooses the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Is the task ready to be worked on?
    Validate,
    /// Decide what the task leaves open.
    Decide,
    /// Do the task.
    Task,
    /// It ended without a commit and without a signal: go on.
    GoOn,
    /// It has ended several turns so: three ways are left.
    Nudge,
    /// It asked for one more turn, aimed at what it said.
    FollowUp,
    /// It asked for further tasks: this is what it got.
    Claims,
    /// Its conversation is nearly full: commit, and leave a note.
    HandOff,
    /// Its conversation was full, or it handed off: a new one goes on.
    Continue,
    /// It has commits but did not say DONE, which is demanded.
    SayDone,
    /// Commit what lies uncommitted.
    Commit,
    /// A gate step failed; the output is in the prompt.
    MendGate,
    /// A reviewer wants changes; all findings are in the prompt.
    MendReview,
    /// Take in the line and resolve the conflict.
    Resolve,
}

impl Ask {
    /// The role in which the agent acts.
    pub fn role(self) -> Role {
        match self {
            Self::Validate => Role::Validate,
            Self::Decide => Role::Decide,
            Self::Task
            | Self::GoOn
            | Self::Nudge
            | Self::FollowUp
            | Self::Claims
            | Self::HandOff
            | Self::Continue
            | Self::SayDone => Role::Implement,
            Self::Commit => Role::Commit,
            Self::MendGate | Self::MendReview => Role::Fix,
            Self::Resolve => Role::Resolve,
        }
    }
}

/// One call of an agent, as decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnPlan {
    /// Counted from 1 within the attempt.
    pub turn: u32,
    /// Why.
    pub ask: Ask,
    /// Whose agent.
    pub harness: HarnessName,
    /// Go on with the conversation of the turn before.
    pub resume: bool,
    /// It goes on for a turn that was cut short, and is told so.
    pub interrupted: bool,
    /// For [`Ask::Resolve`]: the commit to take in.
    pub onto: Option<Oid>,
    /// What it may use up: its share of what the run has left, and not more
    /// than the attempt and the task may.
    pub budget: Budget,
    /// How many further tasks the agent may claim; 0 offers none.
    pub claims: usize,
}

/// What to write into a task's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What is known of the attempt.
    Checkpoint(Box<Progress>),
    /// The line is about to move.
    Intend(Intent),
    /// The line did not move.
    Withdraw,
    /// The attempt is over.
    End {
        /// How.
        ending: Ending,
        /// What it used.
        spent: Spent,
        /// How far it came.
        progress: Box<Progress>,
    },
}

/// A port call for an attempt, named after the port's method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `GitClient::contains`: is this commit on the line?
    Contains(Oid),
    /// `TaskStore::apply`, guarded by the attempt's claim.
    Apply(Note),
    /// `GitClient::acquire`
    Acquire,
    /// `Harness::run`
    Run(TurnPlan),
    /// Ends what the harness kept for the attempt's next turn
    /// (`CallContext::keep`).
    LetGo,
    /// `GitClient::changes`
    Changes,
    /// `TaskStore::claim` of further tasks by their ids.
    Claim {
        /// Which.
        ids: Vec<TaskId>,
        /// At most so many of them.
        limit: usize,
    },
    /// `Gate::run`
    Gate,
    /// `GitClient::changes`, then `GitClient::diff`
    Diff,
    /// `Reviewer::review`, then `GitClient::changes`
    Review {
        /// Counted from 1 within the attempt.
        round: u32,
        /// The reviewer's place in the list.
        reviewer: usize,
    },
    /// `GitClient::merge` of this commit.
    Merge(Oid),
    /// `GitClient::advance`
    Advance(Intent),
    /// `GitClient::release`
    Release(Release),
}

impl Call {
    /// How a call of this kind is answered for if it cannot answer itself.
    pub fn failure(&self) -> fn(Fault) -> Answer {
        match self {
            Self::Contains(_) => |fault| Answer::Contained(Err(fault)),
            Self::Apply(_) => |fault| Answer::Applied(Err(fault)),
            Self::Acquire => |fault| Answer::Acquired(Err(fault)),
            Self::Run(_) => |fault| Answer::Ran(Err(fault)),
            Self::LetGo => |fault| Answer::LetGo(Err(fault)),
            Self::Claim { .. } => |fault| Answer::Claimed(Err(fault)),
            Self::Changes => |fault| Answer::Changed(Err(fault)),
            Self::Gate => |fault| Answer::Gated(Err(fault)),
            Self::Diff => |fault| Answer::Diffed(Err(fault)),
            Self::Review { .. } => |fault| Answer::Reviewed(Err(fault)),
            Self::Merge(_) => |fault| Answer::Merged(Err(fault)),
            Self::Advance(_) => |fault| Answer::Advanced(Err(fault)),
            Self::Release(_) => |fault| Answer::Released(Err(fault)),
        }
    }
}

/// Something to be done. The first four are one port call each and get
/// exactly one answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// `TaskStore::claim`
    Claim {
        /// For the answer.
        ticket: Ticket,
        /// At most so many.
        limit: usize,
        /// Of these.
        room: Room,
    },
    /// `TaskStore::renew`
    Renew {
        /// For the answer.
        ticket: Ticket,
        /// The claims of all live attempts.
        claims: Vec<Claim>,
    },
    /// `TaskStore::apply`: an agent has named its conversation in mid-turn.
    Name {
        /// For the answer.
        ticket: Ticket,
        /// The attempt's.
        claim: Claim,
        /// In this turn.
        turn: u32,
        /// The conversation.
        session: SessionId,
        /// Whose it is.
        harness: HarnessName,
    },
    /// A call for an attempt.
    Call {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
        /// Which.
        call: Call,
        /// The further tasks of the attempt: what is written down of its
        /// landing and its end is written down for them, too.
        guests: Vec<Guest>,
    },
    /// A call for the run's planner; it gets exactly one answer, too.
    Plan {
        /// For the answer.
        ticket: Ticket,
        /// Which.
        call: PlanCall,
    },
    /// Ask a call to stop. Its answer still comes.
    Stop {
        /// Which.
        ticket: Ticket,
        /// How urgently.
        how: Stop,
    },
    /// Give a call up that does not stop: drop it, answer for it.
    Abandon {
        /// Which.
        ticket: Ticket,
    },
    /// Tell the observers.
    Publish(Event),
    /// The attempt is over; forget what was kept for it.
    Forget {
        /// Whose.
        task: TaskId,
        /// How it ended.
        ending: Ending,
    },
}
