//! Pure functions between the ports and the dispatcher: what agents said, what
//! they are told, what a change does to a task, how a task stands.

mod fate;
pub mod lifecycle;
pub mod plan;
pub mod signals;
pub mod standing;
pub mod verdict;
