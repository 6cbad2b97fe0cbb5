//! The shared half of every adapter for a command-line agent.

mod agent;
mod complaints;
mod fields;
mod silent_end;

pub use agent::{CliAgent, Invocation, Transcript};
pub use complaints::{Complaints, MAX_ERROR, one_line};
pub use fields::Fields;
pub use silent_end::silent_end;
