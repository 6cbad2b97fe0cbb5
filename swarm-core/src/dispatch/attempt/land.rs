//! From approved work to the line.

use super::phase::{Land, Phase, Recovery, Unmoved, Work};
use super::record::{Attempt, Next, Outcome, Rules};
use super::work::applied;
use crate::dispatch::command::{Ask, Call, Note};
use crate::dispatch::input::{Answer, Fault, mismatch, some_paths};
use crate::dispatch::pacing::Backoff;
use crate::error::Advice;
use crate::event::Event;
use crate::model::{Ending, Intent, Oid};
use crate::ports::{Advance, Merge};

use std::time::Duration;

/// Failed tries to land before a person must look.
const LAND_TRIES: u32 = 6;
/// Landings of others in between before a person must look.
const STALE_TRIES: u32 = 100;
/// Pauses between failed tries: 0.5, 1, 2, 4, 8 s, for locks to go.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(500),
    cap: Duration::from_secs(8),
};

impl Attempt {
    /// It is this attempt's turn to land.
    pub(in crate::dispatch) fn merge(&mut self, head: Oid) -> Next {
        let call = Call::Merge(head.clone());
        self.phase = Phase::Landing(Land::Merging { head });
        Next::Call(call)
    }

    pub(super) fn merged(&mut self, answer: Answer, head: Oid, rules: Rules<'_>) -> Outcome {
        let Answer::Merged(result) = answer else {
            return self.land_later(head, &mismatch(), rules);
        };
        match result {
            Ok(Merge::Commit { commit, onto }) => {
                let intent = Intent { base: onto, commit };
                let call = Call::Apply(Note::Intend(intent.clone()));
                self.phase = Phase::Landing(Land::Intending { head, intent });
                (Next::Call(call), Vec::new())
            }
            Ok(Merge::AlreadyIn { .. }) => self.landed(head, None, None),
            Ok(Merge::Conflict { onto, paths }) => {
                let event = Event::Conflict {
                    task: self.task().clone(),
                    onto: onto.clone(),
                    paths: paths.clone(),
                };
                let (next, mut events) = self.conflict(onto, &some_paths(&paths), rules);
                events.insert(0, event);
                (next, events)
            }
            Err(fault) => self.land_later(head, &fault, rules),
        }
    }

    /// One turn to resolve it, then a person.
    fn conflict(&mut self, onto: Oid, paths: &str, rules: Rules<'_>) -> Outcome {
        if self.counts.resolves > 0 {
            let reason = format!("conflicts with {onto} in {paths}, after one try to resolve them");
            return self.end(Ending::Held { reason });
        }
        self.counts.resolves += 1;
        let outcome = self.turn(Ask::Resolve, Some(onto), rules);
        match &self.phase {
            // The slot was given back on the way to the line.
            Phase::Working(Work::Noting(plan)) => self.wait(plan.clone()),
            Phase::Recovering(_)
            | Phase::Acquiring
            | Phase::Working(_)
            | Phase::Judging(_)
            | Phase::Landing(_)
            | Phase::Waiting(_)
            | Phase::Parting { .. }
            | Phase::Ending(_)
            | Phase::Stopping { .. } => outcome,
        }
    }

    pub(super) fn intended(
        &mut self,
        answer: Answer,
        head: Oid,
        intent: Intent,
        rules: Rules<'_>,
    ) -> Outcome {
        let fault = match applied(answer) {
            Ok(()) => {
                let call = Call::Advance(intent.clone());
                self.phase = Phase::Landing(Land::Advancing { head, intent });
                return (Next::Call(call), Vec::new());
            }
            Err(fault) => fault,
        };
        // Its own work lands, whoever else does that other task now.
        match fault.task.as_ref().and_then(|task| self.lose_guest(task)) {
            Some(event) => {
                let call = Call::Apply(Note::Intend(intent));
                (Next::Call(call), vec![event])
            }
            // Refused, perhaps: then a renewal is under way that tells why.
            None => self.land_later(head, &fault, rules),
        }
    }

    pub(super) fn advanced(&mut self, answer: Answer, head: Oid, intent: Intent) -> Outcome {
        let Answer::Advanced(result) = answer else {
            return self.check(head, intent);
        };
        match result {
            Ok(Advance::Moved) => self.landed(intent.commit, None, None),
            Ok(Advance::Parked { line, because }) => {
                self.landed(intent.commit, Some(&line), Some(&because))
            }
            Ok(Advance::Stale { .. }) => self.withdraw(head, Unmoved::Stale),
            Err(_) => self.check(head, intent),
        }
    }

