//! Gates: what checks the work.

mod command;

pub use command::{BadStep, CommandGate};
