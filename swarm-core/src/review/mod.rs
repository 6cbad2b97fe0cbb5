//! Reviewers: who judges the work.

mod command;
mod harness;

pub use command::CommandReviewer;
pub use harness::HarnessReviewer;
