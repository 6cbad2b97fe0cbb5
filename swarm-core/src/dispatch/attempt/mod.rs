//! One attempt: a claim of a task, from its worktree to its ending.

mod begin;
mod ending;
mod judge;
mod land;
mod phase;
mod record;
mod step;
mod take_up;
mod work;

#[cfg(test)]
mod tests;

pub(super) use phase::{Judge, Land, Phase, Work};
pub(super) use record::{Attempt, Next, Rules};
