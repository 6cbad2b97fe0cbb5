//! What the dispatcher wants done.

use crate::event::Event;
use crate::model::{Claim, Cost, Ending, HarnessName, Intent, Oid, Role, TaskId};
use crate::ports::{Release, Spent, Stop};

/// Names one call; its answer carries the same. Never used twice in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Why an agent is called: chooses the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Do the task.
    Task,
    /// It ended without a commit and without a signal: go on.
    GoOn,
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
            Self::Task | Self::GoOn | Self::SayDone => Role::Implement,
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
    /// For [`Ask::Resolve`]: the commit to take in.
    pub onto: Option<Oid>,
    /// Money left for it.
    pub budget: Option<Cost>,
}

/// What to write into a task's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What is known of the attempt.
    Checkpoint,
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
    },
}

/// Something to be done. All but the last four are one port call each, named
/// after its method, and get exactly one answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// `TaskStore::claim`
    Claim {
        /// For the answer.
        ticket: Ticket,
        /// At most so many.
        limit: usize,
    },
    /// `TaskStore::renew`
    Renew {
        /// For the answer.
        ticket: Ticket,
        /// The claims of all live attempts.
        claims: Vec<Claim>,
    },
    /// `TaskStore::apply`
    Apply {
        /// For the answer.
        ticket: Ticket,
        /// The claim that guards it.
        claim: Claim,
        /// What.
        note: Note,
    },
    /// `GitClient::contains`
    Contains {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
        /// Is it on the line?
        commit: Oid,
    },
    /// `GitClient::acquire`
    Acquire {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
    },
    /// `Harness::run`
    Run {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
        /// What for.
        plan: TurnPlan,
    },
    /// `GitClient::changes`
    Changes {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
    },
    /// `Gate::run`
    Gate {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
    },
    /// `Reviewer::review`
    Review {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
        /// Counted from 1 within the attempt.
        round: u32,
        /// Its place in the list.
        reviewer: usize,
    },
    /// `GitClient::merge`
    Merge {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
        /// What.
        head: Oid,
    },
    /// `GitClient::advance`
    Advance {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
        /// From and to.
        intent: Intent,
    },
    /// `GitClient::release`
    Release {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        task: TaskId,
        /// What is known of its work.
        how: Release,
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
