//! A whole run in a repository of its own: six tasks, four slots, scripted
//! agents.

mod field;
mod show;

pub use show::main;
