//! The shared half of every adapter for a command-line agent.

mod agent;
mod asked;
mod command;
mod complaints;
mod dialogue;
mod fields;
mod files;
mod git_folders;
mod harness;
mod live;
mod looked_at;
mod preflight;
mod record;
mod redact;
mod replay;
mod silent_end;
mod stopped;
mod talk;
mod vars;
mod version;

pub use agent::{CliAgent, Invocation, Transcript};
pub use command::CommandHarness;
pub use complaints::{Complaints, MAX_ERROR, one_line};
pub use fields::Fields;
pub use harness::CliHarness;
pub use looked_at::LookedAt;
pub use preflight::{Probe, ProbeAnswer, Program, Surroundings};
pub use replay::replay;
pub use silent_end::silent_end;

#[cfg(any(test, feature = "test-util"))]
pub(crate) use harness::MAX_LINE;
pub(crate) use vars::{attempt_vars, without_own};
