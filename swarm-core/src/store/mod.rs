//! The store that lives in memory: for tests, and for runs whose tasks need
//! not outlive the process.

mod errors;
mod index;
mod memory;
#[cfg(test)]
mod tests;

pub use errors::{refused, unknown};
pub use memory::MemoryStore;
