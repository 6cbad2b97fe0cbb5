//! The repository's hooks. gix runs none: where one would run, git works.

use std::fs;
use std::path::{Path, PathBuf};

use crate::repo::Repo;

/// Hooks that `git merge` runs.
const MERGE: &[&str] = &[
    "commit-msg",
    "post-merge",
    "pre-merge-commit",
    "prepare-commit-msg",
];

/// Hooks that run at other steps of ours.
const OTHER: &[&str] = &["post-checkout", "reference-transaction"];

/// Hooks that run when an agent commits.
const AGENT: &[&str] = &[
    "commit-msg",
    "post-commit",
    "post-rewrite",
    "pre-commit",
    "pre-rebase",
    "prepare-commit-msg",
];

impl Repo {
    /// The hooks that would run when an agent commits in a worktree, in order.
    pub(crate) fn agent_hooks(&self) -> Vec<String> {
        self.present(AGENT.iter())
    }

    /// Whether a landing commit must be made by `git merge`.
    pub(crate) fn has_merge_hooks(&self) -> bool {
        MERGE.iter().any(|name| self.has_hook(name))
    }

    /// Whether this hook would run.
    pub(crate) fn has_hook(&self, name: &str) -> bool {
        is_executable(&self.hooks_dir().join(name))
    }

    /// The hooks that would run, in order.
    pub(crate) fn hooks(&self) -> Vec<String> {
        self.present(MERGE.iter().chain(OTHER))
    }

    fn present<'a>(&self, names: impl Iterator<Item = &'a &'a str>) -> Vec<String> {
        let mut names: Vec<_> = names
            .filter(|name| self.has_hook(name))
            .map(|name| (*name).to_owned())
            .collect();
        names.sort_unstable();
        names
    }

    fn hooks_dir(&self) -> PathBuf {
        match self.config.path("core.hookspath", &self.env) {
            None => self.common_dir.join("hooks"),
            // A relative one is meant from the top of the checkout.
            Some(path) => self.root.as_deref().unwrap_or(&self.common_dir).join(path),
        }
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file())
}
