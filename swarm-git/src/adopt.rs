//! Worktrees of attempts that were cut short, for those that go on for them.

use std::fs;
use std::path::Path;

use swarm_core::model::AttemptId;
use swarm_core::ports::Worktree;

use crate::error::Result;
use crate::name::{BRANCHES, slug};
use crate::put::is_noted;
use crate::registry::{Entry, EntryLock, Head};
use crate::repo::Repo;

/// What a git that was killed in a worktree leaves there. Nobody works there
/// any more, so nobody holds them.
const LOCKS: &[&str] = &["index.lock", "HEAD.lock"];

impl Repo {
    /// Whether an earlier worktree can be gone on with: it is there, whole, made
    /// by us for this task, and still on its branch. Whatever speaks against it
    /// only costs a new one.
    pub(crate) fn adopt(&self, attempt: &AttemptId, tree: &Worktree) -> bool {
        let entry = match self.adoptable(attempt, tree) {
            Ok(Some(entry)) => entry,
            Ok(None) => return false,
            Err(error) => {
                tracing::info!(%error, path = %tree.path.display(), "not used again");
                return false;
            }
        };
        for lock in LOCKS {
            // There is rarely one; if it cannot be removed, git says so.
            let _ = fs::remove_file(entry.git_dir.join(lock));
        }
        true
    }

    fn adoptable(&self, attempt: &AttemptId, tree: &Worktree) -> Result<Option<Entry>> {
        if !self.is_named_for(attempt, tree) || tree.path.symlink_metadata().is_err() {
            return Ok(None);
        }
        let entry = self.intact_entry(&tree.path)?;
        let name = format!("refs/heads/{}", tree.branch);
        let whole = entry.lock == EntryLock::Open && (!self.prepares() || is_noted(&entry.git_dir));
        if !whole
            || entry.head != Head::Branch(name.clone())
            || self.is_checked_out_elsewhere(&name, Some(&entry))?
        {
            return Ok(None);
        }
        let Some(tip) = self.resolve(&name)? else {
            return Ok(None);
        };
        let begins_there = self.is_commit(&tree.base)? && self.is_ancestor(&tree.base, &tip)?;
        Ok(begins_there.then_some(entry))
    }

    /// Folder and branch are named alike, and for an attempt of this task.
    fn is_named_for(&self, attempt: &AttemptId, tree: &Worktree) -> bool {
        let beneath = tree.path.strip_prefix(&self.worktrees).ok();
        let named = beneath.and_then(Path::to_str).and_then(|beneath| {
            let (_, leaf) = beneath.split_once('/')?;
            let number = leaf.strip_prefix(&slug(attempt.task.as_str()))?;
            let number = number.strip_prefix('-')?;
            let counts = |c: char| c.is_ascii_digit() || c == '.';
            (!number.is_empty() && number.chars().all(counts)).then_some(beneath)
        });
        named.is_some_and(|named| tree.branch == format!("{BRANCHES}{named}"))
    }
}
