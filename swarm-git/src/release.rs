//! Worktrees and branches go, if nothing is lost with them.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::{GitErrorKind, Release, Released, Worktree};

use crate::error::{Result, error, io as io_error};
use crate::lock::{Guarded, Lock};
use crate::name::BRANCHES;
use crate::refs::Move;
use crate::registry::{Entry, EntryLock, Head};
use crate::repo::Repo;

const OPERATION: &str = "remove a worktree";

/// Nobody takes so long to write a worktree's name into its entry.
const NAMED_BY: Duration = Duration::from_secs(60);

/// In the folder of worktrees: what is being deleted.
const TRASH: &str = ".swarm-trash";

/// What a worktree and its branch hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holds {
    /// Commits that are not on the line.
    pub unlanded: bool,
    /// Work that is not committed, or a state that cannot be read.
    pub dirty: bool,
}

impl Repo {
    pub(crate) fn release(&self, tree: &Worktree, how: &Release) -> Result<Released> {
        let landed = match how {
            Release::Keep => return Ok(Released::Kept),
            Release::Unlanded => None,
            Release::Landed { commit } => Some(commit),
        };
        self.remove_if_landed(Some(&tree.path), Some(&tree.branch), landed)
    }

    /// Removes a worktree and a branch of ours if all that they hold is on the
    /// line, or in `landed`. What is gone already does not matter.
    pub(crate) fn remove_if_landed(
        &self,
        path: Option<&Path>,
        branch: Option<&str>,
        landed: Option<&Oid>,
    ) -> Result<Released> {
        self.check_ours(path, branch)?;
        let entry = path.map(|path| self.entry(path)).transpose()?.flatten();
        let name = branch.map(|branch| format!("refs/heads/{branch}"));
        let tip = name
            .as_deref()
            .map(|name| self.resolve(name))
            .transpose()?
            .flatten();
        let unregistered = entry.is_none() && path.is_some_and(Path::exists);
        let locked = entry
            .as_ref()
            .is_some_and(|entry| entry.lock == EntryLock::Locked);
        if unregistered || locked {
            return Ok(Released::Kept);
        }
        let holds = self.holds(entry.as_ref(), tip.as_ref(), landed)?;
        let elsewhere = match &name {
            Some(name) => self.is_checked_out_elsewhere(name, entry.as_ref())?,
            None => false,
        };
        if holds != Holds::default() || elsewhere {
            return Ok(Released::Kept);
        }
        if let Some(entry) = &entry {
            self.unregister(entry)?;
        }
        // By comparison: what was committed at this very moment stays.
        let gone = match (&name, &tip) {
            (Some(name), Some(tip)) => self.move_ref(Move {
                name,
                from: Some(tip),
                to: None,
                why: "swarm: release",
            })?,
            _ => true,
        };
        Ok(if gone {
            Released::Removed
        } else {
            Released::Kept
        })
    }

    /// What would be lost.
    pub(crate) fn holds(
        &self,
        entry: Option<&Entry>,
        tip: Option<&Oid>,
        landed: Option<&Oid>,
    ) -> Result<Holds> {
        let line = self.line()?;
        let head = match entry.map(|entry| &entry.head) {
            Some(Head::Branch(name)) => self.resolve(name)?,
            Some(Head::Detached(head)) => Some(head.clone()),
            Some(Head::Unknown) | None => None,
        };
        let mut holds = Holds::default();
        for commit in tip.into_iter().chain(head.as_ref()) {
            let in_landing = match landed {
                Some(landed) => self.is_commit(landed)? && self.is_ancestor(commit, landed)?,
                None => false,
            };
            holds.unlanded |= !in_landing && !self.line_contains(&line, commit)?;
        }
        if let Some(entry) = entry
            && entry.lock != EntryLock::Unfinished
            && entry.path.exists()
        {
            holds.dirty = match self.status(&entry.path) {
                Ok(status) => !status.is_clean(),
                Err(error) if *error.kind() == GitErrorKind::Repository => true,
                Err(error) => return Err(error),
            };
        }
        Ok(holds)
    }

