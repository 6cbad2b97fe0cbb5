//! Where tasks are kept: a durable store in one SQLite file, and folders of
//! Markdown files that people write tasks into.

pub mod files;
mod sqlite;

pub use sqlite::{Clock, SqliteStore};
