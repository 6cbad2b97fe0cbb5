//! From the worktree to a turn: whether one may begin, who takes it, and in
//! which conversation.

use super::begin::unserved;
use super::conversation::{Room, continuing, hands_off};
use super::record::{Attempt, Outcome, Rules};
use crate::dispatch::command::{Ask, TurnPlan};
use crate::dispatch::input::{Answer, mismatch};
use crate::dispatch::pacing::{Admission, Budget};
use crate::model::Oid;

impl Attempt {
    /// One more turn, if the caps allow it.
    pub(super) fn turn(&mut self, ask: Ask, onto: Option<Oid>, rules: Rules<'_>) -> Outcome {
        let ask = match self.room(rules) {
            Room::Little if hands_off(ask) => Ask::HandOff,
            Room::Enough | Room::Little => ask,
            Room::None => match self.leave_conversation("a nearly full conversation", rules) {
                None => continuing(ask),
                Some(exhausted) => return exhausted,
            },
        };
        if let Some(end) = self.spent_up(rules) {
            return end;
        }
        if self.counts.turns >= rules.policy.max_turns {
            let reason = format!("no result after {} turns (max_turns)", self.counts.turns);
            return self.fail(reason, rules);
        }
        self.counts.turns += 1;
        let (harness, admission) = rules.choose(&self.harness, ask.role());
        let plan = TurnPlan {
            turn: self.counts.turns,
            ask,
            resume: self.resumable && harness == self.acting,
            harness,
            interrupted: self.interrupted,
            onto,
            budget: Budget::default(),
            claims: self.may_claim(rules),
        };
        match admission {
            Admission::Now if rules.all_wait() => self.wait(plan),
            Admission::Now => self.note(plan),
            Admission::NotBefore(..) => self.wait(plan),
            Admission::Never(why) => self.end(unserved(why)),
        }
    }
}

pub(super) fn applied(answer: Answer) -> Result<(), crate::dispatch::input::Fault> {
    let Answer::Applied(result) = answer else {
        return Err(mismatch());
    };
    result
}
