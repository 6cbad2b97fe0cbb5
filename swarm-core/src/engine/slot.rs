//! What the engine keeps for a live attempt: the payloads that the dispatcher
//! never sees.

use std::path::PathBuf;
use std::sync::Arc;

use super::desk;
use super::guests::Asked;
use super::surroundings::Surroundings;
use crate::event::Event;
use crate::file_name::file_name;
use crate::model::{
    AttemptId, Checkpoint, Claim, Ending, HostProcess, Occupant, Oid, Progress, ReviewRecord, Role,
    RunId, SessionId, Task, TaskId,
};
use crate::ports::{Changes, Claimed, Diff, Keep, Worktree};
use crate::protocol::digest::{cut, worktree};
use crate::protocol::news::news;
use crate::protocol::prompt::Interrupted;

/// Longest feedback kept in a checkpoint, in bytes.
const MAX_FEEDBACK: usize = 64 * 1024;

/// Most events that are remembered for an agent.
const MAX_NEWS: usize = 1_000;

/// One live attempt's payloads.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) task: Arc<Task>,
    pub(super) claim: Claim,
    pub(super) attempt: AttemptId,
    pub(super) logs: Option<PathBuf>,
    pub(super) tree: Option<Worktree>,
    pub(super) surroundings: Surroundings,
    pub(super) session: Option<SessionId>,
    pub(super) head: Option<Oid>,
    /// Commits of its own and uncommitted paths, when somebody last looked.
    pub(super) left: (u32, usize),
    /// What the agent gave as its reason, or left for the next conversation.
    pub(super) note: String,
    /// What a decider decided before the work.
    pub(super) decisions: String,
    /// Further tasks that the agent claimed.
    pub(super) further: Vec<Task>,
    /// What happened since the agent's turn before, a line each.
    pub(super) news: Vec<String>,
    /// What came of its last claims.
    pub(super) asked: Asked,
    pub(super) turns: u32,
    /// Of the gate step that failed last.
    pub(super) gate_output: String,
    /// Every call of a reviewer.
    pub(super) reviews: Vec<ReviewRecord>,
    /// What the reviewers are to judge.
    pub(super) judged: Option<Arc<Judged>>,
    /// Of the last gate or review that was not content.
    pub(super) latest: Option<String>,
    /// In conflict with the line.
    pub(super) conflicts: Vec<PathBuf>,
    /// The worktree of an attempt that was cut short, and who may work there;
    /// `None` once there is one of its own.
    pub(super) earlier: Option<(Worktree, Occupant)>,
    /// The branch of that one, if its worktree could not be had.
    pub(super) other_branch: Option<String>,
    /// The agent, if it waits for its next turn. Ends with the slot.
    pub(super) keep: Keep,
}

/// The worktree before a review, and what the work changes.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) before: Changes,
    pub(super) diff: Diff,
}

/// What a call brought back, beside the facts for the dispatcher.
#[derive(Debug)]
pub(super) enum Payload {
    Nothing,
    Claims(Vec<Claimed>),
    Tree(Worktree, Surroundings),
    Turn {
        session: Option<SessionId>,
        note: String,
        role: Role,
    },
    /// Further tasks, and those that nobody works on now.
    Asked(Asked, Vec<Task>),
    Look {
        head: Oid,
        commits: u32,
        uncommitted: usize,
    },
    GateOutput(String),
    Judged(Judged),
    Review(ReviewRecord),
    Conflicts(Vec<PathBuf>),
    /// The worktree is gone.
    Removed,
    /// For the planner.
    Desk(desk::Note),
}

impl Slot {
    pub(super) fn new(run: &RunId, claimed: Claimed, logs: Option<&PathBuf>) -> Self {
        let attempt = AttemptId {
            run: run.clone(),
            task: claimed.claim.task.clone(),
            number: claimed.row.attempts,
        };
        let logs = logs.map(|logs| {
            logs.join(format!(
                "{}-{}",
                file_name(attempt.task.as_str()),
                attempt.number
            ))
        });
        let mut slot = Self {
            task: Arc::new(claimed.row.task),
            claim: claimed.claim,
            attempt,
            logs,
            tree: None,
            surroundings: Surroundings::default(),
            session: None,
            head: None,
            left: (0, 0),
            note: String::new(),
            decisions: String::new(),
            further: Vec::new(),
            news: Vec::new(),
            asked: Asked::default(),
            turns: 0,
            gate_output: String::new(),
            reviews: Vec::new(),
            judged: None,
            latest: None,
            conflicts: Vec::new(),
            earlier: None,
            other_branch: None,
            keep: Keep::default(),
        };
        if claimed.goes_on {
            slot.take_up(claimed.row.checkpoint);
        }
        slot
    }

