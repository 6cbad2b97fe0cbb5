//! Git clients.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use swarm_core::error::{Advice, Failure};
use swarm_core::model::Oid;
use swarm_core::ports::{
    AcquireRequest, Advance, AdvanceRequest, CallContext, Changes, Diff, DiffRequest, GitClient,
    GitError, GitErrorKind, Merge, MergeRequest, Release, Released, RepoState, Worktree,
};
use swarm_core::testing::git_suite::{CLAUSES, GitFixture, Setup, check, check_one};
use swarm_core::testing::{Ability, FakeGit};

use crate::{assert_caught, assert_complete};

struct Fake(Arc<FakeGit>);

impl GitFixture for Fake {
    fn git(&self, _: Setup) -> Arc<dyn GitClient> {
        self.0.clone()
    }

    fn write(&self, tree: &Worktree, file: &Path, _: &str) {
        self.0.edit(&tree.path, file);
    }

    fn commit(&self, tree: &Worktree, file: &Path, _: &str) {
        self.0.commit(&tree.path, [file]);
    }

    fn trees(&self) -> usize {
        self.0.worktrees().len()
    }

    fn setups(&self) -> usize {
        0
    }

    fn checkout(&self) -> String {
        String::new()
    }

    fn edit_checkout(&self, _: &Path, _: &str) {}

    fn in_checkout(&self, _: &Path) -> Option<String> {
        None
    }

    fn lacks(&self) -> Vec<Ability> {
        vec![Ability::Setup, Ability::Checkout]
    }
}

#[tokio::test(start_paused = true)]
async fn the_fake_keeps_every_clause() {
    check(|| Fake(Arc::new(FakeGit::new()))).await.assert_kept();
}

#[tokio::test(start_paused = true)]
async fn a_good_client_passes_and_every_clause_catches_its_fault() {
    let account = check(|| Planted::new(None)).await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
    for (clause, fault) in PLANTED {
        let account = check_one(clause, || Planted::new(Some(*fault))).await;
        assert_caught(clause, fault, &account);
    }
    assert_complete(CLAUSES, PLANTED.iter().map(|(clause, _)| *clause));
}

const PLANTED: &[(&str, Fault)] = &[
    ("a_worktree_begins_at_the_tip", Fault::BeginsDirty),
    ("worktrees_are_apart", Fault::OneForAll),
    ("worktrees_are_made_at_once", Fault::LocksOut),
    ("any_id_has_a_worktree", Fault::RefusesOddIds),
    ("an_attempt_can_be_acquired_again", Fault::OneForAll),
    (
        "an_earlier_worktree_is_given_again",
        Fault::OverlooksEarlier,
    ),
    (
        "an_earlier_worktree_that_is_gone_is_replaced",
        Fault::BelievesEarlier,
    ),
    (
        "only_the_tasks_own_worktree_is_given_again",
        Fault::BelievesEarlier,
    ),
    ("setup_is_not_repeated", Fault::SetsUpAgain),
    ("a_stop_before_the_start_makes_nothing", Fault::StartsAnyway),
    ("setup_runs_once", Fault::SetsUpTwice),
    ("failed_setup_leaves_nothing", Fault::LeavesWhatFailed),
    ("a_stop_during_setup_leaves_nothing", Fault::IgnoresStops),
    ("commits_are_told", Fault::CountsOneCommit),
    ("uncommitted_work_is_told", Fault::OverlooksEdits),
    ("any_file_name_survives", Fault::TrimsNames),
    ("the_work_of_others_does_not_count", Fault::CountsTheLine),
    ("a_cut_diff_names_all_paths", Fault::CutsPaths),
    ("looking_changes_nothing", Fault::CommitsWhatItSees),
    ("unknown_commits_are_not_contained", Fault::ContainsAll),
    ("a_merge_moves_nothing", Fault::LandsAtOnce),
    ("a_landing_is_on_the_line", Fault::KnowsTheTipOnly),
    ("landed_work_is_in_already", Fault::MergesAgain),
    ("work_apart_lands_together", Fault::LandsTheFirstOnly),
    ("a_conflict_tells_its_paths", Fault::TellsNoPaths),
    ("a_stale_advance_moves_nothing", Fault::CallsStaleMoved),
    ("the_line_moves_once_from_a_place", Fault::CallsStaleMoved),
    ("landed_work_is_removed", Fault::KeepsAll),
    ("unlanded_commits_are_kept", Fault::ReleasesAll),
    ("uncommitted_work_is_kept", Fault::ReleasesWhatLanded),
    ("an_idle_worktree_goes", Fault::KeepsAll),
    ("keep_keeps", Fault::OverlooksKeep),
    ("a_release_can_be_repeated", Fault::ReleasesOnce),
    (
        "work_leaves_the_checkout_alone",
        Fault::WritesIntoTheCheckout,
    ),
    ("a_landing_keeps_other_edits", Fault::CleansTheCheckout),
    ("a_landing_in_the_way_is_parked", Fault::OverwritesEdits),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    OverlooksEarlier,
    BelievesEarlier,
    SetsUpAgain,
    BeginsDirty,
    OneForAll,
    LocksOut,
    RefusesOddIds,
    StartsAnyway,
    SetsUpTwice,
    LeavesWhatFailed,
    IgnoresStops,
    CountsOneCommit,
    OverlooksEdits,
    TrimsNames,
    CountsTheLine,
    CutsPaths,
    CommitsWhatItSees,
    ContainsAll,
    LandsAtOnce,
    KnowsTheTipOnly,
    MergesAgain,
    LandsTheFirstOnly,
    TellsNoPaths,
    CallsStaleMoved,
    KeepsAll,
    ReleasesAll,
    ReleasesWhatLanded,
    OverlooksKeep,
    ReleasesOnce,
    WritesIntoTheCheckout,
    CleansTheCheckout,
    OverwritesEdits,
}

