//! The port to whatever stands between us and the programs that we start: a
//! sandbox, a container, another user, nothing.

use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::model::{AttemptId, Role};
use crate::process::{ProcessError, ProcessSpec};

/// What a program is started for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// Its job.
    pub job: Job,
    /// Where the work is: absolute.
    pub worktree: PathBuf,
    /// Folders that it must be able to write to, beside its temporary folder
    /// and what it keeps in its home: absolute. None if it is to change
    /// nothing.
    pub writable: Vec<PathBuf>,
}

/// What a program is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Job {
    /// A turn of an agent, or of a reviewer ([`Role::Review`]).
    Agent {
        /// Whose turn.
        attempt: AttemptId,
        /// Counted from 1 within the attempt.
        turn: u32,
        /// What for.
        role: Role,
        /// It is to change nothing.
        read_only: bool,
    },
    /// A step of a gate.
    Gate {
        /// Whose work is checked.
        attempt: AttemptId,
        /// The step's name.
        step: String,
    },
    /// A command that makes a new worktree ready.
    Setup {
        /// For which attempt.
        attempt: AttemptId,
    },
    /// Something else, started by an embedder or an adapter of its own.
    Other,
}

impl Purpose {
    /// A job in a worktree. Writable are the worktree and, for commits, the
    /// repository that it belongs to; nothing for a job that is read-only.
    pub fn new(job: Job, worktree: impl Into<PathBuf>) -> Self {
        let worktree = worktree.into();
        let writable = match job {
            Job::Agent {
                read_only: true, ..
            } => Vec::new(),
            Job::Agent { .. } | Job::Gate { .. } | Job::Setup { .. } | Job::Other => {
                let mut folders = vec![worktree.clone()];
                folders.extend(repository_of(&worktree));
                folders
            }
        };
        Self {
            job,
            worktree,
            writable,
        }
    }
}

/// The repository's own folder, for a worktree that has it elsewhere.
fn repository_of(worktree: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(worktree.join(".git")).ok()?;
    let own = worktree.join(text.strip_prefix("gitdir:")?.trim());
    let common = std::fs::read_to_string(own.join("commondir"));
    let common = common.map_or_else(|_| own.clone(), |common| own.join(common.trim()));
    Some(common.canonicalize().unwrap_or(common))
}

/// A program as it is to be started, and what must be kept meanwhile.
pub struct Launched {
    /// What is started instead.
    pub program: ProcessSpec,
    /// Dropped when the program and all that it started have ended, or when it
    /// could not be started: a container is removed by this value's `Drop`.
    pub held: Option<Box<dyn Any + Send>>,
}

impl From<ProcessSpec> for Launched {
    fn from(program: ProcessSpec) -> Self {
        Self {
            program,
            held: None,
        }
    }
}

impl fmt::Debug for Launched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launched")
            .field("program", &self.program)
            .field("held", &self.held.is_some())
            .finish()
    }
}

/// Puts something around the programs of a run: agents, reviewers, gate steps
/// and setup commands. git itself is not among them.
///
/// Every program that is started by [`process::run`](crate::process::run) or
/// [`process::capture`](crate::process::capture) under a
/// [`CallContext`](super::CallContext) that carries a launcher goes through it,
/// once, before anything is started. What it gives back is started in the place
/// of what it was given: it may change the program, its arguments, environment
/// and directory. The rest (input, log, limits) is best left as it is.
///
/// What is started must behave like the program itself: take its input, print
/// its output, end with its exit code, and end when it is asked to. What it
/// starts outside of its own process tree, such as a container in a daemon's
/// care, is the launcher's to end, by [`Launched::held`].
///
/// `launch` runs for many programs at once. It is not called for a call that
/// was stopped before. If the call's future is dropped, so is `launch`'s.
///
/// Bubblewrap around everything, writing only where the work is:
///
/// ```
/// use swarm_core::ports::{Launched, Launcher};
/// use swarm_core::process::{ProcessError, ProcessSpec};
///
/// #[derive(Debug)]
/// struct Bubblewrap;
///
/// #[async_trait::async_trait]
/// impl Launcher for Bubblewrap {
///     async fn launch(&self, mut program: ProcessSpec) -> Result<Launched, ProcessError> {
///         let mut args = Vec::new();
///         let mut add = |words: &[&std::ffi::OsStr]| {
///             args.extend(words.iter().map(|&word| word.to_owned()));
///         };
///         add(&["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"].map(AsRef::as_ref));
///         add(&["--tmpfs", "/tmp"].map(AsRef::as_ref));
///         for folder in &program.purpose.writable {
///             add(&["--bind".as_ref(), folder.as_ref(), folder.as_ref()]);
///         }
///         add(&["--".as_ref(), &program.program]);
///         args.append(&mut program.args);
///         program.program = "bwrap".into();
///         program.args = args;
///         Ok(program.into())
///     }
/// }
/// ```
///
/// # Errors
/// An error means that the program is not started, and nothing else in its
/// place; its advice tells the loop what to do.
#[cfg_attr(any(test, feature = "test-util"), mockall::automock)]
#[async_trait]
pub trait Launcher: Send + Sync + fmt::Debug {
    /// What is to be started in the place of this program.
    async fn launch(&self, program: ProcessSpec) -> Result<Launched, ProcessError>;
}
