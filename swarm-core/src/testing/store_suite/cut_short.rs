//! What is left of attempts that did not come to an end of their own.

use super::{
    LEASE, StoreFixture, add, apply, assert_refused, by, claim, claim_one, end, failed, id, landed,
    request, row, state, task,
};
use crate::model::{
    Checkpoint, Claim, Ending, HarnessName, HostProcess, Intent, Oid, Progress, SessionId,
    TaskState,
};
use crate::ports::{Change, ClaimRequest, Guard, Renewal, Spent, Step};

fn checkpoint(turns: u32) -> Checkpoint {
    let mut progress = Progress::new(HarnessName::new("h"));
    progress.counts.turns = turns;
    Checkpoint {
        worktree: Some("/w".into()),
        progress: Some(progress),
        ..Checkpoint::default()
    }
}

fn stopped() -> Ending {
    Ending::Interrupted {
        reason: "the run was stopped".to_owned(),
    }
}

fn ended(claim: &Claim, ending: Ending) -> Change {
    let step = Step::End {
        ending,
        spent: Spent::default(),
        checkpoint: checkpoint(7),
    };
    by(claim, step)
}

pub(super) async fn a_takeover_costs_no_try(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    claim_one(&*store).await;
    at.pass(LEASE).await;
    let second = claim_one(&*store).await;
    let counted = |row: &crate::model::TaskRow| (row.attempts, row.tries, row.cut_short);
    assert_eq!(counted(&second.row), (2, 1, 1));
    apply(&*store, end(&second.claim, stopped())).await;
    let third = claim_one(&*store).await;
    assert_eq!(counted(&third.row), (3, 1, 2));
    let again = Ending::Retry {
        reason: "flaky".to_owned(),
        after: std::time::Duration::ZERO,
    };
    apply(&*store, end(&third.claim, again)).await;
    let fourth = claim_one(&*store).await;
    assert_eq!(counted(&fourth.row), (4, 2, 0), "it ended by itself");
}

pub(super) async fn what_was_left_is_told(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let first = claim_one(&*store).await;
    assert!(!first.goes_on, "nothing was left");
    let note = Step::Checkpoint(checkpoint(3));
    apply(&*store, by(&first.claim, note)).await;
    at.pass(LEASE).await;
    let second = claim_one(&*store).await;
    assert!(second.goes_on, "it fell silent");
    assert_eq!(second.row.checkpoint, checkpoint(3));
    // It may fall silent, too, before it has noted anything.
    at.pass(LEASE).await;
    let third = claim_one(&*store).await;
    assert!(third.goes_on);
    assert_eq!(third.row.checkpoint, checkpoint(3));
    apply(&*store, ended(&third.claim, stopped())).await;
    let fourth = claim_one(&*store).await;
    assert!(fourth.goes_on, "it was stopped");
    assert_eq!(fourth.row.checkpoint, checkpoint(7));
    let again = Ending::Retry {
        reason: "flaky".to_owned(),
        after: std::time::Duration::ZERO,
    };
    apply(&*store, ended(&fourth.claim, again)).await;
    let fifth = claim_one(&*store).await;
    assert!(!fifth.goes_on, "it failed: the next one begins anew");
    at.pass(LEASE).await;
    let sixth = claim_one(&*store).await;
    assert!(
        !sixth.goes_on,
        "the one that was cut short had noted nothing"
    );
}

pub(super) async fn a_freed_task_is_claimed_at_once(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, ["a", "b"].map(task)).await;
    let process = HostProcess {
        host: "host".to_owned(),
        boot: "boot".to_owned(),
        space: "space".to_owned(),
        pid: 7,
        started: 11,
    };
    let what = ClaimRequest {
        process: Some(process.clone()),
        ..request(2)
    };
    let claims = store.claim(what).await.expect("claim");
    let (a, b) = (&claims.won[0].claim, &claims.won[1].claim);
    let intent = Intent {
        base: Oid::new("b"),
        commit: Oid::new("c"),
    };
    apply(&*store, by(b, Step::Intend(intent.clone()))).await;
    let free = |task: &str, version| Change {
        task: id(task),
        guard: Guard::Version(version),
        step: Step::Free,
    };
    for task in ["a", "b"] {
        let row = row(&*store, task).await;
        let (TaskState::Running { holder } | TaskState::Landing { holder, .. }) = &row.state else {
            panic!("it is {}", row.state.word());
        };
        assert_eq!(holder.process.as_ref(), Some(&process));
        assert_refused(store.apply(vec![free(task, row.version - 1)]).await, task);
        assert!(claim(&*store, 9).await.won.is_empty(), "not by a stale one");
    }
    assert_refused(store.apply(vec![by(a, Step::Free)]).await, "a");
    for task in ["a", "b"] {
        let version = row(&*store, task).await.version;
        apply(&*store, free(task, version)).await;
    }
    let claims = claim(&*store, 9).await;
    let told: Vec<_> = claims.won.iter().map(|won| won.intent.clone()).collect();
    assert_eq!(told, [None, Some(intent)]);
    let renewed = store.renew(&[a.clone(), b.clone()], LEASE).await;
    assert_eq!(renewed.expect("renew"), [Renewal::Lost, Renewal::Lost]);
    apply(&*store, end(&claims.won[0].claim, landed())).await;
    let version = row(&*store, "a").await.version;
    assert_refused(store.apply(vec![free("a", version)]).await, "a");
    assert_eq!(state(&*store, "a").await.word(), "landed");
}

pub(super) async fn a_named_conversation_is_kept(at: &dyn StoreFixture) {
    let store = at.store();
    add(&*store, [task("a")]).await;
    let claim = claim_one(&*store).await.claim;
    let name = |turn, session: &str| {
        let step = Step::Name {
            turn,
            session: SessionId::new(session),
            harness: HarnessName::new("other"),
        };
        by(&claim, step)
    };
    apply(&*store, by(&claim, Step::Checkpoint(checkpoint(2)))).await;
    apply(&*store, name(2, "s")).await;
    let kept = row(&*store, "a").await.checkpoint;
    assert_eq!(kept.session, Some(SessionId::new("s")));
    let progress = kept.progress.clone().expect("noted above");
    assert!(progress.resumable);
    assert_eq!(progress.harness, HarnessName::new("other"));
    assert_eq!(kept.worktree, checkpoint(2).worktree);
    apply(&*store, name(1, "late")).await;
    assert_eq!(row(&*store, "a").await.checkpoint, kept);
    apply(&*store, end(&claim, failed())).await;
    assert_refused(store.apply(vec![name(2, "later")]).await, "a");
}
