//! From a folder of task files to commits on a branch: real git, real stores,
//! real agents.

mod agents;
mod application;
mod checkout;
mod dialogue;
mod killed;
mod many_swarms;
mod processes;
mod real_clis;
mod repairs;
mod sandbox;
