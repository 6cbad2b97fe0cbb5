//! What can be claimed, and what a claim allows.

use std::collections::BTreeSet;

use super::{
    LEASE, StoreFixture, add, apply, assert_refused, by, claim, claim_one, end, failed, finish, id,
    ids, landed, request, row, state, task,
};
use crate::model::{Checkpoint, Claim, Cost, Ending, Fence, Nonce, Source, TaskId, TaskState};
use crate::ports::{Change, ClaimRequest, Guard, Spent, Step, StoreErrorKind};

pub(super) async fn the_order_is_priority_then_id(at: &dyn StoreFixture) {
    let store = at.store();
    let tasks = [
        task("b"),
        task("c").priority(7),
        task("a"),
        task("Z"),
        task("d").priority(-1),
        task("é"),
    ];
    add(&*store, tasks).await;
    assert_eq!(
        ids(&claim(&*store, 9).await),
        ["c", "Z", "a", "b", "é", "d"]
    );
}

pub(super) async fn a_task_waits_for_its_dependencies(at: &dyn StoreFixture) {
    let store = at.store();
    let both = task("c").after("a").and_then(|task| task.after("b"));
    let both = both.and_then(|task| task.after("b")).expect("good ids");
    let later = task("z").after("unknown").expect("good id");
    add(&*store, [both, later, task("a"), task("b")]).await;
    let claims = claim(&*store, 9).await;
    assert_eq!(ids(&claims), ["a", "b"]);
    apply(&*store, end(&claims.won[0].claim, landed())).await;
    assert!(claim(&*store, 9).await.won.is_empty(), "b has not landed");
    apply(&*store, end(&claims.won[1].claim, failed())).await;
    assert!(claim(&*store, 9).await.won.is_empty(), "b failed");
    let retry = Change {
        task: id("b"),
        guard: Guard::Version(row(&*store, "b").await.version),
        step: Step::Retry,
    };
    apply(&*store, retry).await;
    finish(&*store, &["b"], landed()).await;
    assert_eq!(ids(&claim(&*store, 9).await), ["c"]);
    add(&*store, [task("unknown")]).await;
    finish(&*store, &["unknown"], landed()).await;
    assert_eq!(ids(&claim(&*store, 9).await), ["z"]);
    add(&*store, [task("late").after("a").expect("good id")]).await;
    assert_eq!(ids(&claim(&*store, 9).await), ["late"], "a landed long ago");
}

pub(super) async fn a_closed_task_is_as_good_as_landed(at: &dyn StoreFixture) {
    let store = at.store();
    let late = task("late").after("a").expect("good id");
    add(&*store, [task("a"), late]).await;
    let closed = || Ending::Closed {
        reason: "it is there already".to_owned(),
    };
    finish(&*store, &["a"], closed()).await;
    let retry = |version| Change {
        task: id("a"),
        guard: Guard::Version(version),
        step: Step::Retry,
    };
    apply(&*store, retry(row(&*store, "a").await.version)).await;
    assert_eq!(ids(&claim(&*store, 1).await), ["a"], "late waits again");
    assert!(claim(&*store, 9).await.won.is_empty(), "a is open");
    let rest = row(&*store, "a").await;
    let TaskState::Running { holder } = rest.state else {
        panic!("{:?}", rest.state);
    };
    let claim_of_a = Claim {
        task: id("a"),
        fence: rest.fence,
        nonce: holder.nonce,
    };
    apply(&*store, end(&claim_of_a, closed())).await;
    assert_eq!(ids(&claim(&*store, 9).await), ["late"]);
}

pub(super) async fn a_claim_is_exclusive(at: &dyn StoreFixture) {
    let store = at.store();
    let names: Vec<String> = (0..40).map(|n| format!("t{n:02}")).collect();
    add(&*store, names.iter().map(|name| task(name))).await;
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut won = Vec::new();
                while let Some(claimed) = claim(&*store, 1).await.won.pop() {
                    won.push(claimed.row.task.id);
                    tokio::task::yield_now().await;
                }
                won
            })
        })
        .collect();
    let mut won = Vec::new();
    for worker in workers {
        won.extend(worker.await.expect("a worker ends well"));
    }
    assert_eq!(won.len(), names.len(), "each task is won once");
    assert_eq!(won.iter().collect::<BTreeSet<_>>().len(), names.len());
}

