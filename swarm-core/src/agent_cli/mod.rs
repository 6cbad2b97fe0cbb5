//! The shared half of every adapter for a command-line agent.

mod agent;
mod command;
mod harness;
mod vars;

pub use agent::{CliAgent, Invocation, Transcript};
pub use command::CommandHarness;
pub use harness::CliHarness;

pub(crate) use vars::{attempt_vars, without_own};
