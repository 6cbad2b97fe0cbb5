//! What comes of a wish, by how the attempt ended.

use std::time::Duration;

use super::*;
use crate::model::{Checkpoint, Claim, Ending, Nonce, Oid, Room, RunId, Task};
use crate::ports::{ClaimRequest, Guard, Spent, Step};
use crate::protocol::lifecycle::{apply, claim, fresh};

const NOW: Timestamp = Timestamp(1_000);

fn task(body: &str) -> Task {
    Task::new("a", body).expect("a good id")
}

fn running() -> (TaskRow, Claim) {
    let mut row = fresh(task("Old.").into(), NOW);
    let what = ClaimRequest {
        run: RunId::new("r"),
        limit: 1,
        lease: Duration::from_secs(120),
        source: None,
        ids: None,
        process: None,
        room: Room::default(),
        ageing: None,
    };
    let claim = claim(&mut row, &what, Nonce::new("n"), NOW).claim;
    (row, claim)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wanted {
    Edit,
    Hold,
    Both,
    Remove,
}

use Wanted::{Both, Edit, Hold, Remove};

fn note(row: &mut TaskRow, wanted: Wanted) {
    let guard = |row: &TaskRow| Guard::Version(row.version);
    let hold = || Step::Hold {
        reason: "not now".to_owned(),
    };
    match wanted {
        Wanted::Edit => assert_eq!(readd(row, task("New.").into(), NOW), Added::Noted),
        Wanted::Hold => apply(row, &guard(row), hold(), NOW).expect("it is noted"),
        Wanted::Both => {
            note(row, Wanted::Edit);
            note(row, Wanted::Hold);
        }
        Wanted::Remove => apply(row, &guard(row), Step::Remove, NOW).expect("it is noted"),
    }
}

// tidy: table
#[test]
fn a_wish_by_ending() {
    let reason = || "because".to_owned();
    let landed = || Ending::Landed {
        commit: Oid::new("c"),
    };
    let retry = || Ending::Retry {
        reason: reason(),
        after: Duration::from_secs(60),
    };
    let failed = || Ending::Failed { reason: reason() };
    let held = || Ending::Held { reason: reason() };
    let blocked = || Ending::Blocked { reason: reason() };
    let rejected = || Ending::Rejected { reason: reason() };
    let interrupted = || Ending::Interrupted { reason: reason() };
    // how it ended, what was wanted; then its state, text and tries, and
    // whether the wish is still there
    let table = [
        (landed(), Edit, ("landed", "Old.", 1, true)),
        (landed(), Hold, ("landed", "Old.", 1, false)),
        (landed(), Both, ("landed", "Old.", 1, true)),
        (landed(), Remove, ("landed", "Old.", 1, false)),
        (retry(), Edit, ("ready", "New.", 0, false)),
        (retry(), Hold, ("held", "Old.", 1, false)),
        (retry(), Both, ("held", "New.", 0, false)),
        (retry(), Remove, ("removed", "Old.", 1, false)),
        (failed(), Edit, ("ready", "New.", 0, false)),
        (failed(), Hold, ("failed", "Old.", 1, false)),
        (failed(), Both, ("held", "New.", 0, false)),
        (failed(), Remove, ("removed", "Old.", 1, false)),
        (held(), Edit, ("held", "New.", 1, false)),
        (held(), Hold, ("held", "Old.", 1, false)),
        (held(), Both, ("held", "New.", 1, false)),
        (held(), Remove, ("removed", "Old.", 1, false)),
        (blocked(), Edit, ("ready", "New.", 0, false)),
        (blocked(), Hold, ("blocked", "Old.", 1, false)),
        (blocked(), Remove, ("removed", "Old.", 1, false)),
        (rejected(), Edit, ("ready", "New.", 0, false)),
        (rejected(), Hold, ("rejected", "Old.", 1, false)),
        (rejected(), Remove, ("removed", "Old.", 1, false)),
        (interrupted(), Edit, ("ready", "New.", 0, false)),
        (interrupted(), Hold, ("held", "Old.", 0, false)),
        (interrupted(), Both, ("held", "New.", 0, false)),
        (interrupted(), Remove, ("removed", "Old.", 0, false)),
    ];
    for (ending, wanted, (state, body, tries, noted)) in table {
        let (mut row, claim) = running();
        note(&mut row, wanted);
        let what = format!("{wanted:?}, {ending:?}");
        let step = Step::End {
            ending,
            spent: Spent::default(),
            checkpoint: Checkpoint::default(),
        };
        apply(&mut row, &Guard::Claim(claim), step, NOW).expect("the claim holds");
        let is = (
            row.state.word(),
            &*row.task.body,
            row.tries,
            row.wish.is_some(),
        );
        assert_eq!(is, (state, body, tries, noted), "{what}");
    }
}

#[test]
fn a_wish_upon_a_wish() {
    let hold = |task: Option<&str>| Wish::Hold {
        reason: "not now".to_owned(),
        task: task.map(|body| Box::new(self::task(body))),
    };
    let edit = || Wish::Edit {
        task: Box::new(task("New.")),
    };
    // what was wanted, one after the other, what is noted then, and what after
    // the text that is worked on was added again
    let table = [
        (vec![Edit], edit(), None),
        (vec![Hold], hold(None), Some(hold(None))),
        (vec![Remove], Wish::Remove, None),
        (vec![Edit, Hold], hold(Some("New.")), Some(hold(None))),
        (vec![Hold, Edit], hold(Some("New.")), Some(hold(None))),
        (vec![Hold, Hold], hold(None), Some(hold(None))),
        (vec![Edit, Remove], Wish::Remove, None),
        (vec![Hold, Remove], Wish::Remove, None),
        (vec![Remove, Edit], edit(), None),
    ];
    for (wanted, noted, again) in table {
        let (mut row, _) = running();
        for one in &wanted {
            note(&mut row, *one);
        }
        assert_eq!(row.wish, Some(noted), "{wanted:?}");
        readd(&mut row, task("Old.").into(), NOW);
        assert_eq!(row.wish, again, "{wanted:?}, then the old text");
    }
    let (mut row, _) = running();
    note(&mut row, Remove);
    assert!(hold_by_version(&mut row).is_err(), "it is gone anyway");
    assert_eq!(row.wish, Some(Wish::Remove));
}

fn hold_by_version(row: &mut TaskRow) -> Result<(), Refused> {
    let guard = Guard::Version(row.version);
    let reason = "not now".to_owned();
    apply(row, &guard, Step::Hold { reason }, NOW)
}
