//! What is known of an attempt, and what can follow from an answer.

use super::guests::Guest;
use super::phase::{self, Judge, Land, Phase};
use super::recovery::Recovery;
use crate::dispatch::command::{Call, Ticket};
use crate::dispatch::input::{Earlier, Won};
use crate::dispatch::pacing::{Admission, Cause, Governor, Ledger};
use crate::dispatch::policy::Policy;
use crate::dispatch::setting::Setting;
use crate::event::Event;
use crate::model::{
    Claim, Counts, Ending, HarnessName, Progress, Role, SessionId, Stage, TaskId, Timestamp, Want,
};
use crate::ports::{Spent, Worktree};

/// A live attempt.
#[derive(Clone, Debug)]
pub(in crate::dispatch) struct Attempt {
    pub(in crate::dispatch) claim: Claim,
    pub(in crate::dispatch) number: u32,
    pub(in crate::dispatch) phase: Phase,
    /// The one call that is out.
    pub(in crate::dispatch) pending: Option<Ticket>,
    pub(super) tries: u32,
    pub(super) max_attempts: Option<u32>,
    pub(in crate::dispatch) harness: HarnessName,
    pub(in crate::dispatch) kind: Option<String>,
    pub(super) began: Timestamp,
    pub(super) tree: Option<Worktree>,
    /// Whose agent works, or worked last: the conversation is with it.
    pub(in crate::dispatch) acting: HarnessName,
    pub(super) resumable: bool,
    /// Its agent waits for its next turn.
    pub(super) kept: bool,
    /// The conversation that was named last.
    pub(super) session: Option<SessionId>,
    /// How full its conversation is, in percent; 0 if nobody knows.
    pub(super) fullness: u64,
    /// Further tasks that it holds.
    pub(in crate::dispatch) guests: Vec<Guest>,
    pub(super) recovery: Recovery,
    pub(super) counts: Counts,
    /// Where it is, for whoever must go on for it.
    pub(super) stage: Stage,
    /// The worktree of an attempt that was cut short, which it may be given.
    pub(super) earlier: Option<Worktree>,
    /// Attempts in a row that were cut short.
    pub(super) cut_short: u32,
    /// It goes on for another one, and no turn of its own has ended by itself.
    pub(super) interrupted: bool,
    pub(super) spent: Spent,
    /// By earlier attempts of the task.
    pub(super) before: Spent,
    /// What somebody else wants of its task, as told last.
    pub(in crate::dispatch) wanted: Option<Want>,
    /// What it failed of, once it has.
    pub(in crate::dispatch) cause: Option<Cause>,
}

/// What holds for every attempt of the run, and the time.
#[derive(Clone, Copy, Debug)]
pub(in crate::dispatch) struct Rules<'a> {
    pub(in crate::dispatch) now: Timestamp,
    pub(in crate::dispatch) policy: &'a Policy,
    pub(in crate::dispatch) budget: &'a Ledger,
    pub(in crate::dispatch) governor: &'a Governor,
    pub(in crate::dispatch) setting: &'a Setting,
    /// No turn begins now.
    pub(in crate::dispatch) paused: bool,
}

impl<'a> Rules<'a> {
    /// No turn of anybody may begin for the moment.
    pub(in crate::dispatch) fn all_wait(self) -> bool {
        self.paused || self.budget.all_promised(self.now)
    }

    /// Who may act in this role for a task of this harness, and when: whoever
    /// was named for the role, else the harness itself, or the first of those
    /// that stand in for it that may begin now.
    pub(in crate::dispatch) fn choose(
        self,
        own: &HarnessName,
        role: Role,
    ) -> (HarnessName, Admission<'a>) {
        let own = self.setting.roles.get(&role).unwrap_or(own);
        let deputies = self.setting.role_fallbacks.get(&role);
        let deputies = deputies.or_else(|| self.setting.fallbacks.get(own));
        let deputies = deputies.into_iter().flatten();
        let candidates = std::iter::once(own).chain(deputies);
        candidates
            .map(|harness| (harness.clone(), self.admission(harness)))
            .min_by_key(|(_, admission)| admission.rank())
            .unwrap_or_else(|| (own.clone(), self.admission(own)))
    }

    /// Whom to ask first, of the reviewers from this place on: the first who is
    /// let in now, else whoever is next; `Never` if nobody will be.
    pub(in crate::dispatch) fn judge(self, from: usize) -> (usize, Admission<'a>) {
        let places = from..self.setting.reviewers.len();
        places
            .map(|place| (place, self.reviewer(place)))
            .min_by_key(|(_, admission)| admission.rank())
            .unwrap_or((from, Admission::Never("there is no other")))
    }

    /// Of the reviewers who will be let in later, the next one.
    pub(in crate::dispatch) fn next_judge(self) -> Option<usize> {
        let places = 0..self.setting.reviewers.len();
        let later = places.filter_map(|place| match self.reviewer(place) {
            Admission::NotBefore(at, _) => Some((at, place)),
            Admission::Now | Admission::Never(_) => None,
        });
        later.min().map(|(_, place)| place)
    }

