//! Which process works on something, among all of all machines and times.

use serde::{Deserialize, Serialize};

/// A process for all time and on every machine: a number alone is used again.
///
/// Made by [`this_process`](crate::process::this_process) and compared by
/// [`is_dead`](crate::process::is_dead); what is in it means nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HostProcess {
    /// The machine.
    pub host: String,
    /// Its boot: numbers begin again with each.
    pub boot: String,
    /// The space of numbers within it: a container has one of its own.
    pub space: String,
    /// The number.
    pub pid: u32,
    /// When it was started, in ticks since the boot.
    pub started: u64,
}

/// Who may be working in a worktree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Occupant {
    /// Nobody can tell.
    #[default]
    Unknown,
    /// Nobody: it was given back.
    Nobody,
    /// Agents of this process, as long as it or they live.
    Process(HostProcess),
}
