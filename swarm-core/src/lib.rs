//! Run many coding agents at once, each task in its own git worktree, from a
//! task store through gates and reviewers to a commit on the target branch.

pub mod agent_cli;
pub mod error;
pub mod event;
pub mod gate;
pub mod model;
pub mod ports;
pub mod process;
pub mod protocol;
pub mod review;
