//! What tests of orchestration and of adapters need: fakes of every port, suites
//! that adapters must pass, and a model service on the loopback interface for
//! the agents' real command lines. Mocks are beside the ports, as `ports::Mock…`.

mod events;
mod git;
mod harness;
pub mod invariants;
mod judges;
pub mod model_server;
pub mod store_suite;

pub use events::EventLog;
pub use git::{FakeGit, Landing};
pub use harness::{Act, ScriptedHarness};
pub use judges::{ScriptedGate, ScriptedReviewer};
