//! From the wish for a turn to its beginning: a place, a note in the store, an
//! agent that is let in.

use super::phase::{Phase, Work};
use super::record::{Attempt, Next, Outcome, Rules};
use super::work::applied;
use crate::dispatch::command::{Call, Note, TurnPlan};
use crate::dispatch::input::Answer;
use crate::dispatch::pacing::Admission;
use crate::event::Event;
use crate::model::{Ending, HarnessName, SessionId, Stage};

impl Attempt {
    /// Gives the slot back until the turn may begin.
    pub(in crate::dispatch) fn wait(&mut self, plan: TurnPlan) -> Outcome {
        self.heads_for(&plan);
        self.phase = Phase::Waiting(plan);
        (Next::AwaitSlot, Vec::new())
    }

    /// Nobody serves the turn that it waits for.
    pub(in crate::dispatch) fn unserved(&mut self, why: &str) -> Outcome {
        self.end(unserved(why))
    }

    /// A slot is free for this turn. What it builds on is written down before
    /// it begins, so that it is known whenever the run is killed.
    pub(in crate::dispatch) fn note(&mut self, plan: TurnPlan) -> Outcome {
        self.heads_for(&plan);
        self.phase = Phase::Working(Work::Noting(plan));
        (self.checkpoint(), Vec::new())
    }

    /// Whoever must go on for it begins with this turn.
    fn heads_for(&mut self, plan: &TurnPlan) {
        self.stage = Stage::Turn {
            ask: plan.ask,
            onto: plan.onto.clone(),
        };
    }

    pub(super) fn checkpoint(&self) -> Next {
        let progress = Box::new(self.progress());
        Next::Call(Call::Apply(Note::Checkpoint(progress)))
    }

    /// An agent has named its conversation. What must be written down, unless
    /// it is: not for the attempt, whose call is out, but beside it.
    pub(in crate::dispatch) fn named(&mut self, turn: u32, session: &SessionId) -> bool {
        match &self.phase {
            Phase::Working(Work::Turn(plan)) if plan.turn == turn => {
                let known = plan.resume && self.session.as_ref() == Some(session);
                self.session = Some(session.clone());
                self.resumable = true;
                !known
            }
            Phase::Recovering(_)
            | Phase::Acquiring
            | Phase::Working(_)
            | Phase::Judging(_)
            | Phase::Landing(_)
            | Phase::Waiting(_)
            | Phase::Parting { .. }
            | Phase::Ending(_)
            | Phase::Stopping { .. } => false,
        }
    }

    /// Begins a turn, with an agent that is free now.
    fn run(&mut self, harness: HarnessName, mut plan: TurnPlan) -> Outcome {
        plan.resume = self.resumable && harness == self.acting;
        if self.kept && !plan.resume {
            // Noted once more when nobody waits any longer.
            return self.note(plan);
        }
        plan.interrupted = self.interrupted;
        plan.harness = harness;
        self.acting = plan.harness.clone();
        let event = Event::TurnStarted {
            task: self.task().clone(),
            turn: plan.turn,
            role: plan.ask.role(),
            harness: plan.harness.clone(),
        };
        self.phase = Phase::Working(Work::Turn(plan.clone()));
        (Next::Call(Call::Run(plan)), vec![event])
    }

    /// How far it is has been written down. Whether the turn may begin is asked
    /// again: others went on meanwhile.
    pub(super) fn noted(&mut self, answer: Answer, plan: TurnPlan, rules: Rules<'_>) -> Outcome {
        if let Err(fault) = applied(answer) {
            return self.failed_call(&fault, rules);
        }
        if let Some(end) = self.spent_up(rules) {
            return end;
        }
        let (harness, admission) = rules.choose(&self.harness, plan.ask.role());
        match admission {
            Admission::Now if !rules.all_wait() => self.run(harness, plan),
            Admission::Now | Admission::NotBefore(..) => self.wait(plan),
            Admission::Never(why) => self.end(unserved(why)),
        }
    }
}

pub(super) fn unserved(why: &str) -> Ending {
    Ending::Interrupted {
        reason: format!("nothing is started any more on its account: {why}"),
    }
}
