//! From the worktree to finished work: turns, and what they leave.

use std::cmp::Ordering;

use super::begin::{money_spent, unserved};
use super::phase::{Phase, Work};
use super::record::{Attempt, Next, Outcome, Rules};
use crate::dispatch::command::{Ask, Call, TurnPlan};
use crate::dispatch::input::{Answer, ChangeFacts, TurnFacts, mismatch};
use crate::dispatch::pacing::{Admission, Cause};
use crate::dispatch::policy::Completion;
use crate::event::Event;
use crate::model::{EndReason, Ending, Oid, survivors_text};
use crate::protocol::signals::Signal;

impl Attempt {
    /// One more turn, if the caps allow it.
    pub(super) fn turn(&mut self, ask: Ask, onto: Option<Oid>, rules: Rules<'_>) -> Outcome {
        if rules.budget.exhausted() {
            return self.end(money_spent());
        }
        if self.counts.turns >= rules.policy.max_turns {
            let reason = format!("no result after {} turns (max_turns)", self.counts.turns);
            return self.fail(reason, rules);
        }
        self.counts.turns += 1;
        let (harness, admission) = rules.choose(&self.harness);
        let plan = TurnPlan {
            turn: self.counts.turns,
            ask,
            resume: self.resumable && harness == self.acting,
            harness,
            interrupted: self.interrupted,
            onto,
            budget: None,
        };
        match admission {
            Admission::Now if rules.all_wait() => self.wait(plan),
            Admission::Now => self.note(plan),
            Admission::NotBefore(..) => self.wait(plan),
            Admission::Never(why) => self.end(unserved(why)),
        }
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
        let (next, mut events) = if !facts.survivors.is_empty() {
            // Whatever it said: somebody may still write to the worktree.
            self.end(Ending::Held {
                reason: survivors_text(&facts.survivors),
            })
        } else if could_not_resume(&plan, &facts) {
            self.afresh(&plan, rules)
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
                self.phase = Phase::Working(Work::Looking {
                    plan,
                    said: facts.signal.clone(),
                });
                (Next::Call(Call::Changes), Vec::new())
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
            EndReason::ContextFull => self.go_on_anew(&plan, "a full conversation", rules),
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

    /// The same once more, in a new conversation that is told everything. That
    /// one resumes nothing: it cannot fail for this reason again.
    fn afresh(&mut self, plan: &TurnPlan, rules: Rules<'_>) -> Outcome {
        self.resumable = false;
        self.turn(plan.ask, plan.onto.clone(), rules)
    }

    /// Adds a turn's figures; every turn is counted here, also a stopped one.
    pub(super) fn account(&mut self, plan: &TurnPlan, facts: &TurnFacts) -> Event {
        self.spent.usage += facts.usage;
        self.spent.cost += facts.cost.unwrap_or_default();
        self.resumable = facts.resumable;
        self.session = facts.session.clone().or(self.session.take());
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
            Some(Signal::Close { why }) => return self.closed(why, &facts),
            Some(Signal::FollowUp { why }) => return self.follow_up(&why, rules),
            Some(Signal::HandOff { .. }) => return self.go_on_anew(plan, "HANDOFF", rules),
            Some(Signal::Done) => true,
            // No prompt offers claims yet: as if nothing had been said.
            Some(Signal::Claim { .. }) | None => false,
        };
        match verdict(&facts, plan.ask, done, rules.policy.completion) {
            Left::Done => self.judge(facts.head),
            Left::Uncommitted => self.turn(Ask::Commit, None, rules),
            Left::StillUncommitted => self.end(Ending::Held {
                reason: format!(
                    "{} uncommitted paths are left after the agent was told to commit",
                    facts.dirty
                ),
            }),
            Left::Nothing if done => self.fail(
                "no_changes: the agent says DONE, and there is no commit".to_owned(),
                rules,
            ),
            Left::Nothing => self.silent(rules),
            Left::Unsaid => self.once_more(
                Ask::SayDone,
                "the agent did not say DONE, which strict completion demands",
                rules,
            ),
        }
    }

    /// It ended without a commit and without a word.
    fn silent(&mut self, rules: Rules<'_>) -> Outcome {
        self.counts.silent += 1;
        match self.counts.silent.cmp(&rules.policy.silent_turns) {
            Ordering::Less => self.turn(Ask::GoOn, None, rules),
            Ordering::Equal => self.turn(Ask::Nudge, None, rules),
            Ordering::Greater => {
                let turns = self.counts.silent;
                let reason = format!("stuck: {turns} turns ended without a commit or a word");
                self.fail(reason, rules)
            }
        }
    }

    /// Nothing needs to be done, it says: so there must be nothing.
    fn closed(&mut self, why: String, facts: &ChangeFacts) -> Outcome {
        if facts.commits == 0 && facts.dirty == 0 {
            return self.end(Ending::Closed { reason: why });
        }
        let reason =
            format!("the agent says that nothing needs to be done, and yet it left work: {why}");
        self.end(Ending::Blocked { reason })
    }

    fn follow_up(&mut self, why: &str, rules: Rules<'_>) -> Outcome {
        if self.counts.follow_ups >= rules.policy.follow_ups {
            let asked = self.counts.follow_ups;
            let reason = format!("it still asks for a follow-up after {asked}: {why}");
            return self.fail(reason, rules);
        }
        self.counts.follow_ups += 1;
        self.turn(Ask::FollowUp, None, rules)
    }

    /// A new conversation goes on in the same worktree. One that repairs or
    /// resolves is told what, for it is not told so by the task.
    fn go_on_anew(&mut self, plan: &TurnPlan, after: &str, rules: Rules<'_>) -> Outcome {
        if self.counts.continuations >= rules.policy.continuations {
            let count = self.counts.continuations;
            let reason = format!("continuations exhausted: {after} after {count} of them");
            return self.fail(reason, rules);
        }
        self.counts.continuations += 1;
        self.resumable = false;
        match plan.ask {
            Ask::Task | Ask::GoOn | Ask::Nudge | Ask::FollowUp | Ask::Continue | Ask::SayDone => {
                self.turn(Ask::Continue, None, rules)
            }
            Ask::Commit | Ask::MendGate | Ask::MendReview | Ask::Resolve => {
                self.turn(plan.ask, plan.onto.clone(), rules)
            }
        }
    }

    fn once_more(&mut self, ask: Ask, otherwise: &str, rules: Rules<'_>) -> Outcome {
        if self.counts.asked_again > 0 {
            return self.fail(otherwise.to_owned(), rules);
        }
        self.counts.asked_again += 1;
        self.turn(ask, None, rules)
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
    let promised = plan.budget.zip(facts.cost);
    promised.is_some_and(|(promised, cost)| cost.0 >= promised.0 - promised.0 / 10)
}
