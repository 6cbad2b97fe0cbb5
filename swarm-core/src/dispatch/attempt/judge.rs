//! From finished work to approved work: gates, then reviewers.

use super::phase::{Judge, Land, Phase};
use super::record::{Attempt, Next, Outcome, Rules};
use super::work::applied;
use crate::dispatch::command::{Ask, Call};
use crate::dispatch::input::{Answer, ReviewFacts, mismatch};
use crate::dispatch::pacing::{Admission, Cause};
use crate::dispatch::policy::LargeDiff;
use crate::event::Event;
use crate::model::{Ending, Oid, ReviewRecord, Stage, Usage, Verdict};

impl Attempt {
    /// The work is finished. Written down first, so that it is not worked on
    /// again if the run is killed now.
    pub(super) fn judge(&mut self, head: Oid) -> Outcome {
        self.stage = Stage::Finished { head: head.clone() };
        self.phase = Phase::Judging(Judge::Noting { head });
        (self.checkpoint(), Vec::new())
    }

    pub(super) fn finished(&mut self, answer: Answer, head: Oid, rules: Rules<'_>) -> Outcome {
        if let Err(fault) = applied(answer) {
            return self.failed_call(&fault, rules);
        }
        if rules.setting.gated {
            let event = Event::GateStarted {
                task: self.task().clone(),
                head: head.clone(),
            };
            self.phase = Phase::Judging(Judge::Gate { head });
            return (Next::Call(Call::Gate), vec![event]);
        }
        self.hand_over(head, rules)
    }

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
            None => self.hand_over(head, rules),
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

    /// Work that passed its gates goes to the reviewers, if there are any.
    pub(super) fn hand_over(&mut self, head: Oid, rules: Rules<'_>) -> Outcome {
        if rules.setting.reviewers.is_empty() {
            return self.submit(head);
        }
        self.phase = Phase::Judging(Judge::Diff { head });
        (Next::Call(Call::Diff), Vec::new())
    }

    /// What it changes decides whether a reviewer is asked at all.
    pub(super) fn diffed(&mut self, answer: Answer, head: Oid, rules: Rules<'_>) -> Outcome {
        let Answer::Diffed(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let facts = match result {
            Ok(facts) => facts,
            Err(fault) => return self.failed_call(&fault, rules),
        };
        if facts.head != head {
            let tip = facts.head;
            let reason = format!("its branch went from {head} to {tip} while it was judged");
            return self.end(Ending::Held { reason });
        }
        if facts.exempt {
            let event = Event::ReviewSkipped {
                task: self.task().clone(),
                paths: facts.paths,
            };
            let (next, mut events) = self.submit(head);
            events.insert(0, event);
            return (next, events);
        }
        match (facts.cut, rules.policy.large_diff) {
            (true, LargeDiff::Hold) => self.end(Ending::Held {
                reason: format!(
                    "it is too large for a reviewer ({} changed paths, a diff of more than {} \
                     bytes, or too many names): a person must review it",
                    facts.paths, rules.policy.review_diff
                ),
            }),
            (true, LargeDiff::Read) | (false, LargeDiff::Read | LargeDiff::Hold) => {
                self.review(head, 0, Vec::new(), rules)
            }
        }
    }

    /// Asks the next reviewer who is let in. Past the last one the work waits, if
    /// somebody will be let in some day; else it is held, for nobody judged it.
    fn review(
        &mut self,
        head: Oid,
        reviewer: usize,
        down: Vec<String>,
        rules: Rules<'_>,
    ) -> Outcome {
        match rules.judge(reviewer) {
            (place, Admission::Now) => self.ask(head, place, down, rules),
            (_, Admission::NotBefore(..) | Admission::Never(_)) => match rules.next_judge() {
                Some(reviewer) if self.counts.review_waits < rules.policy.max_turns => {
                    self.counts.review_waits += 1;
                    self.phase = Phase::Judging(Judge::Parked { head, reviewer });
                    (Next::AwaitSlot, Vec::new())
                }
                Some(_) | None => self.unjudged(down, rules),
            },
        }
    }

    /// A slot is free, and somebody is let in, or nobody ever will be.
    pub(in crate::dispatch) fn review_again(&mut self, head: Oid, rules: Rules<'_>) -> Outcome {
        self.review(head, 0, Vec::new(), rules)
    }

    fn unjudged(&mut self, mut down: Vec<String>, rules: Rules<'_>) -> Outcome {
        for (place, name) in rules.setting.reviewers.iter().enumerate() {
            if let Admission::NotBefore(_, why) | Admission::Never(why) = rules.reviewer(place)
                && !down
                    .iter()
                    .any(|known| known.starts_with(&format!("{name}: ")))
            {
                down.push(format!("{name}: {why}"));
            }
        }
        self.end(Ending::Held {
            reason: format!("no reviewer could judge it: {}", down.join("; ")),
        })
    }

    fn ask(&mut self, head: Oid, reviewer: usize, down: Vec<String>, rules: Rules<'_>) -> Outcome {
        let name = rules.setting.reviewers.get(reviewer);
        let round = self.counts.review_rounds + 1;
        let event = Event::ReviewStarted {
            task: self.task().clone(),
            round,
            reviewer: name.cloned().unwrap_or_default(),
        };
        self.phase = Phase::Judging(Judge::Review {
            head,
            reviewer,
            down,
        });
        (Next::Call(Call::Review { round, reviewer }), vec![event])
    }

    pub(super) fn reviewed(
        &mut self,
        answer: Answer,
        head: Oid,
        (reviewer, mut down): (usize, Vec<String>),
        rules: Rules<'_>,
    ) -> Outcome {
        let Answer::Reviewed(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let name = rules
            .setting
            .reviewers
            .get(reviewer)
            .cloned()
            .unwrap_or_default();
        let facts = result.unwrap_or_else(|fault| ReviewFacts {
            record: self.unavailable(name.clone(), fault.message),
            spoiled: false,
            end: None,
        });
        let record = facts.record;
        self.spent.usage += record.usage;
        self.spent.cost += record.cost.unwrap_or_default();
        let event = Event::ReviewEnded {
            task: self.task().clone(),
            review: record.clone(),
        };
        let (next, mut events) = match (record.verdict, facts.spoiled) {
            // What it left there is not the work that was gated.
            (verdict, true) => self.end(Ending::Held {
                reason: format!("the reviewer {name} {}", why(&verdict)),
            }),
            (Verdict::Approved, false) => {
                self.counts.review_rounds += 1;
                self.submit(head)
            }
            (Verdict::Unavailable(why), false) => {
                down.push(format!("{name}: {why}"));
                self.review(head, reviewer + 1, down, rules)
            }
            (Verdict::Changes(findings), false) => {
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

    /// The record of a call that could not even be made.
    fn unavailable(&self, reviewer: String, why: String) -> ReviewRecord {
        ReviewRecord {
            round: self.counts.review_rounds + 1,
            reviewer,
            verdict: Verdict::Unavailable(why),
            duration_ms: 0,
            paths: Vec::new(),
            more_paths: 0,
            usage: Usage::default(),
            cost: None,
        }
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

/// Why a verdict counts for nothing.
fn why(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Unavailable(why) => why,
        Verdict::Approved | Verdict::Changes(_) => "changed the worktree",
    }
}
