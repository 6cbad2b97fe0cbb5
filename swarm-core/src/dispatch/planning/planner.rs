//! The planner of a run: a small machine beside the attempts.
//!
//! It rests until something changes, counts what is pending, takes a worktree,
//! lets its agent speak once, or twice if the plan has mistakes, adds what was
//! planned, and gives the worktree back. It ends for this run after so many
//! plans, or so many in a row that added nothing.

use serde::{Deserialize, Serialize};

use super::activity::PlanEnd;
use super::call::{PlanCall, PlanTurn};
use super::rules::PlanRules;
use crate::dispatch::command::Ticket;
use crate::event::Event;
use crate::model::{HarnessName, RunEnd, TaskId, Timestamp};
use crate::ports::Worktree;

/// Something that a planner may have waited for; the later ones are more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// An attempt is over: fewer tasks may be pending.
    Ended,
    /// A task landed, or somebody added one: there may be more to plan.
    Progress,
}

/// Whether a turn may begin now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// With this agent.
    Now(HarnessName),
    Later,
    /// Not in this run.
    Never(PlanEnd),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waits for news of at least this kind, and for no answer.
    Resting { until: News },
    /// Would plan as soon as it may. Waits for no answer.
    Wanted,
    /// How much is pending?
    Counting,
    /// Getting a worktree.
    Acquiring,
    /// Its agent speaks.
    Turn(PlanTurn),
    /// Adding what it said.
    Adding { turn: u32 },
    /// Giving the worktree back.
    Releasing { then: Then },
    /// Asked to stop; whatever the pending call answers, it is then over.
    Stopping {
        /// That of its agent, if that is the pending call.
        turn: Option<PlanTurn>,
        give_up_at: Timestamp,
    },
    /// It is not called any more in this run.
    Over(PlanEnd),
}

/// What a plan came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Tasks were added.
    Added,
    /// Nothing was.
    Fruitless,
    /// It could not be made now, through no fault of its own.
    Again,
    /// The run is being stopped.
    Over,
}

/// The next call, if there is one, and what to tell.
pub(super) type Outcome = (Option<PlanCall>, Vec<Event>);

#[derive(Clone, Debug)]
pub(in crate::dispatch) struct Planner {
    pub(super) rules: PlanRules,
    pub(super) phase: Phase,
    /// The one call that is out.
    pub(super) ticket: Option<Ticket>,
    /// Under which it is known to ports and observers: the id of no task.
    pub(super) name: Option<TaskId>,
    /// When its agent began to speak last.
    pub(super) since: Timestamp,
    /// Whose agent spoke last.
    pub(super) acting: Option<HarnessName>,
    /// Its conversation can be gone on with.
    pub(super) resumable: bool,
    /// Plans so far.
    pub(super) plans: u32,
    /// Those in a row that added nothing.
    pub(super) fruitless: u32,
    /// What happened since it counted last.
    news: Option<News>,
    /// Tasks that were pending then.
    pub(super) counted: usize,
    pub(super) tree: Option<Worktree>,
}

impl Planner {
    pub(in crate::dispatch) fn new(rules: PlanRules) -> Self {
        Self {
            rules,
            phase: Phase::Wanted,
            ticket: None,
            name: None,
            since: Timestamp::default(),
            acting: None,
            resumable: false,
            plans: 0,
            fruitless: 0,
            news: None,
            counted: 0,
            tree: None,
        }
    }

    /// Something happened in the run.
    pub(in crate::dispatch) fn hear(&mut self, news: News) {
        self.news = self.news.max(Some(news));
        if let Phase::Resting { until } = self.phase {
            self.rest_until(until);
        }
    }

    /// Whether it holds one of the run's slots.
    pub(in crate::dispatch) fn holds_slot(&self) -> bool {
        match self.phase {
            Phase::Counting
            | Phase::Acquiring
            | Phase::Turn(_)
            | Phase::Adding { .. }
            | Phase::Stopping { .. } => true,
            Phase::Resting { .. } | Phase::Wanted | Phase::Releasing { .. } | Phase::Over(_) => {
                false
            }
        }
    }

    /// Nothing of it is out, and nothing will come by itself; `closed` says that
    /// nothing more is begun in this run.
    pub(in crate::dispatch) fn dry(&self, closed: bool) -> bool {
        match self.phase {
            Phase::Resting { .. } | Phase::Over(_) => true,
            Phase::Wanted => closed,
            Phase::Counting
            | Phase::Acquiring
            | Phase::Turn(_)
            | Phase::Adding { .. }
            | Phase::Releasing { .. }
            | Phase::Stopping { .. } => false,
        }
    }

    /// When something must be done for it, if no answer comes before.
    pub(in crate::dispatch) fn deadline(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Stopping { give_up_at, .. } => Some(give_up_at),
            Phase::Resting { .. }
            | Phase::Wanted
            | Phase::Counting
            | Phase::Acquiring
            | Phase::Turn(_)
            | Phase::Adding { .. }
            | Phase::Releasing { .. }
            | Phase::Over(_) => None,
        }
    }

    /// It may look whether to plan.
    pub(super) fn count(&mut self) -> PlanCall {
        self.news = None;
        self.phase = Phase::Counting;
        PlanCall::Count
    }

    /// Stops what can be stopped; whether the pending call must be asked to.
    pub(super) fn stop(&mut self, give_up_at: Timestamp) -> bool {
        let turn = match &self.phase {
            Phase::Over(_) => return false,
            Phase::Resting { .. } | Phase::Wanted => {
                self.phase = Phase::Over(stopped());
                return false;
            }
            Phase::Releasing { .. } => {
                self.phase = Phase::Releasing { then: Then::Over };
                return false;
            }
            Phase::Counting | Phase::Acquiring | Phase::Adding { .. } => None,
            Phase::Turn(turn) => Some(turn.clone()),
            Phase::Stopping { turn, .. } => turn.clone(),
        };
        self.phase = Phase::Stopping { turn, give_up_at };
        true
    }

    /// A plan is over.
    pub(super) fn rest(&mut self, then: Then) {
        match then {
            Then::Added => self.fruitless = 0,
            Then::Fruitless => self.fruitless += 1,
            Then::Again | Then::Over => {}
        }
        match (then, self.spent()) {
            (Then::Over, _) => self.phase = Phase::Over(stopped()),
            (Then::Added | Then::Fruitless | Then::Again, Some(why)) => {
                self.phase = Phase::Over(why);
            }
            (Then::Added, None) => self.rest_until(News::Ended),
            (Then::Fruitless, None) => self.rest_until(News::Progress),
            (Then::Again, None) => self.phase = Phase::Wanted,
        }
    }

    /// Which of its limits it has come to.
    fn spent(&self) -> Option<PlanEnd> {
        let (plans, fruitless) = (self.plans, self.fruitless);
        if plans >= self.rules.max_plans {
            return Some(PlanEnd::Plans { plans });
        }
        let patient = fruitless < self.rules.patience;
        (!patient).then_some(PlanEnd::Fruitless { plans: fruitless })
    }

    /// Rests, unless what it would wait for has happened meanwhile.
    pub(super) fn rest_until(&mut self, until: News) {
        self.phase = if self.news >= Some(until) {
            Phase::Wanted
        } else {
            Phase::Resting { until }
        };
    }
}

fn stopped() -> PlanEnd {
    PlanEnd::Run {
        why: RunEnd::Stopped,
    }
}
