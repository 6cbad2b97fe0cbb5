//! How fast, and for how much.

mod backoff;
mod breaker;
mod budget;
mod governor;
mod ledger;

pub use backoff::Backoff;
pub(super) use breaker::{Breaker, Cause};
pub use budget::Budget;
pub(super) use governor::{Admission, Governor};
pub(super) use ledger::Ledger;
