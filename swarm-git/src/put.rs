//! What acquire put into a worktree, beside what git checked out.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use gix::bstr::BString;

use crate::error::{Result, io as io_error};
use crate::path::to_path;
use crate::repo::Repo;
use crate::tree::split_nul;

/// In the worktree's own git directory: it goes when the worktree goes.
const FILE: &str = "swarm-put";

const OPERATION: &str = "note what was put into a worktree";

impl Repo {
    /// Whether anything is put into a worktree.
    pub(crate) fn prepares(&self) -> bool {
        !self.copy.is_empty() || !self.setup.is_empty()
    }

    /// Notes everything untracked in a new worktree as put there by us.
    pub(crate) fn note_put(&self, worktree: &Path) -> Result<()> {
        if !self.prepares() {
            return Ok(());
        }
        let entry = self.intact_entry(worktree)?;
        let untracked = self.whole_status(&entry)?.untracked;
        let mut names = Vec::new();
        for name in untracked {
            if self
                .copy
                .iter()
                .any(|copied| to_path(name.as_ref()).starts_with(copied))
            {
                tracing::warn!(path = %name, "copied, but not ignored: `git add -A` would commit it");
            }
            names.extend_from_slice(&name);
            names.push(0);
        }
        let path = entry.git_dir.join(FILE);
        fs::write(&path, names).map_err(|e| io_error(OPERATION, &path, &e))
    }
}

/// Whether everything was put there: it was noted last.
pub(crate) fn is_noted(git_dir: &Path) -> bool {
    git_dir.join(FILE).exists()
}

/// The paths that were noted.
pub(crate) fn put_there(git_dir: &Path) -> Result<BTreeSet<BString>> {
    let path = git_dir.join(FILE);
    match fs::read(&path) {
        Ok(names) => Ok(split_nul(&names).into_iter().collect()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(e) => Err(io_error(OPERATION, &path, &e)),
    }
}
