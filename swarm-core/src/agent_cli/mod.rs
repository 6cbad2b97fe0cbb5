//! The shared half of every adapter for a command-line agent.

mod agent;
mod command;
mod complaints;
mod dialogue;
mod fields;
mod harness;
mod silent_end;
mod stopped;
mod vars;

pub use agent::{CliAgent, Invocation, Transcript};
pub use command::CommandHarness;
pub use complaints::{Complaints, MAX_ERROR, one_line};
pub use fields::Fields;
pub use harness::CliHarness;
pub use silent_end::silent_end;

pub(crate) use vars::{attempt_vars, without_own};
