//! A repository in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::error::{Advice, Failure};
use crate::model::{AttemptId, Oid, RunId, TaskId};
use crate::ports::{
    AcquireRequest, Advance, AdvanceRequest, CallContext, Changes, Diff, DiffRequest, GitClient,
    GitError, GitErrorKind, Merge, MergeRequest, Release, Released, RepoState, Worktree,
};
use crate::stable_hash::stable_hash;

/// A [`GitClient`] without git: worktrees are names, commits are the paths
/// that they change, and two landings conflict where they change one path.
///
/// A test works in a worktree by [`commit`](Self::commit) and
/// [`edit`](Self::edit), or lets a
/// [`ScriptedHarness`](super::ScriptedHarness) do it.
///
/// ```
/// use swarm_core::testing::FakeGit;
/// let git = FakeGit::new();
/// assert!(git.landings().is_empty());
/// ```
#[derive(Debug, Default)]
pub struct FakeGit {
    repo: Mutex<Repo>,
}

#[derive(Debug, Default)]
struct Repo {
    made: u64,
    /// Landings on the line, less the first ones if they are forgotten.
    landed: Vec<Landing>,
    forgotten: usize,
    forget: bool,
    /// Merges that were made but did not land.
    merges: BTreeMap<Oid, Landing>,
    trees: BTreeMap<PathBuf, Tree>,
}

/// A commit on the fake's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// The commit.
    pub commit: Oid,
    /// The work that it brought in.
    pub head: Oid,
    /// Its message.
    pub message: String,
    /// The paths that it changes.
    pub paths: Vec<PathBuf>,
}

#[derive(Clone, Debug)]
struct Tree {
    task: TaskId,
    branch: String,
    /// Landings that it contains.
    base: usize,
    head: Oid,
    commits: u32,
    paths: BTreeSet<PathBuf>,
    edited: Vec<PathBuf>,
}

impl Tree {
    fn fingerprint(&self) -> u64 {
        let lying = self.edited.iter().map(|path| path.as_os_str());
        let parts = lying.flat_map(|path| path.as_encoded_bytes().iter().chain(b"\0"));
        stable_hash(self.head.as_str().bytes().chain(parts.copied()))
    }
}

/// The commit that the line begins with.
fn first() -> Oid {
    Oid::new("0".repeat(40))
}

impl Repo {
    fn commit(&mut self) -> Oid {
        self.made += 1;
        Oid::new(format!("{:040x}", self.made))
    }

    fn tip(&self) -> Oid {
        let last = self.landed.last();
        last.map_or_else(first, |landing| landing.commit.clone())
    }

    /// Whether the line has it, as far as it is remembered.
    fn contains(&self, commit: &Oid) -> bool {
        let is = |landing: &Landing| [&landing.commit, &landing.head].contains(&commit);
        *commit == first() || self.landed.iter().any(is)
    }

    /// Landings so far.
    fn count(&self) -> usize {
        self.forgotten + self.landed.len()
    }

    fn forget(&mut self) {
        if !self.forget {
            return;
        }
        let oldest = self.trees.values().map(|tree| tree.base).min();
        // The tip is always needed.
        let keep = oldest.unwrap_or(usize::MAX).min(self.count() - 1);
        self.landed.drain(..keep.saturating_sub(self.forgotten));
        self.forgotten = self.forgotten.max(keep);
    }

    fn tree(&mut self, path: &Path) -> Result<&mut Tree, GitError> {
        self.trees.get_mut(path).ok_or_else(|| {
            Failure::new(GitErrorKind::Io, "find the worktree", Advice::Bug)
                .because(format!("{} was never acquired", path.display()))
        })
    }
}

/// Where a worktree is: elsewhere for every name, also where case does not count.
fn path(run: &RunId, name: &str) -> PathBuf {
    let mut marked = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            marked.push('^');
        }
        marked.push(c);
    }
    PathBuf::from(format!("/fake/{run}/{marked}"))
}

impl FakeGit {
    /// A repository with one empty commit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets landings that no worktree can conflict with any more: for runs
    /// of many thousand tasks.
    #[must_use]
    pub fn forgetful(self) -> Self {
        self.lock().forget = true;
        self
    }

    /// Commits a change of these paths in a worktree, edits included.
    pub fn commit(&self, worktree: &Path, paths: impl IntoIterator<Item = impl Into<PathBuf>>) {
        let mut repo = self.lock();
        let head = repo.commit();
        if let Ok(tree) = repo.tree(worktree) {
            tree.paths.extend(paths.into_iter().map(Into::into));
            let edited = std::mem::take(&mut tree.edited);
            tree.paths.extend(edited);
            tree.commits += 1;
            tree.head = head;
        }
    }

    /// Edits a path in a worktree without committing it.
    pub fn edit(&self, worktree: &Path, path: impl Into<PathBuf>) {
        if let Ok(tree) = self.lock().tree(worktree) {
            tree.edited.push(path.into());
        }
    }

    /// Takes the line into a worktree, as an agent does to resolve a conflict.
    pub fn take_in(&self, worktree: &Path) {
        let mut repo = self.lock();
        let (base, head) = (repo.count(), repo.commit());
        if let Ok(tree) = repo.tree(worktree) {
            tree.base = base;
            tree.head = head;
            tree.commits += 1;
        }
    }

