//! What every [`GitClient`] must do: run it against yours, by a
//! [`GitFixture`] that makes a repository for each clause.

mod checkout;
mod landing;
mod looking;
mod releasing;
mod trees;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::suite::{Ability, suite};
use crate::model::{AttemptId, Oid, RunId, TaskId};
use crate::ports::{
    AcquireRequest, Advance, AdvanceRequest, CallContext, Changes, GitClient, GitError, Merge,
    MergeRequest, RepoState, Worktree,
};

/// What the user's command does that belongs to making a worktree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// There is none.
    None,
    /// It writes a file into the worktree.
    Writes,
    /// It fails.
    Fails,
    /// It goes on until it is ended.
    Hangs,
}

/// A repository of its own for one clause, with what people and agents do in
/// it. Its target has one commit, with the files `shared.txt` and `other.txt`;
/// nothing of the user's configuration counts.
pub trait GitFixture: Send + Sync {
    /// A client that begins anew, as one in another process would, with this
    /// setup.
    fn git(&self, setup: Setup) -> Arc<dyn GitClient>;

    /// Writes a file in a worktree and does not commit it.
    fn write(&self, tree: &Worktree, file: &Path, text: &str);

    /// Writes a file in a worktree and commits it with all that lies there.
    fn commit(&self, tree: &Worktree, file: &Path, text: &str);

    /// How many worktrees and branches there are that a client made.
    fn trees(&self) -> usize;

    /// How often setup was begun in all worktrees.
    fn setups(&self) -> usize;

    /// The user's checkout of the target: its files, what is staged, where
    /// `HEAD` is, as a text that changes when they do.
    fn checkout(&self) -> String;

    /// The user writes this into a file of the checkout.
    fn edit_checkout(&self, file: &Path, text: &str);

    /// What a file of the checkout says.
    fn in_checkout(&self, file: &Path) -> Option<String>;

    /// What the client, or this fixture, is without.
    fn lacks(&self) -> Vec<Ability> {
        Vec::new()
    }
}

const LIMIT: Duration = Duration::from_secs(120);

suite! {
    GitFixture, limit: Some(LIMIT);
    /// A worktree begins at the line's tip, on a branch of its own, with
    /// nothing changed.
    trees::a_worktree_begins_at_the_tip;
    /// Worktrees of several attempts share neither folder nor branch nor work.
    trees::worktrees_are_apart;
    /// Worktrees can be made at the same time.
    trees::worktrees_are_made_at_once;
    /// Whatever a task's id is made of, it has a worktree, and ids that differ
    /// only in case have different ones.
    trees::any_id_has_a_worktree;
    /// After a crash the same attempt gets a clean worktree, and what the dead
    /// one did stays.
    trees::an_attempt_can_be_acquired_again;
    /// An earlier worktree of the task is given again as it is, with what lies
    /// there uncommitted.
    trees::an_earlier_worktree_is_given_again;
    /// One that is gone is replaced by a new one, which begins at the tip.
    trees::an_earlier_worktree_that_is_gone_is_replaced;
    /// One of another task, or on another branch, is left alone.
    trees::only_the_tasks_own_worktree_is_given_again;
    /// A call that was stopped before makes nothing.
    trees::a_stop_before_the_start_makes_nothing;
    /// Setup runs once in a new worktree, and what it makes is nobody's work.
    trees::setup_runs_once [Setup];
    /// Setup does not run again in an earlier worktree, and what it made there is
    /// still nobody's work.
    trees::setup_is_not_repeated [Setup];
    /// Failed setup is an error of the kind `Setup`, and leaves nothing.
    trees::failed_setup_leaves_nothing [Setup];
    /// Stopped during setup, the call returns within seconds and leaves nothing.
    trees::a_stop_during_setup_leaves_nothing [Setup];
    /// Commits are counted from the base, and the paths that they change told.
    looking::commits_are_told;
    /// Work that is not committed is told.
    looking::uncommitted_work_is_told;
    /// Spaces, quotes, dashes and other scripts in file names come through.
    looking::any_file_name_survives;
    /// What others landed meanwhile does not count as one's own.
    looking::the_work_of_others_does_not_count;
    /// A diff that is cut says so, keeps its limit, and names all paths.
    looking::a_cut_diff_names_all_paths;
    /// Looking changes nothing, and may be repeated.
    looking::looking_changes_nothing;
    /// A commit that nobody knows is not on the line.
    looking::unknown_commits_are_not_contained;
    /// A merge makes a commit on the line's tip, and moves nothing.
    landing::a_merge_moves_nothing;
    /// A landing moves the line to its commit; that and the work are on it.
    landing::a_landing_is_on_the_line;
    /// Work that has landed is told to be in already.
    landing::landed_work_is_in_already;
    /// Changes of different files land one after the other.
    landing::work_apart_lands_together;
    /// Changes of one file that do not fit are a conflict, with its path.
    landing::a_conflict_tells_its_paths;
    /// The line does not move if it is not where the caller thinks.
    landing::a_stale_advance_moves_nothing;
    /// Of several moves from one place, one is made.
    landing::the_line_moves_once_from_a_place;
    /// Landed work is released with its worktree.
    releasing::landed_work_is_removed;
    /// Commits that are not on the line are never removed.
    releasing::unlanded_commits_are_kept;
    /// Nor is work that is not committed, also after a landing.
    releasing::uncommitted_work_is_kept;
    /// A worktree without work goes.
    releasing::an_idle_worktree_goes;
    /// What is to be kept is kept.
    releasing::keep_keeps;
    /// Released again, what is gone is gone, and nothing else happens.
    releasing::a_release_can_be_repeated;
    /// Until the line moves, the user's checkout is untouched to the byte.
    checkout::work_leaves_the_checkout_alone [Checkout];
    /// A landing brings the checkout forward and keeps the user's other edits.
    checkout::a_landing_keeps_other_edits [Checkout];
    /// A landing that would touch what the user edited is parked: the line
    /// goes on, the checkout is untouched to the byte.
    checkout::a_landing_in_the_way_is_parked [Checkout];
}

