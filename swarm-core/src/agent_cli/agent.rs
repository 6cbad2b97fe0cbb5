//! What the author of a CLI adapter writes: pure functions.

use std::ffi::OsString;
use std::fmt::Debug;

use crate::ports::{AgentEvent, Answer, Capabilities, HarnessError, TurnReport, TurnRequest};
use crate::process::{Exit, Line};

/// How to call an agent for one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The program: a path, or a name to be found on `PATH`.
    pub program: OsString,
    /// Its arguments. Never the prompt: it may be larger than a system allows.
    pub args: Vec<OsString>,
    /// Variables set on top of the inherited ones that are let through.
    pub env: Vec<(OsString, OsString)>,
    /// Written to standard input, which is then closed, unless the transcript
    /// [`listens`](Transcript::listens).
    pub stdin: Vec<u8>,
}

/// A command-line agent: how it is called, and what its output means.
///
/// Everything here is pure; [`CliHarness`](super::CliHarness) starts, hears,
/// bounds and ends the process.
pub trait CliAgent: Send + Sync + Debug {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// The command line of a turn. An error means that the request cannot be
    /// put into one; nothing is started then.
    fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError>;

    /// A reader for the output of one turn.
    fn transcript(&self, turn: &TurnRequest) -> Box<dyn Transcript>;
}

/// Reads one turn's output, line by line.
pub trait Transcript: Send + Debug {
    /// A line, as soon as it was printed. What it does not know, it ignores.
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent>;

    /// Whether the agent has said its last word: the turn is over, even if the
    /// process is not. Asked after every line; taken back by `false` when the
    /// agent begins anew.
    ///
    /// A process that stays longer than [`CliHarness`](super::CliHarness)
    /// [lets it linger](super::CliHarness::linger) is then ended, and
    /// [`finish`](Self::finish) is told [`Exit::Code`]`(0)`. By default nothing
    /// is known: only the end of the process ends the turn.
    fn is_over(&self) -> bool {
        false
    }

    /// Whether standard input stays open for answers, until the last word was
    /// said. Asked once, before the start.
    fn listens(&self) -> bool {
        false
    }

    /// What to write to standard input, now that a question of
    /// [`AgentEvent::Asks`] is answered, which was not
    /// [taken back](AgentEvent::TakesBack); nothing by default. `name` is the
    /// question's; the answer is one that it takes.
    fn answer(&mut self, name: &str, answer: &Answer) -> Vec<u8> {
        let _ = (name, answer);
        Vec::new()
    }

    /// The process has ended: what came of the turn.
    ///
    /// For [`Exit::StoppedByUs`] the harness decides what stands of this: all
    /// of it if the agent [had said its last word](Self::is_over); a reason why
    /// it was silent, such as a rate limit, if a limit of time ended it; else
    /// the end becomes "timed out" or "killed".
    fn finish(self: Box<Self>, exit: Exit) -> TurnReport;
}
