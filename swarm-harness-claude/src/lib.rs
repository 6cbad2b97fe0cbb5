//! The Claude Code adapter for swarm.
//!
//! [`ClaudeCode`] holds the options and is the pure half of the adapter: it
//! makes the command line of a turn and reads the event stream that comes
//! back. Measured with Claude Code 2.1.197 and 2.1.329.
//!
//! [`claude`] makes a harness of it.
//!
//! ```
//! use swarm_core::ports::Harness;
//! use swarm_harness_claude::{ClaudeCode, claude};
//! let harness = claude(ClaudeCode::new().model("opus").effort("high"));
//! assert!(harness.capabilities().resume);
//! ```

mod asking;
mod classify;
mod fullness;
mod harness;
mod invocation;
mod looking;
mod options;
mod preflight;
mod program;
mod spent;
mod transcript;

pub use harness::claude;
pub use options::{ClaudeCode, Permissions};
pub use program::{BINARY, version};
