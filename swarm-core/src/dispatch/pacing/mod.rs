//! How fast, and for how much.

mod backoff;
mod breaker;
mod budget;
mod governor;

pub use backoff::Backoff;
pub(super) use breaker::{Breaker, Cause};
pub(super) use budget::Budget;
pub(super) use governor::{Admission, Governor};
