//! The port to the tasks.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::Failure;
use crate::model::{
    Checkpoint, Claim, Cost, Ending, HarnessName, HostProcess, Intent, NewTask, Room, RunId,
    SessionId, Source, TaskId, TaskRow, Usage, Want,
};

/// What became of a task that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// It was known; its new text counts from the next attempt on.
    Updated,
    /// It is being worked on. Whoever does so is told, and its new text counts
    /// from the next attempt on.
    Noted,
    /// It was known, and nothing about it is new.
    Same,
    /// It was known with another text, and is past changing: landed; or it is
    /// held or being worked on, and the new text cannot be read; or it is to be
    /// held as soon as its attempt has ended. Nothing was changed.
    Kept,
}

/// Asks for tasks to work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRequest {
    /// For which run.
    pub run: RunId,
    /// At most so many.
    pub limit: usize,
    /// How long the claims hold unless renewed.
    pub lease: Duration,
    /// Only tasks from here.
    pub source: Option<Source>,
    /// Only these, each once, and only those that are ready: never one that
    /// somebody fell silent with. Whichever cannot be had is in
    /// [`Claims::lost`]. `None`: whatever comes next.
    pub ids: Option<Vec<TaskId>>,
    /// Only tasks for which there is room; others are passed over, and stay
    /// where they are.
    pub room: Room,
    /// A task that has been ready for so long counts as one priority higher,
    /// and so on. `None`: waiting changes nothing.
    pub ageing: Option<Duration>,
    /// Which process asks, where that can be told; kept with the claim.
    pub process: Option<HostProcess>,
}

/// A claimed task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The proof of ownership.
    pub claim: Claim,
    /// The task as it is now, the new attempt counted.
    pub row: TaskRow,
    /// A landing that an earlier worker had decided on when it fell silent:
    /// ask git whether it happened before doing anything else.
    pub intent: Option<Intent>,
    /// The attempt before was cut short, by a stop or by the death of its run:
    /// this one goes on for it, as the row's checkpoint tells. Otherwise that
    /// is of no use any more.
    pub goes_on: bool,
}

/// The answer to a [`ClaimRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Won.
    pub won: Vec<Claimed>,
    /// Wanted, but somebody else was faster; of those named, also what is not
    /// ready or not there.
    pub lost: Vec<TaskId>,
    /// Tasks are ready that were passed over for want of room, and may be had
    /// when there is some.
    pub passed: bool,
    /// If less than the limit was won: how long until something that is not
    /// ready now may become so by itself (a backoff ends, a lease lapses).
    /// `None`: nothing will.
    pub next: Option<Duration>,
}

/// Whether a lease was renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It holds on.
    Renewed,
    /// It holds on, but somebody wants something else of the task: end the
    /// attempt. Until it has ended, every renewal says so, and
    /// [`Step::Intend`] is refused.
    Wanted(Want),
    /// Somebody else has the task, or it is gone: stop working on it.
    Lost,
}

/// What must be true for a change to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The claim still holds. A lapsed lease that nobody took still holds.
    Claim(Claim),
    /// The row is as it was read: for people's commands.
    Version(u64),
}

/// What one attempt used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Tokens.
    pub usage: Usage,
    /// Money.
    pub cost: Cost,
    /// Time.
    pub duration: Duration,
}

impl Spent {
    /// What of this was used since it was `before`.
    pub(crate) fn since(mut self, before: Self) -> Self {
        self.usage = self.usage.minus(before.usage);
        self.cost = self.cost.minus(before.cost);
        self.duration = self.duration.saturating_sub(before.duration);
        self
    }
}

