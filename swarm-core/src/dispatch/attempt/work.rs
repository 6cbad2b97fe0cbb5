//! From the worktree to finished work: turns, and what they leave.

use super::phase::{Judge, Phase, Work};
use super::record::{Attempt, Next, Outcome, Rules};
use crate::dispatch::command::{Ask, Call, Note, TurnPlan};
use crate::dispatch::input::{Answer, ChangeFacts, TurnFacts, mismatch};
use crate::dispatch::policy::Completion;
use crate::event::Event;
use crate::model::{EndReason, Ending, Oid};
use crate::protocol::signals::Signal;

impl Attempt {
    pub(super) fn acquired(&mut self, answer: Answer, rules: Rules<'_>) -> Outcome {
        let Answer::Acquired(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        match result {
            Ok(tree) => {
                let event = Event::WorktreeReady {
                    task: self.task().clone(),
                    path: tree.path.clone(),
                    branch: tree.branch.clone(),
                    base: tree.base.clone(),
                };
                self.tree = Some(tree);
                self.phase = Phase::Working(Work::Noting);
                (Next::Call(Call::Apply(Note::Checkpoint)), vec![event])
            }
            Err(fault) => self.failed_call(&fault, rules),
        }
    }

    pub(super) fn noted(&mut self, answer: Answer, rules: Rules<'_>) -> Outcome {
        match applied(answer) {
            Ok(()) => self.turn(Ask::Task, None, rules),
            Err(fault) => self.failed_call(&fault, rules),
        }
    }

    /// One more turn, if the caps allow it.
    pub(super) fn turn(&mut self, ask: Ask, onto: Option<Oid>, rules: Rules<'_>) -> Outcome {
        if rules.budget.exhausted() {
            return self.end(Ending::Interrupted {
                reason: "the run's money is spent (max_cost)".to_owned(),
            });
        }
        if self.counts.turns >= rules.policy.max_turns {
            let reason = format!("no result after {} turns (max_turns)", self.counts.turns);
            return self.fail(reason, rules);
        }
        self.counts.turns += 1;
        let plan = TurnPlan {
            turn: self.counts.turns,
            ask,
            harness: self.harness.clone(),
            resume: self.resumable,
            onto,
            budget: rules.budget.left(),
        };
        self.run(plan)
    }

    /// Begins a turn: a slot is free for it.
    pub(in crate::dispatch) fn run(&mut self, plan: TurnPlan) -> Outcome {
        let event = Event::TurnStarted {
            task: self.task().clone(),
            turn: plan.turn,
            role: plan.ask.role(),
        };
        self.phase = Phase::Working(Work::Turn(plan.clone()));
        (Next::Call(Call::Run(plan)), vec![event])
    }

    pub(super) fn ran(&mut self, answer: Answer, plan: TurnPlan, rules: Rules<'_>) -> Outcome {
        let Answer::Ran(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let facts = match result {
            Ok(facts) => facts,
            Err(fault) => return self.failed_call(&fault, rules),
        };
        let event = self.account(&plan, &facts);
        let (next, mut events) = match facts.end {
            EndReason::Finished => {
                self.phase = Phase::Working(Work::Looking {
                    plan,
                    said: facts.signal,
                });
                (Next::Call(Call::Changes), Vec::new())
            }
            // Another attempt would meet the same: a person must act first.
            EndReason::Auth | EndReason::Billing | EndReason::Config => {
                let reason = turn_error(&plan, &facts);
                self.end(Ending::Failed { reason })
            }
            EndReason::RateLimited { retry_at } => {
                let reason = turn_error(&plan, &facts);
                let wait = retry_at.map(|at| at.since(rules.now)).unwrap_or_default();
                self.fail_and_wait(reason, wait, rules)
            }
            EndReason::Overloaded
            | EndReason::Network
            | EndReason::ContextFull
            | EndReason::LimitReached
            | EndReason::ModelLimit
            | EndReason::Refused
            | EndReason::SessionNotFound
            | EndReason::Killed { .. }
            | EndReason::Crashed
            | EndReason::TimedOut { .. } => self.fail(turn_error(&plan, &facts), rules),
        };
        events.insert(0, event);
        (next, events)
    }

    /// Adds a turn's figures; every turn is counted here, also a stopped one.
    pub(super) fn account(&mut self, plan: &TurnPlan, facts: &TurnFacts) -> Event {
        self.spent.usage += facts.usage;
        self.spent.cost += facts.cost.unwrap_or_default();
        self.resumable = facts.resumable;
        Event::TurnEnded {
            task: self.task().clone(),
            turn: plan.turn,
            role: plan.ask.role(),
            end: facts.end,
            session: facts.session.clone(),
            usage: facts.usage,
            cost: facts.cost,
            error: facts.error.clone(),
        }
    }

    /// The turn ended by itself; its worktree decides what that means.
    pub(super) fn looked(
        &mut self,
        answer: Answer,
        plan: &TurnPlan,
        said: Option<Signal>,
        rules: Rules<'_>,
    ) -> Outcome {
        let Answer::Changed(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let facts = match result {
            Ok(facts) => facts,
            Err(fault) => return self.failed_call(&fault, rules),
        };
        let done = match said {
            Some(Signal::Blocked { why }) => return self.end(Ending::Blocked { reason: why }),
            // Only a person can close a task.
            Some(Signal::Close { why }) => {
                let reason = format!("the agent says that nothing needs to be done: {why}");
                return self.end(Ending::Blocked { reason });
            }
            Some(Signal::Done) => true,
            // No prompt offers these words yet: as if nothing had been said.
            Some(Signal::Claim { .. } | Signal::FollowUp { .. } | Signal::HandOff { .. })
            | None => false,
        };
        match verdict(&facts, plan.ask, done, rules.policy.completion) {
            Left::Done => self.judge(facts.head, rules),
            Left::Uncommitted => self.turn(Ask::Commit, None, rules),
            Left::StillUncommitted => self.end(Ending::Held {
                reason: format!(
                    "{} uncommitted paths are left after the agent was told to commit",
                    facts.dirty
                ),
            }),
            Left::Nothing => self.once_more(Ask::GoOn, "the agent ended without a commit", rules),
            Left::Unsaid => self.once_more(
                Ask::SayDone,
                "the agent did not say DONE, which strict completion demands",
                rules,
            ),
        }
    }

    fn once_more(&mut self, ask: Ask, otherwise: &str, rules: Rules<'_>) -> Outcome {
        if self.counts.asked_again > 0 {
            return self.fail(otherwise.to_owned(), rules);
        }
        self.counts.asked_again += 1;
        self.turn(ask, None, rules)
    }

    fn judge(&mut self, head: Oid, rules: Rules<'_>) -> Outcome {
        if rules.gated {
            let event = Event::GateStarted {
                task: self.task().clone(),
                head: head.clone(),
            };
            self.phase = Phase::Judging(Judge::Gate { head });
            return (Next::Call(Call::Gate), vec![event]);
        }
        self.review(head, 0, rules)
    }
}

/// What a turn that ended by itself left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Committed work that may be judged.
    Done,
    /// Work lies uncommitted.
    Uncommitted,
    /// And it still does after a turn for just that.
    StillUncommitted,
    /// Neither commits nor changes.
    Nothing,
    /// Committed work, but the demanded word is missing.
    Unsaid,
}

/// The table of completion.
pub(super) fn verdict(facts: &ChangeFacts, ask: Ask, done: bool, completion: Completion) -> Left {
    let committing = matches!(ask, Ask::Commit);
    match (facts.dirty > 0, facts.commits > 0, completion) {
        (true, _, _) if committing => Left::StillUncommitted,
        (true, _, _) => Left::Uncommitted,
        (false, false, _) => Left::Nothing,
        (false, true, Completion::Evidence) => Left::Done,
        (false, true, Completion::Strict) if done => Left::Done,
        (false, true, Completion::Strict) => Left::Unsaid,
    }
}

pub(super) fn applied(answer: Answer) -> Result<(), crate::dispatch::input::Fault> {
    let Answer::Applied(result) = answer else {
        return Err(mismatch());
    };
    result
}

fn turn_error(plan: &TurnPlan, facts: &TurnFacts) -> String {
    let what = format!(
        "turn {} ({}) ended: {}",
        plan.turn,
        plan.ask.role().as_str(),
        facts.end.as_str()
    );
    match &facts.error {
        Some(error) => format!("{what}: {error}"),
        None => what,
    }
}
