//! Run many coding agents at once, each task in its own git worktree, from a
//! task store through gates and reviewers to a commit on the target branch.

pub mod agent_cli;
pub mod dispatch;
pub mod engine;
pub mod error;
pub mod event;
mod file_name;
pub mod gate;
pub mod model;
mod nonce;
pub mod ports;
pub mod process;
pub mod protocol;
pub mod report;
pub mod review;
mod stable_hash;
pub mod store;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;

pub use dispatch::Policy;
pub use engine::{
    Accounts, AnswerError, ConfigError, Handle, HandleError, Planner, RunError, Running, Swarm,
    SwarmBuilder, Why,
};
pub use nonce::nonce;
pub use report::RunReport;
