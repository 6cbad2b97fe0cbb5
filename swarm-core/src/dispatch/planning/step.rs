//! An answer came to a planner's call: what follows.

use super::call::{PlanCall, PlanTurn};
use super::planner::{Leave, News, Outcome, Phase, Planner, Then};
use crate::dispatch::input::{Answer, CountFacts, Fault, PlanFacts, TurnFacts, mismatch};
use crate::dispatch::pacing::Budget;
use crate::event::Event;
use crate::model::{EndReason, HarnessName, survivors_text};
use crate::ports::{Release, Released};

impl Planner {
    /// The answer to the pending call.
    pub(super) fn answered(&mut self, answer: Answer, leave: &Leave) -> Outcome {
        match self.phase.clone() {
            Phase::Counting => self.counted(answer, leave),
            Phase::Acquiring => self.acquired(answer, leave),
            Phase::Turn(turn) => self.ran(answer, &turn),
            Phase::Adding { turn } => self.added(answer, turn, leave),
            Phase::Releasing { then } => self.released(answer, then),
            Phase::Stopping { turn, .. } => self.stopped(answer, turn.as_ref()),
            Phase::Resting { .. } | Phase::Wanted | Phase::Over(_) => {
                unreachable!("a planner that waits has no call out, so no ticket of its own")
            }
        }
    }

    fn counted(&mut self, answer: Answer, leave: &Leave) -> Outcome {
        let facts = if let Answer::Counted(result) = answer {
            result
        } else {
            Err(mismatch())
        };
        let CountFacts { pending, name } = match facts {
            Ok(facts) => facts,
            Err(fault) => {
                self.rest(Then::Fruitless);
                return (
                    None,
                    vec![trouble("the pending tasks were not counted", &fault)],
                );
            }
        };
        self.counted = pending;
        if pending >= self.rules.max_pending {
            self.rest_until(News::Ended);
            return (None, Vec::new());
        }
        if let Leave::Later | Leave::Never(_) = leave {
            self.rest(Then::Again);
            return (None, Vec::new());
        }
        self.name = Some(name);
        self.plans += 1;
        self.phase = Phase::Acquiring;
        (Some(PlanCall::Acquire { plan: self.plans }), Vec::new())
    }

    fn acquired(&mut self, answer: Answer, leave: &Leave) -> Outcome {
        let tree = if let Answer::Acquired(result) = answer {
            result
        } else {
            Err(mismatch())
        };
        match tree {
            Ok(tree) => self.tree = Some(tree),
            Err(fault) => {
                self.rest(Then::Fruitless);
                return (None, vec![trouble("the planner got no worktree", &fault)]);
            }
        }
        match leave {
            Leave::Now(harness) => self.speak(1, harness.clone(), false),
            Leave::Later | Leave::Never(_) => self.release(Release::Unlanded, Then::Again),
        }
    }

    fn speak(&mut self, turn: u32, harness: HarnessName, resume: bool) -> Outcome {
        let plan = self.plans;
        let started = Event::PlanningStarted {
            plan,
            turn,
            harness: harness.clone(),
            pending: self.counted,
        };
        let turn = PlanTurn {
            plan,
            turn,
            harness,
            resume,
            budget: Budget::default(),
        };
        self.phase = Phase::Turn(turn.clone());
        (Some(PlanCall::Run(turn)), vec![started])
    }

    fn ran(&mut self, answer: Answer, turn: &PlanTurn) -> Outcome {
        let facts = if let Answer::Ran(result) = answer {
            result
        } else {
            Err(mismatch())
        };
        let facts = match facts {
            Ok(facts) => facts,
            Err(fault) => {
                let event = trouble("the planner could not be started", &fault);
                return self.release_telling(Release::Unlanded, Then::Fruitless, vec![event]);
            }
        };
        self.resumable = facts.resumable;
        let mut events = vec![ended(&facts, turn)];
        if !facts.survivors.is_empty() {
            // They may still write into the worktree.
            events.push(Event::Trouble {
                task: self.name.clone(),
                message: survivors_text(&facts.survivors),
            });
            return self.release_telling(Release::Keep, Then::Fruitless, events);
        }
        match facts.end {
            EndReason::Finished => {
                self.phase = Phase::Adding { turn: turn.turn };
                (Some(PlanCall::Add), events)
            }
            // Its account lets it in again when it does.
            EndReason::RateLimited { .. } | EndReason::Overloaded | EndReason::Network => {
                self.release_telling(Release::Unlanded, Then::Again, events)
            }
            EndReason::Auth
            | EndReason::Billing
            | EndReason::ContextFull
            | EndReason::LimitReached
            | EndReason::ModelLimit
            | EndReason::Refused
            | EndReason::Config
            | EndReason::SessionNotFound
            | EndReason::Killed { .. }
            | EndReason::Crashed
            | EndReason::TimedOut { .. } => {
                self.release_telling(Release::Unlanded, Then::Fruitless, events)
            }
        }
    }

