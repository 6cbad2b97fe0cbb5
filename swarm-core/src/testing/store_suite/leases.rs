//! What time does.

use std::time::Duration;

use super::{
    LEASE, StoreFixture, add, apply, assert_refused, by, claim, claim_one, end, id, ids, landed,
    row, state, task,
};
use crate::model::{Claim, Ending, Fence, Intent, Nonce, Oid, TaskState};
use crate::ports::{Renewal, Step, TaskStore};

const SECOND: Duration = Duration::from_secs(1);

async fn renew(store: &dyn TaskStore, claims: &[Claim]) -> Vec<Renewal> {
    store.renew(claims, LEASE).await.expect("renew")
}

pub(super) async fn next_is_the_end_of_a_backoff_or_lease(at: &dyn StoreFixture) {
    let store = at.store();
    assert_eq!(claim(&*store, 1).await.next, None, "it is empty");
    let waits = task("c").after("a").expect("good id");
    add(&*store, [task("a"), task("b"), waits]).await;
    let claims = claim(&*store, 2).await;
    assert_eq!(claims.next, None, "all that was asked for was won");
    assert_eq!(claim(&*store, 1).await.next, Some(LEASE));
    let retry = Ending::Retry {
        reason: "flaky".to_owned(),
        after: 60 * SECOND,
    };
    apply(&*store, end(&claims.won[0].claim, retry)).await;
    assert_eq!(claim(&*store, 1).await.next, Some(60 * SECOND));
    at.pass(59 * SECOND).await;
    let early = claim(&*store, 1).await;
    assert_eq!((early.won.len(), early.next), (0, Some(SECOND)));
    at.pass(SECOND).await;
    let claimed = claim_one(&*store).await;
    assert_eq!(claimed.row.task.id, id("a"));
    assert_eq!((claimed.row.attempts, claimed.row.tries), (2, 2));
    apply(&*store, end(&claimed.claim, landed())).await;
    let later = claim(&*store, 2).await;
    assert_eq!(ids(&later), ["c"]);
    assert_eq!(later.next, Some(60 * SECOND), "the lease of b");
}

pub(super) async fn a_lapsed_lease_can_be_renewed(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, ["a", "b"].map(task)).await;
    let claims = claim(&*store, 9).await;
    let (a, b) = (&claims.won[0].claim, &claims.won[1].claim);
    at.pass(2 * LEASE).await;
    let forged = Claim {
        nonce: Nonce::new("guessed"),
        ..b.clone()
    };
    let unknown = Claim {
        task: id("nobody"),
        ..b.clone()
    };
    assert_eq!(
        renew(&*store, &[forged, a.clone(), unknown]).await,
        [Renewal::Lost, Renewal::Renewed, Renewal::Lost]
    );
    assert_eq!(ids(&claim(&*store, 9).await), ["b"], "nobody may take a");
    at.pass(119 * SECOND).await;
    assert!(claim(&*store, 9).await.won.is_empty());
    apply(&*store, end(a, landed())).await;
}

pub(super) async fn a_lapsed_lease_can_be_taken_over(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let old = claim_one(&*store).await.claim;
    at.pass(119 * SECOND).await;
    assert!(claim(&*store, 1).await.won.is_empty());
    at.pass(SECOND).await;
    let new = claim_one(&*store).await;
    assert_eq!(new.claim.fence, Fence(old.fence.0 + 1));
    assert_ne!(new.claim.nonce, old.nonce);
    assert_eq!((new.row.attempts, new.intent), (2, None));
    let before = row(&*store, "a").await;
    assert_eq!(
        renew(&*store, std::slice::from_ref(&old)).await,
        [Renewal::Lost]
    );
    assert_refused(store.apply(vec![end(&old, landed())]).await, "a");
    assert_eq!(row(&*store, "a").await, before);
    apply(&*store, end(&new.claim, landed())).await;
}

pub(super) async fn an_intent_survives_a_takeover(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let old = claim_one(&*store).await.claim;
    let intent = Intent {
        base: Oid::new("b"),
        commit: Oid::new("c"),
    };
    apply(&*store, by(&old, Step::Intend(intent.clone()))).await;
    assert_eq!(state(&*store, "a").await.word(), "landing");
    at.pass(LEASE).await;
    let new = claim_one(&*store).await;
    assert_eq!(new.intent, Some(intent.clone()));
    at.pass(LEASE).await;
    let newer = claim_one(&*store).await;
    assert_eq!(newer.intent, Some(intent), "it is kept until it is settled");
    assert_refused(store.apply(vec![by(&new.claim, Step::Withdraw)]).await, "a");
    apply(&*store, by(&newer.claim, Step::Withdraw)).await;
    assert_eq!(state(&*store, "a").await.word(), "running");
    apply(&*store, end(&newer.claim, landed())).await;
}

pub(super) async fn an_interrupted_attempt_costs_no_try(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let first = claim_one(&*store).await;
    let stopped = Ending::Interrupted {
        reason: "the run was stopped".to_owned(),
    };
    apply(&*store, end(&first.claim, stopped)).await;
    let second = claim_one(&*store).await;
    assert_eq!((second.row.attempts, second.row.tries), (2, 1));
    let TaskState::Running { holder } = second.row.state else {
        panic!("it is running");
    };
    assert_eq!(holder.nonce, second.claim.nonce);
}
