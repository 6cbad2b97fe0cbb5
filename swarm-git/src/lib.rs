//! Worktrees and landings on real git: the [`GitClient`] of swarm.
//!
//! [`GitRepo`] works in process, on [gix], wherever gix gives the very result
//! that git would; everything else (hooks, filters, partial clones, sparse
//! checkouts, reftable, sha256, merges that touch the same paths) is done by
//! the git binary, 2.38 or newer.
//!
//! ```no_run
//! use std::sync::Arc;
//! use swarm_core::ports::{GitClient, GitError};
//! use swarm_git::GitRepo;
//!
//! # async fn open() -> Result<(), GitError> {
//! let repo = GitRepo::builder(".").target("main").copy(".env").build()?;
//! let git: Arc<dyn GitClient> = Arc::new(repo);
//! println!("landings build on {}", git.inspect().await?.tip);
//! # Ok(())
//! # }
//! ```
//!
//! # What it does to a repository
//!
//! - Branches `swarm/<run>/<task>-<attempt>`, each with a worktree in a folder
//!   outside the repository. Both go when they hold nothing unlanded.
//! - The target branch moves forward, by comparison. While a checkout of the
//!   target stands in the way, landings go on along
//!   `refs/swarm/line/<target>` instead.
//! - A folder `swarm` in the common git directory, with a lock file.
//!
//! Nothing else is written: no configuration, no ignore file.
//!
//! [gix]: https://docs.rs/gix
//! [`GitClient`]: swarm_core::ports::GitClient

mod acquire;
mod adopt;
mod advance;
mod builder;
mod changes;
mod checkout;
mod client;
mod commit;
mod config;
mod copy;
mod diff;
mod discover;
mod error;
mod fingerprint;
mod git;
mod history;
mod hooks;
mod landing;
mod leftover;
mod line;
mod lock;
mod name;
mod path;
mod preflight;
mod put;
mod refs;
mod registry;
mod release;
mod repo;
mod setup;
mod status;
mod tree;

pub use builder::{GitRepoBuilder, default_worktrees_dir};
pub use leftover::Leftover;
pub use repo::GitRepo;
