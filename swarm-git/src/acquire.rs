//! New worktrees.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use gix::error::{ErrorExt, ResultExt};
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit};
use gix::refs::{FullName, Target};
use swarm_core::error::{Advice, Failure};
use swarm_core::model::{AttemptId, Oid};
use swarm_core::ports::{GitErrorKind, Worktree};

use crate::error::{Result, error, gix as gix_error, io};
use crate::git::Limit;
use crate::lock::{Guarded, Lock};
use crate::name::names;
use crate::refs::Move;
use crate::repo::{Repo, object_id};
use crate::status::is_plain;

const OPERATION: &str = "create a worktree";

/// How often names may be taken before somebody should look.
const NAMES: u32 = 20;

impl Repo {
    /// A worktree with a branch of its own from the line's tip, with the files
    /// to copy. Ends early, with nothing left, once `stop` is set.
    pub(crate) fn create(&self, attempt: &AttemptId, stop: &AtomicBool) -> Result<Worktree> {
        let base = self.line()?.tip;
        for again in 0..NAMES {
            let names = names(&self.worktrees, attempt, again);
            if names.path.symlink_metadata().is_ok() || !self.new_branch(&names.branch, &base)? {
                continue;
            }
            let tree = Worktree {
                path: names.path,
                branch: names.branch,
                base,
            };
            let made = self
                .add_on_branch(&tree, stop)
                .and_then(|()| self.copy_files(&tree.path));
            return match made {
                Ok(()) => Ok(tree),
                Err(error) => {
                    self.undo(&tree);
                    Err(error)
                }
            };
        }
        Err(error(
            GitErrorKind::Repository,
            OPERATION,
            Advice::NeedsPerson,
            format!("{NAMES} branches or folders for {attempt} exist already; look what they hold"),
        ))
    }

    /// Removes what a failed acquire made: nobody has worked there.
    pub(crate) fn undo(&self, tree: &Worktree) {
        let removed = self.remove_worktree(&tree.path).and_then(|()| {
            self.move_ref(Move {
                name: &format!("refs/heads/{}", tree.branch),
                from: Some(&tree.base),
                to: None,
                why: "swarm: release",
            })
        });
        if let Err(error) = removed {
            tracing::warn!(%error, branch = tree.branch, "a new worktree is left behind");
        }
    }

    fn new_branch(&self, branch: &str, base: &Oid) -> Result<bool> {
        let made = self.move_ref(Move {
            name: &format!("refs/heads/{branch}"),
            from: None,
            to: Some(base),
            why: "swarm: worktree",
        });
        if made.is_err() && self.resolve("refs/heads/swarm")?.is_some() {
            return Err(error(
                GitErrorKind::Repository,
                OPERATION,
                Advice::FixConfiguration,
                "a branch named swarm leaves no room for branches swarm/…: rename it",
            ));
        }
        made
    }

    fn add_on_branch(&self, tree: &Worktree, stop: &AtomicBool) -> Result<()> {
        if let Some(repo) = self.gix()
            && self.plain_files()
            && !self.has_hook("post-checkout")
            && let Some(index) = plain_index(&repo, &tree.base)?
        {
            return add_in_process(self, &repo, index, tree, stop);
        }
        self.add_by_git(&tree.path, &["--no-track", "--quiet"], &tree.branch)
    }

    /// A worktree of ours on no branch.
    pub(crate) fn add_detached(&self, path: &Path, commit: &Oid) -> Result<()> {
        self.add_by_git(path, &["--detach", "--quiet"], commit.as_str())
    }

    fn add_by_git(&self, path: &Path, options: &[&str], what: &str) -> Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| io(OPERATION, parent, &e))?;
        }
        let _lock = Lock::take(&self.common_dir, Guarded::Worktrees)?;
        self.git()
            .args(["worktree", "add"])
            .args(options)
            .arg(path)
            .arg(what)
            .limit(Limit::Write)
            .output(OPERATION)
            .map(drop)
    }
}

/// The index of a commit, if checking it out needs nothing but writing files:
/// no submodules, no filters.
fn plain_index(repo: &gix::Repository, commit: &Oid) -> Result<Option<gix::index::File>> {
    let shared = fs::read(repo.common_dir().join("info/attributes"));
    if shared.is_ok_and(|attributes| !is_plain(&attributes)) {
        return Ok(None);
    }
    let read = || -> gix::Result<Option<gix::index::File>> {
        let Ok(id) = object_id(commit) else {
            return Ok(None);
        };
        let tree = repo.find_commit(id)?.tree_id()?;
        let index = repo.index_from_tree(&tree)?;
        for entry in index.entries() {
            if entry.mode == gix::index::entry::Mode::COMMIT {
                return Ok(None);
            }
            if entry.path(&index).ends_with(b".gitattributes")
                && !is_plain(&repo.find_object(entry.id)?.data)
            {
                return Ok(None);
            }
        }
        Ok(Some(index))
    };
    read().map_err(|e| gix_error(OPERATION, e))
}

fn add_in_process(
    ours: &Repo,
    repo: &gix::Repository,
    mut index: gix::index::File,
    tree: &Worktree,
    stop: &AtomicBool,
) -> Result<()> {
    let failed = |e: gix::Error| {
        if stop.load(Ordering::Relaxed) {
            Failure::new(GitErrorKind::Stopped, OPERATION, Advice::Retry)
        } else {
            gix_error(OPERATION, e)
        }
    };
    // Until it is persisted, dropping it removes everything again.
    let prepared = {
        let _lock = Lock::take(&ours.common_dir, Guarded::Worktrees)?;
        register(repo, tree, stop).map_err(failed)?
    };
    let new = prepared.repo();
    index.set_path(new.index_path());
    let check_out = |index: &mut gix::index::File| -> gix::Result<()> {
        use gix::worktree::stack::state::attributes::Source;
        let mut options = new.checkout_options(Source::IdMapping)?;
        options.destination_is_initially_empty = true;
        let outcome = gix::worktree::state::checkout(
            index,
            &tree.path,
            new.objects.clone().into_arc().or_error()?,
            &gix::progress::Discard,
            &gix::progress::Discard,
            stop,
            options,
        )?;
        if let Some(first) = outcome.errors.into_iter().next() {
            return Err(first.error);
        }
        if stop.load(Ordering::Relaxed) {
            return Err(gix::worktree::add::Error::Interrupted.raise());
        }
        index.write(gix::index::write::Options::default())?;
        Ok(())
    };
    check_out(&mut index).map_err(failed)?;
    prepared.persist().map_err(failed)?;
    Ok(())
}

/// Makes the worktree known, on its branch. Under the lock.
fn register(
    repo: &gix::Repository,
    tree: &Worktree,
    stop: &AtomicBool,
) -> gix::Result<gix::worktree::add::PrepareCheckout> {
    // Detached at first: to check that nobody else has the branch, gix would
    // open every worktree, and the branch is new.
    let base = gix::ObjectId::from_hex(tree.base.as_str().as_bytes())?;
    let head = gix::worktree::add::Head::Detached(base);
    let prepared = repo.prepare_add_worktree(&tree.path, head, stop)?;
    let branch = FullName::try_from(format!("refs/heads/{}", tree.branch)).or_error()?;
    prepared.repo().edit_reference(RefEdit::new(
        FullName::try_from("HEAD").or_error()?,
        Change::Update {
            log: LogChange::default(),
            expected: PreviousValue::Any,
            new: Target::Symbolic(branch),
        },
    ))?;
    Ok(prepared)
}
