//! What a run did: every task of its source, also those of earlier runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::model::path;
use crate::model::{
    Cost, Oid, Outcome, ReviewRecord, RunEnd, RunId, Source, TaskId, TaskRow, TaskState, Timestamp,
    Usage,
};
use crate::protocol::standing::{Standing, standings};
use crate::protocol::verdict::verdict;

/// The version of the JSON form.
pub const REPORT_SCHEMA: u32 = 1;

/// The report of a run. Serialised, it is the application's last line of
/// output; fields may be added within a schema, none is renamed or removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunReport {
    /// Version of this form: [`REPORT_SCHEMA`].
    pub schema: u32,
    /// The run.
    pub run: RunId,
    /// Whether reviewers had to approve the work.
    pub reviewed: bool,
    /// Whether the run was stopped before it was done.
    pub stopped: bool,
    /// Why it ended.
    #[serde(default)]
    pub ended: RunEnd,
    /// The target branch.
    pub target: Target,
    /// Every task, in the order of the ids.
    pub tasks: Vec<TaskReport>,
    /// Sums over them and the planner.
    pub totals: Totals,
    /// git processes started by this run.
    pub git_processes: u64,
    /// What its planner did, if it had one: its part of the totals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planning: Option<PlanningReport>,
}

/// What a run's planner did in this run. Its tokens and money are in the totals,
/// and in no task's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlanningReport {
    /// Plans that it began.
    pub plans: u32,
    /// Tasks that it added.
    pub tasks: usize,
    /// Tokens.
    pub usage: Usage,
    /// Money, as far as the harness tells.
    pub cost_usd: Cost,
}

impl PlanningReport {
    /// Takes an event in.
    pub(crate) fn see(&mut self, event: &Event) {
        match event {
            Event::PlanningStarted { plan, .. } => self.plans = *plan,
            Event::PlanningEnded { usage, cost, .. } => {
                self.usage += *usage;
                self.cost_usd += cost.unwrap_or_default();
            }
            Event::TasksPlanned { tasks, .. } => self.tasks += tasks.len(),
            _ => {}
        }
    }
}

/// Where the target was and is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its short name.
    pub branch: String,
    /// The line's tip when the run began.
    pub before: Oid,
    /// The line's tip now.
    pub after: Oid,
    /// The line's ref, if the user's checkout kept the target itself behind.
    pub parked: Option<String>,
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskReport {
    /// Its id.
    pub id: TaskId,
    /// How it stands.
    pub outcome: Outcome,
    /// Whether the run may be called a success with this: it landed, or is a
    /// draft.
    pub clean: bool,
    /// Attempts so far.
    pub attempts: u32,
    /// The landing commit.
    pub commit: Option<Oid>,
    /// Why it has not landed.
    pub reason: Option<String>,
    /// Tokens over all attempts.
    pub usage: Usage,
    /// Money over all attempts, as far as the harnesses tell.
    pub cost_usd: Cost,
    /// Time in attempts, in milliseconds.
    pub duration_ms: u64,
    /// Every call of a reviewer in the latest attempt, the oldest first.
    #[serde(default)]
    pub reviews: Vec<ReviewRecord>,
    /// The latest attempt's worktree, if it is kept.
    #[serde(serialize_with = "path::optional_lossy")]
    pub worktree: Option<PathBuf>,
    /// The latest attempt's branch, if it is kept.
    pub branch: Option<String>,
}

/// Sums over the tasks of a report, with what its planner used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Totals {
    /// Tasks.
    pub tasks: usize,
    /// Tasks by outcome; outcomes that did not occur are left out.
    pub outcomes: BTreeMap<Outcome, usize>,
    /// Attempts.
    pub attempts: u32,
    /// Tokens.
    pub usage: Usage,
    /// Money.
    pub cost_usd: Cost,
    /// Time in attempts, in milliseconds.
    pub duration_ms: u64,
}

impl TaskReport {
    /// What a row and its standing say of a task; `None` for one that its
    /// author took away.
    pub fn new(row: &TaskRow, standing: &Standing) -> Option<Self> {
        let verdict = verdict(row, standing)?;
        Some(Self {
            id: row.task.id.clone(),
            outcome: verdict.outcome,
            clean: verdict.clean,
            attempts: row.attempts,
            commit: match &row.state {
                TaskState::Landed { commit, .. } => Some(commit.clone()),
                _ => None,
            },
            reason: Some(verdict.reason).filter(|reason| !reason.is_empty()),
            usage: row.usage,
            cost_usd: row.cost,
            duration_ms: row.duration_ms,
            reviews: row.checkpoint.reviews.clone(),
            worktree: row.checkpoint.worktree.clone(),
            branch: row.checkpoint.branch.clone(),
        })
    }
}

impl RunReport {
    #[expect(clippy::too_many_arguments, reason = "one caller, one field each")]
    pub(crate) fn new(
        run: RunId,
        reviewed: bool,
        stopped: bool,
        ended: RunEnd,
        target: Target,
        rows: &[TaskRow],
        source: Option<&Source>,
        now: Timestamp,
        git_processes: u64,
        planning: Option<PlanningReport>,
    ) -> Self {
        let standings = standings(rows, now);
        let tasks: Vec<TaskReport> = rows
            .iter()
            .filter(|row| source.is_none_or(|source| *source == row.task.source))
            .filter_map(|row| TaskReport::new(row, standings.get(&row.task.id)?))
            .collect();
        Self {
            schema: REPORT_SCHEMA,
            run,
            reviewed,
            stopped,
            ended,
            target,
            totals: Totals::of(&tasks, planning.as_ref()),
            tasks,
            git_processes,
            planning,
        }
    }

    /// 0: all landed, or nothing to do (drafts are nothing to do);
    /// 1: something did not land; 130: the run was stopped.
    pub fn exit_code(&self) -> u8 {
        let open = self.tasks.iter().any(|task| !task.clean);
        match (self.stopped, open) {
            (true, _) => 130,
            (false, true) => 1,
            (false, false) => 0,
        }
    }

    /// The report as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a report holds only text, numbers and lists")
    }
}

impl Totals {
    fn of(tasks: &[TaskReport], planning: Option<&PlanningReport>) -> Self {
        let planned = planning.copied().unwrap_or_default();
        let planned = Self {
            usage: planned.usage,
            cost_usd: planned.cost_usd,
            ..Self::default()
        };
        tasks.iter().fold(planned, |mut totals, task| {
            totals.tasks += 1;
            *totals.outcomes.entry(task.outcome).or_default() += 1;
            totals.attempts += task.attempts;
            totals.usage += task.usage;
            totals.cost_usd += task.cost_usd;
            totals.duration_ms += task.duration_ms;
            totals
        })
    }
}
