//! The governor's table, and its course over time.

use std::time::Duration;

use super::{Admission, Governor, SLACK, STAGGER};
use crate::dispatch::input::AccountNews;
use crate::dispatch::pacing::Backoff;
use crate::event::Event;
use crate::model::{AccountId, EndReason, Killer, Limit, Timestamp};

const NOW: Timestamp = Timestamp(1_000_000);
const HOUR: Duration = Duration::from_secs(3600);

fn id() -> AccountId {
    AccountId::new("a")
}

fn governor() -> Governor {
    Governor::new(Backoff::from(Duration::from_secs(60)), 6 * HOUR)
}

fn limited(until: Option<Timestamp>) -> EndReason {
    EndReason::RateLimited { retry_at: until }
}

/// When one may start; `None`: never.
fn start(governor: &Governor, now: Timestamp) -> Option<Timestamp> {
    match governor.admission(&id(), now) {
        Admission::Now => Some(now),
        Admission::NotBefore(at, _) => Some(at),
        Admission::Never(_) => None,
    }
}

#[test]
fn every_end_has_its_meaning_for_the_account() {
    let until = NOW.plus(HOUR);
    let free = Some(NOW);
    let parked = Some(until.plus(SLACK));
    for (end, want) in [
        (EndReason::Finished, free),
        (EndReason::ContextFull, free),
        (EndReason::LimitReached, free),
        (EndReason::ModelLimit, free),
        (EndReason::Refused, free),
        (EndReason::Config, free),
        (EndReason::SessionNotFound, free),
        (EndReason::Crashed, free),
        (EndReason::Killed { by: Killer::Other }, free),
        (EndReason::TimedOut { limit: Limit::Idle }, free),
        (limited(Some(until)), parked),
        (EndReason::Auth, None),
        (EndReason::Billing, None),
    ] {
        let mut governor = governor();
        governor.ended(&id(), end, "why", NOW);
        assert_eq!(start(&governor, NOW), want, "{end:?}");
    }
    for end in [limited(None), EndReason::Overloaded, EndReason::Network] {
        let mut governor = governor();
        governor.ended(&id(), end, "why", NOW);
        let pause = start(&governor, NOW).expect("parked").since(NOW).as_secs();
        assert!((60..=75).contains(&pause), "{end:?}: {pause}");
    }
}

#[test]
fn others_that_meet_the_same_limit_add_nothing() {
    let mut governor = governor();
    assert!(governor.ended(&id(), limited(None), "x", NOW).is_some());
    let first = start(&governor, NOW);
    for _ in 0..5 {
        assert_eq!(governor.ended(&id(), limited(None), "x", NOW), None);
    }
    assert_eq!(start(&governor, NOW), first, "one strike, not six");
    // A later time that the service names counts; an earlier one does not.
    let late = NOW.plus(HOUR);
    let event = governor.ended(&id(), limited(Some(late)), "x", NOW);
    assert!(event.is_some(), "much later is news");
    let late = late.plus(Duration::from_millis(3));
    let event = governor.ended(&id(), limited(Some(late)), "x", NOW);
    assert_eq!(event, None, "a little later counts, but is no news");
    governor.ended(&id(), limited(Some(NOW)), "x", NOW);
    assert_eq!(start(&governor, NOW), Some(late.plus(SLACK)));
}

#[test]
fn a_turn_that_began_before_the_limit_does_not_lift_it() {
    let mut governor = governor();
    governor.ended(&id(), limited(Some(NOW.plus(HOUR))), "x", NOW);
    assert_eq!(governor.ended(&id(), EndReason::Finished, "", NOW), None);
    assert!(start(&governor, NOW) > Some(NOW));
}

#[test]
fn it_wakes_one_by_one_until_a_turn_went_through() {
    let mut governor = governor();
    governor.ended(&id(), limited(Some(NOW.plus(HOUR))), "x", NOW);
    let then = start(&governor, NOW).expect("a time");
    assert_eq!(governor.deadline(NOW), Some(then));
    assert_eq!(start(&governor, then), Some(then));
    governor.started(&id(), then);
    assert_eq!(start(&governor, then), Some(then.plus(STAGGER)));
    assert_eq!(governor.deadline(then), Some(then.plus(STAGGER)));
    let open = governor.ended(&id(), EndReason::Finished, "", then);
    assert_eq!(open, Some(Event::AccountOpen { account: id() }));
    assert_eq!(start(&governor, then), Some(then));
    assert_eq!(governor.deadline(then), None);
}

#[test]
fn pauses_double_until_the_patience_ends() {
    let mut governor = governor();
    let mut now = NOW;
    let mut pauses = Vec::new();
    let closed = loop {
        let event = governor.ended(&id(), EndReason::Overloaded, "busy", now);
        let Some(then) = start(&governor, now) else {
            break event;
        };
        pauses.push(then.since(now).as_secs());
        now = then;
        governor.started(&id(), now);
    };
    assert!(pauses[1] >= 120 && pauses[2] >= 240 && pauses[3] >= 480);
    assert!(pauses[3..].iter().all(|pause| (480..=600).contains(pause)));
    assert!(now.since(NOW) <= 6 * HOUR && now.since(NOW) > 5 * HOUR);
    assert!(matches!(closed, Some(Event::AccountClosed { .. })));
    assert_eq!(governor.deadline(now), None);
}

#[test]
fn a_limit_that_is_longer_than_the_patience_closes_at_once() {
    let mut governor = governor();
    let event = governor.ended(&id(), limited(Some(NOW.plus(7 * HOUR))), "weekly", NOW);
    let Some(Event::AccountClosed { why, .. }) = event else {
        panic!("closed: {event:?}");
    };
    assert!(why.starts_with("weekly"), "{why}");
}

#[test]
fn what_another_run_learned_counts_here_too() {
    let parked = |until| AccountNews::Parked {
        until,
        why: "limit".to_owned(),
    };
    let late = NOW.plus(HOUR);
    let mut governor = governor();
    assert!(governor.heard(&id(), parked(late), NOW).is_some());
    let then = Some(late.plus(SLACK));
    assert_eq!(start(&governor, NOW), then);
    assert_eq!(governor.heard(&id(), parked(late), NOW), None, "known");
    assert!(governor.heard(&id(), AccountNews::Open, NOW).is_some());
    assert_eq!(start(&governor, NOW), Some(NOW));
    let closed = AccountNews::Closed {
        why: "no login".to_owned(),
    };
    assert!(governor.heard(&id(), closed, NOW).is_some());
    assert_eq!(governor.heard(&id(), AccountNews::Open, NOW), None);
    assert_eq!(start(&governor, NOW), None, "closed stays closed");
}