/// The fake with setup and a checkout, all right but for one fault.
#[derive(Clone, Debug)]
struct Planted {
    git: Arc<FakeGit>,
    fault: Option<Fault>,
    setup: Setup,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    first: Option<Worktree>,
    busy: bool,
    setups: usize,
    released: BTreeSet<PathBuf>,
    committed: BTreeMap<PathBuf, String>,
    checkout: BTreeMap<PathBuf, String>,
    edited: BTreeSet<PathBuf>,
    parked: Option<String>,
}

impl Planted {
    fn new(fault: Option<Fault>) -> Self {
        Self {
            git: Arc::new(FakeGit::new()),
            fault,
            setup: Setup::None,
            state: Arc::default(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap())
    }

    async fn set_up(&self, context: &CallContext) -> Result<(), GitErrorKind> {
        if self.setup != Setup::None {
            let times = if self.has(Fault::SetsUpTwice) { 2 } else { 1 };
            self.with(|state| state.setups += times);
        }
        match self.setup {
            Setup::None | Setup::Writes => Ok(()),
            Setup::Fails => Err(GitErrorKind::Setup),
            Setup::Hangs if self.has(Fault::IgnoresStops) => std::future::pending().await,
            Setup::Hangs => {
                context.stopped().await;
                Err(GitErrorKind::Stopped)
            }
        }
    }

    /// Brings the checkout forward, or says that it cannot.
    fn bring_forward(&self) -> Advance {
        let paths = self.git.landings().pop().unwrap().paths;
        self.with(|state| {
            if self.has(Fault::CleansTheCheckout) {
                state.checkout.clear();
            }
            let in_the_way = paths.iter().any(|path| state.edited.contains(path));
            if in_the_way && !self.has(Fault::OverwritesEdits) {
                let line = "refs/swarm/line/main".to_owned();
                state.parked = Some(line.clone());
                let because = "it was edited".to_owned();
                return Advance::Parked { line, because };
            }
            for path in paths {
                let text = state.committed[&path].clone();
                state.checkout.insert(path, text);
            }
            Advance::Moved
        })
    }
}

fn refused(kind: GitErrorKind) -> GitError {
    Failure::new(kind, "do it", Advice::Retry)
}

#[async_trait]
impl GitClient for Planted {
    async fn inspect(&self) -> Result<RepoState, GitError> {
        let parked = self.with(|state| state.parked.clone());
        let state = self.git.inspect().await?;
        Ok(RepoState { parked, ..state })
    }

    async fn acquire(
        &self,
        mut what: AcquireRequest,
        mut context: CallContext,
    ) -> Result<Worktree, GitError> {
        let odd = |c: char| !c.is_ascii_alphanumeric();
        match self.fault {
            Some(Fault::LocksOut) => {
                if self.with(|state| std::mem::replace(&mut state.busy, true)) {
                    return Err(refused(GitErrorKind::Lock));
                }
                tokio::task::yield_now().await;
                self.with(|state| state.busy = false);
            }
            Some(Fault::RefusesOddIds) if what.attempt.task.as_str().contains(odd) => {
                return Err(refused(GitErrorKind::Repository));
            }
            Some(Fault::OverlooksEarlier) => what.earlier = None,
            Some(Fault::BelievesEarlier) if what.earlier.is_some() => {
                return Ok(what.earlier.unwrap());
            }
            Some(Fault::StartsAnyway) => context = CallContext::detached(),
            Some(Fault::WritesIntoTheCheckout) => self.edit_checkout(Path::new(".swarm"), ""),
            _ => {}
        }
        let earlier = what.earlier.clone();
        let tree = self.git.acquire(what, context.clone()).await?;
        if earlier.as_ref() == Some(&tree) && !self.has(Fault::SetsUpAgain) {
            return Ok(tree);
        }
        if let Err(kind) = self.set_up(&context).await {
            if !self.has(Fault::LeavesWhatFailed) {
                self.git.release(&tree, Release::Unlanded).await?;
            }
            return Err(refused(kind));
        }
        if self.has(Fault::BeginsDirty) {
            self.git.edit(&tree.path, "left.txt");
        }
        let first = self.with(|state| state.first.get_or_insert(tree.clone()).clone());
        let one = self.has(Fault::OneForAll);
        Ok(if one { first } else { tree })
    }

