//! The store that lives in memory: for tests, and for runs whose tasks need
//! not outlive the process. And what all stores share.

mod errors;
mod index;
mod memory;
mod rows;
#[cfg(test)]
mod tests;

pub use errors::{refused, unknown};
pub use memory::MemoryStore;
pub use rows::all_rows;
