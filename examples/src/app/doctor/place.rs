//! git, the repository, the task files, the state file.

use std::collections::BTreeSet;
use std::fs::OpenOptions;

use swarm_core::model::{HarnessName, TaskState};
use swarm_core::ports::{GitClient, GitErrorKind, PreflightRequest};
use swarm_git::GitRepo;
use swarm_store::files::preview;

use super::Findings;
use crate::app::host::Host;

use crate::app::settings::Settings;
use crate::app::text::count;
use crate::app::{prepare, program, repository, state};

/// Without a repository, whether there is git at all.
async fn git(findings: &mut Findings, host: &Host) {
    match program::ask("git".as_ref(), &["--version"], host).await {
        Some(said) => findings.ok(said),
        None => findings.fail("git: there is none on PATH; install git 2.38 or newer"),
    }
}

/// Gives the harnesses that tasks ask for.
pub(super) async fn repository(
    findings: &mut Findings,
    settings: &Settings,
    host: &Host,
) -> BTreeSet<HarnessName> {
    let repo = match repository::open(settings, host) {
        Ok(repo) => repo,
        Err(refusal) => {
            git(findings, host).await;
            findings.fail(refusal.to_string());
            return BTreeSet::new();
        }
    };
    findings.checks(repo.preflight(PreflightRequest::default()).await);
    findings.ok(format!("repository {}", repo.common_dir().display()));
    target(findings, &repo).await;
    findings.ok(format!(
        "worktrees are made in {}",
        repo.worktrees_dir().display()
    ));
    let asked = tasks(findings, settings, &repo).await;
    if settings.gates.is_empty() {
        findings.warn("no gates: work lands unchecked; give a check by --gate NAME=CMD");
    } else {
        let names: Vec<&str> = settings
            .gates
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        findings.ok(format!("gates: {}", names.join(", ")));
    }
    asked
}

async fn target(findings: &mut Findings, repo: &GitRepo) {
    match repo.inspect().await {
        Ok(found) => {
            findings.ok(format!("target branch {} at {}", found.target, found.tip));
            findings.ok("git knows who commits");
            if let Some(line) = found.parked {
                findings.warn(format!(
                    "work has landed on {line}, which {} is behind of: a checkout was in the way; \
                     bring it forward by: git merge {line}",
                    found.target
                ));
            }
        }
        Err(error) if *error.kind() == GitErrorKind::Identity => {
            findings.fail(format!(
                "{error}; git config user.name NAME, git config user.email ADDRESS"
            ));
        }
        Err(error) => findings.fail(repository::explain(&error)),
    }
}

async fn tasks(
    findings: &mut Findings,
    settings: &Settings,
    repo: &GitRepo,
) -> BTreeSet<HarnessName> {
    let path = state::path(settings, repo);
    let stored = match state::peek(&path).await {
        Ok(rows) if !path.exists() => {
            findings.ok(format!("state file {} (not made yet)", path.display()));
            rows
        }
        Ok(rows) => {
            let writable = OpenOptions::new().append(true).open(&path);
            match writable {
                Ok(_) => findings.ok(format!("state file {}", path.display())),
                Err(error) => findings.fail(format!(
                    "state file {}: {error}; make it writable",
                    path.display()
                )),
            }
            rows
        }
        Err(refusal) => {
            findings.fail(refusal.to_string());
            return BTreeSet::new();
        }
    };
    let folder = repository::tasks_folder(settings, repo).and_then(|tasks| prepare::read(&tasks));
    let folder = match folder {
        Ok(folder) => folder,
        Err(refusal) => {
            findings.fail(refusal.to_string());
            return BTreeSet::new();
        }
    };
    for problem in folder.tasks.iter().filter_map(|new| new.problem.as_ref()) {
        findings.warn(format!("{problem} (the task is blocked)"));
    }
    let rows = preview(stored, &folder);
    let problems = swarm_core::protocol::plan::check(&rows);
    for problem in &problems {
        findings.fail(format!("{}: {problem}", folder.source.0));
    }
    let number = count(folder.tasks.len(), "task");
    findings.ok(format!("{number} in {}", folder.source.0));
    rows.iter()
        .filter(|row| row.task.source == folder.source)
        .filter(|row| !matches!(row.state, TaskState::Landed { .. } | TaskState::Removed))
        .filter_map(|row| row.task.harness.clone())
        .collect()
}
