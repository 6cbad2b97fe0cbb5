//! How worktrees are made.

use std::collections::BTreeSet;
use std::path::Path;

use super::{GitFixture, Setup, acquire, changes, go_on, inspect, try_acquire, worked};
use crate::ports::{CallContext, GitErrorKind, Release, Stop, Worktree};
use crate::testing::under_way::{UnderWay, stopped_before};

pub(super) async fn a_worktree_begins_at_the_tip(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tip = inspect(&git).await.tip;
    let tree = acquire(&git, "t").await;
    assert_eq!(tree.base, tip);
    assert!(tree.path.is_absolute(), "{}", tree.path.display());
    let changes = changes(&git, &tree).await;
    assert_eq!((&changes.head, changes.commits), (&tip, 0));
    assert!(!changes.dirty() && changes.paths.is_empty(), "{changes:?}");
}

pub(super) async fn worktrees_are_apart(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let one = acquire(&git, "one").await;
    let two = acquire(&git, "two").await;
    assert_ne!(one.path, two.path);
    assert_ne!(one.branch, two.branch);
    at.commit(&one, Path::new("file"), "one\n");
    at.write(&one, Path::new("shared.txt"), "one\n");
    let changes = changes(&git, &two).await;
    assert!(changes.commits == 0 && !changes.dirty(), "{changes:?}");
}

pub(super) async fn worktrees_are_made_at_once(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let (a, b, c, d) = tokio::join!(
        acquire(&git, "a"),
        acquire(&git, "b"),
        acquire(&git, "c"),
        acquire(&git, "d")
    );
    let trees = [a, b, c, d];
    let paths: BTreeSet<_> = trees.iter().map(|tree| &tree.path).collect();
    assert_eq!(paths.len(), 4);
    for tree in &trees {
        assert!(!changes(&git, tree).await.dirty());
    }
}

pub(super) async fn any_id_has_a_worktree(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let long = "long".repeat(120);
    let ids = [
        "task",
        "Task",
        "..",
        "-x",
        "a b",
        "a..b",
        "x.lock",
        "日本",
        "HEAD",
        "$(x)`~^:?*[",
        &long,
    ];
    let mut paths = BTreeSet::new();
    for id in ids {
        let tree = acquire(&git, id).await;
        let path = tree.path.to_string_lossy().to_lowercase();
        assert!(paths.insert(path), "{id}: {tree:?}");
        assert!(!changes(&git, &tree).await.dirty(), "{id}");
    }
}

pub(super) async fn an_attempt_can_be_acquired_again(at: &dyn GitFixture) {
    let dead = worked(at, &at.git(Setup::None), "t", "file").await;
    let git = at.git(Setup::None);
    let tree = acquire(&git, "t").await;
    let (new, old) = (changes(&git, &tree).await, changes(&git, &dead).await);
    assert_eq!((new.commits, new.dirty()), (0, false), "the new one");
    assert_eq!(old.commits, 1, "the dead one's work");
}

pub(super) async fn an_earlier_worktree_is_given_again(at: &dyn GitFixture) {
    let dead = worked(at, &at.git(Setup::None), "t", "file").await;
    at.write(&dead, Path::new("shared.txt"), "half\n");
    let git = at.git(Setup::None);
    let (before, trees) = (changes(&git, &dead).await, at.trees());
    let tree = go_on(&git, "t", &dead).await;
    assert_eq!(tree, dead);
    assert_eq!(changes(&git, &tree).await, before);
    assert!(before.commits == 1 && before.dirty(), "{before:?}");
    assert_eq!(at.trees(), trees, "something was made");
}

pub(super) async fn an_earlier_worktree_that_is_gone_is_replaced(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let gone = acquire(&git, "t").await;
    let released = git.release(&gone, Release::Unlanded).await;
    released.expect("it is idle");
    assert_eq!(at.trees(), 0);
    let tree = go_on(&git, "t", &gone).await;
    assert_eq!(tree.base, inspect(&git).await.tip);
    let changes = changes(&git, &tree).await;
    assert!(changes.commits == 0 && !changes.dirty(), "{changes:?}");
}

pub(super) async fn only_the_tasks_own_worktree_is_given_again(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let other = worked(at, &git, "other", "file").await;
    let own = worked(at, &git, "t", "file").await;
    let switched = Worktree {
        branch: other.branch.clone(),
        ..own.clone()
    };
    for earlier in [&other, &switched] {
        let tree = go_on(&git, "t", earlier).await;
        assert_ne!(tree.path, earlier.path);
        assert_eq!(changes(&git, &tree).await.commits, 0);
        assert_eq!(changes(&git, &other).await.commits, 1);
    }
}

pub(super) async fn a_stop_before_the_start_makes_nothing(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    for how in [Stop::Gently, Stop::Now] {
        let answer = try_acquire(&git, "t", stopped_before(how)).await;
        let error = answer.expect_err("it was stopped");
        assert_eq!(*error.kind(), GitErrorKind::Stopped);
        assert_eq!(at.trees(), 0, "something was made");
    }
}

pub(super) async fn setup_runs_once(at: &dyn GitFixture) {
    let git = at.git(Setup::Writes);
    let tree = acquire(&git, "t").await;
    assert_eq!(at.setups(), 1);
    let changes = changes(&git, &tree).await;
    assert!(!changes.dirty(), "what setup made counts: {changes:?}");
    assert_eq!(at.setups(), 1, "after looking at it");
}

pub(super) async fn setup_is_not_repeated(at: &dyn GitFixture) {
    let dead = acquire(&at.git(Setup::Writes), "t").await;
    let git = at.git(Setup::Writes);
    let tree = go_on(&git, "t", &dead).await;
    assert_eq!((&tree, at.setups()), (&dead, 1));
    let changes = changes(&git, &tree).await;
    assert!(!changes.dirty(), "what setup made counts: {changes:?}");
}

pub(super) async fn failed_setup_leaves_nothing(at: &dyn GitFixture) {
    let git = at.git(Setup::Fails);
    let answer = try_acquire(&git, "t", CallContext::detached()).await;
    let error = answer.expect_err("setup failed");
    assert_eq!(*error.kind(), GitErrorKind::Setup);
    assert_eq!(at.trees(), 0, "something is left");
}

pub(super) async fn a_stop_during_setup_leaves_nothing(at: &dyn GitFixture) {
    let git = at.git(Setup::Hangs);
    for (count, how) in [(1, Stop::Gently), (2, Stop::Now)] {
        let git = git.clone();
        let call = UnderWay::start(|context| async move { try_acquire(&git, "t", context).await });
        let call = call.until(|| at.setups() >= count).await;
        let error = call.stopped(how).await.expect_err("it was stopped");
        assert_eq!(*error.kind(), GitErrorKind::Stopped);
        assert_eq!(at.trees(), 0, "something is left");
    }
}
