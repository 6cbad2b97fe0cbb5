//! How calls are stopped.

use std::sync::Arc;
use std::time::Duration;

use super::calls::{Call, eventually, turn};
use super::{Behaviour, HarnessFixture};
use crate::model::{EndReason, Killer, Limit};
use crate::ports::{CallContext, Harness, Stop, TurnReport};

/// Nobody who stops a call waits longer than this.
const PROMPT: Duration = Duration::from_secs(30);

/// The report of a turn that was stopped when it had begun.
async fn stopped(at: &dyn HarnessFixture, does: Behaviour, how: Stop) -> TurnReport {
    stop(at, &at.harness(&does), "t", how).await
}

async fn stop(
    at: &dyn HarnessFixture,
    harness: &Arc<dyn Harness>,
    name: &str,
    how: Stop,
) -> TurnReport {
    let call = Call::begun(at, harness, name).await;
    let report = tokio::time::timeout(PROMPT, call.stopped(how)).await;
    let late = |_| panic!("stopped {how:?}, it had not returned after {PROMPT:?}");
    report.unwrap_or_else(late)
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
        let (stopper, context) = CallContext::stoppable();
        stopper.stop(how);
        let answer = harness.run(turn(at, "t"), context).await;
        let report = answer.expect("a stop is no error");
        assert_ne!(report.end, EndReason::Finished, "{report:?}");
        assert_eq!(at.turns(), [], "nobody was started");
    }
}

pub(super) async fn a_dropped_call_ends_the_agent(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::HangsOn);
    let call = Call::begun(at, &harness, "t").await;
    assert_ne!(at.living().len(), 0, "the fixture sees the agent");
    call.dropped().await;
    eventually(|| at.living().is_empty()).await;
}

pub(super) async fn nothing_survives_a_stop(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Breeds);
    for (name, how) in [("one", Stop::Gently), ("two", Stop::Now)] {
        let report = stop(at, &harness, name, how).await;
        assert_eq!(at.living(), [""; 0], "these live on after {report:?}");
    }
}
