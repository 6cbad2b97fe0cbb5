//! From a folder of task files to commits on a branch: real git, real stores,
//! real agents.

mod adapters;
mod agents;
mod application;
mod checkout;
mod claims;
mod compaction;
mod dialogue;
mod faults;
mod faults_case;
mod faults_turn;
mod killed;
mod launcher;
mod live;
mod many_swarms;
mod memory;
mod planning;
mod processes;
mod real_clis;
mod repairs;
mod reviews;
mod sandbox;
#[path = "../../../swarm-core/tests/process/script.rs"]
#[allow(clippy::unwrap_used, dead_code, reason = "made for several tests")]
mod script;
mod structured;
mod supervision;
mod turns;
mod warm;
