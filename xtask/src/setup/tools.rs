//! The programs that the tests need on `PATH`.

use crate::failure::{Failure, Result};
use crate::repo;

/// The first git that merges without a worktree.
const GIT: (u32, u32) = (2, 38);

/// Reports git, node and npm, or says what is missing.
pub(super) fn check() -> Result<()> {
    let git = version("git", "install git 2.38 or newer")?;
    if numbers(&git) < GIT {
        return Err(Failure::new(format!(
            "git is {git}, 2.38 or newer is needed (`git merge-tree --write-tree`)"
        )));
    }
    let node = version("node", "install Node.js, which npm runs on")?;
    let npm = version(
        if cfg!(windows) { "npm.cmd" } else { "npm" },
        "install npm, from which the agents' command lines come",
    )?;
    println!("setup: git {git}, node {node}, npm {npm}");
    Ok(())
}

fn version(program: &str, missing: &str) -> Result<String> {
    let answer =
        repo::output(repo::command(program).arg("--version")).map_err(Failure::because(missing))?;
    let version = answer.split_whitespace().find(|word| {
        word.trim_start_matches('v')
            .starts_with(|c: char| c.is_ascii_digit())
    });
    Ok(version.unwrap_or(answer.trim()).to_owned())
}

fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{GIT, numbers};

    #[test]
    fn versions_are_compared_by_number() {
        assert!(numbers("2.9.5") < GIT);
        assert!(numbers("2.38.0") >= GIT);
        assert!(numbers("2.47.3.windows.1") >= GIT);
        assert!(numbers("3.0") >= GIT);
    }
}
