//! How fast, and for how much.

mod backoff;
mod budget;

pub use backoff::Backoff;
pub(super) use budget::Budget;
