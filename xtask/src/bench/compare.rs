//! The two that are compared, and how each is called.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::failure::{Failure, Result};

use super::field::Field;

/// Who does the work.
pub(super) enum Side {
    Plain,
    Swarm(PathBuf),
}

impl Side {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Plain => "script",
            Self::Swarm(_) => "swarm",
        }
    }

    /// The command that does all tasks of the field.
    pub(super) fn command(&self, field: &Field, repo: &Path, jobs: usize) -> Command {
        let (tasks, trees) = (field.path("tasks"), field.path("trees"));
        let agent = field.path("agent.sh");
        match self {
            Self::Plain => {
                let mut plain = field.command(Path::new("bash"));
                plain.arg(field.path("plain.sh")).arg(repo).arg(trees);
                plain.arg(tasks).arg(agent).arg(jobs.to_string());
                plain
            }
            Self::Swarm(program) => {
                let mut swarm = field.command(program);
                swarm.arg("run").arg("--repo").arg(repo);
                swarm
                    .arg("--tasks")
                    .arg(tasks)
                    .arg("--worktrees")
                    .arg(trees);
                swarm.args(["--jobs", &jobs.to_string(), "--harness", "command"]);
                swarm
                    .arg("--harness-cmd")
                    .arg(format!("sh {}", agent.display()));
                swarm.arg("--json");
                swarm
            }
        }
    }

    /// How many git processes it says it started, if it says so.
    pub(super) fn own_count(&self, stdout: &str) -> Result<Option<u64>> {
        match self {
            Self::Plain => Ok(None),
            Self::Swarm(_) => own_count(stdout).map(Some),
        }
    }
}

/// Reads it from the run report, the last line.
fn own_count(stdout: &str) -> Result<u64> {
    let last = stdout.lines().next_back().unwrap_or_default();
    let report: Option<Value> = serde_json::from_str(last).ok();
    let count = report.and_then(|report| report["git_processes"].as_u64());
    count.ok_or_else(|| Failure::new(format!("no report at the end of swarm's output: {last}")))
}

#[cfg(test)]
mod tests {
    use super::own_count;

    #[test]
    fn the_report_is_the_last_line() {
        let output = "progress\n{\"schema\":1,\"git_processes\":7}\n";
        assert_eq!(own_count(output).ok(), Some(7));
        assert!(own_count("").is_err());
        assert!(own_count("{\"schema\":1}\n").is_err());
    }
}