    /// Git alone knows whether the line moved.
    fn check(&mut self, head: Oid, intent: Intent) -> Outcome {
        let call = Call::Contains(intent.commit.clone());
        self.phase = Phase::Landing(Land::Checking { head, intent });
        (Next::Call(call), Vec::new())
    }

    pub(super) fn checked(&mut self, answer: Answer, head: Oid, intent: Intent) -> Outcome {
        match contained(answer) {
            Ok(true) => self.landed(intent.commit, None, None),
            Ok(false) => self.withdraw(head, Unmoved::Failed),
            Err(fault) => self.unknown(&fault),
        }
    }

    fn withdraw(&mut self, head: Oid, why: Unmoved) -> Outcome {
        self.phase = Phase::Landing(Land::Withdrawing { head, why });
        (Next::Call(Call::Apply(Note::Withdraw)), Vec::new())
    }

    pub(super) fn withdrawn(
        &mut self,
        answer: Answer,
        head: Oid,
        why: Unmoved,
        rules: Rules<'_>,
    ) -> Outcome {
        match (applied(answer), why) {
            (Ok(()), Unmoved::Stale) => self.land_again(head),
            (Ok(()), Unmoved::Failed) => {
                let fault = Fault {
                    advice: Advice::Retry,
                    message: "the line could not be moved".to_owned(),
                    task: None,
                };
                self.land_later(head, &fault, rules)
            }
            (Err(fault), _) => self.land_later(head, &fault, rules),
        }
    }

    /// Somebody else landed first: merge again, with theirs.
    fn land_again(&mut self, head: Oid) -> Outcome {
        self.counts.stales += 1;
        if self.counts.stales >= STALE_TRIES {
            let reason = format!("its work {head} cannot be landed: the line keeps moving");
            return self.end(Ending::Held { reason });
        }
        self.phase = Phase::Landing(Land::Queued { head });
        (Next::Queue, Vec::new())
    }

    fn land_later(&mut self, head: Oid, fault: &Fault, rules: Rules<'_>) -> Outcome {
        self.counts.land_faults += 1;
        if self.counts.land_faults >= LAND_TRIES {
            let reason = format!("its work {head} cannot be landed: {}", fault.message);
            return self.end(Ending::Held { reason });
        }
        let event = Event::Trouble {
            task: Some(self.task().clone()),
            message: format!("a try to land it failed: {}", fault.message),
        };
        let until = rules.now.plus(PAUSES.after(self.counts.land_faults));
        self.phase = Phase::Landing(Land::Pausing { head, until });
        (Next::Pause, vec![event])
    }

    fn landed(&mut self, commit: Oid, parked: Option<&str>, because: Option<&str>) -> Outcome {
        let tasks: Vec<_> = self.claims().map(|claim| claim.task.clone()).collect();
        let landed = tasks.into_iter().map(|task| Event::Landed {
            task,
            commit: commit.clone(),
            parked: parked.map(str::to_owned),
            because: because.map(str::to_owned),
        });
        let mut events: Vec<_> = landed.collect();
        let (next, more) = self.end(Ending::Landed { commit });
        events.extend(more);
        (next, events)
    }

    pub(super) fn recovered(&mut self, answer: Answer, intent: Intent) -> Outcome {
        match contained(answer) {
            Ok(true) => self.landed(intent.commit, None, None),
            Ok(false) => {
                self.phase = Phase::Recovering(Recovery::Withdrawing);
                (Next::Call(Call::Apply(Note::Withdraw)), Vec::new())
            }
            Err(fault) => self.lose(format!(
                "whether {} has landed is unknown: {}",
                intent.commit, fault.message
            )),
        }
    }

    pub(super) fn recovery_withdrawn(&mut self, answer: Answer, rules: Rules<'_>) -> Outcome {
        match applied(answer) {
            Ok(()) => self.acquire(rules),
            Err(fault) => self.lose(fault.message),
        }
    }
}

fn contained(answer: Answer) -> Result<bool, Fault> {
    let Answer::Contained(result) = answer else {
        return Err(mismatch());
    };
    result
}
