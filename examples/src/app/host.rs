//! What the application takes from the process that it lives in.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use swarm_core::process::Supervisor;
use swarm_core::process::env::{Vars, inherited};

/// The surroundings of the application. Everything in it uses these, never
/// the process's own: another program may run it as a part of itself.
#[derive(Clone, Debug)]
pub struct Host {
    /// The environment of git, gates and agents.
    pub env: Vars,
    /// What relative paths start from. Absolute.
    pub directory: PathBuf,
    /// Whether progress may be drawn on standard error.
    pub terminal: bool,
    /// Who owns the processes of agents and gates.
    pub supervisor: Option<Supervisor>,
}

impl Host {
    /// Those of this process, as they are now, without a supervisor.
    ///
    /// # Errors
    /// If the current directory cannot be told, since it was removed.
    pub fn current() -> io::Result<Self> {
        Ok(Self {
            env: inherited(),
            directory: std::env::current_dir()?,
            terminal: io::stderr().is_terminal(),
            supervisor: None,
        })
    }

    /// The same, with a supervisor.
    #[must_use]
    pub fn supervised(mut self, supervisor: Supervisor) -> Self {
        self.supervisor = Some(supervisor);
        self
    }

    /// A path that a person wrote.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }
}
