use super::*;
use crate::model::{Intent, Nonce, Oid, Room, RunId, Task};
use crate::ports::ClaimRequest;

const NOW: Timestamp = Timestamp(1_000);

fn task(body: &str) -> Task {
    Task::new("a", body).expect("a good id")
}

fn broken() -> NewTask {
    NewTask {
        task: task(""),
        problem: Some("a.md:2: bad".to_owned()),
    }
}

fn why() -> String {
    "because".to_owned()
}

fn claimed() -> (TaskRow, Claim) {
    let mut row = fresh(task("Do it.").into(), NOW);
    let claim = claim(&mut row, &request(), Nonce::new("n"), NOW).claim;
    (row, claim)
}

fn request() -> ClaimRequest {
    ClaimRequest {
        run: RunId::new("r1"),
        limit: 1,
        lease: Duration::from_secs(120),
        source: None,
        ids: None,
        room: Room::default(),
        ageing: None,
        process: None,
    }
}

/// A row after one attempt that ended so.
fn ended(ending: Ending) -> TaskRow {
    let (mut row, claim) = claimed();
    let step = Step::End {
        ending,
        spent: crate::ports::Spent::default(),
        checkpoint: Checkpoint::default(),
    };
    apply(&mut row, &Guard::Claim(claim), step, NOW).expect("the claim holds");
    row
}

fn by_version(row: &mut TaskRow, step: Step) -> Result<(), Refused> {
    let guard = Guard::Version(row.version);
    apply(row, &guard, step, NOW)
}

fn removed() -> TaskRow {
    let mut row = ended(Ending::Failed { reason: why() });
    by_version(&mut row, Step::Remove).expect("a failed task can be removed");
    row
}

/// A row in every state that an edit, a retry or a removal may meet.
fn every_state() -> Vec<(&'static str, TaskRow)> {
    let reason = why;
    let (running, claim) = claimed();
    let mut landing = running.clone();
    let intent = Intent {
        base: Oid::new("b"),
        commit: Oid::new("c"),
    };
    apply(
        &mut landing,
        &Guard::Claim(claim),
        Step::Intend(intent),
        NOW,
    )
    .expect("it holds");
    vec![
        ("ready", fresh(task("Do it.").into(), NOW)),
        ("running", running),
        ("landing", landing),
        (
            "landed",
            ended(Ending::Landed {
                commit: Oid::new("c"),
            }),
        ),
        ("held", ended(Ending::Held { reason: reason() })),
        ("failed", ended(Ending::Failed { reason: reason() })),
        ("blocked", ended(Ending::Blocked { reason: reason() })),
        ("closed", ended(Ending::Closed { reason: reason() })),
        ("rejected", ended(Ending::Rejected { reason: reason() })),
        ("unreadable", fresh(broken(), NOW)),
        ("removed", removed()),
    ]
}

#[test]
fn a_retry_or_a_removal_by_state() {
    // state, may be retried, may be removed
    let table = [
        ("ready", true, true),
        ("running", false, true),
        ("landing", false, true),
        ("landed", false, false),
        ("held", true, true),
        ("failed", true, true),
        ("blocked", true, true),
        ("closed", true, false),
        ("rejected", true, true),
        ("unreadable", false, true),
        ("removed", false, true),
    ];
    for ((name, row), (expected, retry, remove)) in every_state().into_iter().zip(table) {
        assert_eq!(name, expected);
        let (mut retried, mut gone) = (row.clone(), row.clone());
        assert_eq!(
            by_version(&mut retried, Step::Retry).is_ok(),
            retry,
            "{name}"
        );
        assert_eq!(
            by_version(&mut gone, Step::Remove).is_ok(),
            remove,
            "{name}"
        );
        if retry {
            assert_eq!(
                (retried.state.word(), retried.tries),
                ("ready", 0),
                "{name}"
            );
        } else {
            assert_eq!(retried, row, "{name} is left as it was");
        }
        if !remove {
            assert_eq!(gone, row, "{name} is left as it was");
        }
    }
}

#[test]
fn a_new_text_by_state() {
    // state, the answer to a new text, the state and tries that follow
    let table = [
        ("ready", Added::Updated, "ready", 0),
        ("running", Added::Noted, "running", 1),
        ("landing", Added::Noted, "landing", 1),
        ("landed", Added::Kept, "landed", 1),
        ("held", Added::Updated, "held", 1),
        ("failed", Added::Updated, "ready", 0),
        ("blocked", Added::Updated, "ready", 0),
        ("closed", Added::Updated, "ready", 0),
        ("rejected", Added::Updated, "ready", 0),
        ("unreadable", Added::Updated, "ready", 0),
        ("removed", Added::Updated, "ready", 0),
    ];
    for ((name, mut row), (expected, added, state, tries)) in every_state().into_iter().zip(table) {
        assert_eq!(name, expected);
        let version = row.version;
        assert_eq!(
            readd(&mut row, task("Better.").into(), NOW),
            added,
            "{name}"
        );
        assert_eq!((row.state.word(), row.tries), (state, tries), "{name}");
        let updated = added == Added::Updated;
        assert_eq!(row.task.body == "Better.", updated, "{name}");
        let changed = updated || added == Added::Noted;
        assert_eq!(row.version != version, changed, "{name}");
    }
}

#[test]
fn a_text_that_cannot_be_read_by_state() {
    let table = [
        ("ready", Added::Updated, "blocked"),
        ("running", Added::Kept, "running"),
        ("landing", Added::Kept, "landing"),
        ("landed", Added::Kept, "landed"),
        ("held", Added::Kept, "held"),
        ("failed", Added::Updated, "blocked"),
        ("blocked", Added::Updated, "blocked"),
        ("closed", Added::Updated, "blocked"),
        ("rejected", Added::Updated, "blocked"),
        ("unreadable", Added::Same, "blocked"),
        ("removed", Added::Updated, "blocked"),
    ];
    for ((name, mut row), (expected, added, state)) in every_state().into_iter().zip(table) {
        assert_eq!(name, expected);
        assert_eq!(readd(&mut row, broken(), NOW), added, "{name}");
        assert_eq!(row.state.word(), state, "{name}");
    }
}

#[test]
fn a_text_that_broke_after_an_attempt_is_not_tried_until_mended() {
    let mut row = ended(Ending::Failed { reason: why() });
    readd(&mut row, broken(), NOW);
    assert!(by_version(&mut row, Step::Retry).is_err());
    assert_eq!(readd(&mut row, task("Do it.").into(), NOW), Added::Updated);
    assert_eq!(row.state.word(), "ready");
}