fn attempt(task: &str) -> AttemptId {
    AttemptId {
        run: RunId::new("r1"),
        task: TaskId::new(task).expect("the suite's ids are good"),
        number: 1,
    }
}

async fn try_acquire(
    git: &Arc<dyn GitClient>,
    task: &str,
    context: CallContext,
) -> Result<Worktree, GitError> {
    let what = AcquireRequest {
        attempt: attempt(task),
        logs: None,
        earlier: None,
    };
    git.acquire(what, context).await
}

/// A second attempt, which goes on in an earlier worktree if it can.
async fn go_on(git: &Arc<dyn GitClient>, task: &str, earlier: &Worktree) -> Worktree {
    let what = AcquireRequest {
        attempt: AttemptId {
            number: 2,
            run: RunId::new("r2"),
            ..attempt(task)
        },
        logs: None,
        earlier: Some(earlier.clone()),
    };
    let tree = git.acquire(what, CallContext::detached()).await;
    tree.expect("a worktree")
}

async fn acquire(git: &Arc<dyn GitClient>, task: &str) -> Worktree {
    let tree = try_acquire(git, task, CallContext::detached()).await;
    tree.expect("a worktree")
}

async fn inspect(git: &Arc<dyn GitClient>) -> RepoState {
    git.inspect().await.expect("a state")
}

async fn changes(git: &Arc<dyn GitClient>, tree: &Worktree) -> Changes {
    git.changes(tree).await.expect("changes")
}

async fn contains(git: &Arc<dyn GitClient>, commit: &Oid) -> bool {
    git.contains(commit).await.expect("an answer")
}

/// A worktree in which one file was committed.
async fn worked(at: &dyn GitFixture, git: &Arc<dyn GitClient>, task: &str, file: &str) -> Worktree {
    let tree = acquire(git, task).await;
    at.commit(&tree, Path::new(file), &format!("{task}\n"));
    tree
}

async fn merge(git: &Arc<dyn GitClient>, tree: &Worktree) -> Merge {
    let head = changes(git, tree).await.head;
    let what = MergeRequest {
        attempt: attempt("t"),
        head,
        message: "Land t\n\nSwarm-Task: t\n".to_owned(),
    };
    git.merge(what).await.expect("a merge")
}

/// The landing commit, and what it builds on.
async fn merged(git: &Arc<dyn GitClient>, tree: &Worktree) -> (Oid, Oid) {
    match merge(git, tree).await {
        Merge::Commit { commit, onto } => (commit, onto),
        other => panic!("it can be merged, and this came of it: {other:?}"),
    }
}

async fn advance(git: &Arc<dyn GitClient>, from: &Oid, to: &Oid) -> Advance {
    let (from, to) = (from.clone(), to.clone());
    let advanced = git.advance(AdvanceRequest { from, to }).await;
    advanced.expect("an answer")
}

/// Lands the work; the landing commit.
async fn land(git: &Arc<dyn GitClient>, tree: &Worktree) -> (Oid, Advance) {
    let (commit, onto) = merged(git, tree).await;
    let advanced = advance(git, &onto, &commit).await;
    (commit, advanced)
}
