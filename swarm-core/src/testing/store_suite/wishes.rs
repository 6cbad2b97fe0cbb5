//! What others want of a task that is worked on.

use super::texts::{add_one, edited};
use super::{
    LEASE, StoreFixture, add, apply, assert_refused, by, claim, claim_one, end, failed, finish, id,
    ids, landed, row, state, task,
};
use crate::model::{Claim, Ending, Intent, Oid, TaskState, Want, Wish};
use crate::ports::{Added, Change, Guard, Renewal, Step, TaskStore};

async fn renew(store: &dyn TaskStore, claim: &Claim) -> Renewal {
    let claims = std::slice::from_ref(claim);
    let mut renewed = store.renew(claims, LEASE).await.expect("renew");
    assert_eq!(renewed.len(), 1);
    renewed.remove(0)
}

async fn by_version(store: &dyn TaskStore, task: &str, step: Step) {
    let change = Change {
        task: id(task),
        guard: Guard::Version(row(store, task).await.version),
        step,
    };
    apply(store, change).await;
}

fn later() -> String {
    "not now".to_owned()
}

fn hold() -> Step {
    Step::Hold { reason: later() }
}

fn stopped() -> Ending {
    Ending::Interrupted {
        reason: "somebody wants something else".to_owned(),
    }
}

fn intend() -> Step {
    Step::Intend(Intent {
        base: Oid::new("b"),
        commit: Oid::new("c"),
    })
}

pub(super) async fn an_edit_of_a_running_task_is_told(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a"), task("z")]).await;
    let claimed = claim_one(&*store).await;
    assert_eq!(renew(&*store, &claimed.claim).await, Renewal::Renewed);
    let new = edited("a").priority(3).after("z").expect("good id");
    assert_eq!(add_one(&*store, new.clone()).await, Added::Noted);
    assert_eq!(add_one(&*store, new.clone()).await, Added::Same);
    let noted = row(&*store, "a").await;
    assert_eq!(noted.task.body, claimed.row.task.body, "not yet");
    for _ in 0..2 {
        let told = Renewal::Wanted(Want::Edited);
        assert_eq!(renew(&*store, &claimed.claim).await, told);
    }
    let answer = store.apply(vec![by(&claimed.claim, intend())]).await;
    assert_refused(answer, "a");
    apply(&*store, end(&claimed.claim, stopped())).await;
    let after = row(&*store, "a").await;
    assert_eq!((after.task, after.wish, after.tries), (new, None, 0));
    assert_eq!(ids(&claim(&*store, 9).await), ["z"], "a waits for z now");
    at.pass(LEASE).await;
    finish(&*store, &["z"], landed()).await;
    let again = claim_one(&*store).await;
    assert_eq!(again.row.task.body, edited("a").body);
    assert_eq!(renew(&*store, &again.claim).await, Renewal::Renewed);
    apply(&*store, by(&again.claim, intend())).await;
}

pub(super) async fn a_wish_can_be_taken_back(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let claim = claim_one(&*store).await.claim;
    assert_eq!(add_one(&*store, edited("a")).await, Added::Noted);
    assert_eq!(add_one(&*store, task("a")).await, Added::Noted);
    assert_eq!(renew(&*store, &claim).await, Renewal::Renewed);
    by_version(&*store, "a", Step::Remove).await;
    assert_eq!(add_one(&*store, task("a")).await, Added::Noted);
    assert_eq!(renew(&*store, &claim).await, Renewal::Renewed);
    apply(&*store, end(&claim, landed())).await;
}

pub(super) async fn a_running_task_can_be_held(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a"), task("b")]).await;
    let a = claim_one(&*store).await.claim;
    by_version(&*store, "a", hold()).await;
    assert_eq!(
        renew(&*store, &a).await,
        Renewal::Wanted(Want::Held { reason: later() })
    );
    assert_eq!(add_one(&*store, edited("a")).await, Added::Noted);
    apply(&*store, end(&a, stopped())).await;
    let held = TaskState::Held { reason: later() };
    let after = row(&*store, "a").await;
    assert_eq!((after.state, after.task), (held, edited("a")));
    let b = claim_one(&*store).await.claim;
    by_version(&*store, "b", hold()).await;
    apply(&*store, end(&b, failed())).await;
    assert_eq!(
        state(&*store, "b").await.word(),
        "failed",
        "it rests already"
    );
    assert_eq!(row(&*store, "b").await.wish, None);
}

pub(super) async fn a_running_task_can_be_removed(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let claim = claim_one(&*store).await.claim;
    by_version(&*store, "a", Step::Remove).await;
    assert_eq!(state(&*store, "a").await.word(), "running");
    let told = Renewal::Wanted(Want::Removed);
    assert_eq!(renew(&*store, &claim).await, told);
    let held = Ending::Held { reason: later() };
    apply(&*store, end(&claim, held)).await;
    assert_eq!(state(&*store, "a").await, TaskState::Removed);
}

pub(super) async fn a_landing_comes_before_a_wish(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a"), task("b")]).await;
    let (a, b) = (claim_one(&*store).await, claim_one(&*store).await);
    for claim in [&a.claim, &b.claim] {
        apply(&*store, by(claim, intend())).await;
    }
    assert_eq!(add_one(&*store, edited("a")).await, Added::Noted);
    by_version(&*store, "b", hold()).await;
    for claim in [&a.claim, &b.claim] {
        apply(&*store, end(claim, landed())).await;
    }
    let row_a = row(&*store, "a").await;
    assert_eq!((row_a.state.word(), &row_a.task), ("landed", &task("a")));
    let task = Box::new(edited("a"));
    assert_eq!(row_a.wish, Some(Wish::Edit { task }));
    let row_b = row(&*store, "b").await;
    assert_eq!((row_b.state.word(), row_b.wish), ("landed", None));
}

pub(super) async fn a_silent_worker_stops_no_wish(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, ["a", "b", "c"].map(task)).await;
    let claims = claim(&*store, 3).await.won;
    by_version(&*store, "c", hold()).await;
    at.pass(LEASE).await;
    by_version(&*store, "a", hold()).await;
    assert_eq!(add_one(&*store, edited("b")).await, Added::Updated);
    assert_eq!(state(&*store, "a").await.word(), "held");
    for silent in &claims[..2] {
        assert_eq!(renew(&*store, &silent.claim).await, Renewal::Lost);
    }
    let taken = claim(&*store, 9).await.won;
    let want = taken
        .iter()
        .map(|one| one.row.wish.as_ref().map(Wish::want));
    let held = Want::Held { reason: later() };
    assert_eq!(want.collect::<Vec<_>>(), [None, Some(held.clone())]);
    assert_eq!(taken[0].row.task.body, edited("b").body);
    let told = Renewal::Wanted(held);
    assert_eq!(renew(&*store, &taken[1].claim).await, told);
}
