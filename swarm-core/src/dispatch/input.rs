//! What the dispatcher is told: facts, never payloads.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::command::Ticket;
use crate::error::Advice;
use crate::model::{
    AccountId, Claim, ContextUse, Cost, EndReason, HarnessName, Intent, Oid, Progress,
    ReviewRecord, SessionId, TaskId, Timestamp, Usage, Want,
};
use crate::ports::{Advance, Merge, Released, Renewal, Spent, Worktree};
use crate::protocol::signals::{Readiness, Signal};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Input {
    /// The run begins.
    Start {
        /// The target branch.
        target: String,
        /// The line's tip.
        tip: Oid,
    },
    /// A call came back.
    Answer {
        /// Which.
        ticket: Ticket,
        /// With what.
        answer: Answer,
    },
    /// Time has passed. May come early or late; changes nothing by itself.
    Tick,
    /// Tasks were added or changed: look again, also at those that are worked
    /// on.
    Added,
    /// Nothing new is claimed and no turn begins until [`Input::Resume`]; what
    /// runs goes on. Nothing in a run that drains or stops.
    Pause,
    /// The end of a pause.
    Resume,
    /// Nothing new is claimed; what was begun is finished.
    Drain,
    /// From now on so many agents at once; those beyond it end by themselves.
    Jobs(NonZeroUsize),
    /// An agent that can be resumed has named its conversation in mid-turn.
    Named {
        /// Whose.
        task: TaskId,
        /// In which turn.
        turn: u32,
        /// The conversation.
        session: SessionId,
    },
    /// Another run of this process has learned something about an account.
    Account {
        /// Which.
        account: AccountId,
        /// What.
        news: AccountNews,
    },
    /// The embedder wants the run to end.
    Stop {
        /// At once, not gently.
        now: bool,
    },
}

/// How an account stands, as another run found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountNews {
    /// It lets nobody in for a while.
    Parked {
        /// Until when.
        until: Timestamp,
        /// What the service said.
        why: String,
    },
    /// A turn went through.
    Open,
    /// A person must act.
    Closed {
        /// Why.
        why: String,
    },
}

/// A call that failed, as far as decisions need to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What to do about it.
    pub advice: Advice,
    /// For people.
    pub message: String,
    /// The task that it is about, if it is about one of several.
    pub task: Option<TaskId>,
}

/// What a call came back with. One variant a port method.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Of `Claim`.
    Claimed(Result<ClaimFacts, Fault>),
    /// Of `Renew`: in the order of the claims asked for.
    Renewed(Result<Vec<(TaskId, Renewal)>, Fault>),
    /// Of `Apply`.
    Applied(Result<(), Fault>),
    /// Of `Contains`.
    Contained(Result<bool, Fault>),
    /// Of `Acquire`.
    Acquired(Result<Worktree, Fault>),
    /// Of `Run`.
    Ran(Result<TurnFacts, Fault>),
    /// Of `LetGo`: what could not be ended.
    LetGo(Result<Vec<u32>, Fault>),
    /// Of `Changes`.
    Changed(Result<ChangeFacts, Fault>),
    /// Of `Gate`.
    Gated(Result<GateFacts, Fault>),
    /// Of `Diff`.
    Diffed(Result<DiffFacts, Fault>),
    /// Of `Review`.
    Reviewed(Result<ReviewFacts, Fault>),
    /// Of `Merge`.
    Merged(Result<Merge, Fault>),
    /// Of `Advance`.
    Advanced(Result<Advance, Fault>),
    /// Of `Release`.
    Released(Result<Released, Fault>),
    /// Of a planner's `Count`.
    Counted(Result<CountFacts, Fault>),
    /// Of a planner's `Add`.
    Planned(Result<PlanFacts, Fault>),
}

/// The facts of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimFacts {
    /// Won.
    pub won: Vec<Won>,
    /// Lost to somebody faster.
    pub lost: Vec<TaskId>,
    /// Some were passed over for want of room.
    pub passed: bool,
    /// How long until something may become ready by itself.
    pub next: Option<Duration>,
}

