//! How an attempt comes to its end: the worktree is given back, the ending
//! written down, and nothing that holds work is removed.

use super::parting::still_there;
use super::phase::{End, Phase};
use super::record::{Attempt, Next, Outcome, Rules};
use super::work::applied;
use crate::dispatch::command::{Call, Note};
use crate::dispatch::input::{Answer, Fault, mismatch};
use crate::dispatch::pacing::Cause;
use crate::error::Advice;
use crate::event::Event;
use crate::model::{Cost, Ending, Progress, Timestamp, Usage};
use crate::ports::{Release, Released};

use std::time::Duration;

/// Tries to write an ending down before it is left to the lease.
const RECORD_TRIES: u32 = 5;

impl Attempt {
    /// A call failed: the attempt has, and another one may do better, unless
    /// the configuration must change first.
    pub(super) fn failed_call(&mut self, fault: &Fault, rules: Rules<'_>) -> Outcome {
        self.cause = self.phase.undertaking().map(Cause::Call);
        match fault.advice {
            Advice::FixConfiguration => self.end(Ending::Failed {
                reason: fault.message.clone(),
            }),
            Advice::Retry | Advice::NeedsPerson | Advice::Bug => {
                self.fail(fault.message.clone(), rules)
            }
            Advice::RetryAt(at) => {
                self.fail_and_wait(fault.message.clone(), at.since(rules.now), rules)
            }
        }
    }

    pub(super) fn fail(&mut self, reason: String, rules: Rules<'_>) -> Outcome {
        self.fail_and_wait(reason, Duration::ZERO, rules)
    }

    /// As `fail`, and the next attempt waits at least so long.
    pub(super) fn fail_and_wait(
        &mut self,
        reason: String,
        wait: Duration,
        rules: Rules<'_>,
    ) -> Outcome {
        let cap = self.max_attempts.unwrap_or(rules.policy.max_attempts);
        let ending = if self.tries >= cap {
            Ending::Failed { reason }
        } else {
            let after = rules.policy.backoff.after(self.tries).max(wait);
            Ending::Retry { reason, after }
        };
        self.end(ending)
    }

    /// The ending is decided. A landing is written down before its worktree
    /// goes; any other worktree is looked at first, so that the record can say
    /// whether it was kept.
    pub(in crate::dispatch) fn end(&mut self, ending: Ending) -> Outcome {
        match &ending {
            Ending::Landed { .. } => self.record(ending),
            Ending::Retry { .. }
            | Ending::Failed { .. }
            | Ending::Blocked { .. }
            | Ending::Closed { .. }
            | Ending::Rejected { .. }
            | Ending::Interrupted { .. }
            | Ending::Lost { .. } => self.release(ending, Release::Unlanded),
            Ending::Held { .. } => self.release(ending, Release::Keep),
        }
    }

    /// Nobody knows whether it landed; only git does, later. Nothing is
    /// written, so that the next claim asks.
    pub(super) fn lose(&mut self, reason: String) -> Outcome {
        self.guests.clear();
        self.end(Ending::Lost { reason })
    }

    pub(super) fn unknown(&mut self, fault: &Fault) -> Outcome {
        self.guests.clear();
        self.release(
            Ending::Lost {
                reason: format!("whether it has landed is unknown: {}", fault.message),
            },
            Release::Keep,
        )
    }

    fn release(&mut self, ending: Ending, how: Release) -> Outcome {
        if self.tree.is_none() {
            return self.after_release(ending);
        }
        self.phase = Phase::Ending(End::Releasing { ending });
        (Next::Call(Call::Release(how)), Vec::new())
    }

    pub(super) fn released(&mut self, answer: Answer, ending: Ending) -> Outcome {
        let result = if let Answer::Released(result) = answer {
            result
        } else {
            Err(mismatch())
        };
        let tree = self.tree.take();
        let (next, mut events) = self.after_release(ending);
        match (result, tree) {
            (Ok(Released::Kept), Some(tree)) => events.insert(
                0,
                Event::WorktreeKept {
                    task: self.task().clone(),
                    path: tree.path,
                    branch: tree.branch,
                },
            ),
            (Ok(Released::Kept | Released::Removed), _) => {}
            (Err(fault), _) => events.insert(
                0,
                Event::Trouble {
                    task: Some(self.task().clone()),
                    message: format!("its worktree could not be given back: {}", fault.message),
                },
            ),
        }
        (next, events)
    }

    fn after_release(&mut self, ending: Ending) -> Outcome {
        match &ending {
            // Its further tasks are ours still.
            Ending::Lost { .. } if !self.guests.is_empty() => self.record(ending),
            // Already written down, or not ours to write.
            Ending::Landed { .. } | Ending::Lost { .. } => self.gone(ending),
            Ending::Retry { .. }
            | Ending::Failed { .. }
            | Ending::Held { .. }
            | Ending::Blocked { .. }
            | Ending::Closed { .. }
            | Ending::Rejected { .. }
            | Ending::Interrupted { .. } => self.record(ending),
        }
    }

