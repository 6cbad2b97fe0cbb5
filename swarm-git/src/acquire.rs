//! New worktrees.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use gix::error::{ErrorExt, ResultExt};
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit};
use gix::refs::{FullName, Target};
use gix::worktree::add::{Head, PrepareCheckout};
use swarm_core::error::{Advice, Failure};
use swarm_core::model::{AttemptId, Oid};
use swarm_core::ports::{GitError, GitErrorKind, Worktree};

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
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::new(
                GitErrorKind::Stopped,
                OPERATION,
                Advice::Retry,
            ));
        }
        let base = self.line()?.tip;
        let mut index = self.plain_index(&base)?;
        for again in 0..NAMES {
            let names = names(&self.worktrees, attempt, again);
            let tree = Worktree {
                path: names.path,
                branch: names.branch,
                base: base.clone(),
            };
            let made = match self.begin(&tree, index.is_some(), stop)? {
                Begun::Taken => continue,
                Begun::Ready => Ok(()),
                Begun::Empty(prepared) => check_out(*prepared, index.take(), &tree.path, stop),
            };
            if let Err(error) = made.and_then(|()| self.copy_files(&tree.path)) {
                self.undo(&tree);
                return Err(error);
            }
            return Ok(tree);
        }
        Err(error(
            GitErrorKind::Repository,
            OPERATION,
            Advice::NeedsPerson,
            format!("{NAMES} branches or folders for {attempt} exist already; look what they hold"),
        ))
    }

    /// Makes branch and worktree known, in one step for all others.
    fn begin(&self, tree: &Worktree, plain: bool, stop: &AtomicBool) -> Result<Begun> {
        let _lock = Lock::take(&self.common_dir, Guarded::Worktrees)?;
        if tree.path.symlink_metadata().is_ok() || !self.new_branch(&tree.branch, &tree.base)? {
            return Ok(Begun::Taken);
        }
        self.mend_entries()?;
        // gix refuses to add to a list that it cannot read to its end.
        let listed = self.nameless_entries()?.is_empty();
        let begun = match self.gix().filter(|_| plain && listed) {
            Some(repo) => register(&repo, tree, stop)
                .map(|prepared| Begun::Empty(Box::new(prepared)))
                .map_err(|e| failed(e, stop)),
            None => self
                .add_by_git(&tree.path, &["--quiet"], &tree.branch)
                .map(|()| Begun::Ready),
        };
        begun.inspect_err(|_| self.drop_branch(tree))
    }

    /// Removes what a failed acquire made: nobody has worked there.
    pub(crate) fn undo(&self, tree: &Worktree) {
        if let Err(error) = self.remove_worktree(&tree.path) {
            tracing::warn!(%error, path = %tree.path.display(), "a new worktree is left behind");
        }
        self.drop_branch(tree);
    }

    fn drop_branch(&self, tree: &Worktree) {
        let dropped = self.move_ref(Move {
            name: &format!("refs/heads/{}", tree.branch),
            from: Some(&tree.base),
            to: None,
            why: "swarm: release",
        });
        if let Err(error) = dropped {
            tracing::warn!(%error, branch = tree.branch, "a new branch is left behind");
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

    /// The index of a commit, if gix can check it out as git would.
    fn plain_index(&self, commit: &Oid) -> Result<Option<gix::index::File>> {
        match self.gix() {
            Some(repo) if self.plain_files() && !self.has_hook("post-checkout") => {
                read_index(&repo, object_id(commit)?).map_err(|e| gix_error(OPERATION, e))
            }
            _ => Ok(None),
        }
    }

    /// A worktree of ours on no branch.
    pub(crate) fn add_detached(&self, path: &Path, commit: &Oid) -> Result<()> {
        let _lock = Lock::take(&self.common_dir, Guarded::Worktrees)?;
        self.add_by_git(path, &["--detach", "--quiet"], commit.as_str())
    }

    fn add_by_git(&self, path: &Path, options: &[&str], what: &str) -> Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| io(OPERATION, parent, &e))?;
        }
        self.git()
            .args(["worktree", "add"])
            .args(options)
            .arg(path)
            .arg(what)
            .limit(Limit::WRITE)
            .output(OPERATION)
            .map(drop)
    }
}

/// What begins a worktree.
enum Begun {
    /// The names are somebody else's.
    Taken,
    /// It is there with all its files.
    Ready,
    /// It is there without files; dropped, it goes again.
    Empty(Box<PrepareCheckout>),
}

/// The index of a commit, if checking it out needs nothing but writing files:
/// no submodules, no filters.
fn read_index(
    repo: &gix::Repository,
    commit: gix::ObjectId,
) -> gix::Result<Option<gix::index::File>> {
    let shared = fs::read(repo.common_dir().join("info/attributes"));
    if shared.is_ok_and(|attributes| !is_plain(&attributes)) {
        return Ok(None);
    }
    let tree = repo.find_commit(commit)?.tree_id()?;
    let index = repo.index_from_tree(&tree)?;
    for entry in index.entries() {
        let submodule = entry.mode == gix::index::entry::Mode::COMMIT;
        let attributes = entry.path(&index).ends_with(b".gitattributes");
        if submodule || (attributes && !is_plain(&repo.find_object(entry.id)?.data)) {
            return Ok(None);
        }
    }
    Ok(Some(index))
}

/// Makes the worktree known, on its branch. Under the lock.
fn register(
    repo: &gix::Repository,
    tree: &Worktree,
    stop: &AtomicBool,
) -> gix::Result<PrepareCheckout> {
    // Detached at first: to check that nobody else has the branch, gix would
    // open every worktree, and the branch is new.
    let base = gix::ObjectId::from_hex(tree.base.as_str().as_bytes())?;
    let prepared = repo.prepare_add_worktree(&tree.path, Head::Detached(base), stop)?;
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

/// Writes the files, outside of the lock.
fn check_out(
    prepared: PrepareCheckout,
    index: Option<gix::index::File>,
    path: &Path,
    stop: &AtomicBool,
) -> Result<()> {
    use gix::worktree::stack::state::attributes::Source;
    let Some(mut index) = index else {
        return Ok(());
    };
    let write = || -> gix::Result<()> {
        let repo = prepared.repo();
        index.set_path(repo.index_path());
        let mut options = repo.checkout_options(Source::IdMapping)?;
        options.destination_is_initially_empty = true;
        let done = gix::worktree::state::checkout(
            &mut index,
            path,
            repo.objects.clone().into_arc().or_error()?,
            &gix::progress::Discard,
            &gix::progress::Discard,
            stop,
            options,
        )?;
        if let Some(first) = done.errors.into_iter().next() {
            return Err(first.error);
        }
        if stop.load(Ordering::Relaxed) {
            return Err(gix::worktree::add::Error::Interrupted.raise());
        }
        index.write(gix::index::write::Options::default())?;
        prepared.persist().map(drop)
    };
    write().map_err(|e| failed(e, stop))
}

fn failed(source: gix::Error, stop: &AtomicBool) -> GitError {
    if stop.load(Ordering::Relaxed) {
        Failure::new(GitErrorKind::Stopped, OPERATION, Advice::Retry)
    } else {
        gix_error(OPERATION, source)
    }
}
