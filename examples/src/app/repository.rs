//! Opening the repository, and where things are in it.

use std::path::{Path, PathBuf};

use swarm_core::error::Advice;
use swarm_core::ports::{GitError, GitErrorKind};
use swarm_git::GitRepo;

use super::host::Host;
use super::refusal::Refusal;
use super::settings::Settings;

/// Opens the repository. Changes nothing.
pub(super) fn open(settings: &Settings, host: &Host) -> Result<GitRepo, Refusal> {
    let mut builder = GitRepo::builder(&settings.repo).env(host.env.clone());
    if let Some(target) = &settings.target {
        builder = builder.target(target);
    }
    if let Some(worktrees) = &settings.worktrees {
        builder = builder.worktrees(worktrees);
    }
    for path in &settings.copy {
        builder = builder.copy(path);
    }
    for command in &settings.setup {
        builder = builder.setup(command);
    }
    builder
        .build()
        .map_err(|error| Refusal::new(explain(&error)))
}

/// What is wrong with a repository, and what to do where that is known here.
pub(super) fn explain(error: &GitError) -> String {
    let more = match (error.kind(), error.advice()) {
        (GitErrorKind::Target, _) => "; name a branch that exists by --target",
        (_, Advice::Retry | Advice::RetryAt(_)) => "; try again later",
        _ => "",
    };
    format!("{error}{more}")
}

/// The folder of task files.
pub(super) fn tasks_folder(settings: &Settings, repo: &GitRepo) -> Result<PathBuf, Refusal> {
    let given = settings.tasks.clone();
    let default = || Some(repo.root()?.join(Settings::TASKS));
    given.or_else(default).ok_or_else(|| {
        Refusal::new(format!(
            "{} has no checkout with a folder of task files; give one by --tasks",
            repo.common_dir().display()
        ))
    })
}

/// Our own folder in the git directory: git shares it between worktrees, and
/// never shows or cleans it.
pub(super) fn own_folder(repo: &GitRepo) -> PathBuf {
    repo.common_dir().join("swarm")
}

/// Where a task is written, for messages about it.
pub(super) fn task_file(tasks: &Path, id: &str) -> String {
    let file = tasks.join(format!("{id}.md"));
    if file.is_file() {
        file.display().to_string()
    } else {
        format!("{}: task {id:?}", tasks.display())
    }
}
