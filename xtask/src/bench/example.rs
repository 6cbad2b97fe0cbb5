//! Parts of the core by themselves: the dispatcher, the protocol.
//!
//! The programs are examples of the core, since chores depend on none of our
//! crates. They print their own figures.

use crate::failure::{Failure, Result};
use crate::{metadata, repo};

pub(super) fn example(name: &str) -> Result<()> {
    let path = format!("/examples/{name}");
    let packages = metadata::packages()?;
    let mut targets = packages.iter().flat_map(|package| &package.targets);
    if !targets.any(|target| target.contains(&path)) {
        return Err(Failure::new(format!(
            "swarm-core has no example `{name}`; nothing was measured"
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
    repo::run(example.args(["--example", name]))
}
