//! A call of a harness in a task of its own, and calls beside each other.

use std::sync::Arc;

use super::{Behaviour, HarnessFixture, Heard};
use crate::model::{AttemptId, RunId, TaskId};
use crate::ports::{CallContext, Harness, HarnessError, Stop, TurnReport, TurnRequest};
use crate::testing::under_way::UnderWay;

/// A turn of this name, in the folder of this name.
pub(super) fn turn(at: &dyn HarnessFixture, name: &str) -> TurnRequest {
    let attempt = AttemptId {
        run: RunId::new("r1"),
        task: TaskId::new(name).expect("the suite's ids are good"),
        number: 1,
    };
    TurnRequest::new(attempt, name, at.directory(name))
}

/// Runs a turn to its end.
pub(super) async fn run(harness: &Arc<dyn Harness>, turn: TurnRequest) -> TurnReport {
    let report = harness.run(turn, CallContext::detached()).await;
    report.expect("a turn that begins is a report")
}

pub(super) type Call = UnderWay<Result<TurnReport, HarnessError>>;

/// A call whose agent has begun.
pub(super) async fn begun(at: &dyn HarnessFixture, harness: &Arc<dyn Harness>, name: &str) -> Call {
    let (harness, turn) = (harness.clone(), turn(at, name));
    let call = Call::start(|context| async move { harness.run(turn, context).await });
    call.until(|| find(at, name).is_some()).await
}

pub(super) async fn stopped(call: Call, how: Stop) -> TurnReport {
    let report = call.stopped(how).await;
    report.expect("a turn that has begun is a report")
}

/// What the agent of this turn was told, if it has begun.
pub(super) fn find(at: &dyn HarnessFixture, name: &str) -> Option<Heard> {
    let mut turns = at.turns().into_iter();
    turns.find(|heard| heard.prompt.contains(name))
}

pub(super) async fn calls_run_at_once(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Hangs);
    let one = begun(at, &harness, "one").await;
    let two = begun(at, &harness, "two").await;
    let one = one.until(|| true).await;
    stopped(one, Stop::Gently).await;
    // Whatever would end the other as well has been started by now.
    tokio::task::yield_now().await;
    stopped(two.until(|| true).await, Stop::Gently).await;
}

pub(super) async fn calls_do_not_mix(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Echoes);
    let (one, two) = tokio::join!(
        run(&harness, turn(at, "one")),
        run(&harness, turn(at, "two"))
    );
    assert_eq!((one.message.trim(), two.message.trim()), ("one", "two"));
    let later = run(&harness, turn(at, "three")).await;
    assert_eq!(later.message.trim(), "three");
}
