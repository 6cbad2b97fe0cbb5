//! What the author of a CLI adapter writes: pure functions.

use std::ffi::OsString;
use std::fmt::Debug;

use crate::ports::{AgentEvent, Capabilities, HarnessError, TurnReport, TurnRequest};
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
    /// Written to standard input, which is then closed.
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

    /// The process has ended: what came of the turn.
    ///
    /// For [`Exit::StoppedByUs`] the harness itself sets the end reason
    /// (killed or timed out) on what this reports; only a rate limit stays,
    /// for it explains why a limit of time was reached.
    fn finish(self: Box<Self>, exit: Exit) -> TurnReport;
}