pub(super) async fn the_limit_is_kept(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, ["a", "b", "c"].map(task)).await;
    let claims = claim(&*store, 0).await;
    assert_eq!((claims.won.len(), claims.next), (0, None));
    assert_eq!(ids(&claim(&*store, 2).await), ["a", "b"]);
    assert_eq!(ids(&claim(&*store, 2).await), ["c"]);
}

pub(super) async fn a_draft_is_never_claimed(at: &dyn StoreFixture) {
    let store = at.store();
    let mut draft = task("a");
    draft.draft = true;
    add(&*store, [draft, task("b").after("a").expect("good id")]).await;
    let claims = claim(&*store, 9).await;
    assert!(claims.won.is_empty());
    assert_eq!(claims.next, None, "time alone frees no draft");
    add(&*store, [task("a")]).await;
    assert_eq!(ids(&claim(&*store, 9).await), ["a"]);
}

pub(super) async fn a_source_can_be_asked_for(at: &dyn StoreFixture) {
    let store = at.store();
    let from = |name: &str, source: &str| {
        let mut task = task(name);
        task.source = Source(source.to_owned());
        task
    };
    add(&*store, [from("a", "x"), from("b", "y"), from("c", "x")]).await;
    let ask = |source: &str| ClaimRequest {
        source: Some(Source(source.to_owned())),
        ..request(9)
    };
    let claims = store.claim(ask("y")).await.expect("claim");
    assert_eq!(ids(&claims), ["b"]);
    let claims = store.claim(ask("nowhere")).await.expect("claim");
    assert_eq!((claims.won.len(), claims.next), (0, None));
    assert_eq!(ids(&claim(&*store, 9).await), ["a", "c"]);
}

pub(super) async fn tasks_can_be_asked_for_by_name(at: &dyn StoreFixture) {
    let store = at.store();
    let waits = task("waits").after("a").expect("good id");
    add(&*store, [task("a"), task("b"), task("c"), waits]).await;
    assert_eq!(ids(&claim(&*store, 1).await), ["a"]);
    let ask = |names: &[&str], limit| ClaimRequest {
        ids: Some(names.iter().map(|name| id(name)).collect()),
        ..request(limit)
    };
    let names = ["c", "waits", "unknown", "a", "c"];
    let claims = store.claim(ask(&names, 9)).await.expect("claim");
    assert_eq!(ids(&claims), ["c"], "the others are not to be had");
    let lost: BTreeSet<&str> = claims.lost.iter().map(TaskId::as_str).collect();
    assert_eq!(lost, BTreeSet::from(["waits", "unknown", "a"]));
    assert_eq!(claims.next, None, "nobody waits for them");
    // Somebody fell silent with it: what became of that must be asked first.
    at.pass(LEASE * 2).await;
    let claims = store.claim(ask(&["a"], 9)).await.expect("claim");
    assert_eq!(ids(&claims), [""; 0]);
    let claims = store.claim(ask(&["b"], 0)).await.expect("claim");
    assert_eq!(ids(&claims), [""; 0], "the limit is kept");
}

pub(super) async fn a_claim_counts_the_attempt(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, ["a", "b"].map(task)).await;
    let claims = claim(&*store, 9).await;
    let [a, b] = &claims.won[..] else {
        panic!("both are ready");
    };
    assert_eq!(
        (a.claim.fence, a.row.attempts, a.row.tries),
        (Fence(1), 1, 1)
    );
    assert_eq!(a.row, row(&*store, "a").await);
    assert_ne!(a.claim.nonce, b.claim.nonce);
    let TaskState::Running { holder } = &a.row.state else {
        panic!("it is {}", a.row.state.word());
    };
    assert_eq!(holder.run, request(1).run);
    assert_eq!(holder.nonce, a.claim.nonce);
}

pub(super) async fn a_stale_claim_changes_nothing(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let claim = claim_one(&*store).await.claim;
    let before = row(&*store, "a").await;
    let forged = [
        Claim {
            fence: Fence(claim.fence.0 - 1),
            ..claim.clone()
        },
        Claim {
            fence: Fence(claim.fence.0 + 1),
            ..claim.clone()
        },
        Claim {
            nonce: Nonce::new("guessed"),
            ..claim.clone()
        },
    ];
    for stale in forged {
        let answer = store.apply(vec![end(&stale, landed())]).await;
        assert_refused(answer, "a");
        let note = by(&stale, Step::Checkpoint(Checkpoint::default()));
        assert_refused(store.apply(vec![note]).await, "a");
        assert_eq!(row(&*store, "a").await, before);
    }
    apply(&*store, end(&claim, landed())).await;
    let again = store.apply(vec![end(&claim, landed())]).await;
    assert_refused(again, "a");
}

