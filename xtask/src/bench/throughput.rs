//! The dispatcher by itself: scripted tasks, no git, no agent, no clock.
//!
//! The program is an example of the core, since chores depend on none of our
//! crates. It prints its own figures.

use crate::failure::{Failure, Result};
use crate::{metadata, repo};

const EXAMPLE: &str = "throughput";

pub(super) fn throughput() -> Result<()> {
    example("swarm-core", EXAMPLE, &["--features", "test-util"])
}

/// Runs an example that prints its own figures.
pub(super) fn example(package: &str, name: &str, more: &[&str]) -> Result<()> {
    let path = format!("{package}/examples/{name}.");
    let packages = metadata::packages()?;
    let mut targets = packages.iter().flat_map(|package| &package.targets);
    if !targets.any(|target| target.starts_with(&path)) {
        return Err(Failure::new(format!(
            "{package} has no example `{name}`; nothing was measured"
        )));
    }
    let mut example = repo::cargo();
    example.args(["run", "--release", "--quiet", "--package", package]);
    repo::run(example.args(["--example", name]).args(more))
}
