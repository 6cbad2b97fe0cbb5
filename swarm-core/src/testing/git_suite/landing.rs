//! How work gets on the line.

use std::path::PathBuf;

use super::{GitFixture, Setup, advance, contains, inspect, land, merge, merged, worked};
use crate::ports::{Advance, Merge};

pub(super) async fn a_merge_moves_nothing(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "file").await;
    let before = inspect(&git).await;
    for _ in 0..2 {
        let (commit, onto) = merged(&git, &tree).await;
        assert_eq!(onto, before.tip);
        assert!(!contains(&git, &commit).await, "it is on the line already");
        assert_eq!(inspect(&git).await, before);
    }
}

pub(super) async fn a_landing_is_on_the_line(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "file").await;
    let head = super::changes(&git, &tree).await.head;
    let (commit, moved) = land(&git, &tree).await;
    assert_eq!(moved, Advance::Moved);
    assert_eq!(inspect(&git).await.tip, commit);
    for commit in [&commit, &head, &tree.base] {
        assert!(contains(&git, commit).await, "{commit} is not on the line");
    }
    let later = at.git(Setup::None);
    assert_eq!(inspect(&later).await.tip, commit, "another client sees it");
}

pub(super) async fn landed_work_is_in_already(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "file").await;
    let (tip, _) = land(&git, &tree).await;
    assert_eq!(merge(&git, &tree).await, Merge::AlreadyIn { tip });
}

pub(super) async fn work_apart_lands_together(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let one = worked(at, &git, "one", "one.txt").await;
    let two = worked(at, &git, "two", "two.txt").await;
    let (first, _) = land(&git, &one).await;
    let (second, onto) = merged(&git, &two).await;
    assert_eq!(onto, first);
    assert_eq!(advance(&git, &onto, &second).await, Advance::Moved);
    assert!(contains(&git, &first).await, "the first is still there");
}

pub(super) async fn a_conflict_tells_its_paths(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let one = worked(at, &git, "one", "shared.txt").await;
    let two = worked(at, &git, "two", "shared.txt").await;
    let (tip, _) = land(&git, &one).await;
    let conflict = Merge::Conflict {
        onto: tip.clone(),
        paths: vec![PathBuf::from("shared.txt")],
    };
    assert_eq!(merge(&git, &two).await, conflict);
    assert_eq!(inspect(&git).await.tip, tip);
}

pub(super) async fn a_stale_advance_moves_nothing(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let one = worked(at, &git, "one", "one.txt").await;
    let two = worked(at, &git, "two", "two.txt").await;
    let (stale, onto) = merged(&git, &two).await;
    let (tip, _) = land(&git, &one).await;
    let answer = advance(&git, &onto, &stale).await;
    assert_eq!(answer, Advance::Stale { tip: tip.clone() });
    assert_eq!(inspect(&git).await.tip, tip);
    assert!(!contains(&git, &stale).await);
}

pub(super) async fn the_line_moves_once_from_a_place(at: &dyn GitFixture) {
    let git = at.git(Setup::None);
    let other = at.git(Setup::None);
    let one = worked(at, &git, "one", "one.txt").await;
    let two = worked(at, &git, "two", "two.txt").await;
    let ((first, onto), (second, _)) = (merged(&git, &one).await, merged(&other, &two).await);
    let moves = tokio::join!(
        advance(&git, &onto, &first),
        advance(&other, &onto, &second)
    );
    let tip = inspect(&git).await.tip;
    let stale = Advance::Stale { tip: tip.clone() };
    match moves {
        (Advance::Moved, answer) if tip == first => assert_eq!(answer, stale),
        (answer, Advance::Moved) if tip == second => assert_eq!(answer, stale),
        moves => panic!("{moves:?}, and the line is at {tip}"),
    }
}