    async fn changes(&self, tree: &Worktree) -> Result<Changes, GitError> {
        let mut changes = self.git.changes(tree).await?;
        match self.fault {
            Some(Fault::CountsOneCommit) => changes.commits = changes.commits.min(1),
            Some(Fault::OverlooksEdits) => changes.uncommitted.clear(),
            Some(Fault::TrimsNames) => {
                for path in &mut changes.paths {
                    *path = path.to_str().unwrap().trim().into();
                }
            }
            Some(Fault::CountsTheLine) => {
                changes.commits += u32::try_from(self.git.landings().len()).unwrap();
            }
            Some(Fault::CommitsWhatItSees) => self.git.commit(&tree.path, [""; 0]),
            _ => {}
        }
        Ok(changes)
    }

    async fn diff(&self, what: DiffRequest) -> Result<Diff, GitError> {
        let mut diff = self.git.diff(what).await?;
        if self.has(Fault::CutsPaths) && diff.cut {
            diff.paths.truncate(1);
        }
        Ok(diff)
    }

    async fn merge(&self, what: MergeRequest) -> Result<Merge, GitError> {
        let merge = self.git.merge(what).await?;
        match (self.fault, merge.clone()) {
            (
                Some(Fault::LandsAtOnce),
                Merge::Commit {
                    commit: to,
                    onto: from,
                },
            ) => {
                self.git.advance(AdvanceRequest { from, to }).await?;
            }
            (Some(Fault::MergesAgain), Merge::AlreadyIn { tip }) => {
                let (commit, onto) = (tip.clone(), tip);
                return Ok(Merge::Commit { commit, onto });
            }
            (Some(Fault::LandsTheFirstOnly), Merge::Commit { onto, .. })
                if !self.git.landings().is_empty() =>
            {
                let paths = vec!["two.txt".into()];
                return Ok(Merge::Conflict { onto, paths });
            }
            (Some(Fault::TellsNoPaths), Merge::Conflict { onto, .. }) => {
                let paths = Vec::new();
                return Ok(Merge::Conflict { onto, paths });
            }
            _ => {}
        }
        Ok(merge)
    }

    async fn advance(&self, what: AdvanceRequest) -> Result<Advance, GitError> {
        match self.git.advance(what).await? {
            Advance::Moved => Ok(self.bring_forward()),
            Advance::Stale { .. } if self.has(Fault::CallsStaleMoved) => Ok(Advance::Moved),
            other => Ok(other),
        }
    }

    async fn contains(&self, commit: &Oid) -> Result<bool, GitError> {
        match self.fault {
            Some(Fault::ContainsAll) => Ok(true),
            Some(Fault::KnowsTheTipOnly) => Ok(self.inspect().await?.tip == *commit),
            _ => self.git.contains(commit).await,
        }
    }

    async fn release(&self, tree: &Worktree, mut how: Release) -> Result<Released, GitError> {
        match self.fault {
            Some(Fault::KeepsAll) => how = Release::Keep,
            Some(Fault::OverlooksKeep) => how = Release::Unlanded,
            Some(Fault::ReleasesAll) => return Ok(Released::Removed),
            Some(Fault::ReleasesWhatLanded) => {
                let head = self.changes(tree).await?.head;
                if self.contains(&head).await? {
                    return Ok(Released::Removed);
                }
            }
            Some(Fault::ReleasesOnce)
                if !self.with(|state| state.released.insert(tree.path.clone())) =>
            {
                return Err(refused(GitErrorKind::Io));
            }
            _ => {}
        }
        self.git.release(tree, how).await
    }

    fn processes(&self) -> u64 {
        0
    }
}

impl GitFixture for Planted {
    fn git(&self, setup: Setup) -> Arc<dyn GitClient> {
        let client = self.clone();
        Arc::new(Self { setup, ..client })
    }

    fn write(&self, tree: &Worktree, file: &Path, _: &str) {
        self.git.edit(&tree.path, file);
    }

    fn commit(&self, tree: &Worktree, file: &Path, text: &str) {
        self.git.commit(&tree.path, [file]);
        self.with(|state| state.committed.insert(file.to_owned(), text.to_owned()));
    }

    fn trees(&self) -> usize {
        self.git.worktrees().len()
    }

    fn setups(&self) -> usize {
        self.with(|state| state.setups)
    }

    fn checkout(&self) -> String {
        self.with(|state| format!("{:?}", state.checkout))
    }

    fn edit_checkout(&self, file: &Path, text: &str) {
        self.with(|state| {
            state.checkout.insert(file.to_owned(), text.to_owned());
            state.edited.insert(file.to_owned());
        });
    }

    fn in_checkout(&self, file: &Path) -> Option<String> {
        self.with(|state| state.checkout.get(file).cloned())
    }
}
