//! One attempt: a claim of a task, from its worktree to its ending.

mod begin;
mod budget;
mod conversation;
mod ending;
mod guests;
mod judge;
mod land;
mod left;
mod parting;
mod phase;
mod prelude;
mod record;
mod recovery;
mod step;
mod take_up;
mod turned;
mod work;

#[cfg(test)]
mod tests;

pub(super) use budget::spent_up;
pub use guests::Guest;
pub(super) use phase::{Judge, Land, Phase, Work};
pub(super) use record::{Attempt, Next, Outcome, Rules};
