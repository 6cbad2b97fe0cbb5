//! What tests of orchestration and of adapters need: fakes of every port, suites
//! that adapters must pass, recorded streams of agents with ways to break them, and
//! a model service on the loopback interface for the agents' real command lines.
//! Mocks are beside the ports, as `ports::Mock…`.

mod act;
mod events;
pub mod gate_suite;
mod git;
pub mod git_suite;
mod harness;
pub mod harness_suite;
pub mod invariants;
mod judges;
pub mod model_server;
mod place;
pub mod reviewer_suite;
pub mod store_suite;
pub mod streams;
mod suite;
mod under_way;

pub use act::Act;
pub use events::EventLog;
pub use git::{FakeGit, Landing};
pub use harness::ScriptedHarness;
pub use judges::{ScriptedGate, ScriptedReviewer};
pub use suite::{Ability, Account, Broken, Clause, Skipped};
