//! Systems without supervisors: programs are started without one.

#![allow(clippy::unused_async, reason = "the same shape on every system")]

use std::io;

use tokio::process::{ChildStdin, Command};

use super::Supervisor;
use crate::process::{Exit, ProcessSpec};

/// Whether there are supervisors on this system.
pub(in crate::process) const SUPERVISED: bool = false;

/// There is none.
#[derive(Debug)]
pub(in crate::process) enum Link {}

/// Never given.
#[derive(Clone, Copy, Debug)]
pub(in crate::process) enum Order {
    Ask,
    Kill,
    Leave,
}

/// Nobody is told.
pub(super) fn serve_if_told() {
    let _ = super::handle::MARKER;
}

/// Never called: see [`SUPERVISED`].
pub(in crate::process) fn prepare(
    _supervisor: &Supervisor,
    _spec: &ProcessSpec,
    _talks: bool,
) -> io::Result<(Command, Link, Option<ChildStdin>)> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Link {
    pub(in crate::process) async fn started(
        &mut self,
        _supervisor: &Supervisor,
    ) -> io::Result<u32> {
        match *self {}
    }

    pub(in crate::process) async fn ended(&mut self) -> Option<Exit> {
        match *self {}
    }

    pub(in crate::process) async fn gone(&mut self) -> Option<Vec<u32>> {
        match *self {}
    }

    pub(in crate::process) fn send(&self, _order: Order) {
        match *self {}
    }
}
