//! What was done in a worktree.

use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::{Changes, GitErrorKind, Worktree};

use crate::error::{Result, error};
use crate::fingerprint::fingerprint;
use crate::path::to_paths;
use crate::repo::Repo;

impl Repo {
    pub(crate) fn changes(&self, tree: &Worktree) -> Result<Changes> {
        let head = head_of(self, tree)?;
        let base = self.fork_point(&tree.base, &head)?;
        let status = self.status(&tree.path)?;
        let uncommitted = to_paths(status.uncommitted);
        let untracked = to_paths(status.untracked);
        let lying = uncommitted.iter().chain(&untracked);
        Ok(Changes {
            commits: self.count(&tree.base, &head)?,
            paths: to_paths(self.changed_paths(&base, &head)?),
            fingerprint: fingerprint(head.as_str(), &tree.path, lying),
            uncommitted,
            untracked,
            head,
        })
    }

    /// Where a branch left its recorded base: the base itself, unless its
    /// history was rewritten. Never the target, which others move.
    pub(crate) fn fork_point(&self, base: &Oid, head: &Oid) -> Result<Oid> {
        let bases = self.merge_bases(base, head)?;
        Ok(bases.into_iter().next().unwrap_or_else(|| base.clone()))
    }
}

/// The tip of a worktree's branch.
pub(crate) fn head_of(repo: &Repo, tree: &Worktree) -> Result<Oid> {
    repo.resolve(&format!("refs/heads/{}", tree.branch))?
        .ok_or_else(|| {
            error(
                GitErrorKind::Repository,
                "read the branch of a worktree",
                Advice::NeedsPerson,
                format!("the branch {} is gone", tree.branch),
            )
        })
}
