//! Which conversation the next turn is in: the same, or a new one that goes on
//! where it stopped.

use super::record::{Attempt, Outcome, Rules};
use crate::dispatch::command::{Ask, TurnPlan};

/// What becomes of a conversation before its next turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It goes on.
    Enough,
    /// It shall commit what it has, and leave a note.
    Little,
    /// There is none for another turn.
    None,
}

impl Attempt {
    /// Whether the conversation can take another turn.
    pub(super) fn room(&self, rules: Rules<'_>) -> Room {
        let reaches = |percent: u8| percent > 0 && self.fullness >= u64::from(percent);
        if !self.resumable {
            Room::Enough
        } else if reaches(rules.policy.fresh_at) {
            Room::None
        } else if reaches(rules.policy.hand_off_at) {
            Room::Little
        } else {
            Room::Enough
        }
    }

    /// The conversation so far is not gone on with.
    pub(super) fn forget_conversation(&mut self) {
        self.resumable = false;
        self.fullness = 0;
    }

    /// A new conversation goes on in the same worktree.
    pub(super) fn go_on_anew(&mut self, plan: &TurnPlan, after: &str, rules: Rules<'_>) -> Outcome {
        let exhausted = self.leave_conversation(after, rules);
        exhausted.unwrap_or_else(|| self.turn(continuing(plan.ask), plan.onto.clone(), rules))
    }

    /// Counts a new conversation. There are only so many: what follows if none
    /// is left.
    #[must_use]
    pub(super) fn leave_conversation(&mut self, after: &str, rules: Rules<'_>) -> Option<Outcome> {
        if self.counts.continuations >= rules.policy.continuations {
            let count = self.counts.continuations;
            let reason = format!("continuations exhausted: {after} after {count} of them");
            return Some(self.fail(reason, rules));
        }
        self.counts.continuations += 1;
        self.forget_conversation();
        None
    }
}

/// How a new conversation is told what the old one was asked for. One that
/// repairs or resolves is told what, for it is not told so by the task.
pub(super) fn continuing(ask: Ask) -> Ask {
    match ask {
        Ask::Task
        | Ask::GoOn
        | Ask::Nudge
        | Ask::FollowUp
        | Ask::Claims
        | Ask::Continue
        | Ask::HandOff
        | Ask::SayDone => Ask::Continue,
        Ask::Validate
        | Ask::Decide
        | Ask::Commit
        | Ask::MendGate
        | Ask::MendReview
        | Ask::Resolve => ask,
    }
}

/// Whether a conversation that is nearly full hands off instead: where the
/// agent would only go on. Who has something to repair does that first.
pub(super) fn hands_off(ask: Ask) -> bool {
    match ask {
        Ask::GoOn | Ask::FollowUp | Ask::Claims => true,
        Ask::Task
        | Ask::Nudge
        | Ask::Continue
        | Ask::HandOff
        | Ask::SayDone
        | Ask::Validate
        | Ask::Decide
        | Ask::Commit
        | Ask::MendGate
        | Ask::MendReview
        | Ask::Resolve => false,
    }
}
