//! When a planner is called, and what follows from what it says.

mod activity;
mod call;
mod planner;
mod rules;
mod step;
#[cfg(test)]
mod tests;
mod wiring;

pub use activity::{PlanEnd, PlannerActivity};
pub use call::{PlanCall, PlanTurn};
pub use planner::News as PlanNews;
pub(super) use planner::{News, Planner};
pub use rules::PlanRules;
