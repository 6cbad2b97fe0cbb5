//! macOS and other Unix systems: a program's own process group, no more. What
//! moves into a session of its own is not found yet.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::{ChildStdout, Command};

/// Whether processes can be started and ended here.
pub(super) const SUPPORTED: bool = true;

/// How hard to end a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// It may end in good order, or ignore it.
    Ask,
    /// It cannot resist.
    Kill,
}

/// Gives the program a process group of its own.
pub(super) fn set_apart(command: &mut Command) {
    command.process_group(0);
}

/// Lets both outputs of the program go into one pipe; gives its other end.
pub(super) fn merge_outputs(command: &mut Command) -> io::Result<ChildStdout> {
    let (ours, theirs) = io::pipe()?;
    command.stdout(theirs.try_clone()?).stderr(theirs);
    ChildStdout::from_std(OwnedFd::from(ours).into())
}

/// A program and what is in its process group.
#[derive(Debug)]
pub(super) struct Tree {
    group: Option<Pid>,
}

impl Tree {
    /// The tree of a child that was just started and not yet waited for.
    pub(super) fn new(root: Option<u32>, _mark: String) -> Self {
        let group = root.and_then(|pid| i32::try_from(pid).ok());
        Self {
            group: group.and_then(Pid::from_raw),
        }
    }

    /// Whether nothing of it runs.
    pub(super) fn is_gone(&mut self) -> bool {
        // A group of zombies answers "not permitted" on macOS.
        self.group
            .is_none_or(|group| test_kill_process_group(group).is_err())
    }

    /// Process numbers of what still runs; here only the group's.
    pub(super) fn survivors(&mut self) -> Vec<i32> {
        let alive = !self.is_gone();
        let group = self.group.filter(|_| alive);
        group
            .into_iter()
            .map(|pid| pid.as_raw_nonzero().get())
            .collect()
    }

    /// Signals every process of it once.
    pub(super) fn signal(&mut self, force: Force) {
        let signal = match force {
            Force::Ask => Signal::TERM,
            Force::Kill => Signal::KILL,
        };
        if let Some(group) = self.group
            && let Err(error) = kill_process_group(group, signal)
            && !matches!(error, Errno::SRCH | Errno::PERM)
        {
            tracing::warn!(%error, "cannot signal a process group");
        }
    }
}
