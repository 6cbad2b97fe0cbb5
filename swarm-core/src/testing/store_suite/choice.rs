//! Which of the ready tasks are claimed.

use super::{StoreFixture, add, apply, claim, end, id, ids, request, task};
use crate::model::{Ending, HarnessName, Room};
use crate::ports::ClaimRequest;

pub(super) async fn only_tasks_with_room_are_claimed(at: &dyn StoreFixture) {
    let store = at.store();
    let of = |name: &str, harness: Option<&str>, kind: Option<&str>| {
        let mut task = task(name);
        task.harness = harness.map(HarnessName::new);
        task.kind = kind.map(str::to_owned);
        task
    };
    let (x, y) = (Some("x"), Some("y"));
    let tasks = [
        of("a", None, None),
        of("b", x, Some("bug")),
        of("c", y, Some("bug")),
        of("d", x, None),
        of("e", Some("z"), None),
    ];
    add(&*store, tasks).await;
    let ask = |bounds: &[(&str, usize)], kinds: &[(&str, usize)]| ClaimRequest {
        room: Room {
            default_harness: Some(HarnessName::new("x")),
            without: [HarnessName::new("z")].into(),
            harnesses: (bounds.iter())
                .map(|(name, places)| (HarnessName::new(name), *places))
                .collect(),
            kinds: (kinds.iter())
                .map(|(name, places)| ((*name).to_owned(), *places))
                .collect(),
        },
        ..request(9)
    };
    let won = store.claim(ask(&[("x", 0)], &[("bug", 0)])).await;
    let won = won.expect("claim");
    assert_eq!((ids(&won), won.passed), (vec![], true), "no room at all");
    let won = store.claim(ask(&[("x", 1)], &[("bug", 1)])).await;
    let won = won.expect("claim");
    assert_eq!((ids(&won), won.passed), (vec!["a", "c"], true));
    let named = ClaimRequest {
        ids: Some(vec![id("b")]),
        ..ask(&[("x", 0)], &[])
    };
    let won = store.claim(named).await.expect("claim");
    assert_eq!((won.won, won.lost), (vec![], vec![id("b")]));
    let won = store.claim(ask(&[("x", 2)], &[("bug", 1)])).await;
    let won = won.expect("claim");
    assert_eq!(ids(&won), ["b", "d"], "what was passed over is still there");
    assert!(!won.passed, "e will not be had in this run");
    assert_eq!(ids(&claim(&*store, 9).await), ["e"], "it can by another");
}

pub(super) async fn waiting_makes_urgent(at: &dyn StoreFixture) {
    let store = at.store();
    let minute = std::time::Duration::from_secs(60);
    add(&*store, ["b", "a"].map(task)).await;
    at.pass(2 * minute).await;
    add(
        &*store,
        [task("new").priority(1), task("newest").priority(3)],
    )
    .await;
    // An edit loses no place.
    let mut edited = task("b");
    "Do it better.".clone_into(&mut edited.body);
    add(&*store, [edited]).await;
    let ask = |limit, ageing| ClaimRequest {
        ageing: Some(ageing),
        ..request(limit)
    };
    let claims = store.claim(ask(3, minute)).await.expect("claim");
    assert_eq!(ids(&claims), ["newest", "a", "b"]);
    let failed = Ending::Retry {
        reason: "flaky".to_owned(),
        after: std::time::Duration::ZERO,
    };
    let stopped = Ending::Interrupted {
        reason: "the run was stopped".to_owned(),
    };
    apply(&*store, end(&claims.won[1].claim, failed)).await;
    apply(&*store, end(&claims.won[2].claim, stopped)).await;
    let claims = store.claim(ask(9, minute)).await.expect("claim");
    assert_eq!(ids(&claims), ["b", "new", "a"], "a begins anew, b does not");
}
