//! The async shell around the dispatcher. It decides nothing.

mod accounts;
mod builder;
mod calls;
mod casting;
mod channel;
mod checks;
mod clock;
mod config_error;
mod control;
mod desk;
mod guests;
mod handle;
mod kept;
mod perform;
mod planner;
mod ports;
mod preflight;
mod publish;
mod questions;
mod remains;
mod review;
mod run;
mod slot;
mod start;
mod surroundings;
mod watch;

pub use accounts::Accounts;
pub use builder::{Swarm, SwarmBuilder};
pub use channel::channel;
pub use config_error::ConfigError;
pub use handle::{Handle, HandleError, Why};
pub use planner::Planner;
pub use questions::AnswerError;
pub use start::{RunError, Running};
