//! What a turn that ended by itself left in its worktree, and what follows.

use super::phase::After;
use super::record::{Attempt, Outcome, Rules};
use crate::dispatch::command::{Ask, TurnPlan};
use crate::dispatch::input::{Answer, ChangeFacts, mismatch};
use crate::dispatch::pacing::Cause;
use crate::dispatch::policy::Completion;
use crate::model::{EndReason, Ending, Oid};
use crate::protocol::signals::Signal;

impl Attempt {
    /// The turn ended by itself; its worktree decides what that means.
    pub(super) fn looked(
        &mut self,
        answer: Answer,
        plan: &TurnPlan,
        after: After,
        rules: Rules<'_>,
    ) -> Outcome {
        let Answer::Changed(result) = answer else {
            return self.failed_call(&mismatch(), rules);
        };
        let mut facts = match result {
            Ok(facts) => facts,
            Err(fault) => return self.failed_call(&fault, rules),
        };
        // What was committed before the work began is no work.
        let commits = facts.commits;
        facts.commits = commits.saturating_sub(self.counts.preliminary);
        match after {
            After::Readiness { said, opening } => {
                self.counts.preliminary = commits;
                self.validated(said, &opening, &facts, rules)
            }
            After::Decision { blocked } => {
                self.counts.preliminary = commits;
                self.decided(blocked, rules)
            }
            After::Crash { error } => self.crashed(error, &facts, rules),
            After::Signal(said) => self.said(plan, said, &facts, rules),
        }
    }

    /// It crashed, but what it had committed may be all that was to be done.
    fn crashed(&mut self, error: String, facts: &ChangeFacts, rules: Rules<'_>) -> Outcome {
        if facts.commits > 0 && facts.dirty == 0 {
            return self.finish(facts.head.clone());
        }
        self.cause = Some(Cause::Turn(EndReason::Crashed.as_str()));
        self.fail(error, rules)
    }

    /// The table of what an agent says, against what it left.
    fn said(
        &mut self,
        plan: &TurnPlan,
        said: Option<Signal>,
        facts: &ChangeFacts,
        rules: Rules<'_>,
    ) -> Outcome {
        let done = match said {
            Some(Signal::Blocked { why }) => return self.end(Ending::Blocked { reason: why }),
            Some(Signal::Close { why }) => return self.closed(why, facts),
            Some(Signal::FollowUp { why }) => return self.follow_up(&why, rules),
            Some(Signal::HandOff { .. }) => return self.go_on_anew(plan, "HANDOFF", rules),
            Some(Signal::Claim { tasks }) if self.may_claim(rules) > 0 => {
                return self.claim_more(plan.turn, tasks, rules);
            }
            Some(Signal::Done) => true,
            // Nobody offered it a claim: as if nothing had been said.
            Some(Signal::Claim { .. }) | None => false,
        };
        match verdict(facts, done, rules.policy.completion) {
            Left::Uncommitted => self.unfinished(Ask::Commit, facts, rules),
            // It was told to commit what it has, and to leave a note.
            Left::Done | Left::Nothing | Left::Unsaid if plan.ask == Ask::HandOff && !done => {
                self.go_on_anew(plan, "a nearly full conversation", rules)
            }
            Left::Done => self.finish(facts.head.clone()),
            Left::Nothing if done => self.fail(
                "no_changes: the agent says DONE, and there is no commit".to_owned(),
                rules,
            ),
            Left::Nothing => {
                self.counts.silent += 1;
                self.unfinished(Ask::GoOn, facts, rules)
            }
            Left::Unsaid => self.say_done(rules),
        }
    }

    /// It ended by itself without finished work: it is asked to go on so, until
    /// that leads nowhere; then once to take one of three ways out.
    fn unfinished(&mut self, ask: Ask, facts: &ChangeFacts, rules: Rules<'_>) -> Outcome {
        let policy = rules.policy;
        let stalled = self.recovery.ended(facts.fingerprint);
        let turns = self.recovery.turns();
        if turns >= policy.uncommitted_turns {
            let reason = format!(
                "no commit after {turns} turns that ended by themselves (uncommitted_turns)"
            );
            return self.fail(reason, rules);
        }
        let silent = self.counts.silent;
        if stalled < policy.stalled_turns && silent < policy.silent_turns {
            return self.turn(ask, None, rules);
        }
        if self.counts.nudges > 0 {
            let reason = format!(
                "stuck: {silent} turns ended without a commit or a word, the last {stalled} \
                 without any progress, and a nudge did not help"
            );
            return self.fail(reason, rules);
        }
        self.counts.nudges += 1;
        self.turn(Ask::Nudge, None, rules)
    }

    fn finish(&mut self, head: Oid) -> Outcome {
        self.recovery.reset();
        self.judge(head)
    }

    /// Nothing needs to be done, it says: so there must be nothing.
    pub(super) fn closed(&mut self, why: String, facts: &ChangeFacts) -> Outcome {
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

    fn say_done(&mut self, rules: Rules<'_>) -> Outcome {
        if self.counts.asked_again > 0 {
            let reason = "the agent did not say DONE, which strict completion demands";
            return self.fail(reason.to_owned(), rules);
        }
        self.counts.asked_again += 1;
        self.turn(Ask::SayDone, None, rules)
    }
}

/// What a turn that ended by itself left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Committed work that may be judged.
    Done,
    /// Work lies uncommitted.
    Uncommitted,
    /// Neither commits nor changes.
    Nothing,
    /// Committed work, but the demanded word is missing.
    Unsaid,
}

/// The table of completion.
fn verdict(facts: &ChangeFacts, done: bool, completion: Completion) -> Left {
    match (facts.dirty > 0, facts.commits > 0, completion) {
        (true, _, _) => Left::Uncommitted,
        (false, false, _) => Left::Nothing,
        (false, true, Completion::Evidence) => Left::Done,
        (false, true, Completion::Strict) if done => Left::Done,
        (false, true, Completion::Strict) => Left::Unsaid,
    }
}
