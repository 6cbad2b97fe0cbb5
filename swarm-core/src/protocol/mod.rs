//! Pure functions between the ports and the dispatcher: what agents said, what
//! they are told, what a change does to a task.

pub mod lifecycle;
pub mod review_prompt;
pub mod signals;