pub(super) async fn changes_are_made_all_or_none(at: &dyn StoreFixture) {
    let store = at.store();
    let waits = task("c").after("a").expect("good id");
    add(&*store, [task("a"), task("b"), waits]).await;
    let claims = claim(&*store, 9).await;
    let [a, b] = &claims.won[..] else {
        panic!("two are ready");
    };
    let stale = Claim {
        nonce: Nonce::new("guessed"),
        ..b.claim.clone()
    };
    let note = Checkpoint {
        turns: 3,
        ..Checkpoint::default()
    };
    let changes = vec![
        by(&a.claim, Step::Checkpoint(note)),
        end(&a.claim, landed()),
        end(&stale, landed()),
    ];
    assert_refused(store.apply(changes).await, "b");
    assert_eq!(row(&*store, "a").await, a.row, "nothing happened to it");
    assert!(claim(&*store, 9).await.won.is_empty(), "c still waits");
    let unknown = Claim {
        task: id("nobody"),
        ..b.claim.clone()
    };
    let changes = vec![end(&a.claim, landed()), end(&unknown, landed())];
    let error = store.apply(changes).await.expect_err("no such task");
    assert_eq!(
        *error.kind(),
        StoreErrorKind::Unknown { task: id("nobody") }
    );
    assert_eq!(row(&*store, "a").await, a.row);
    let changes = vec![end(&a.claim, landed()), end(&b.claim, failed())];
    store.apply(changes).await.expect("both hold");
    assert_eq!(state(&*store, "a").await.word(), "landed");
    assert_eq!(state(&*store, "b").await.word(), "failed");
    assert_eq!(ids(&claim(&*store, 9).await), ["c"]);
}

pub(super) async fn a_retry_needs_the_version_that_was_read(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    finish(&*store, &["a"], failed()).await;
    let version = row(&*store, "a").await.version;
    let retry = |version| Change {
        task: id("a"),
        guard: Guard::Version(version),
        step: Step::Retry,
    };
    assert_refused(store.apply(vec![retry(version - 1)]).await, "a");
    assert!(claim(&*store, 1).await.won.is_empty());
    apply(&*store, retry(version)).await;
    claim_one(&*store).await;
    let version = row(&*store, "a").await.version;
    assert_refused(store.apply(vec![retry(version)]).await, "a");
}

pub(super) async fn an_end_is_made_once(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let claim = claim_one(&*store).await.claim;
    apply(&*store, end(&claim, failed())).await;
    let before = row(&*store, "a").await;
    assert_refused(store.apply(vec![end(&claim, failed())]).await, "a");
    assert_refused(store.apply(vec![end(&claim, landed())]).await, "a");
    assert_eq!(row(&*store, "a").await, before);
}

pub(super) async fn fences_only_grow(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let again = || Ending::Retry {
        reason: "flaky".to_owned(),
        after: std::time::Duration::ZERO,
    };
    let stopped = || Ending::Interrupted {
        reason: "the run was stopped".to_owned(),
    };
    let mut last = Fence(0);
    for ending in [again(), stopped(), failed()] {
        let claim = claim_one(&*store).await.claim;
        assert!(claim.fence > last, "{:?} after {last:?}", claim.fence);
        last = claim.fence;
        apply(&*store, end(&claim, ending)).await;
    }
    let retry = Change {
        task: id("a"),
        guard: Guard::Version(row(&*store, "a").await.version),
        step: Step::Retry,
    };
    apply(&*store, retry).await;
    let claim = claim_one(&*store).await.claim;
    assert!(claim.fence > last, "after a person's retry");
}

pub(super) async fn what_was_spent_adds_up(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let mut spent = Spent {
        cost: Cost(7),
        duration: std::time::Duration::from_secs(2),
        ..Spent::default()
    };
    spent.usage.output = 5;
    for _ in 0..2 {
        let claim = claim_one(&*store).await.claim;
        let step = Step::End {
            ending: Ending::Interrupted {
                reason: "the run was stopped".to_owned(),
            },
            spent,
            checkpoint: Checkpoint::default(),
        };
        apply(&*store, by(&claim, step)).await;
    }
    let row = row(&*store, "a").await;
    assert_eq!((row.cost, row.duration_ms), (Cost(14), 4000));
    assert_eq!(row.usage.output, 10);
}
