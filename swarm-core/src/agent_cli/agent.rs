//! What the author of a CLI adapter writes: pure functions.

use std::ffi::OsString;
use std::fmt::Debug;

use super::preflight::{Answer, Probe, Program, Surroundings};
use crate::model::Check;
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
    /// Files that the program is to read: plain names and contents. They are
    /// put into a private folder, which is gone after the turn; an argument
    /// names it as [`FOLDER`](Self::FOLDER).
    pub files: Vec<(String, Vec<u8>)>,
}

impl Invocation {
    /// Stands in an argument for the folder of [`files`](Self::files): it
    /// becomes an absolute path. No argument of a program can hold a NUL, so
    /// nothing else is taken for it.
    ///
    /// ```
    /// use swarm_core::agent_cli::Invocation;
    /// let call = Invocation {
    ///     program: "agent".into(),
    ///     args: vec![format!("--schema={}/schema.json", Invocation::FOLDER).into()],
    ///     files: vec![("schema.json".into(), b"{}".to_vec())],
    ///     ..Invocation::default()
    /// };
    /// # let _ = call;
    /// ```
    pub const FOLDER: &str = "\0folder";
}

/// A command-line agent: how it is called, what its output means, and what must
/// be there for it to work.
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

    /// What is known of its program, so that it can be found and asked for its
    /// version before a run. `None`: nothing is checked.
    fn program(&self) -> Option<Program> {
        None
    }

    /// What else should be asked before a run.
    fn probes(&self, around: &Surroundings) -> Vec<Probe> {
        let _ = around;
        Vec::new()
    }

    /// What the answers mean: one for each probe, in order.
    fn checks(&self, around: &Surroundings, answers: &[Answer]) -> Vec<Check> {
        let _ = (around, answers);
        Vec::new()
    }
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