    fn record(&mut self, ending: Ending) -> Outcome {
        let note = Note::End {
            ending: ending.clone(),
            spent: self.spent,
            // It is in the row's sum with this.
            progress: Box::new(Progress {
                usage: Usage::default(),
                cost: Cost::default(),
                ..self.progress()
            }),
        };
        self.phase = Phase::Ending(End::Recording { ending });
        (Next::Call(Call::Apply(note)), Vec::new())
    }

    pub(super) fn recorded(&mut self, answer: Answer, ending: Ending) -> Outcome {
        let fault = applied(answer).err();
        let lost = fault.as_ref().and_then(|fault| fault.task.clone());
        if let Some(event) = lost.and_then(|task| self.lose_guest(&task)) {
            let (next, mut events) = self.record(ending);
            events.insert(0, event);
            return (next, events);
        }
        if fault.is_some() {
            self.counts.record_faults += 1;
            if self.counts.record_faults < RECORD_TRIES {
                return self.record(ending);
            }
        }
        let trouble = fault.map(|fault| Event::Trouble {
            task: Some(self.task().clone()),
            message: format!("its ending could not be written down: {}", fault.message),
        });
        let (next, mut events) = match &ending {
            Ending::Landed { commit } => {
                let commit = commit.clone();
                self.release(ending, Release::Landed { commit })
            }
            Ending::Retry { .. }
            | Ending::Failed { .. }
            | Ending::Held { .. }
            | Ending::Blocked { .. }
            | Ending::Closed { .. }
            | Ending::Rejected { .. }
            | Ending::Interrupted { .. }
            | Ending::Lost { .. } => self.gone(ending),
        };
        events.splice(0..0, trouble);
        (next, events)
    }

    fn gone(&mut self, ending: Ending) -> Outcome {
        let event = Event::AttemptEnded {
            task: self.task().clone(),
            attempt: self.number,
            ending: ending.clone(),
        };
        (Next::Gone(ending), vec![event])
    }

    /// The pending call of a stopped attempt came back; its figures count, its
    /// result does not.
    pub(super) fn stopped(&mut self, answer: Answer, then: Ending) -> Outcome {
        let mut events = Vec::new();
        match answer {
            Answer::Acquired(Ok(tree)) => self.tree = Some(tree),
            // They are ours now, and are given back.
            Answer::Claimed(Ok(facts)) => events = self.take_in(facts.won),
            Answer::Ran(Ok(facts)) => {
                self.spent.usage += facts.usage;
                self.spent.cost += facts.cost.unwrap_or_default();
                self.resumable = facts.resumable;
                self.kept = facts.kept;
            }
            Answer::LetGo(_) => {
                self.kept = false;
                events.extend(still_there(answer).map(|message| Event::Trouble {
                    task: Some(self.task().clone()),
                    message,
                }));
            }
            Answer::Reviewed(Ok(facts)) => {
                self.spent.usage += facts.record.usage;
                self.spent.cost += facts.record.cost.unwrap_or_default();
            }
            Answer::Claimed(Err(_))
            | Answer::Renewed(_)
            | Answer::Applied(_)
            | Answer::Contained(_)
            | Answer::Acquired(Err(_))
            | Answer::Ran(Err(_))
            | Answer::Changed(_)
            | Answer::Gated(_)
            | Answer::Diffed(_)
            | Answer::Reviewed(Err(_))
            | Answer::Merged(_)
            | Answer::Advanced(_)
            | Answer::Released(_)
            | Answer::Counted(_)
            | Answer::Planned(_) => {}
        }
        let (next, more) = self.end(then);
        events.extend(more);
        (next, events)
    }

    /// Stops what can be stopped. What is moving the line, or writing down how
    /// it ended, goes on to its end, which is near.
    ///
    /// Gives the step to take now, if there is one, and whether the pending
    /// call must be asked to stop.
    pub(in crate::dispatch) fn stop(
        &mut self,
        then: Ending,
        give_up_at: Timestamp,
    ) -> (Option<Outcome>, bool) {
        match &self.phase {
            Phase::Waiting(_)
            | Phase::Judging(super::Judge::Parked { .. })
            | Phase::Landing(super::Land::Queued { .. } | super::Land::Pausing { .. }) => {
                (Some(self.end(then)), false)
            }
            // The ending is decided, and near.
            Phase::Parting { then: what, .. } if matches!(**what, Phase::Ending(_)) => {
                (None, false)
            }
            Phase::Acquiring
            | Phase::Working(_)
            | Phase::Judging(_)
            | Phase::Parting { .. }
            | Phase::Landing(super::Land::Merging { .. }) => {
                self.phase = Phase::Stopping { then, give_up_at };
                (None, true)
            }
            Phase::Stopping { then: earlier, .. } => {
                self.phase = Phase::Stopping {
                    then: earlier.clone(),
                    give_up_at,
                };
                (None, true)
            }
            Phase::Recovering(_) | Phase::Landing(_) | Phase::Ending(_) => (None, false),
        }
    }

    /// Since when this attempt runs.
    pub(in crate::dispatch) fn duration(&self, now: Timestamp) -> Duration {
        now.since(self.began)
    }
}
