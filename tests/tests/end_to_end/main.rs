//! From a folder of task files to commits on a branch: real git, real stores,
//! real agents.

mod agents;
mod application;
mod checkout;
mod killed;
mod launcher;
mod many_swarms;
mod memory;
mod processes;
mod real_clis;
mod repairs;
mod sandbox;
#[path = "../../../swarm-core/tests/process/script.rs"]
#[allow(clippy::unwrap_used, dead_code, reason = "made for several tests")]
mod script;
mod supervision;
