//! A turn ended: the table of its ends.

use super::phase::{After, Phase, Work};
use super::record::{Attempt, Next, Outcome, Rules};
use crate::dispatch::command::{Ask, Call, TurnPlan};
use crate::dispatch::input::{Answer, TurnFacts, mismatch};
use crate::dispatch::pacing::Cause;
use crate::dispatch::policy::Completion;
use crate::event::Event;
use crate::model::{ContextUse, EndReason, Ending, Limit, survivors_text};

impl Attempt {
    pub(super) fn ran(&mut self, answer: Answer, plan: TurnPlan, rules: Rules<'_>) -> Outcome {
        let Answer::Ran(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let facts = match result {
            Ok(facts) => facts,
            Err(fault) => return self.failed_call(&fault, rules),
        };
        let event = self.account(&plan, &facts);
        let (next, mut events) = if !facts.survivors.is_empty() {
            // Whatever it said: somebody may still write to the worktree.
            self.end(Ending::Held {
                reason: survivors_text(&facts.survivors),
            })
        } else if could_not_resume(&plan, &facts) {
            self.afresh(&plan, rules)
        } else if let EndReason::TimedOut { limit: Limit::Wall } = facts.end
            && let Some(end) = self.spent_up(rules)
        {
            end
        } else {
            self.turned(plan, &facts, rules)
        };
        events.insert(0, event);
        (next, events)
    }

    /// The table of a turn's ends.
    fn turned(&mut self, plan: TurnPlan, facts: &TurnFacts, rules: Rules<'_>) -> Outcome {
        match facts.end {
            EndReason::Finished => {
                self.interrupted = false;
                self.recovery.looked_at(&facts.looked_at);
                let after = After::of(plan.ask, facts);
                self.look(plan, after)
            }
            // Another attempt would meet the same: a person must act first.
            EndReason::Auth | EndReason::Billing | EndReason::Config => {
                let reason = turn_error(&plan, facts);
                self.cause = Some(Cause::Turn(facts.end.as_str()));
                self.end(Ending::Failed { reason })
            }
            // No fault of the work. The turn counts, so this ends some day.
            EndReason::RateLimited { .. } | EndReason::Overloaded | EndReason::Network => {
                self.turn(plan.ask, plan.onto, rules)
            }
            // Its share of the run's money is used up, and there is more.
            EndReason::LimitReached if share_used(&plan, facts) => {
                self.turn(plan.ask, plan.onto, rules)
            }
            EndReason::ContextFull
            | EndReason::LimitReached
            | EndReason::ModelLimit
            | EndReason::Refused
            | EndReason::SessionNotFound
            | EndReason::Killed { .. }
            | EndReason::Crashed
            | EndReason::TimedOut { .. }
                if plan.ask == Ask::Decide =>
            {
                self.undecided(&turn_error(&plan, facts), rules)
            }
            EndReason::ContextFull => self.go_on_anew(&plan, "a full conversation", rules),
            // It may have been done: its commits and its gates can tell.
            EndReason::Crashed if may_be_done(&plan, rules) => {
                let error = turn_error(&plan, facts);
                self.look(plan, After::Crash { error })
            }
            EndReason::LimitReached
            | EndReason::ModelLimit
            | EndReason::Refused
            | EndReason::SessionNotFound
            | EndReason::Killed { .. }
            | EndReason::Crashed
            | EndReason::TimedOut { .. } => {
                self.cause = Some(Cause::Turn(facts.end.as_str()));
                self.fail(turn_error(&plan, facts), rules)
            }
        }
    }

    fn look(&mut self, plan: TurnPlan, after: After) -> Outcome {
        self.phase = Phase::Working(Work::Looking { plan, after });
        (Next::Call(Call::Changes), Vec::new())
    }

    /// The same once more, in a new conversation that is told everything. That
    /// one resumes nothing: it cannot fail for this reason again.
    fn afresh(&mut self, plan: &TurnPlan, rules: Rules<'_>) -> Outcome {
        self.forget_conversation();
        self.turn(plan.ask, plan.onto.clone(), rules)
    }

    /// Adds a turn's figures; every turn is counted here, also a stopped one.
    fn account(&mut self, plan: &TurnPlan, facts: &TurnFacts) -> Event {
        self.spent.usage += facts.usage;
        self.spent.cost += facts.cost.unwrap_or_default();
        self.resumable = facts.resumable;
        self.kept = facts.kept;
        self.session = facts.session.clone().or(self.session.take());
        self.fullness = facts.context.map_or(0, ContextUse::percent);
        Event::TurnEnded {
            task: self.task().clone(),
            turn: plan.turn,
            role: plan.ask.role(),
            end: facts.end,
            session: facts.session.clone(),
            usage: facts.usage,
            cost: facts.cost,
            error: facts.error.clone(),
            survivors: facts.survivors.clone(),
        }
    }
}

/// Whether a turn failed because its conversation is not there to go on with.
fn could_not_resume(plan: &TurnPlan, facts: &TurnFacts) -> bool {
    plan.resume
        && match facts.end {
            EndReason::SessionNotFound => true,
            // It did not even come so far as to name a conversation.
            EndReason::Crashed => facts.session.is_none(),
            EndReason::Finished
            | EndReason::Auth
            | EndReason::Billing
            | EndReason::RateLimited { .. }
            | EndReason::Overloaded
            | EndReason::Network
            | EndReason::ContextFull
            | EndReason::LimitReached
            | EndReason::ModelLimit
            | EndReason::Refused
            | EndReason::Config
            | EndReason::Killed { .. }
            | EndReason::TimedOut { .. } => false,
        }
}

/// Whether evidence alone can say that the work of a crashed agent is done.
fn may_be_done(plan: &TurnPlan, rules: Rules<'_>) -> bool {
    let works = match plan.ask {
        Ask::Task
        | Ask::GoOn
        | Ask::Nudge
        | Ask::FollowUp
        | Ask::Claims
        | Ask::Continue
        | Ask::SayDone
        | Ask::Commit
        | Ask::MendGate
        | Ask::MendReview
        | Ask::Resolve => true,
        Ask::Validate | Ask::Decide | Ask::HandOff => false,
    };
    works && rules.setting.gated && rules.policy.completion == Completion::Evidence
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

/// Whether a turn ended because it had spent what it was promised.
fn share_used(plan: &TurnPlan, facts: &TurnFacts) -> bool {
    let promised = plan.budget.cost.zip(facts.cost);
    promised.is_some_and(|(promised, cost)| cost.0 >= promised.0 - promised.0 / 10)
}
