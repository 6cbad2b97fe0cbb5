//! What happens in a run, for people and programs that watch.
//!
//! As JSON, an event is one object: `schema` (1), `seq` (from 1, no gaps),
//! `at` (milliseconds since 1970), `run`, `event` (its name) and the fields of
//! that event. Fields and events may be added within a schema; none is renamed
//! or removed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{
    Cost, EndReason, Ending, HarnessName, Oid, Role, RunId, SessionId, TaskId, Timestamp, Usage,
};
use crate::ports::AgentEvent;

/// The version of the JSON form.
pub const EVENT_SCHEMA: u32 = 1;

/// An event with its place in the run.
///
/// ```
/// use swarm_core::event::{Event, EventRecord};
/// use swarm_core::model::{RunId, Timestamp};
/// let record = EventRecord::new(1, Timestamp(5), RunId::new("r1"), Event::Stopping { now: false });
/// assert_eq!(
///     record.to_json(),
///     r#"{"schema":1,"seq":1,"at":5,"run":"r1","event":"stopping","now":false}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Version of this form: [`EVENT_SCHEMA`].
    pub schema: u32,
    /// Counts the run's events from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// In which run.
    pub run: RunId,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl EventRecord {
    /// An event of this run.
    pub fn new(seq: u64, at: Timestamp, run: RunId, event: Event) -> Self {
        Self {
            schema: EVENT_SCHEMA,
            seq,
            at,
            run,
            event,
        }
    }

    /// The event as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an event holds only text, numbers and lists")
    }
}

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
    },
    /// The agent did something.
    Agent {
        /// The task.
        task: TaskId,
        /// What.
        #[serde(flatten)]
        did: AgentEvent,
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
    /// A reviewer answered.
    ReviewEnded {
        /// The task.
        task: TaskId,
        /// Which round.
        round: u32,
        /// What.
        verdict: Verdict,
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
        path: PathBuf,
        /// Its branch.
        branch: String,
    },
    /// A port failed outside of an attempt's own work; the run goes on.
    Trouble {
        /// The task, if it concerns one.
        task: Option<TaskId>,
        /// What.
        message: String,
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
    },
}

/// What a reviewer answered, in an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The work is good.
    Approved,
    /// Something must change; the findings.
    Changes(Vec<String>),
    /// No judgement could be had; why.
    Unavailable(String),
}
