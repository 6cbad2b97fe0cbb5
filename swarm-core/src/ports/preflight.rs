//! What ports are asked before a run.

use std::path::PathBuf;

/// Asks a port whether it could do its work, and what else a person should
/// know before a run.
///
/// Whoever answers changes nothing, ends within some seconds, and asks no
/// service: only programs, files and variables that are there already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreflightRequest {
    /// The top of a checkout of the repository, whose files an agent will see;
    /// `None` if there is none.
    pub repository: Option<PathBuf>,
    /// Only turns that must not write will be asked for. A reviewer sets this.
    pub read_only: bool,
}
