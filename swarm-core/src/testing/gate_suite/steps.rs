//! Which steps run, and where.

use super::{AMPLE, GateFixture, StepDoes, begun, names, request, run};
use crate::ports::{CallContext, GateErrorKind, GateReport, GateRequest, StepOutcome, Stop};

fn reported(report: &GateReport) -> Vec<(&str, &StepOutcome)> {
    let steps = report.steps.iter();
    steps
        .map(|step| (step.name.as_str(), &step.outcome))
        .collect()
}

pub(super) async fn work_that_passes_is_told(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::Passes)], AMPLE);
    let report = run(&gate, request(at)).await;
    assert_eq!(reported(&report), [("test", &StepOutcome::Passed)]);
    assert_eq!(report.failed(), None);
}

pub(super) async fn steps_run_in_order(at: &dyn GateFixture) {
    let steps = ["b", "a", "c"];
    let gate = at.gate(&steps.map(|step| (step, StepDoes::Passes)), AMPLE);
    assert_eq!(gate.steps(), steps);
    let report = run(&gate, request(at)).await;
    assert_eq!(
        reported(&report),
        steps.map(|step| (step, &StepOutcome::Passed))
    );
    assert_eq!(names(at), steps);
}

pub(super) async fn the_first_failure_ends_the_gate(at: &dyn GateFixture) {
    let steps = [
        ("a", StepDoes::Passes),
        ("b", StepDoes::Fails),
        ("c", StepDoes::Passes),
    ];
    let report = run(&at.gate(&steps, AMPLE), request(at)).await;
    let failed = report.failed().map(|step| step.name.as_str());
    assert_eq!(failed, Some("b"), "{report:?}");
    assert_eq!(report.steps.len(), 2, "{report:?}");
    assert_eq!(names(at), ["a", "b"]);
}

pub(super) async fn only_the_chosen_steps_run(at: &dyn GateFixture) {
    let gate = at.gate(&["a", "b", "c"].map(|step| (step, StepDoes::Passes)), AMPLE);
    let some = GateRequest {
        steps: Some(vec!["c".to_owned(), "a".to_owned()]),
        ..request(at)
    };
    let report = run(&gate, some).await;
    assert_eq!(report.steps.len(), 2, "{report:?}");
    assert_eq!(names(at), ["a", "c"]);
}

pub(super) async fn an_unknown_step_runs_nothing(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::Passes)], AMPLE);
    let some = GateRequest {
        steps: Some(vec!["test".to_owned(), "tset".to_owned()]),
        ..request(at)
    };
    let answer = gate.run(some, CallContext::detached()).await;
    let error = answer.expect_err("there is no such step");
    assert_eq!(*error.kind(), GateErrorKind::UnknownStep);
    assert_eq!(at.begun(), [], "nothing was run");
}

pub(super) async fn steps_run_in_the_directory(at: &dyn GateFixture) {
    run(&at.gate(&[("test", StepDoes::Passes)], AMPLE), request(at)).await;
    let begun = at.begun().pop().expect("the step was begun");
    assert_eq!(begun.directory, at.directory());
}

pub(super) async fn the_work_is_left_as_it_is(at: &dyn GateFixture) {
    let before = at.contents();
    run(&at.gate(&[("test", StepDoes::Fails)], AMPLE), request(at)).await;
    assert_eq!(at.contents(), before);
}

pub(super) async fn calls_run_at_once(at: &dyn GateFixture) {
    let gate = at.gate(&[("test", StepDoes::Hangs)], AMPLE);
    let one = begun(at, &gate, 1).await;
    let two = begun(at, &gate, 2).await;
    let _ = one.until(|| true).await.stopped(Stop::Now).await;
    let _ = two.until(|| true).await.stopped(Stop::Now).await;
}
