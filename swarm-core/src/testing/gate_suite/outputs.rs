//! What steps print.

use super::{AMPLE, GateFixture, StepDoes, request, run};

/// What the only step of a gate printed, as the report has it.
async fn printed(at: &dyn GateFixture, does: StepDoes) -> String {
    let report = run(&at.gate(&[("test", does)], AMPLE), request(at)).await;
    let failed = report.failed().expect("the step does not pass");
    failed.output.clone()
}

pub(super) async fn what_was_printed_is_told(at: &dyn GateFixture) {
    let output = printed(at, StepDoes::Fails).await;
    assert!(output.contains("this is wrong"), "{output:?}");
}

pub(super) async fn long_output_keeps_both_ends(at: &dyn GateFixture) {
    let output = printed(at, StepDoes::Floods).await;
    assert!(output.len() <= 1 << 20, "it has {} bytes", output.len());
    let ends = (output.lines().next(), output.lines().last());
    assert_eq!(ends, (Some("first"), Some("last")));
}

pub(super) async fn invalid_output_survives(at: &dyn GateFixture) {
    let output = printed(at, StepDoes::Garbles).await;
    assert!(output.contains("before"), "{output:?}");
    assert!(output.contains("after"), "{output:?}");
}
