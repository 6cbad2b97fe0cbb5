//! The async shell around the dispatcher. It decides nothing.

mod builder;
mod calls;
mod channel;
mod clock;
mod handle;
mod perform;
mod ports;
mod publish;
mod run;
mod slot;
mod start;
mod surroundings;
mod watch;

pub use builder::{ConfigError, Swarm, SwarmBuilder};
pub use channel::channel;
pub use handle::{Handle, HandleError, Why};
pub use start::{RunError, Running};
