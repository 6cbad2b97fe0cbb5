//! How calls are stopped.

use super::calls::{begun, stopped as stop, turn};
use super::{Behaviour, HarnessFixture};
use crate::model::{EndReason, Killer, Limit};
use crate::ports::{Stop, TurnReport};
use crate::testing::under_way::{eventually, stopped_before};

/// The report of a turn that was stopped when it had begun.
async fn stopped(at: &dyn HarnessFixture, does: Behaviour, how: Stop) -> TurnReport {
    let harness = at.harness(&does);
    stop(begun(at, &harness, "t").await, how).await
}

pub(super) async fn a_gentle_stop_is_prompt(at: &dyn HarnessFixture) {
    stopped(at, Behaviour::Hangs, Stop::Gently).await;
}

pub(super) async fn a_stop_now_is_prompt(at: &dyn HarnessFixture) {
    stopped(at, Behaviour::Hangs, Stop::Now).await;
}

pub(super) async fn force_follows_the_request(at: &dyn HarnessFixture) {
    stopped(at, Behaviour::HangsOn, Stop::Gently).await;
}

pub(super) async fn a_stopped_turn_is_no_success(at: &dyn HarnessFixture) {
    let report = stopped(at, Behaviour::Hangs, Stop::Gently).await;
    let by = Killer::Swarm;
    assert_eq!(report.end, EndReason::Killed { by }, "{report:?}");
}

pub(super) async fn a_limit_is_told(at: &dyn HarnessFixture) {
    let limit = Limit::Wall;
    let report = stopped(at, Behaviour::Hangs, Stop::Limit(limit)).await;
    assert_eq!(report.end, EndReason::TimedOut { limit }, "{report:?}");
}

pub(super) async fn a_stop_before_the_start_starts_nothing(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Says("done".to_owned()));
    for how in [Stop::Gently, Stop::Now] {
        let answer = harness.run(turn(at, "t"), stopped_before(how)).await;
        let report = answer.expect("a stop is no error");
        assert_ne!(report.end, EndReason::Finished, "{report:?}");
        assert_eq!(at.turns(), [], "nobody was started");
    }
}

pub(super) async fn a_dropped_call_ends_the_agent(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::HangsOn);
    let call = begun(at, &harness, "t").await;
    assert_ne!(at.living().len(), 0, "the fixture sees the agent");
    call.dropped().await;
    eventually(|| at.living().is_empty()).await;
}

pub(super) async fn nothing_survives_a_stop(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Breeds);
    for (name, how) in [("one", Stop::Gently), ("two", Stop::Now)] {
        let report = stop(begun(at, &harness, name).await, how).await;
        assert_eq!(at.living(), [""; 0], "these live on after {report:?}");
    }
}
