//! What adding does.

use super::{
    StoreFixture, add, apply, claim, claim_one, end, failed, finish, id, ids, landed, row, state,
    task,
};
use crate::model::{Ending, NewTask, Origin, OriginKind, Task, TaskState, Timestamp};
use crate::ports::{Added, Change, Guard, Step, TaskStore};

pub(super) async fn add_one(store: &dyn TaskStore, task: impl Into<NewTask>) -> Added {
    let added = store.add(vec![task.into()]).await.expect("add");
    assert_eq!(added.len(), 1);
    added[0]
}

pub(super) fn edited(name: &str) -> Task {
    let mut task = task(name);
    "Do it better.".clone_into(&mut task.body);
    task
}

pub(super) async fn adding_again_changes_nothing(at: &dyn StoreFixture) {
    let store = at.store();
    let two = || vec![task("a").into(), task("b").into()];
    assert_eq!(
        store.add(two()).await.expect("add"),
        [Added::New, Added::New]
    );
    let before = row(&*store, "a").await;
    assert_eq!(
        store.add(two()).await.expect("add"),
        [Added::Same, Added::Same]
    );
    assert_eq!(row(&*store, "a").await, before);
    assert_eq!(ids(&claim(&*store, 9).await), ["a", "b"]);
}

pub(super) async fn who_added_a_task_is_kept(at: &dyn StoreFixture) {
    let store = at.store();
    let by = |kind, id: &str| Origin::new(kind, id, Timestamp(7)).expect("it is not blank");
    let (planner, person) = (
        by(OriginKind::Planner, "r1/planner-1"),
        by(OriginKind::Person, "somebody"),
    );
    add(&*store, [task("a").by(planner.clone())]).await;
    assert_eq!(row(&*store, "a").await.task.origin, planner);
    let again = task("a").by(person.clone());
    assert_eq!(add_one(&*store, again).await, Added::Same, "the same text");
    let claimed = claim_one(&*store).await;
    assert_eq!(claimed.row.task.origin, planner);
    apply(&*store, end(&claimed.claim, failed())).await;
    add_one(&*store, edited("a").by(person.clone())).await;
    assert_eq!(row(&*store, "a").await.task.origin, person, "a new text");
}

pub(super) async fn an_edit_of_a_waiting_task_counts(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    assert_eq!(add_one(&*store, edited("a")).await, Added::Updated);
    assert_eq!(claim_one(&*store).await.row.task.body, "Do it better.");
}

pub(super) async fn an_edit_of_a_failed_task_frees_it(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    finish(&*store, &["a"], failed()).await;
    assert_eq!(add_one(&*store, task("a")).await, Added::Same);
    assert_eq!(
        ids(&claim(&*store, 1).await).len(),
        0,
        "the same text frees nothing"
    );
    assert_eq!(add_one(&*store, edited("a")).await, Added::Updated);
    let claimed = claim_one(&*store).await;
    assert_eq!(claimed.row.task.body, "Do it better.");
    assert_eq!(claimed.row.tries, 1, "its tries begin again");
}

pub(super) async fn an_edit_of_a_landed_task_is_kept_out(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let claimed = claim_one(&*store).await;
    apply(&*store, end(&claimed.claim, landed())).await;
    let before = row(&*store, "a").await;
    assert_eq!(add_one(&*store, edited("a")).await, Added::Kept);
    assert_eq!(add_one(&*store, task("a")).await, Added::Same);
    assert_eq!(row(&*store, "a").await, before);
}

pub(super) async fn a_problem_blocks_until_it_is_mended(at: &dyn StoreFixture) {
    let store = at.store();
    let broken = || NewTask {
        task: task("a"),
        problem: Some("tasks/a.md:3: no such key".to_owned()),
    };
    assert_eq!(add_one(&*store, broken()).await, Added::New);
    assert_eq!(add_one(&*store, broken()).await, Added::Same);
    assert_eq!(
        state(&*store, "a").await,
        TaskState::Blocked {
            reason: "tasks/a.md:3: no such key".to_owned()
        }
    );
    assert!(claim(&*store, 1).await.won.is_empty());
    assert_eq!(add_one(&*store, task("a")).await, Added::Updated);
    claim_one(&*store).await;
}

pub(super) async fn a_removed_task_comes_back(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let remove = Change {
        task: id("a"),
        guard: Guard::Version(row(&*store, "a").await.version),
        step: Step::Remove,
    };
    apply(&*store, remove).await;
    assert_eq!(state(&*store, "a").await, TaskState::Removed);
    assert!(claim(&*store, 1).await.won.is_empty());
    assert_eq!(add_one(&*store, task("a")).await, Added::Updated);
    claim_one(&*store).await;
}

pub(super) async fn an_edit_may_change_the_dependencies(at: &dyn StoreFixture) {
    let store = at.store();
    let waits = task("a").after("b").expect("good id");
    add(&*store, [waits, task("b")]).await;
    assert_eq!(ids(&claim(&*store, 1).await), ["b"]);
    assert!(claim(&*store, 1).await.won.is_empty());
    assert_eq!(add_one(&*store, task("a")).await, Added::Updated);
    let claimed = claim_one(&*store).await;
    let retry = Ending::Retry {
        reason: "flaky".to_owned(),
        after: std::time::Duration::ZERO,
    };
    apply(&*store, end(&claimed.claim, retry)).await;
    let waits = task("a").after("b").expect("good id");
    assert_eq!(add_one(&*store, waits).await, Added::Updated);
    assert!(
        claim(&*store, 1).await.won.is_empty(),
        "b has not landed yet"
    );
}
