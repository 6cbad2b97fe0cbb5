//! How turns end by themselves.

use super::calls::{run, turn};
use super::{Behaviour, HarnessFixture};
use crate::model::EndReason;
use crate::ports::{CallContext, HarnessErrorKind};

pub(super) async fn a_failure_is_a_report(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Fails);
    let report = harness.run(turn(at, "t"), CallContext::detached()).await;
    let report = report.expect("a failure of the agent is a report");
    assert_ne!(report.end, EndReason::Finished, "{report:?}");
    let why = report.error.as_deref().unwrap_or_default();
    assert!(!why.trim().is_empty(), "it says why: {report:?}");
}

pub(super) async fn a_missing_program_is_an_error(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Missing);
    let answer = harness.run(turn(at, "t"), CallContext::detached()).await;
    let error = answer.expect_err("there is no such program");
    assert_eq!(*error.kind(), HarnessErrorKind::NotFound);
    assert_eq!(at.turns(), []);
}

pub(super) async fn a_held_pipe_does_not_hold_the_turn(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::LeavesBehind);
    let report = run(&harness, turn(at, "t")).await;
    assert_eq!(report.end, EndReason::Finished, "{report:?}");
    assert_eq!(report.message, "done");
}

pub(super) async fn nothing_survives_the_end(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::LeavesBehind);
    run(&harness, turn(at, "t")).await;
    assert_eq!(at.living(), [""; 0], "these live on");
}
