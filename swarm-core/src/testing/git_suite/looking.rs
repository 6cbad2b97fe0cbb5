//! What is seen of the work.

use std::path::{Path, PathBuf};

use super::{GitFixture, Setup, acquire, changes, contains, inspect, land, worked};
use crate::model::Oid;
use crate::ports::DiffRequest;

pub(super) async fn commits_are_told(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "b.txt").await;
    at.commit(&tree, Path::new("a.txt"), "t\n");
    let changes = changes(&git, &tree).await;
    assert_eq!(changes.commits, 2);
    assert_eq!(changes.paths, ["a.txt", "b.txt"].map(PathBuf::from));
    assert_ne!(changes.head, tree.base);
    assert!(!changes.dirty(), "{changes:?}");
}

pub(super) async fn uncommitted_work_is_told(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "file").await;
    for name in ["shared.txt", "new.txt"] {
        let file = Path::new(name);
        at.write(&tree, file, "edited\n");
        let seen = changes(&git, &tree).await;
        let mut paths = seen.uncommitted.iter().chain(&seen.untracked);
        assert!(paths.any(|path| path == file), "{name}: {seen:?}");
    }
}

pub(super) async fn any_file_name_survives(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = acquire(&git, "t").await;
    let mut names = ["-x", " a b ", "日本", "d/e f", "\"q\"'s"].map(PathBuf::from);
    for name in &names {
        at.commit(&tree, name, "x\n");
    }
    names.sort();
    assert_eq!(changes(&git, &tree).await.paths, names);
}

pub(super) async fn the_work_of_others_does_not_count(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let mine = worked(at, &git, "mine", "mine.txt").await;
    let other = worked(at, &git, "other", "other.txt").await;
    land(&git, &other).await;
    let changes = changes(&git, &mine).await;
    assert_eq!(changes.commits, 1);
    assert_eq!(changes.paths, [PathBuf::from("mine.txt")]);
}

pub(super) async fn a_cut_diff_names_all_paths(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "a.txt").await;
    at.commit(&tree, Path::new("b.txt"), &"a line\n".repeat(1000));
    let paths = ["a.txt", "b.txt"].map(PathBuf::from);
    for (limit, cut) in [(1 << 20, false), (10, true)] {
        let tree = tree.clone();
        let diff = git.diff(DiffRequest { tree, limit }).await;
        let diff = diff.expect("a diff");
        assert_eq!((diff.cut, &diff.paths[..]), (cut, &paths[..]), "{limit}");
        assert!(diff.text.len() <= limit, "{} bytes", diff.text.len());
        assert!(cut || diff.text.contains("b.txt"), "{}", diff.text);
    }
}

pub(super) async fn looking_changes_nothing(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "file").await;
    at.write(&tree, Path::new("shared.txt"), "edited\n");
    let first = (inspect(&git).await, changes(&git, &tree).await);
    let limit = 1000;
    let tree_ = tree.clone();
    git.diff(DiffRequest { tree: tree_, limit })
        .await
        .expect("a diff");
    contains(&git, &first.1.head).await;
    assert_eq!((inspect(&git).await, changes(&git, &tree).await), first);
}

pub(super) async fn unknown_commits_are_not_contained(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tip = inspect(&git).await.tip;
    assert!(contains(&git, &tip).await, "the tip is on the line");
    for unknown in ["c0ffee".repeat(6) + "abcd", "nonsense".to_owned()] {
        let unknown = Oid::new(unknown);
        assert!(!contains(&git, &unknown).await, "{unknown}");
    }
}
