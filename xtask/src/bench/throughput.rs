//! The dispatcher by itself: scripted tasks, no git, no agent, no clock.
//!
//! The program is an example of the core, since chores depend on none of our
//! crates. It prints its own figures.

use crate::failure::{Failure, Result};
use crate::{metadata, repo};

const EXAMPLE: &str = "throughput";

pub(super) fn throughput() -> Result<()> {
    let path = format!("/examples/{EXAMPLE}");
    let packages = metadata::packages()?;
    let mut targets = packages.iter().flat_map(|package| &package.targets);
    if !targets.any(|target| target.contains(&path)) {
        return Err(Failure::new(format!(
            "swarm-core has no example `{EXAMPLE}`; nothing was measured"
        )));
    }
    let mut example = repo::cargo();
    example.args([
        "run",
        "--release",
        "--quiet",
        "--package",
        "swarm-core",
        "--features",
        "test-util",
    ]);
    repo::run(example.args(["--example", EXAMPLE]))
}