    pub(crate) fn is_checked_out_elsewhere(
        &self,
        name: &str,
        entry: Option<&Entry>,
    ) -> Result<bool> {
        let ours = entry.map(|entry| &entry.git_dir);
        Ok(self.checkouts()?.iter().any(|checkout| {
            Some(&checkout.git_dir) != ours && checkout.head == Head::Branch(name.to_owned())
        }))
    }

    /// Removes a worktree of ours, whatever it holds, and not its branch.
    pub(crate) fn remove_worktree(&self, path: &Path) -> Result<()> {
        self.check_ours(Some(path), None)?;
        match self.entry(path)? {
            Some(entry) => self.unregister(&entry),
            None => Ok(()),
        }
    }

    /// The registration goes first, with the folder moved aside: a kill at any
    /// point leaves nothing half-deleted that looks like work.
    fn unregister(&self, entry: &Entry) -> Result<()> {
        let trash = self.worktrees.join(TRASH);
        let aside = trash.join(self.unique());
        {
            let _lock = Lock::take(&self.common_dir, Guarded::Worktrees)?;
            fs::create_dir_all(&trash).map_err(|e| io_error(OPERATION, &trash, &e))?;
            match fs::rename(&entry.path, &aside) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(io_error(OPERATION, &entry.path, &e)),
            }
            remove_tree(&entry.git_dir).map_err(|e| io_error(OPERATION, &entry.git_dir, &e))?;
            // The folder of the run, once it is empty.
            if let Some(run) = entry.path.parent().filter(|run| *run != self.worktrees) {
                let _ = fs::remove_dir(run);
            }
        }
        if let Err(error) = remove_tree(&aside) {
            tracing::warn!(%error, path = %aside.display(), "cannot delete; gc tries again");
        }
        let _ = fs::remove_dir(&trash);
        Ok(())
    }

    /// Deletes entries whose makers died before these named a checkout.
    pub(crate) fn forget_nameless_entries(&self) -> Result<()> {
        let _lock = Lock::take(&self.common_dir, Guarded::Worktrees)?;
        for git_dir in self.nameless_entries()? {
            let changed = git_dir.metadata().and_then(|meta| meta.modified()).ok();
            let age = changed.and_then(|changed| changed.elapsed().ok());
            if age.is_some_and(|age| age > NAMED_BY) {
                remove_tree(&git_dir).map_err(|e| io_error(OPERATION, &git_dir, &e))?;
            }
        }
        Ok(())
    }

    /// Deletes what an earlier removal left.
    pub(crate) fn empty_trash(&self) {
        let trash = self.worktrees.join(TRASH);
        if let Err(error) = remove_tree(&trash) {
            tracing::warn!(%error, path = %trash.display(), "cannot delete");
        }
    }

    /// Whatever we are told: only what we made goes.
    fn check_ours(&self, path: Option<&Path>, branch: Option<&str>) -> Result<()> {
        let beneath = path.is_none_or(|path| {
            let normal = path
                .components()
                .all(|part| !matches!(part, std::path::Component::ParentDir));
            normal && path != self.worktrees && path.starts_with(&self.worktrees)
        });
        if beneath && branch.is_none_or(|branch| branch.starts_with(BRANCHES)) {
            return Ok(());
        }
        Err(error(
            GitErrorKind::Repository,
            OPERATION,
            Advice::Bug,
            format!(
                "{} with branch {} is no worktree of a swarm in {}",
                path.unwrap_or(Path::new("nothing")).display(),
                branch.unwrap_or("none"),
                self.worktrees.display(),
            ),
        ))
    }
}

/// Deletes a folder with all that is in it, also what is read-only, as some
/// package managers leave it.
fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            make_writable(path)?;
            fs::remove_dir_all(path)
        }
        done => done,
    }
}

#[cfg(unix)]
fn make_writable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let kind = path.symlink_metadata()?;
    if kind.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(path)? {
            make_writable(&entry?.path())?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_writable(_: &Path) -> io::Result<()> {
    Ok(())
}
