//! What happens in a run, for people and programs that watch.
//!
//! As JSON, an event is one object: `schema` (1), `seq` (from 1, no gaps),
//! `at` (milliseconds since 1970), `run`, `event` (its name) and the fields of
//! that event. Fields and events may be added within a schema; none is renamed
//! or removed.

mod record;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use crate::model::Verdict;
use crate::model::path;
use crate::model::{
    AccountId, Cost, EndReason, Ending, HarnessName, Oid, QuestionId, ReviewRecord, Role, RunEnd,
    SessionId, TaskId, Timestamp, Usage, Want,
};
use crate::ports::{AgentEvent, Answer, Matter};

pub use record::{EVENT_SCHEMA, EventRecord};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The run began.
    RunStarted {
        /// Slots.
        jobs: usize,
        /// The target branch.
        target: String,
        /// The line's tip.
        tip: Oid,
        /// Whether reviewers judge the work.
        reviewed: bool,
    },
    /// A task is ours; an attempt begins.
    Claimed {
        /// The task.
        task: TaskId,
        /// The attempt's number.
        attempt: u32,
        /// The harness that will work on it.
        harness: HarnessName,
    },
    /// Somebody else was faster; the slot stays idle for now.
    ClaimLost {
        /// The task.
        task: TaskId,
    },
    /// The attempt has a worktree.
    WorktreeReady {
        /// The task.
        task: TaskId,
        /// Where.
        #[serde(serialize_with = "path::lossy")]
        path: PathBuf,
        /// Its branch.
        branch: String,
        /// The commit that it was made from.
        base: Oid,
    },
    /// An agent was called.
    TurnStarted {
        /// The task.
        task: TaskId,
        /// The turn's number.
        turn: u32,
        /// What for.
        role: Role,
        /// Whose agent.
        harness: HarnessName,
    },
    /// The agent did something.
    Agent {
        /// The task.
        task: TaskId,
        /// What.
        #[serde(flatten)]
        did: AgentEvent,
    },
    /// The agent asks something, and waits:
    /// [`Handle::answer`](crate::Handle::answer) answers.
    QuestionAsked {
        /// The task.
        task: TaskId,
        /// The attempt's number.
        attempt: u32,
        /// Which question.
        question: QuestionId,
        /// What. Written by the agent: show it, never execute it.
        #[serde(flatten)]
        asks: Matter,
        /// When it is answered by default, if nobody does before.
        until: Timestamp,
    },
    /// A question is answered. Every question that was asked gets exactly one
    /// of these.
    QuestionAnswered {
        /// The task.
        task: TaskId,
        /// The attempt's number.
        attempt: u32,
        /// Which question.
        question: QuestionId,
        /// How.
        #[serde(flatten)]
        answer: Answer,
        /// By whom.
        by: Answerer,
    },
    /// The agent ended.
    TurnEnded {
        /// The task.
        task: TaskId,
        /// The turn's number.
        turn: u32,
        /// What for.
        role: Role,
        /// Why.
        #[serde(flatten)]
        end: EndReason,
        /// Its conversation.
        session: Option<SessionId>,
        /// Tokens of this turn.
        usage: Usage,
        /// Money of this turn, if known.
        cost: Option<Cost>,
        /// What went wrong, if something did.
        error: Option<String>,
        /// Processes that could not be ended.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        survivors: Vec<u32>,
    },
    /// An agent has looked whether the task is ready to be worked on. What
    /// follows tells what it found.
    Validated {
        /// The task.
        task: TaskId,
        /// It committed corrections, which land with the work.
        corrected: bool,
    },
    /// Somebody else changed a task while it was worked on: it has a new text,
    /// is to be held, or was taken away. Its attempt ends, unless the line is
    /// moving already; its work is kept.
    ChangedOutside {
        /// The task.
        task: TaskId,
        /// What.
        #[serde(flatten)]
        want: Want,
    },
    /// Gate steps begin.
    GateStarted {
        /// The task.
        task: TaskId,
        /// The commit that is checked.
        head: Oid,
    },
    /// Gate steps ended.
    GateEnded {
        /// The task.
        task: TaskId,
        /// The step that did not pass; `None`: all passed.
        failed: Option<String>,
    },
    /// A reviewer was asked.
    ReviewStarted {
        /// The task.
        task: TaskId,
        /// Which round.
        round: u32,
        /// Who.
        reviewer: String,
    },
    /// A reviewer answered, or could not.
    ReviewEnded {
        /// The task.
        task: TaskId,
        /// Who was asked in which round, and what came of it.
        #[serde(flatten)]
        review: ReviewRecord,
    },
    /// The work changes nothing that must be reviewed (`Policy::unreviewed`):
    /// it lands without.
    ReviewSkipped {
        /// The task.
        task: TaskId,
        /// How many paths it changes.
        paths: usize,
    },
    /// The work waits to be landed; its slot is free.
    Queued {
        /// The task.
        task: TaskId,
        /// The commit that was gated and approved.
        head: Oid,
    },
    /// The line moved under the work, and git cannot merge the two.
    Conflict {
        /// The task.
        task: TaskId,
        /// The line's tip.
        onto: Oid,
        /// The paths in conflict.
        #[serde(serialize_with = "path::all_lossy")]
        paths: Vec<PathBuf>,
    },
    /// The line is at the task's commit.
    Landed {
        /// The task.
        task: TaskId,
        /// The landing commit.
        commit: Oid,
        /// The line, if it is not the target itself.
        parked: Option<String>,
        /// Why it is not.
        because: Option<String>,
    },
    /// The attempt is over.
    AttemptEnded {
        /// The task.
        task: TaskId,
        /// Its number.
        attempt: u32,
        /// How.
        #[serde(flatten)]
        ending: Ending,
    },
    /// The worktree is kept, for it holds work that landed nowhere.
    WorktreeKept {
        /// The task.
        task: TaskId,
        /// Where.
        #[serde(serialize_with = "path::lossy")]
        path: PathBuf,
        /// Its branch.
        branch: String,
    },
    /// The service of an account does not let us in for a while; whoever works
    /// with it waits. No attempt is spent.
    AccountParked {
        /// The account.
        account: AccountId,
        /// Until when.
        until: Timestamp,
        /// What the service said.
        why: String,
    },
    /// A turn went through again on an account that was parked.
    AccountOpen {
        /// The account.
        account: AccountId,
    },
    /// Nothing more is started on this account in this run: a person must act.
    AccountClosed {
        /// The account.
        account: AccountId,
        /// Why.
        why: String,
    },
    /// The planner was called.
    PlanningStarted {
        /// Which plan of the run, from 1.
        plan: u32,
        /// 1, or 2 to mend the mistakes of the first.
        turn: u32,
        /// Whose agent.
        harness: HarnessName,
        /// Tasks that waited or were worked on.
        pending: usize,
    },
    /// The planner ended. What it did is told under a name that no task has.
    PlanningEnded {
        /// Which plan.
        plan: u32,
        /// Which turn of it.
        turn: u32,
        /// Why.
        #[serde(flatten)]
        end: EndReason,
        /// Its conversation.
        session: Option<SessionId>,
        /// Tokens of this turn.
        usage: Usage,
        /// Money of this turn, if known.
        cost: Option<Cost>,
        /// What went wrong, if something did.
        error: Option<String>,
        /// Processes that could not be ended.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        survivors: Vec<u32>,
    },
    /// The planner's tasks were added.
    TasksPlanned {
        /// Which plan.
        plan: u32,
        /// Their ids.
        tasks: Vec<TaskId>,
    },
    /// None of the planner's tasks was added. It is told why, once.
    PlanRefused {
        /// Which plan.
        plan: u32,
        /// What is wrong, a line each. Holds pieces of what the agent wrote.
        mistakes: Vec<String>,
    },
    /// Different tasks failed alike: nothing more is begun in this run. What is
    /// under way goes on.
    LineStopped {
        /// How many, and of what.
        reason: String,
    },
    /// A port failed outside of an attempt's own work; the run goes on.
    Trouble {
        /// The task, if it concerns one.
        task: Option<TaskId>,
        /// What.
        message: String,
    },
    /// No turn begins until the run is resumed; what runs goes on.
    Paused,
    /// Turns begin again.
    Resumed,
    /// Nothing new is claimed; what was begun is finished.
    Draining,
    /// So many agents at once from now on.
    JobsChanged {
        /// Slots.
        jobs: usize,
    },
    /// The run is being stopped.
    Stopping {
        /// At once, not gently.
        now: bool,
    },
    /// The run is over. The last event.
    RunEnded {
        /// How many of its tasks landed.
        landed: usize,
        /// How many attempts it made.
        attempts: u64,
        /// Why.
        #[serde(flatten)]
        why: RunEnd,
    },
}

/// Who answered a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answerer {
    /// Somebody, by the run's handle.
    Person,
    /// Nobody did in time: the default was told.
    Default,
    /// The agent no longer waits: it ended, or was stopped.
    Nobody,
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::{Event, EventRecord};
    use crate::model::{Oid, RunId, TaskId, Timestamp};

    #[test]
    fn a_path_that_is_no_text_is_told_all_the_same() {
        let path = || OsStr::from_bytes(b"caf\xe9").into();
        let task = || TaskId::new("t").expect("a good id");
        let (branch, oid) = ("b".to_owned(), || Oid::new("c"));
        for event in [
            Event::WorktreeReady {
                task: task(),
                path: path(),
                branch: branch.clone(),
                base: oid(),
            },
            Event::Conflict {
                task: task(),
                onto: oid(),
                paths: vec![path()],
            },
            Event::WorktreeKept {
                task: task(),
                path: path(),
                branch,
            },
        ] {
            let record = EventRecord::new(1, Timestamp(0), RunId::new("r"), event);
            assert!(record.to_json().contains("caf\u{fffd}"), "{record:?}");
        }
    }
}
