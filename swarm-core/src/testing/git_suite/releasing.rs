//! What becomes of worktrees.

use std::path::Path;

use super::{GitFixture, Setup, acquire, changes, inspect, land, worked};
use crate::model::Oid;
use crate::ports::{GitClient, Release, Released, Worktree};

async fn release(git: &dyn GitClient, tree: &Worktree, how: Release) -> Released {
    git.release(tree, how).await.expect("an answer")
}

/// Every way to release but to keep.
fn ways(commit: &Oid) -> [Release; 2] {
    let commit = commit.clone();
    [Release::Unlanded, Release::Landed { commit }]
}

pub(super) async fn landed_work_is_removed(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "file").await;
    assert_ne!(at.trees(), 0, "the fixture sees it");
    let (commit, _) = land(&git, &tree).await;
    let released = release(&*git, &tree, Release::Landed { commit }).await;
    assert_eq!(released, Released::Removed);
    assert_eq!(at.trees(), 0, "something is left");
}

pub(super) async fn unlanded_commits_are_kept(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "file").await;
    let tip = inspect(&git).await.tip;
    let before = at.trees();
    for how in ways(&tip) {
        let released = release(&*git, &tree, how).await;
        assert_eq!(released, Released::Kept);
        assert_eq!(at.trees(), before);
        assert_eq!(changes(&git, &tree).await.commits, 1);
    }
}

pub(super) async fn uncommitted_work_is_kept(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "file").await;
    let (commit, _) = land(&git, &tree).await;
    at.write(&tree, Path::new("shared.txt"), "edited\n");
    for how in ways(&commit) {
        let released = release(&*git, &tree, how).await;
        assert_eq!(released, Released::Kept);
        assert!(changes(&git, &tree).await.dirty(), "the edit is gone");
    }
}

pub(super) async fn an_idle_worktree_goes(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = acquire(&git, "t").await;
    let released = release(&*git, &tree, Release::Unlanded).await;
    assert_eq!(released, Released::Removed);
    assert_eq!(at.trees(), 0, "something is left");
}

pub(super) async fn keep_keeps(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = acquire(&git, "t").await;
    let before = at.trees();
    assert_eq!(release(&*git, &tree, Release::Keep).await, Released::Kept);
    assert_eq!(at.trees(), before);
}

pub(super) async fn a_release_can_be_repeated(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = acquire(&git, "t").await;
    let other = worked(at, &git, "other", "file").await;
    for _ in 0..3 {
        let released = release(&*git, &tree, Release::Unlanded).await;
        assert_eq!(released, Released::Removed);
    }
    assert_eq!(changes(&git, &other).await.commits, 1);
}
