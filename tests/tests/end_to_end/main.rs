//! From a folder of task files to commits on a branch: real git, real stores,
//! real agents.

mod adapters;
mod agents;
mod application;
mod checkout;
mod dialogue;
mod faults;
mod faults_case;
mod faults_turn;
mod killed;
mod many_swarms;
mod processes;
mod real_clis;
mod repairs;
mod reviews;
mod sandbox;