    fn added(&mut self, answer: Answer, turn: u32, leave: &Leave) -> Outcome {
        let facts = if let Answer::Planned(result) = answer {
            result
        } else {
            Err(mismatch())
        };
        let facts = match facts {
            Ok(facts) => facts,
            Err(fault) => {
                let event = trouble("the planned tasks could not be added", &fault);
                return self.release_telling(Release::Unlanded, Then::Fruitless, vec![event]);
            }
        };
        let wrong = !facts.mistakes.is_empty();
        let then = if facts.added.is_empty() {
            Then::Fruitless
        } else {
            Then::Added
        };
        let mut events = self.told(facts);
        match leave {
            Leave::Now(harness) if wrong && turn == 1 => {
                let resume = self.resumable && self.acting.as_ref() == Some(harness);
                let (call, more) = self.speak(2, harness.clone(), resume);
                events.extend(more);
                (call, events)
            }
            Leave::Now(_) | Leave::Later | Leave::Never(_) => {
                self.release_telling(Release::Unlanded, then, events)
            }
        }
    }

    /// What came of a plan, for observers.
    fn told(&self, facts: PlanFacts) -> Vec<Event> {
        let plan = self.plans;
        let mut events = Vec::new();
        if !facts.mistakes.is_empty() {
            let mistakes = facts.mistakes;
            events.push(Event::PlanRefused { plan, mistakes });
        }
        if !facts.added.is_empty() {
            let tasks = facts.added;
            events.push(Event::TasksPlanned { plan, tasks });
        }
        events
    }

    /// The pending call of a stopped planner came back.
    fn stopped(&mut self, answer: Answer, turn: Option<&PlanTurn>) -> Outcome {
        let (mut how, mut events) = (Release::Unlanded, Vec::new());
        match answer {
            Answer::Acquired(Ok(tree)) => self.tree = Some(tree),
            Answer::Planned(Ok(facts)) => events = self.told(facts),
            Answer::Ran(Ok(facts)) => {
                events.extend(turn.map(|turn| ended(&facts, turn)));
                if !facts.survivors.is_empty() {
                    how = Release::Keep;
                }
            }
            Answer::Ran(Err(_))
            | Answer::Acquired(Err(_))
            | Answer::Planned(Err(_))
            | Answer::Counted(_)
            | Answer::Claimed(_)
            | Answer::Renewed(_)
            | Answer::Applied(_)
            | Answer::Contained(_)
            | Answer::LetGo(_)
            | Answer::Changed(_)
            | Answer::Gated(_)
            | Answer::Diffed(_)
            | Answer::Reviewed(_)
            | Answer::Merged(_)
            | Answer::Advanced(_)
            | Answer::Released(_) => {}
        }
        self.release_telling(how, Then::Over, events)
    }

    fn release(&mut self, how: Release, then: Then) -> Outcome {
        self.release_telling(how, then, Vec::new())
    }

    fn release_telling(&mut self, how: Release, then: Then, events: Vec<Event>) -> Outcome {
        if self.tree.is_none() {
            self.rest(then);
            return (None, events);
        }
        self.phase = Phase::Releasing { then };
        (Some(PlanCall::Release(how)), events)
    }

    fn released(&mut self, answer: Answer, then: Then) -> Outcome {
        let released = if let Answer::Released(result) = answer {
            result
        } else {
            Err(mismatch())
        };
        let kept = match (released, self.tree.take(), &self.name) {
            (Ok(Released::Kept), Some(tree), Some(name)) => Some(Event::WorktreeKept {
                task: name.clone(),
                path: tree.path,
                branch: tree.branch,
            }),
            (Ok(Released::Kept | Released::Removed), _, _) => None,
            (Err(fault), _, _) => Some(trouble(
                "the planner's worktree could not be given back",
                &fault,
            )),
        };
        self.rest(then);
        (None, kept.into_iter().collect())
    }
}

fn ended(facts: &TurnFacts, turn: &PlanTurn) -> Event {
    Event::PlanningEnded {
        plan: turn.plan,
        turn: turn.turn,
        end: facts.end,
        session: facts.session.clone(),
        usage: facts.usage,
        cost: facts.cost,
        error: facts.error.clone(),
        survivors: facts.survivors.clone(),
    }
}

fn trouble(what: &str, fault: &Fault) -> Event {
    Event::Trouble {
        task: None,
        message: format!("{what}: {}", fault.message),
    }
}