    /// What an attempt left that was cut short.
    fn take_up(&mut self, left: Checkpoint) {
        self.earlier = worktree(&left).map(|tree| (tree, left.occupant));
        self.session = left.session;
        self.head = left.head;
        self.note = left.note.unwrap_or_default();
        self.turns = left.turns;
        self.gate_output = left.feedback.clone().unwrap_or_default();
        self.latest = left.feedback;
        self.reviews = left.reviews;
        self.conflicts = left.conflicts;
    }

    /// What an agent is told that goes on for another turn.
    pub(super) fn interrupted(&self) -> Interrupted<'_> {
        Interrupted {
            other_branch: self.other_branch.as_deref(),
        }
    }

    /// The ids of all its tasks, its own first.
    pub(super) fn own(&self) -> Vec<TaskId> {
        let further = self.further.iter().map(|task| &task.id);
        std::iter::once(&self.task.id)
            .chain(further)
            .cloned()
            .collect()
    }

    /// The gate steps that any of its tasks wants; `None`: all there are.
    pub(super) fn gates(&self) -> Option<Vec<String>> {
        let mut steps = self.task.gates.clone()?;
        for task in &self.further {
            let more = task.gates.as_ref()?;
            steps.extend(more.iter().filter(|step| !self.names(step)).cloned());
        }
        Some(steps)
    }

    fn names(&self, step: &str) -> bool {
        let named = self.task.gates.iter().flatten();
        named.into_iter().any(|known| known == step)
    }

    /// Remembers what its agent should know, until its next turn.
    pub(super) fn heed(&mut self, event: &Event) {
        if self.news.len() < MAX_NEWS {
            self.news.extend(news(event, &self.attempt.task));
        }
    }

    pub(super) fn absorb(&mut self, payload: Payload) {
        match payload {
            // Claims make slots; they belong to none. The planner has none.
            Payload::Nothing | Payload::Claims(_) | Payload::Desk(_) => {}
            Payload::Tree(tree, surroundings) => {
                let earlier = self.earlier.take();
                self.other_branch = earlier
                    .filter(|(earlier, _)| *earlier != tree)
                    .map(|(earlier, _)| earlier.branch);
                self.tree = Some(tree);
                self.surroundings = surroundings;
            }
            Payload::Turn {
                session,
                note,
                role,
            } => {
                self.turns += 1;
                if role == Role::Decide {
                    self.decisions.clone_from(&note);
                }
                self.note = note;
                self.session = session.or(self.session.take());
            }
            Payload::Asked(asked, pending) => {
                self.further.extend(asked.claimed.iter().cloned());
                self.asked = asked;
                self.surroundings.pending = pending;
            }
            Payload::Look {
                head,
                commits,
                uncommitted,
            } => {
                self.head = Some(head);
                self.left = (commits, uncommitted);
            }
            Payload::GateOutput(output) => {
                self.latest = Some(output.clone());
                self.gate_output = output;
            }
            Payload::Judged(judged) => self.judged = Some(Arc::new(judged)),
            Payload::Review(review) => {
                if !review.findings().is_empty() {
                    self.latest = Some(review.findings().join("\n"));
                }
                self.reviews.push(review);
            }
            Payload::Conflicts(paths) => self.conflicts = paths,
            Payload::Removed => self.tree = None,
        }
    }

    /// What is known of the attempt, for people and for whoever must go on for
    /// it. A landed one's worktree is about to go. `here` is this process.
    pub(super) fn checkpoint(
        &self,
        progress: Progress,
        here: Option<&HostProcess>,
        ending: Option<&Ending>,
    ) -> Checkpoint {
        let landed = matches!(ending, Some(Ending::Landed { .. }));
        let own = self.tree.as_ref().map(|tree| {
            let occupant = match (ending, here) {
                (Some(_), _) => Occupant::Nobody,
                (None, Some(here)) => Occupant::Process(here.clone()),
                (None, None) => Occupant::Unknown,
            };
            (tree, occupant)
        });
        let earlier = || {
            let (tree, occupant) = self.earlier.as_ref()?;
            Some((tree, occupant.clone()))
        };
        let (tree, occupant) = own.or_else(earlier).unzip();
        let base = tree.map(|tree: &Worktree| tree.base.clone());
        let tree = tree.filter(|_| !landed);
        Checkpoint {
            attempt: self.attempt.number,
            run: Some(self.attempt.run.clone()),
            worktree: tree.map(|tree| tree.path.clone()),
            branch: tree.map(|tree| tree.branch.clone()),
            base,
            head: self.head.clone(),
            session: self.session.clone(),
            turns: self.turns,
            feedback: self
                .latest
                .as_deref()
                .filter(|_| !landed)
                .map(|text| cut(text, MAX_FEEDBACK).to_owned()),
            reviews: self.reviews.clone(),
            logs: self.logs.clone(),
            note: Some(self.note.clone()).filter(|note| !note.is_empty() && !landed),
            conflicts: self.conflicts.clone(),
            occupant: occupant.unwrap_or_default(),
            progress: Some(progress),
        }
    }
}
