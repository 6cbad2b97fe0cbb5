//! What to start, and what came of it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Failure;
use crate::ports::Stop;

/// A program to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessSpec {
    /// The program: a path, or a name to be found on `PATH` of `env`.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment: nothing is inherited.
    pub env: Vec<(OsString, OsString)>,
    /// Where it runs: absolute.
    pub directory: PathBuf,
    /// Written to its standard input, which is then closed.
    pub stdin: Vec<u8>,
    /// Longest line handed on, in bytes; the rest of a longer one is dropped
    /// and the line marked as cut.
    pub max_line: usize,
    /// File for everything that it prints, up to `max_log` bytes.
    pub log: Option<PathBuf>,
    /// Largest size of that file; what comes later is dropped and said so.
    pub max_log: u64,
    /// Time between the request to end and the use of force.
    pub grace: Duration,
}

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line without its end; invalid UTF-8 was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Where it was printed.
    pub stream: Stream,
    /// The text.
    pub text: &'a str,
    /// It was longer than allowed.
    pub cut: bool,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code; -1 if the system did not tell.
    Code(i32),
    /// By a signal that was not ours.
    Signal(i32),
    /// Because we ended it.
    StoppedByUs(Stop),
}

/// Hears lines as they come.
pub trait LineSink: Send {
    /// One line. Must not block.
    fn line(&mut self, line: Line<'_>);
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub exit: Exit,
    /// How long it ran.
    pub duration: Duration,
}

/// Bounded output of a short command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub exit: Exit,
    /// Head and tail of what it printed, both streams as they came.
    pub text: String,
    /// How long it ran.
    pub duration: Duration,
}

/// What sort of process error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessErrorKind {
    /// The program is not there or cannot be executed.
    NotFound,
    /// It could not be started.
    Start,
    /// Its log could not be made.
    Io,
}

/// A process could not be started; none was.
pub type ProcessError = Failure<ProcessErrorKind>;
