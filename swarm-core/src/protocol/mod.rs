//! Pure functions between the ports and the dispatcher: what agents said, what
//! they are told, what a change does to a task, how a task stands.

pub mod backlog;
pub mod changes;
pub mod choice;
pub mod digest;
mod fate;
pub mod feedback;
pub mod heard;
pub mod lifecycle;
pub mod message;
pub mod news;
pub mod plan;
pub mod planned;
pub mod prompt;
pub mod review_prompt;
pub mod schema;
pub mod signals;
pub mod standing;
pub mod verdict;
mod wish;
