//! The shared half of every adapter for a command-line agent.

mod agent;

pub use agent::{CliAgent, Invocation, Transcript};
