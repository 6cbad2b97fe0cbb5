//! How steps end.

use std::time::Duration;

use super::{AMPLE, GateFixture, StepDoes, begun, request, run};
use crate::ports::{GateErrorKind, StepOutcome, Stop};
use crate::testing::under_way::stopped_before;

pub(super) async fn a_slow_step_is_timed_out(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::Hangs)], Duration::from_millis(200));
    let report = run(&gate, request(at)).await;
    let outcome = report.failed().map(|step| &step.outcome);
    assert_eq!(outcome, Some(&StepOutcome::TimedOut), "{report:?}");
}

pub(super) async fn a_stop_is_prompt(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::Hangs)], AMPLE);
    for (count, how) in [(1, Stop::Gently), (2, Stop::Now)] {
        let _ = begun(at, &gate, count).await.stopped(how).await;
    }
}

pub(super) async fn a_stop_is_no_judgement(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::Hangs)], AMPLE);
    let answer = begun(at, &gate, 1).await.stopped(Stop::Gently).await;
    let error = answer.expect_err("it was stopped");
    assert_eq!(*error.kind(), GateErrorKind::Stopped);
}

pub(super) async fn a_stop_before_the_start_runs_nothing(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::Passes)], AMPLE);
    for how in [Stop::Gently, Stop::Now] {
        let answer = gate.run(request(at), stopped_before(how)).await;
        let error = answer.expect_err("it was stopped");
        assert_eq!(*error.kind(), GateErrorKind::Stopped);
        assert_eq!(at.begun(), [], "nothing was run");
    }
}

pub(super) async fn a_held_pipe_does_not_hold_the_gate(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::LeavesBehind)], AMPLE);
    let report = run(&gate, request(at)).await;
    assert_eq!(report.failed(), None);
}

pub(super) async fn nothing_survives_the_end(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::LeavesBehind)], AMPLE);
    run(&gate, request(at)).await;
    assert_eq!(at.living(), [""; 0], "these live on");
}

pub(super) async fn nothing_survives_a_stop(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::Breeds)], AMPLE);
    for (count, how) in [(1, Stop::Gently), (2, Stop::Now)] {
        let _ = begun(at, &gate, count).await.stopped(how).await;
        assert_eq!(at.living(), [""; 0], "these live on");
    }
}