/// What the dispatcher must know of a claimed task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Won {
    /// The claim.
    pub claim: Claim,
    /// The attempt's number.
    pub attempt: u32,
    /// Attempts that count against the cap, this one included.
    pub tries: u32,
    /// The task's own cap, if it has one.
    pub max_attempts: Option<u32>,
    /// Who works on it.
    pub harness: HarnessName,
    /// The sort of work.
    pub kind: Option<String>,
    /// What earlier attempts have used up.
    pub spent: Spent,
    /// What somebody has wanted of it since an earlier worker fell silent.
    pub want: Option<Want>,
    /// A landing that an earlier worker had decided on.
    pub intent: Option<Intent>,
    /// Attempts in a row that were cut short before it.
    pub cut_short: u32,
    /// What the attempt left that it goes on for.
    pub earlier: Option<Earlier>,
}

/// What an attempt left that was cut short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// How far it came.
    pub progress: Progress,
    /// Its worktree, if there was one.
    pub tree: Option<Worktree>,
    /// Its conversation can be gone on with.
    pub resumable: bool,
}

/// The facts of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnFacts {
    /// Why it ended.
    pub end: EndReason,
    /// The signal in its final message.
    pub signal: Option<Signal>,
    /// What its final message says of the task, if a validator was asked.
    pub readiness: Option<Readiness>,
    /// How a validator's final message begins.
    pub opening: String,
    /// The conversation.
    pub session: Option<SessionId>,
    /// A later turn can go on with it.
    pub resumable: bool,
    /// Tokens.
    pub usage: Usage,
    /// Money.
    pub cost: Option<Cost>,
    /// What went wrong.
    pub error: Option<String>,
    /// How full the conversation is, if somebody must see to that.
    pub context: Option<ContextUse>,
    /// What the agent looked at, hashed.
    pub looked_at: BTreeSet<u64>,
    /// Processes that could not be ended.
    pub survivors: Vec<u32>,
    /// The agent waits for its next turn in this conversation, and for nothing
    /// else.
    pub kept: bool,
}

/// The facts of a look at a worktree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeFacts {
    /// The branch's tip.
    pub head: Oid,
    /// Commits of its own.
    pub commits: u32,
    /// Work lies uncommitted; how many paths.
    pub dirty: usize,
    /// The same as long as nothing changes.
    pub fingerprint: u64,
}

/// The facts of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateFacts {
    /// The step that did not pass.
    pub failed: Option<String>,
}

/// The facts of a look at what is to be reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffFacts {
    /// The branch's tip.
    pub head: Oid,
    /// How many paths the work changes.
    pub paths: usize,
    /// The change cannot be shown as a whole.
    pub cut: bool,
    /// It changes nothing but what needs no review.
    pub exempt: bool,
}

/// The facts of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewFacts {
    /// Who judged, what, and what it took.
    pub record: ReviewRecord,
    /// The worktree is no longer as it was before.
    pub spoiled: bool,
    /// What the call says of the reviewer's account, if it says something.
    pub end: Option<EndReason>,
}

/// The facts of a look at what is pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountFacts {
    /// Tasks that wait and may still start, or are worked on.
    pub pending: usize,
    /// A name for the planner: the id of no task.
    pub name: TaskId,
}

/// The facts of a plan. Tasks are added all or none: one of the lists is empty,
/// or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanFacts {
    /// The new tasks.
    pub added: Vec<TaskId>,
    /// What is wrong with it.
    pub mistakes: Vec<String>,
}

/// Paths, for people: a few, and how many more.
pub(super) fn some_paths(paths: &[PathBuf]) -> String {
    let shown: Vec<_> = paths
        .iter()
        .take(5)
        .map(|path| path.display().to_string())
        .collect();
    match paths.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} (+{more} more)", shown.join(", ")),
    }
}

/// An answer to another question than the one asked.
pub(super) fn mismatch() -> Fault {
    Fault {
        advice: Advice::Bug,
        message: "a call was answered with the answer of another".to_owned(),
        task: None,
    }
}
