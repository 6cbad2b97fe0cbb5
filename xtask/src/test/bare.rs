//! The core's own tests, where neither git nor an agent can be found.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::artifacts::{Kind, built};
use crate::failure::{Failure, Result};
use crate::repo;

use super::steps::Outcome;

/// What the core must do without.
const WITHOUT: &[&str] = &["git", "claude", "codex"];

pub(super) fn bare() -> Result<Outcome> {
    if !cfg!(unix) {
        let why = "hiding programs takes symbolic links; run it on Linux or macOS";
        return Ok(Outcome::NotRun(why.to_owned()));
    }
    let programs = tests()?;
    if count(&programs)? == 0 {
        return Err(Failure::new("swarm-core has no tests: none would run"));
    }
    let path = repo::root()
        .join("target")
        .join(format!("bare-path-{}", std::process::id()));
    let outcome = fill(&path).and_then(|()| programs.iter().try_for_each(|at| run(at, &path)));
    let removed = std::fs::remove_dir_all(&path).map_err(Failure::because(format!(
        "could not remove {}",
        path.display()
    )));
    outcome.and(removed).map(|()| Outcome::Passed)
}

/// The core's test programs, built while git may still be there.
fn tests() -> Result<Vec<PathBuf>> {
    let mut build = repo::cargo();
    build.args([
        "test",
        "--package",
        "swarm-core",
        "--all-features",
        "--lib",
        "--tests",
    ]);
    built(build.arg("--no-run"), Kind::Tests)
}

/// How many tests these programs hold.
fn count(programs: &[PathBuf]) -> Result<usize> {
    let mut tests = 0;
    for program in programs {
        let list = repo::output(repo::command(&program.to_string_lossy()).arg("--list"))?;
        tests += list.lines().filter(|line| line.ends_with(": test")).count();
    }
    Ok(tests)
}

fn run(program: &Path, path: &Path) -> Result<()> {
    let mut command = repo::command(&program.to_string_lossy());
    let home = repo::root().join("swarm-core");
    command.current_dir(&home).stdin(Stdio::null());
    command.env("PATH", path).env("CARGO_MANIFEST_DIR", &home);
    // Else the snapshots are looked for by a cargo that is not there.
    command.env("INSTA_WORKSPACE_ROOT", repo::root());
    repo::run(&mut command)
}

/// Fills a folder with links to all that is on `PATH` but what is left out.
#[cfg(unix)]
fn fill(path: &Path) -> Result<()> {
    let attempted = format!("could not fill {}", path.display());
    std::fs::create_dir_all(path).map_err(Failure::because(&attempted))?;
    let folders = std::env::var_os("PATH").unwrap_or_default();
    for folder in std::env::split_paths(&folders) {
        // A folder of `PATH` need not exist.
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let link = path.join(&name);
            // The first on `PATH` wins.
            if !left_out(&name.to_string_lossy()) && link.symlink_metadata().is_err() {
                std::os::unix::fs::symlink(entry.path(), link)
                    .map_err(Failure::because(&attempted))?;
            }
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn fill(_: &Path) -> Result<()> {
    Ok(())
}

fn left_out(name: &str) -> bool {
    let mut hidden = WITHOUT.iter();
    hidden.any(|hidden| name == *hidden || name.starts_with(&format!("{hidden}-")))
}

#[cfg(test)]
mod tests {
    use super::{fill, left_out};

    #[test]
    fn git_and_agents_are_left_out() {
        for name in ["git", "git-lfs", "claude", "codex"] {
            assert!(left_out(name), "{name}");
        }
        for name in ["sh", "sleep", "github", "digit"] {
            assert!(!left_out(name), "{name}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn the_rest_of_path_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        fill(folder.path()).expect("links");
        assert!(folder.path().join("sh").exists());
        assert!(folder.path().join("git").symlink_metadata().is_err());
    }
}
