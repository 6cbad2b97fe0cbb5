//! The port to a git repository.

use std::fmt::Debug;
use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{CallContext, PreflightRequest};
use crate::error::Failure;
use crate::model::{AttemptId, Check, Oid};

/// What landings build on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoState {
    /// Short name of the target branch (`main`).
    pub target: String,
    /// The line's tip: what the next landing builds on.
    pub tip: Oid,
    /// The line's full ref name if it is not the target itself, because the
    /// user's own checkout stands in the way.
    pub parked: Option<String>,
}

/// Asks for a worktree of its own for an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcquireRequest {
    /// The attempt; names the worktree and the branch.
    pub attempt: AttemptId,
    /// Folder for the output of setup commands; `None` keeps none.
    pub logs: Option<PathBuf>,
    /// The worktree of an attempt of the same task that was cut short; nobody
    /// works there any more. It is given again, as it is and without setup, if
    /// it is there and still what it was; otherwise there is a new one.
    pub earlier: Option<Worktree>,
}

/// A worktree with a branch, lent to one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worktree {
    /// Absolute path, outside the repository.
    pub path: PathBuf,
    /// Short name of its branch.
    pub branch: String,
    /// The commit that it was made from: changes count from here, whatever
    /// the target does meanwhile.
    pub base: Oid,
}

/// What was done in a worktree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The branch's tip.
    pub head: Oid,
    /// Commits on the branch that are not in the base.
    pub commits: u32,
    /// Paths that these commits change, in order.
    pub paths: Vec<PathBuf>,
    /// Tracked paths that differ from the tip, staged or not.
    pub uncommitted: Vec<PathBuf>,
    /// Paths that git neither tracks nor ignores, without what acquire put there.
    pub untracked: Vec<PathBuf>,
    /// A hash of all of this and of what lies uncommitted: the same as long as
    /// nobody changes anything. The next run compares it to what a killed one has
    /// noted, where one that differs without a change passes for progress, once.
    pub fingerprint: u64,
}

impl Changes {
    /// Whether work lies uncommitted.
    pub fn dirty(&self) -> bool {
        !self.uncommitted.is_empty() || !self.untracked.is_empty()
    }
}

/// Asks for what a branch changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffRequest {
    /// The worktree.
    pub tree: Worktree,
    /// Longest text wanted, in bytes.
    pub limit: usize,
}

/// What a branch changes, for a reviewer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Unified diff from the base to the branch's tip.
    pub text: String,
    /// The text was cut at the limit.
    pub cut: bool,
    /// All changed paths, also those that were cut away.
    pub paths: Vec<PathBuf>,
}

/// Asks for a landing commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeRequest {
    /// The attempt whose work it is.
    pub attempt: AttemptId,
    /// The commit to land.
    pub head: Oid,
    /// The whole commit message, trailers included.
    pub message: String,
}

/// What came of a merge. Nothing has moved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// A commit on top of the line's tip, in the object database only.
    Commit {
        /// The landing commit.
        commit: Oid,
        /// The tip that it builds on.
        onto: Oid,
    },
    /// The line already contains the head.
    AlreadyIn {
        /// The line's tip.
        tip: Oid,
    },
    /// The two cannot be merged by git alone.
    Conflict {
        /// The tip that it was tried on.
        onto: Oid,
        /// The paths in conflict.
        paths: Vec<PathBuf>,
    },
}

/// Asks to move the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvanceRequest {
    /// Where the line must be.
    pub from: Oid,
    /// Where it goes: a descendant of `from`.
    pub to: Oid,
}

/// What came of moving the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advance {
    /// The target is at the commit.
    Moved,
    /// The line was elsewhere; nothing changed. Merge again.
    Stale {
        /// Where it is.
        tip: Oid,
    },
    /// The user's checkout stands in the way: the line goes on beside the
    /// target, and is at the commit. The target follows when it can.
    Parked {
        /// The line's full ref name.
        line: String,
        /// What stands in the way.
        because: String,
    },
}

/// What is known of the work in a worktree that is given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// Its head is on the line as this commit: worktree and branch go.
    Landed {
        /// The landing commit.
        commit: Oid,
    },
    /// The attempt is over without a landing: both go if they hold nothing
    /// that is not on the line, else both stay.
    Unlanded,
    /// Both stay, whatever they hold.
    Keep,
}

/// What became of a worktree that was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// Worktree and branch are gone.
    Removed,
    /// Both are kept: they hold work that landed nowhere.
    Kept,
}

/// What sort of git error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GitErrorKind {
    /// No repository there, or none that can be used this way.
    Repository,
    /// The target branch does not exist, or has no commit yet.
    Target,
    /// git does not know who commits; set `user.name` and `user.email`.
    Identity,
    /// A hook of the repository refused.
    Hook,
    /// A lock is held by somebody else, or was left behind.
    Lock,
    /// A setup command failed.
    Setup,
    /// Reading or writing failed: the disk, permissions.
    Io,
    /// A git command failed in another way.
    Command,
    /// The call was stopped.
    Stopped,
}

/// An error of a git operation. A conflict is none: see [`Merge::Conflict`].
pub type GitError = Failure<GitErrorKind>;

/// A repository with a target branch.
///
/// Guarantees that an implementation gives:
/// - It never changes a checkout that it did not create, except that the
///   user's checkout of the target is brought forward in the one way in which
///   git itself refuses to lose anything; it never deletes work that is not on
///   the line.
/// - The line moves forward only, by comparison: `advance` moves it exactly
///   from `from` to `to`, or not at all.
/// - `inspect`, `changes`, `diff`, `contains` change nothing; `merge` adds
///   objects only; `release` may be repeated.
/// - Calls may run at the same time, for different worktrees and the same one.
///
/// It does not guarantee that the target moves when the line does, nor that
/// an agent stayed in its worktree.
#[cfg_attr(any(test, feature = "test-util"), mockall::automock)]
#[async_trait]
pub trait GitClient: Send + Sync + Debug {
    /// The target and the line. An error here means that no task can run:
    /// it is reported before anything starts.
    async fn inspect(&self) -> Result<RepoState, GitError>;

    /// Looks for what a person should know besides, such as hooks that will
    /// run; as [`Harness::preflight`](super::Harness::preflight).
    async fn preflight(&self, what: PreflightRequest) -> Vec<Check> {
        let _ = what;
        Vec::new()
    }

    /// A new worktree on a new branch from the line's tip, set up and ready; or
    /// the earlier one, as [`AcquireRequest::earlier`] says. On error nothing of
    /// a new one is left, unless the error says so.
    async fn acquire(
        &self,
        what: AcquireRequest,
        context: CallContext,
    ) -> Result<Worktree, GitError>;

    /// What was done in a worktree since its base.
    async fn changes(&self, tree: &Worktree) -> Result<Changes, GitError>;

    /// What the branch changes, as text.
    async fn diff(&self, what: DiffRequest) -> Result<Diff, GitError>;

    /// Makes the landing commit. May be repeated; moves nothing.
    async fn merge(&self, what: MergeRequest) -> Result<Merge, GitError>;

    /// Moves the line. On error the line may or may not have moved: ask
    /// [`contains`](Self::contains).
    async fn advance(&self, what: AdvanceRequest) -> Result<Advance, GitError>;

    /// Whether the line contains a commit. Unknown commits are not contained.
    async fn contains(&self, commit: &Oid) -> Result<bool, GitError>;

    /// Gives a worktree back.
    async fn release(&self, tree: &Worktree, how: Release) -> Result<Released, GitError>;

    /// git processes started so far; for figures only.
    fn processes(&self) -> u64;
}
