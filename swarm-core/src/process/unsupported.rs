//! Systems whose processes cannot be ended reliably yet: nothing is started.

#![allow(clippy::unused_self, reason = "the same shape on every system")]

use std::io;

use tokio::process::{ChildStdout, Command};

use crate::model::HostProcess;

/// Whether processes can be started and ended here.
pub(super) const SUPPORTED: bool = false;

/// How hard to end a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// It may end in good order, or ignore it.
    Ask,
    /// It cannot resist.
    Kill,
}

/// Nothing to be done.
pub(super) fn set_apart(_command: &mut Command) {}

/// Never called: nothing is started here.
pub(super) fn merge_outputs(_command: &mut Command) -> io::Result<ChildStdout> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A program.
#[derive(Debug)]
pub(super) struct Tree;

impl Tree {
    /// The tree of a child that was just started.
    pub(super) fn new(_root: Option<u32>, _mark: String) -> Self {
        Self
    }

    /// Whether nothing of it runs.
    pub(super) fn is_gone(&mut self) -> bool {
        true
    }

    /// Never told.
    pub(super) fn is_alone(&mut self, _supervisor: Option<u32>) -> bool {
        false
    }

    /// Process numbers of what still runs.
    pub(super) fn survivors(&mut self) -> Vec<u32> {
        Vec::new()
    }

    /// Learns nothing.
    pub(super) async fn watch(&mut self) {
        std::future::pending::<()>().await;
    }

    /// Signals every process of it once.
    pub(super) fn signal(&mut self, _force: Force) {}
}

/// Not told from others yet: claims of dead processes are waited for.
pub(super) fn this_process() -> Option<HostProcess> {
    None
}

/// Never proved.
pub(super) fn is_gone(_pid: u32, _started: u64) -> bool {
    false
}

/// Never proved.
pub(super) fn is_whole_machine(_space: &str) -> bool {
    false
}

/// What lives of all that a dead process started: not looked for.
#[derive(Debug)]
pub(super) struct Remains;

impl Remains {
    pub(super) fn new(_mark: String) -> Self {
        Self
    }

    pub(super) fn are_gone(&mut self) -> bool {
        false
    }

    pub(super) fn living(&mut self) -> Vec<u32> {
        Vec::new()
    }

    pub(super) fn signal(&mut self, _force: Force) {}
}