    /// What has landed, in order.
    pub fn landings(&self) -> Vec<Landing> {
        self.lock().landed.clone()
    }

    /// Worktrees that exist.
    pub fn worktrees(&self) -> Vec<PathBuf> {
        self.lock().trees.keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Repo> {
        self.repo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl GitClient for FakeGit {
    async fn inspect(&self) -> Result<RepoState, GitError> {
        Ok(RepoState {
            target: "main".to_owned(),
            tip: self.lock().tip(),
            parked: None,
        })
    }

    async fn acquire(
        &self,
        what: AcquireRequest,
        context: CallContext,
    ) -> Result<Worktree, GitError> {
        if context.stop().is_some() {
            let kind = GitErrorKind::Stopped;
            return Err(Failure::new(kind, "create a worktree", Advice::Retry));
        }
        let mut repo = self.lock();
        let AttemptId { run, task, number } = what.attempt;
        let known = |earlier: &Worktree| {
            let tree = repo.trees.get(&earlier.path);
            tree.is_some_and(|tree| tree.task == task && tree.branch == earlier.branch)
        };
        if let Some(earlier) = what.earlier.filter(known) {
            return Ok(earlier);
        }
        let mut name = format!("{task}-{number}");
        // Another one of this attempt stays as it is.
        while repo.trees.contains_key(&path(&run, &name)) {
            name.push('+');
        }
        let path = path(&run, &name);
        let tree = Tree {
            branch: format!("swarm/{run}/{name}"),
            task,
            base: repo.count(),
            head: repo.tip(),
            commits: 0,
            paths: BTreeSet::new(),
            edited: Vec::new(),
        };
        let worktree = Worktree {
            path: path.clone(),
            branch: tree.branch.clone(),
            base: tree.head.clone(),
        };
        repo.trees.insert(path, tree);
        Ok(worktree)
    }

    async fn changes(&self, tree: &Worktree) -> Result<Changes, GitError> {
        let mut repo = self.lock();
        let tree = repo.tree(&tree.path)?;
        Ok(Changes {
            head: tree.head.clone(),
            commits: tree.commits,
            paths: tree.paths.iter().cloned().collect(),
            uncommitted: tree.edited.clone(),
            untracked: Vec::new(),
            fingerprint: tree.fingerprint(),
        })
    }

    async fn diff(&self, what: DiffRequest) -> Result<Diff, GitError> {
        let mut repo = self.lock();
        let paths = repo.tree(&what.tree.path)?.paths.clone();
        let lines: Vec<String> = paths
            .iter()
            .map(|path| format!("+++ {}\n", path.display()))
            .collect();
        let mut text = lines.concat();
        let kept = crate::protocol::digest::cut(&text, what.limit).len();
        let cut = kept < text.len();
        text.truncate(kept);
        Ok(Diff {
            text,
            cut,
            paths: paths.into_iter().collect(),
        })
    }

    async fn merge(&self, what: MergeRequest) -> Result<Merge, GitError> {
        let mut repo = self.lock();
        let onto = repo.tip();
        if repo.contains(&what.head) {
            return Ok(Merge::AlreadyIn { tip: onto });
        }
        let mut trees = repo.trees.values();
        let Some(tree) = trees.find(|tree| tree.head == what.head).cloned() else {
            let error = Failure::new(GitErrorKind::Command, "merge the work", Advice::Bug);
            return Err(error.because(format!("{} is no head of a worktree", what.head)));
        };
        let others = repo
            .landed
            .iter()
            .skip(tree.base - repo.forgotten)
            .flat_map(|landing| &landing.paths);
        let both: Vec<PathBuf> = others
            .filter(|path| tree.paths.contains(*path))
            .cloned()
            .collect();
        if !both.is_empty() {
            return Ok(Merge::Conflict { onto, paths: both });
        }
        let commit = repo.commit();
        let landing = Landing {
            commit: commit.clone(),
            head: what.head,
            message: what.message,
            paths: tree.paths.into_iter().collect(),
        };
        repo.merges.insert(commit.clone(), landing);
        Ok(Merge::Commit { commit, onto })
    }

    async fn advance(&self, what: AdvanceRequest) -> Result<Advance, GitError> {
        let mut repo = self.lock();
        let tip = repo.tip();
        if tip != what.from {
            return Ok(Advance::Stale { tip });
        }
        let landing = repo.merges.remove(&what.to).ok_or_else(|| {
            Failure::new(GitErrorKind::Command, "move the line", Advice::Bug)
                .because(format!("{} was never made", what.to))
        })?;
        repo.merges.clear();
        repo.landed.push(landing);
        repo.forget();
        Ok(Advance::Moved)
    }

    async fn contains(&self, commit: &Oid) -> Result<bool, GitError> {
        Ok(self.lock().contains(commit))
    }

    async fn release(&self, tree: &Worktree, how: Release) -> Result<Released, GitError> {
        let mut repo = self.lock();
        let Some(held) = repo.trees.get(&tree.path) else {
            return Ok(Released::Removed);
        };
        let unlanded = held.commits > 0 && !repo.contains(&held.head);
        let keep = how == Release::Keep || unlanded || !held.edited.is_empty();
        if keep {
            return Ok(Released::Kept);
        }
        repo.trees.remove(&tree.path);
        Ok(Released::Removed)
    }

    fn processes(&self) -> u64 {
        0
    }
}
