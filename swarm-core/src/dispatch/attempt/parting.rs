//! An agent that waits for its next turn is let go before anything else uses
//! its worktree, and before the slot is given back.

use super::phase::{End, Phase, Work};
use super::record::{Attempt, Next, Outcome};
use crate::dispatch::command::{Call, Note};
use crate::dispatch::input::{Answer, mismatch};
use crate::event::Event;
use crate::model::{Ending, survivors_text};
use crate::ports::Release;

impl Attempt {
    /// What follows now: first of all the parting, if somebody waits whom this
    /// does not concern.
    pub(in crate::dispatch) fn part_before(&mut self, next: Next) -> Next {
        if !self.kept || self.goes_on(&next) {
            return next;
        }
        let then = Box::new(self.phase.clone());
        let next = Box::new(next);
        self.phase = Phase::Parting { then, next };
        Next::Call(Call::LetGo)
    }

    /// Nobody waits any longer: what was to follow does.
    pub(super) fn parted(&mut self, answer: Answer, then: Phase, next: Next) -> Outcome {
        self.kept = false;
        self.phase = then;
        match still_there(answer) {
            None => (next, Vec::new()),
            Some(trouble) => self.end_beside(trouble),
        }
    }

    /// Somebody may still write to the worktree: nobody else may have it.
    fn end_beside(&mut self, trouble: String) -> Outcome {
        let Phase::Ending(End::Releasing {
            ending: Ending::Interrupted { .. } | Ending::Lost { .. },
        }) = &self.phase
        else {
            return self.end(Ending::Held { reason: trouble });
        };
        let event = Event::Trouble {
            task: Some(self.task().clone()),
            message: trouble,
        };
        (Next::Call(Call::Release(Release::Keep)), vec![event])
    }

    /// Whether this belongs to the conversation whose agent waits.
    fn goes_on(&self, next: &Next) -> bool {
        match next {
            Next::Call(Call::Apply(Note::Checkpoint(_))) => self.resumes(),
            // Whoever may not take the turn was let go before it was noted.
            Next::Call(Call::Run(_) | Call::LetGo | Call::Changes | Call::Claim { .. }) => true,
            Next::Call(
                Call::Contains(_)
                | Call::Apply(Note::Intend(_) | Note::Withdraw | Note::End { .. })
                | Call::Acquire
                | Call::Gate
                | Call::Diff
                | Call::Review { .. }
                | Call::Merge(_)
                | Call::Advance(_)
                | Call::Release(_),
            )
            | Next::Queue
            | Next::Pause
            | Next::AwaitSlot
            | Next::Gone(_) => false,
        }
    }

    /// Whether what is written down is about a turn that resumes.
    fn resumes(&self) -> bool {
        let Phase::Working(Work::Noting(plan)) = &self.phase else {
            return false;
        };
        plan.resume
    }
}

/// Why the worktree is not safe yet.
pub(super) fn still_there(answer: Answer) -> Option<String> {
    let result = if let Answer::LetGo(result) = answer {
        result
    } else {
        Err(mismatch())
    };
    match result {
        Ok(survivors) if survivors.is_empty() => None,
        Ok(survivors) => Some(survivors_text(&survivors)),
        Err(fault) => Some(format!(
            "its agent, which waited for its next turn, did not end: {}",
            fault.message
        )),
    }
}
