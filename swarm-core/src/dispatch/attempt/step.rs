//! An answer came: which table reads it.

use super::phase::{End, Judge, Land, Phase, Recovery, Work};
use super::record::{Attempt, Outcome, Rules};
use crate::dispatch::input::Answer;

impl Attempt {
    /// The answer to the pending call.
    pub(in crate::dispatch) fn answered(&mut self, answer: Answer, rules: Rules<'_>) -> Outcome {
        match self.phase.clone() {
            Phase::Recovering(Recovery::Asking { intent }) => self.recovered(answer, intent),
            Phase::Recovering(Recovery::Withdrawing) => self.recovery_withdrawn(answer, rules),
            Phase::Acquiring => self.acquired(answer, rules),
            Phase::Working(Work::TakingUp { head }) => self.taken_up(answer, &head, rules),
            Phase::Working(Work::Noting(plan)) => self.noted(answer, plan, rules),
            Phase::Working(Work::Turn(plan)) => self.ran(answer, plan, rules),
            Phase::Working(Work::Looking { plan, after }) => {
                self.looked(answer, &plan, after, rules)
            }
            Phase::Working(Work::Claiming { .. }) => self.claimed_more(answer, rules),
            Phase::Judging(Judge::Noting { head }) => self.finished(answer, head, rules),
            Phase::Judging(Judge::Gate { head }) => self.gated(answer, head, rules),
            Phase::Judging(Judge::Diff { head }) => self.diffed(answer, head, rules),
            Phase::Judging(Judge::Review {
                head,
                reviewer,
                down,
            }) => self.reviewed(answer, head, (reviewer, down), rules),
            Phase::Landing(Land::Merging { head }) => self.merged(answer, head, rules),
            Phase::Landing(Land::Intending { head, intent }) => {
                self.intended(answer, head, intent, rules)
            }
            Phase::Landing(Land::Advancing { head, intent }) => self.advanced(answer, head, intent),
            Phase::Landing(Land::Checking { head, intent }) => self.checked(answer, head, intent),
            Phase::Landing(Land::Withdrawing { head, why }) => {
                self.withdrawn(answer, head, why, rules)
            }
            Phase::Parting { then, next } => self.parted(answer, *then, *next),
            Phase::Ending(End::Releasing { ending }) => self.released(answer, ending),
            Phase::Ending(End::Recording { ending }) => self.recorded(answer, ending),
            Phase::Stopping { then, .. } => self.stopped(answer, then),
            Phase::Judging(Judge::Parked { .. })
            | Phase::Landing(Land::Queued { .. } | Land::Pausing { .. })
            | Phase::Waiting(_) => {
                unreachable!("an attempt that waits has no call out, so no ticket of its own")
            }
        }
    }
}
