//! Tasks as Markdown files in a folder.
//!
//! Every `*.md` file directly in the folder is a task, a `README.md` too; only
//! hidden files and sub-folders are passed over. The text is what the agent is
//! told. YAML front matter may say more:
//!
//! ```markdown
//! ---
//! id: fix-login            # otherwise the file's name without .md
//! title: Fix the login     # otherwise the first heading, otherwise the id
//! depends_on: [write-tests]  # or one id; they must have landed before
//! priority: 5              # higher goes first; 0 if not given
//! kind: bug                # a free word
//! harness: claude          # instead of the run's
//! model: opus              # instead of the harness's
//! gates: [test]            # only these gate steps; [] for none
//! timeout: 1h30m           # of one turn; or a number of seconds
//! max_attempts: 2          # instead of the run's
//! draft: true              # not to be started yet
//! meta: {ticket: 123}      # anything; never read by the library
//! ---
//! # Fix the login
//! The login page rejects valid passwords.
//! ```
//!
//! Nothing here ever moves or writes a task file. [`TaskFolder::read`] reads a
//! folder, [`sync`] brings a store up to date with it, and [`preview`] tells
//! what that would do.
//!
//! ```
//! use swarm_core::store::MemoryStore;
//! use swarm_store::files::{TaskFolder, sync};
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let dir = tempfile::tempdir()?;
//! # let tasks = dir.path();
//! std::fs::write(tasks.join("greet.md"), "Print a greeting.")?;
//! let folder = TaskFolder::read(tasks)?;
//! let synced = sync(&MemoryStore::new(), &folder).await?;
//! assert_eq!(synced.new[0].as_str(), "greet");
//! # Ok::<_, Box<dyn std::error::Error>>(()) })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod duration;
mod folder;
mod front;
mod problem;
mod sync;
#[cfg(test)]
mod tests;
mod text;
mod yaml;

pub use duration::{BadDuration, parse_duration};
pub use folder::TaskFolder;
pub use front::parse;
pub use problem::{FilesError, Problem, Unusable};
pub use sync::{Synced, preview, sync};
