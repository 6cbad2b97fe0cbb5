//! What a scripted agent does in a turn.

use std::time::Duration;

use crate::error::Advice;
use crate::model::{ContextUse, Cost, EndReason, SessionId, Wait};
use crate::ports::Matter;

/// What a scripted agent does in one turn.
#[derive(Clone, Debug)]
pub struct Act {
    pub(super) commits: Vec<String>,
    pub(super) edits: Vec<String>,
    pub(super) takes_in: bool,
    pub(super) names: Option<SessionId>,
    pub(super) asks: Vec<Matter>,
    pub(super) waits: Option<Wait>,
    pub(super) says: String,
    pub(super) looks_at: Vec<String>,
    pub(super) fills: Option<ContextUse>,
    pub(super) takes: Duration,
    pub(super) costs: Option<Cost>,
    pub(super) end: Finish,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Finish {
    Report(EndReason),
    Error(Advice),
    Panic,
    /// Goes on until it is stopped.
    Hang,
    /// Goes on even then.
    HangOn,
}

impl Act {
    /// Ends at once, without a word and without work.
    pub fn nothing() -> Self {
        Self {
            commits: Vec::new(),
            edits: Vec::new(),
            takes_in: false,
            names: None,
            asks: Vec::new(),
            waits: None,
            says: String::new(),
            looks_at: Vec::new(),
            fills: None,
            takes: Duration::ZERO,
            costs: None,
            end: Finish::Report(EndReason::Finished),
        }
    }

    /// Commits a change of this path.
    pub fn commits(path: impl Into<String>) -> Self {
        let mut act = Self::nothing();
        act.commits.push(path.into());
        act
    }

    /// Edits this path and does not commit it.
    pub fn edits(path: impl Into<String>) -> Self {
        let mut act = Self::nothing();
        act.edits.push(path.into());
        act
    }

    /// Takes the line in, as a resolver does.
    #[must_use]
    pub fn takes_in(mut self) -> Self {
        self.takes_in = true;
        self
    }

    /// Names its conversation as soon as it begins.
    #[must_use]
    pub fn names(mut self, session: impl AsRef<str>) -> Self {
        self.names = Some(SessionId::new(session));
        self
    }

    /// Asks this before it works, together with what else it asks, and waits
    /// for the answers ([`ScriptedHarness::answers`](super::ScriptedHarness::answers)). Does no work if one is
    /// denied, but ends as scripted.
    #[must_use]
    pub fn asks(mut self, matter: Matter) -> Self {
        self.asks.push(matter);
        self
    }

    /// Asks whether it may use a shell for this command.
    #[must_use]
    pub fn may(self, command: impl Into<String>) -> Self {
        self.asks(Matter::Permission {
            tool: "shell".to_owned(),
            what: command.into(),
        })
    }

    /// Says this; `{nonce}` stands for the turn's nonce, `{prompt}` for its
    /// prompt.
    #[must_use]
    pub fn says(mut self, text: impl Into<String>) -> Self {
        self.says = text.into();
        self
    }

    /// Looks at this, such as a file.
    #[must_use]
    pub fn looks_at(mut self, thing: impl Into<String>) -> Self {
        self.looks_at.push(thing.into());
        self
    }

    /// Leaves its conversation so full, in percent.
    #[must_use]
    pub fn fills(mut self, percent: u64) -> Self {
        let (used, limit) = (percent, 100);
        self.fills = Some(ContextUse { used, limit });
        self
    }

    /// Says DONE.
    #[must_use]
    pub fn done(self) -> Self {
        self.says("swarm:{nonce} DONE")
    }

    /// Says at its beginning that it waits for its service.
    #[must_use]
    pub fn waits(mut self, wait: Wait) -> Self {
        self.waits = Some(wait);
        self
    }

    /// Takes so long, in the test's time.
    #[must_use]
    pub fn takes(mut self, span: Duration) -> Self {
        self.takes = span;
        self
    }

    /// Says that it cost so much.
    #[must_use]
    pub fn costs(mut self, cost: Cost) -> Self {
        self.costs = Some(cost);
        self
    }

    /// Ends for this reason.
    #[must_use]
    pub fn ends(mut self, end: EndReason) -> Self {
        self.end = Finish::Report(end);
        self
    }

    /// Fails to start.
    #[must_use]
    pub fn errs(mut self, advice: Advice) -> Self {
        self.end = Finish::Error(advice);
        self
    }

    /// Panics.
    #[must_use]
    pub fn panics(mut self) -> Self {
        self.end = Finish::Panic;
        self
    }

    /// Goes on until it is stopped.
    #[must_use]
    pub fn hangs(mut self) -> Self {
        self.end = Finish::Hang;
        self
    }

    /// Goes on and ignores being stopped.
    #[must_use]
    pub fn ignores_stop(mut self) -> Self {
        self.end = Finish::HangOn;
        self
    }
}
