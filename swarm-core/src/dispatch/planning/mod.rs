//! When a planner is called, and what follows from what it says.

mod call;
mod planner;
mod rules;
mod step;
#[cfg(test)]
mod tests;
mod wiring;

pub use call::{PlanCall, PlanTurn};
pub(super) use planner::{News, Planner};
pub use rules::PlanRules;
