//! What tests of orchestration and of adapters need: fakes of every port, and
//! suites that adapters must pass. Mocks are beside the ports, as
//! `ports::Mock…`.

mod events;
mod git;
mod harness;
mod judges;
pub mod store_suite;

pub use events::EventLog;
pub use git::{FakeGit, Landing};
pub use harness::{Act, ScriptedHarness};
pub use judges::{ScriptedGate, ScriptedReviewer};
