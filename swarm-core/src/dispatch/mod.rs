//! The dispatcher: a pure state machine. Facts in, commands out; the engine
//! around it decides nothing.

mod attempt;
mod command;
mod course;
mod dispatcher;
mod gone;
mod input;
mod intake;
mod landing;
mod leases;
mod naming;
mod pacing;
mod planning;
mod policy;
mod quiet;
mod setting;
mod settle;
mod snapshot;
#[cfg(test)]
mod tests;
mod why;

pub use command::{Ask, Call, Command, Guest, Note, Ticket, TurnPlan};
pub use dispatcher::Dispatcher;
pub use input::{
    AccountNews, Answer, ChangeFacts, ClaimFacts, CountFacts, DiffFacts, Earlier, Fault, GateFacts,
    Input, PlanFacts, ReviewFacts, TurnFacts, Won,
};
pub use pacing::{Backoff, Budget};
pub use planning::{PlanCall, PlanEnd, PlanNews, PlanRules, PlanTurn, PlannerActivity};
pub use policy::{Completion, LargeDiff, Policy, Until};
pub use setting::Setting;
pub use snapshot::{Holdup, Shut, Snapshot};
pub use why::Activity;
