//! The store in one SQLite file.

mod busy;
mod fault;
mod network;
mod open;
mod rows;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use store::{Clock, SqliteStore};
