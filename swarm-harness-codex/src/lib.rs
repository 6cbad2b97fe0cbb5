//! The Codex adapter for swarm.
//!
//! [`Codex`] holds the options and is the pure half of the adapter: it makes
//! the command line of a turn and reads the event stream that comes back.
//! Measured with Codex 0.169.0.
//!
//! [`codex`] makes a harness of it.
//!
//! ```
//! use swarm_core::ports::Harness;
//! use swarm_harness_codex::{Codex, codex};
//! let harness = codex(Codex::new().model("gpt-5-codex").effort("high"));
//! assert!(harness.capabilities().resume);
//! ```

mod classify;
mod harness;
mod invocation;
mod options;
mod preflight;
mod program;
mod provider;
mod reset;
mod totals;
mod transcript;

pub use harness::codex;
pub use options::{Codex, Sandbox};
pub use program::{BINARY, version};
