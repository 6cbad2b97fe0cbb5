//! A merge in a repository that has merge hooks: by git itself, in a worktree
//! of its own, so that they run as at any other merge.

use gix::bstr::BString;
use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::{GitErrorKind, MergeRequest};

use super::OPERATION;
use crate::error::{Result, error};
use crate::git::{Limit, failed, said};
use crate::registry::{Entry, Head};
use crate::repo::Repo;
use crate::tree::split_nul;

impl Repo {
    pub(super) fn merge_with_hooks(
        &self,
        base: &Oid,
        what: &MergeRequest,
    ) -> Result<std::result::Result<Oid, Vec<BString>>> {
        let path = self.worktrees.join(".swarm-merge").join(self.unique());
        self.add_detached(&path, base)?;
        let merged = self
            .intact_entry(&path)
            .and_then(|entry| self.merge_in(&entry, what));
        if let Err(error) = self.remove_worktree(&path) {
            tracing::warn!(%error, path = %path.display(), "a spare worktree is left behind");
        }
        merged
    }

    fn merge_in(
        &self,
        spare: &Entry,
        what: &MergeRequest,
    ) -> Result<std::result::Result<Oid, Vec<BString>>> {
        let done = self
            .git
            .at(&spare.path)
            .args([
                "merge",
                "--no-ff",
                "--no-edit",
                "--no-squash",
                "--cleanup=verbatim",
            ])
            .args(["--quiet", "--no-stat", "--no-progress", "-m", &what.message])
            .arg(what.head.as_str())
            .limit(Limit::WRITE)
            .run(OPERATION)?;
        if done.code == Some(0) {
            let now = self.intact_entry(&spare.path)?;
            return match now.head {
                Head::Detached(commit) => Ok(Ok(commit)),
                Head::Branch(_) | Head::Unknown => Err(failed(OPERATION, &done)),
            };
        }
        let unmerged = self
            .git
            .at(&spare.path)
            .args(["diff", "--name-only", "--diff-filter=U", "-z"])
            .limit(Limit::READ)
            .output(OPERATION)?;
        if !unmerged.is_empty() {
            return Ok(Err(split_nul(&unmerged)));
        }
        // git had merged all and was about to commit.
        if spare.git_dir.join("MERGE_HEAD").exists() {
            return Err(error(
                GitErrorKind::Hook,
                "commit the merge",
                Advice::NeedsPerson,
                format!("a hook of the repository refused: {}", said(&done)),
            ));
        }
        Err(failed(OPERATION, &done))
    }
}
