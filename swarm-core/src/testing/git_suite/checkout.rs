//! What becomes of the user's checkout of the target.

use std::path::Path;

use super::{GitFixture, Setup, acquire, changes, contains, inspect, land, merged, worked};
use crate::ports::{Advance, Release};

pub(super) async fn work_leaves_the_checkout_alone(at: &dyn GitFixture) {
    at.edit_checkout(Path::new("other.txt"), "edited by the user\n");
    let before = at.checkout();
    let git = at.git(Setup::None);
    let idle = acquire(&git, "idle").await;
    let tree = worked(at, &git, "t", "shared.txt").await;
    merged(&git, &tree).await;
    changes(&git, &tree).await;
    git.release(&idle, Release::Unlanded)
        .await
        .expect("an answer");
    assert_eq!(at.checkout(), before);
}

pub(super) async fn a_landing_keeps_other_edits(at: &dyn GitFixture) {
    let (edited, landed) = (Path::new("other.txt"), Path::new("shared.txt"));
    at.edit_checkout(edited, "edited by the user\n");
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "shared.txt").await;
    let (_, moved) = land(&git, &tree).await;
    assert_eq!(moved, Advance::Moved);
    let text = at.in_checkout(edited);
    assert_eq!(text.as_deref(), Some("edited by the user\n"));
    assert_eq!(at.in_checkout(landed).as_deref(), Some("t\n"));
}

pub(super) async fn a_landing_in_the_way_is_parked(at: &dyn GitFixture) {
    at.edit_checkout(Path::new("shared.txt"), "edited by the user\n");
    let before = at.checkout();
    let git = at.git(Setup::None);
    let tree = worked(at, &git, "t", "shared.txt").await;
    let (commit, advanced) = land(&git, &tree).await;
    let Advance::Parked { line, .. } = advanced else {
        panic!("it was not parked: {advanced:?}");
    };
    let state = inspect(&git).await;
    assert_eq!((state.tip, state.parked), (commit.clone(), Some(line)));
    assert!(contains(&git, &commit).await);
    assert_eq!(at.checkout(), before);
}
