//! The Claude Code adapter for swarm.
//!
//! [`ClaudeCode`] holds the options and is the pure half of the adapter: it
//! makes the command line of a turn and reads the event stream that comes
//! back. Measured with Claude Code 2.1.197 and 2.1.329.
//!
//! ```
//! use swarm_core::agent_cli::CliAgent;
//! use swarm_harness_claude::ClaudeCode;
//! let agent = ClaudeCode::new().model("opus").effort("high");
//! assert!(agent.capabilities().resume);
//! ```

mod classify;
mod invocation;
mod options;
mod spent;
mod transcript;
mod version;

pub use options::{ClaudeCode, Permissions};
pub use version::version;

/// The name of the program, found on `PATH` unless another path is given.
pub const BINARY: &str = "claude";

/// The agent's name in messages to people.
const NAME: &str = "Claude Code";
