//! What earlier runs left in the repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use swarm_core::ports::{GitError, Released};

use crate::error::Result;
use crate::name::BRANCHES;
use crate::registry::{Entry, EntryLock};
use crate::repo::{GitRepo, Repo};

/// A worktree or a branch of a swarm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leftover {
    /// The worktree; `None` for a branch without one. It may be gone.
    pub path: Option<PathBuf>,
    /// Short name of the branch; `None` if the worktree has none any more.
    pub branch: Option<String>,
    /// Commits that are not on the line.
    pub unlanded: bool,
    /// Work that is not committed, or a state that cannot be read.
    pub dirty: bool,
    /// Somebody locked it with `git worktree lock`.
    pub locked: bool,
}

impl Leftover {
    /// Whether [`GitRepo::sweep`] would remove it.
    pub fn removable(&self) -> bool {
        !self.unlanded && !self.dirty && !self.locked
    }
}

impl GitRepo {
    /// All worktrees in [`worktrees_dir`](Self::worktrees_dir) and all
    /// branches `swarm/…`, those of live runs too. Changes nothing. Blocks.
    ///
    /// # Errors
    /// Any kind of reading; `Target` if the target branch is gone.
    pub fn leftovers(&self) -> std::result::Result<Vec<Leftover>, GitError> {
        self.0.leftovers()
    }

    /// Removes those of the given that hold nothing unlanded, looking again at
    /// each, and tells which are gone. Nobody may be working in any of them:
    /// leave out what a live run uses. One that cannot be removed is kept, and
    /// the others go all the same. May be repeated. Blocks.
    ///
    /// # Errors
    /// `Io` or `Lock` if the list of worktrees cannot be written.
    pub fn sweep(&self, what: &[Leftover]) -> std::result::Result<Vec<Leftover>, GitError> {
        let mut gone = Vec::new();
        for left in what {
            let (path, branch) = (left.path.as_deref(), left.branch.as_deref());
            match self.0.remove_if_landed(path, branch, None) {
                Ok(Released::Removed) => gone.push(left.clone()),
                Ok(Released::Kept) => {}
                // What a dead process locked is in the way of itself alone.
                Err(error) => tracing::warn!(%error, ?left, "kept: it cannot be removed"),
            }
        }
        self.0.forget_nameless_entries()?;
        self.0.empty_trash();
        Ok(gone)
    }
}

impl Repo {
    fn leftovers(&self) -> Result<Vec<Leftover>> {
        let mut left = Vec::new();
        let mut with_worktree = BTreeSet::new();
        for entry in self.linked_worktrees()? {
            if entry.path.starts_with(&self.worktrees) {
                let one = self.worktree_left(entry)?;
                with_worktree.extend(one.branch.clone());
                left.push(one);
            }
        }
        for branch in self.branches(BRANCHES)? {
            if !with_worktree.contains(&branch) {
                let tip = self.resolve(&format!("refs/heads/{branch}"))?;
                left.push(Leftover {
                    unlanded: self.holds(None, tip.as_ref(), None)?.unlanded,
                    path: None,
                    branch: Some(branch),
                    dirty: false,
                    locked: false,
                });
            }
        }
        Ok(left)
    }

    fn worktree_left(&self, entry: Entry) -> Result<Leftover> {
        // By its folder: an agent may have switched to another branch.
        let named = entry.path.strip_prefix(&self.worktrees).ok();
        let named = named
            .and_then(Path::to_str)
            .map(|leaf| format!("{BRANCHES}{leaf}"));
        let (branch, tip) = match named {
            Some(name) => (
                Some(name.clone()),
                self.resolve(&format!("refs/heads/{name}"))?,
            ),
            None => (None, None),
        };
        let holds = self.holds(Some(&entry), tip.as_ref(), None)?;
        Ok(Leftover {
            branch: branch.filter(|_| tip.is_some()),
            path: Some(entry.path),
            unlanded: holds.unlanded,
            dirty: holds.dirty,
            locked: entry.lock == EntryLock::Locked,
        })
    }
}
