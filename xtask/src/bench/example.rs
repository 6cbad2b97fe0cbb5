//! Parts of the benchmark that are examples of a crate, since chores depend on
//! none of our crates. They print their own figures.

use crate::failure::{Failure, Result};
use crate::{metadata, repo};

/// The dispatcher by itself: scripted tasks, no git, no agent, no clock.
pub(super) fn dispatcher() -> Result<()> {
    example("swarm-core", "throughput", TEST_UTIL)
}

/// Messages through the signal parsers, and prompts.
pub(super) fn protocol() -> Result<()> {
    example("swarm-core", "protocol", TEST_UTIL)
}

/// The adapters by themselves: long recorded streams, no agent.
pub(super) fn streams() -> Result<()> {
    example("swarm-harness-claude", "read_claude", &[])?;
    example("swarm-harness-codex", "read_codex", &[])
}

const TEST_UTIL: &[&str] = &["--features", "test-util"];

fn example(package: &str, name: &str, more: &[&str]) -> Result<()> {
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
