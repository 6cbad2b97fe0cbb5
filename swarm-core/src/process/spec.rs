//! What to start, and what came of it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Failure;
use crate::ports::{Job, Purpose, Stop};

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
    /// Longest line handed on, in bytes. Of a longer one only the beginning is,
    /// 64 KiB at most, marked as cut.
    pub max_line: usize,
    /// File for everything that it prints, up to `max_log` bytes.
    pub log: Option<PathBuf>,
    /// Largest size of that file, in bytes. Of a longer output the first half
    /// is kept and a quarter or more of the size of its end, with a line
    /// between them that says how much was left out. Until the program has
    /// ended, the end is in files beside it (`.tail`, `.tail-older`).
    pub max_log: u64,
    /// Time between the request to end and the use of force.
    pub grace: Duration,
    /// What it leaves running when it ends by itself may live on. Otherwise
    /// that is ended, too. A stop ends everything either way. What lives on
    /// must not use the program's outputs: nobody reads them any longer.
    pub leave_running: bool,
    /// What it is started for.
    pub purpose: Purpose,
}

impl ProcessSpec {
    /// A program with neither arguments nor environment nor input, whose
    /// output is not logged: for a start. Lines of up to 64 KiB, 5 s of grace.
    pub fn new(program: impl Into<OsString>, directory: impl Into<PathBuf>) -> Self {
        let directory = directory.into();
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: Vec::new(),
            max_line: 64 << 10,
            log: None,
            max_log: 16 << 20,
            grace: Duration::from_secs(5),
            leave_running: false,
            purpose: Purpose::new(Job::Other, &directory),
            directory,
        }
    }
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

/// Hears a program from its start to its end.
pub trait LineSink: Send {
    /// It was started; its process number. Before any line. Must not block.
    fn started(&mut self, pid: u32) {
        let _ = pid;
    }

    /// One line. Must not block.
    fn line(&mut self, line: Line<'_>);

    /// It has ended, and all that it started. After the last line. Must not
    /// block.
    fn ended(&mut self, ended: &Ended) {
        let _ = ended;
    }
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub exit: Exit,
    /// How long it ran.
    pub duration: Duration,
    /// Numbers of processes that could not be ended, in order.
    pub survivors: Vec<u32>,
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
    /// Numbers of processes that could not be ended, in order.
    pub survivors: Vec<u32>,
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
