//! From finished work to approved work: gates, then reviewers.

use super::phase::{Judge, Land, Phase};
use super::record::{Attempt, Next, Outcome, Rules};
use crate::dispatch::command::{Ask, Call};
use crate::dispatch::input::{Answer, ReviewFacts, mismatch};
use crate::dispatch::pacing::Cause;
use crate::event::{Event, Verdict};
use crate::model::{Ending, Oid};

impl Attempt {
    pub(super) fn gated(&mut self, answer: Answer, head: Oid, rules: Rules<'_>) -> Outcome {
        let Answer::Gated(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let facts = match result {
            Ok(facts) => facts,
            Err(fault) => return self.failed_call(&fault, rules),
        };
        let event = Event::GateEnded {
            task: self.task().clone(),
            failed: facts.failed.clone(),
        };
        let (next, mut events) = match facts.failed {
            None => self.review(head, 0, rules),
            Some(step) if self.counts.gate_rounds >= rules.policy.gate_rounds => {
                self.cause = Some(Cause::Gate(step.clone()));
                let rounds = self.counts.gate_rounds;
                self.fail(
                    format!("gate {step:?} still fails after {rounds} repairs"),
                    rules,
                )
            }
            Some(_) => {
                self.counts.gate_rounds += 1;
                self.turn(Ask::MendGate, None, rules)
            }
        };
        events.insert(0, event);
        (next, events)
    }

    /// Asks a reviewer; past the last one the work is held, for nobody judged it.
    pub(super) fn review(&mut self, head: Oid, reviewer: usize, rules: Rules<'_>) -> Outcome {
        if rules.setting.reviewers.is_empty() {
            return self.submit(head);
        }
        let Some(name) = rules.setting.reviewers.get(reviewer) else {
            return self.end(Ending::Held {
                reason: "no reviewer could be reached".to_owned(),
            });
        };
        let round = self.counts.review_rounds + 1;
        let event = Event::ReviewStarted {
            task: self.task().clone(),
            round,
            reviewer: name.clone(),
        };
        self.phase = Phase::Judging(Judge::Review { head, reviewer });
        (Next::Call(Call::Review { round, reviewer }), vec![event])
    }

    pub(super) fn reviewed(
        &mut self,
        answer: Answer,
        head: Oid,
        reviewer: usize,
        rules: Rules<'_>,
    ) -> Outcome {
        let Answer::Reviewed(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let facts = result.unwrap_or_else(|fault| ReviewFacts {
            verdict: Verdict::Unavailable(fault.message),
            usage: crate::model::Usage::default(),
            cost: None,
        });
        self.spent.usage += facts.usage;
        self.spent.cost += facts.cost.unwrap_or_default();
        let event = Event::ReviewEnded {
            task: self.task().clone(),
            round: self.counts.review_rounds + 1,
            verdict: facts.verdict.clone(),
        };
        let (next, mut events) = match facts.verdict {
            Verdict::Approved => {
                self.counts.review_rounds += 1;
                self.submit(head)
            }
            Verdict::Unavailable(_) => self.review(head, reviewer + 1, rules),
            Verdict::Changes(findings) => {
                self.counts.review_rounds += 1;
                if self.counts.review_rounds >= rules.policy.review_rounds {
                    self.end(Ending::Rejected {
                        reason: findings.join("; "),
                    })
                } else {
                    self.turn(Ask::MendReview, None, rules)
                }
            }
        };
        events.insert(0, event);
        (next, events)
    }

    fn submit(&mut self, head: Oid) -> Outcome {
        let event = Event::Queued {
            task: self.task().clone(),
            head: head.clone(),
        };
        self.phase = Phase::Landing(Land::Queued { head });
        (Next::Queue, vec![event])
    }
}