/// A change of a task's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// What is known of the attempt now.
    Checkpoint(Checkpoint),
    /// The agent has named its conversation. Nothing happens if the checkpoint
    /// is of another turn by now.
    Name {
        /// The turn that it was named in.
        turn: u32,
        /// The conversation.
        session: SessionId,
        /// Whose it is.
        harness: HarnessName,
    },
    /// The line is about to move. Refused while somebody wants something else of
    /// the task.
    Intend(Intent),
    /// The line did not move; the attempt goes on.
    Withdraw,
    /// The attempt is over.
    End {
        /// How.
        ending: Ending,
        /// What it used.
        spent: Spent,
        /// The last that is known of it.
        checkpoint: Checkpoint,
    },
    /// A person, or a new run, wants a held, failed, blocked or rejected task
    /// tried again; its tries start again at 0.
    Retry,
    /// A person wants it to wait: it will not start until it is retried. Of a
    /// task that is being worked on this is noted, and done when its attempt
    /// has ended. Refused for one that rests already or has landed.
    Hold {
        /// Why.
        reason: String,
    },
    /// Its author took it away: it will not start. Of a task that is being
    /// worked on this is noted, and done when its attempt has ended; refused
    /// for one that has landed.
    Remove,
    /// Whoever works on it is proved dead: its lease lapses now. Refused for a
    /// task that nobody works on.
    Free,
}

/// A guarded change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of which task.
    pub task: TaskId,
    /// Only if this holds.
    pub guard: Guard,
    /// The change.
    pub step: Step,
}

/// Which tasks to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Only these.
    pub ids: Option<Vec<TaskId>>,
    /// Only from here.
    pub source: Option<Source>,
}

/// A part of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In the order of their ids.
    pub rows: Vec<TaskRow>,
    /// Where the next page begins: after this id. `None`: this was the last.
    pub next: Option<TaskId>,
}

/// What sort of store error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The guard did not hold; nothing was changed.
    Refused {
        /// Of this task.
        task: TaskId,
    },
    /// No such task.
    Unknown {
        /// This one.
        task: TaskId,
    },
    /// The store cannot be reached, read or written.
    Unavailable,
    /// The store was written by a newer version of this library.
    TooNew,
    /// What is stored cannot be understood.
    Corrupt,
}

/// An error of a store.
pub type StoreError = Failure<StoreErrorKind>;

/// Keeps the tasks and who works on them.
///
/// Guarantees that an implementation gives:
/// - A task has at most one holder whose claim is accepted: fences only grow,
///   nonces are random, and every guarded change is checked and made in one step.
/// - `apply` makes all of its changes or none. What it made is durable when it
///   returns, as far as the store is durable at all.
/// - Time is the store's own; callers give and get durations.
/// - What a change does to a row is
///   [`lifecycle::apply`](crate::protocol::lifecycle::apply); which rows can be
///   claimed is [`lifecycle::claimable`](crate::protocol::lifecycle::claimable),
///   and which of those are, is [`choice`](crate::protocol::choice).
///   An implementation adds only storage, an order and a transaction.
///
/// `add` is idempotent by id and content. `renew` and `list` may be repeated.
/// A repeated `apply` of [`Step::End`] is refused: its claim is over.
#[cfg_attr(any(test, feature = "test-util"), mockall::automock)]
#[async_trait]
pub trait TaskStore: Send + Sync + Debug {
    /// Adds tasks or updates their texts; answers in the same order.
    async fn add(&self, tasks: Vec<NewTask>) -> Result<Vec<Added>, StoreError>;

    /// Claims the next ready tasks, in the order and with the room that
    /// [`choice`](crate::protocol::choice) knows; or those named.
    async fn claim(&self, what: ClaimRequest) -> Result<Claims, StoreError>;

    /// Extends the leases of claims; answers in the same order.
    async fn renew(&self, claims: &[Claim], lease: Duration) -> Result<Vec<Renewal>, StoreError>;

    /// Makes the changes, all or none.
    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError>;

    /// Lists tasks in the order of their ids, beginning after `after`.
    async fn list(&self, filter: TaskFilter, after: Option<TaskId>) -> Result<Page, StoreError>;
}