    /// Whether the reviewer at this place is let in.
    pub(in crate::dispatch) fn reviewer(self, place: usize) -> Admission<'a> {
        let account = self.setting.reviewer_account(place);
        self.governor.admission(&account, self.now)
    }

    fn admission(self, harness: &HarnessName) -> Admission<'a> {
        let account = self.setting.account(harness);
        self.governor.admission(&account, self.now)
    }
}

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub(in crate::dispatch) enum Next {
    /// Make this call and wait for its answer.
    Call(Call),
    /// Give the slot back and wait to be landed.
    Queue,
    /// Wait for a while, then to be landed again.
    Pause,
    /// Wait for a slot.
    AwaitSlot,
    /// The attempt is over.
    Gone(Ending),
}

/// The next step, and what to tell.
pub(in crate::dispatch) type Outcome = (Next, Vec<Event>);

impl Attempt {
    pub(in crate::dispatch) fn begin(won: Won, rules: Rules<'_>) -> (Self, Outcome) {
        let interrupted = won.earlier.is_some();
        let (progress, earlier, resumable) = match won.earlier {
            Some(Earlier {
                progress,
                tree,
                resumable,
            }) => (progress, tree, resumable),
            None => (Progress::new(won.harness.clone()), None, false),
        };
        let stage = if interrupted {
            progress.stage
        } else {
            Stage::Turn {
                ask: Self::opening(rules),
                onto: None,
            }
        };
        let mut attempt = Self {
            claim: won.claim,
            number: won.attempt,
            phase: Phase::Acquiring,
            pending: None,
            tries: won.tries,
            max_attempts: won.max_attempts,
            acting: progress.harness,
            harness: won.harness,
            kind: won.kind,
            began: rules.now,
            tree: None,
            resumable,
            kept: false,
            session: None,
            fullness: 0,
            guests: Vec::new(),
            recovery: Recovery::after(progress.unfinished),
            counts: progress.counts,
            stage,
            earlier,
            cut_short: won.cut_short,
            interrupted,
            spent: Spent {
                usage: progress.usage,
                cost: progress.cost,
                ..Spent::default()
            },
            before: won.spent,
            wanted: None,
            cause: None,
        };
        let outcome = match won.intent {
            Some(intent) => {
                let call = Call::Contains(intent.commit.clone());
                attempt.phase = Phase::Recovering(phase::Recovery::Asking { intent });
                (Next::Call(call), Vec::new())
            }
            None => attempt.acquire(rules),
        };
        (attempt, outcome)
    }

    /// How far it has come.
    pub(super) fn progress(&self) -> Progress {
        Progress {
            counts: self.counts,
            unfinished: self.recovery.counts(),
            usage: self.spent.usage,
            cost: self.spent.cost,
            stage: self.stage.clone(),
            resumable: self.resumable,
            ..Progress::new(self.acting.clone())
        }
    }

    pub(in crate::dispatch) fn task(&self) -> &TaskId {
        &self.claim.task
    }

    /// The claims of all its tasks, its own first.
    pub(in crate::dispatch) fn claims(&self) -> impl Iterator<Item = &Claim> {
        std::iter::once(&self.claim).chain(self.guests.iter().map(|guest| &guest.claim))
    }

    pub(in crate::dispatch) fn has(&self, task: &TaskId) -> bool {
        self.claims().any(|claim| claim.task == *task)
    }

    /// Since it began.
    pub(in crate::dispatch) fn spent(&self) -> Spent {
        self.spent
    }

    /// When something must be done for it, if no answer comes before.
    pub(in crate::dispatch) fn deadline(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Stopping { give_up_at, .. } => Some(*give_up_at),
            Phase::Landing(Land::Pausing { until, .. }) => Some(*until),
            Phase::Recovering(_)
            | Phase::Acquiring
            | Phase::Working(_)
            | Phase::Judging(_)
            | Phase::Landing(_)
            | Phase::Waiting(_)
            | Phase::Parting { .. }
            | Phase::Ending(_) => None,
        }
    }

    /// Back into the queue, if it has paused for long enough.
    pub(in crate::dispatch) fn wake(&mut self, now: Timestamp) -> bool {
        if let Phase::Landing(Land::Pausing { head, until }) = &self.phase
            && *until <= now
        {
            let head = head.clone();
            self.phase = Phase::Landing(Land::Queued { head });
            return true;
        }
        false
    }

    /// Whether it waits for a slot, or for an account to let somebody in.
    pub(in crate::dispatch) fn waits(&self) -> bool {
        matches!(
            self.phase,
            Phase::Waiting(_) | Phase::Judging(Judge::Parked { .. })
        )
    }

    /// Whether it holds one of the run's slots.
    pub(in crate::dispatch) fn holds_slot(&self) -> bool {
        match &self.phase {
            Phase::Recovering(_)
            | Phase::Acquiring
            | Phase::Working(_)
            | Phase::Judging(
                Judge::Noting { .. }
                | Judge::Gate { .. }
                | Judge::Diff { .. }
                | Judge::Review { .. },
            )
            | Phase::Parting { .. }
            | Phase::Stopping { .. } => true,
            // Giving back a worktree needs no agent.
            Phase::Judging(Judge::Parked { .. })
            | Phase::Landing(_)
            | Phase::Waiting(_)
            | Phase::Ending(_) => false,
        }
    }
}
