//! A call of a harness in a task of its own, and calls beside each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::{Behaviour, HarnessFixture, Heard};
use crate::model::{AttemptId, RunId, TaskId};
use crate::ports::{
    AgentEvent, CallContext, Harness, HarnessError, Sink, Stop, Stopper, TurnReport, TurnRequest,
};

/// How often it is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(10);

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

/// A call under way; dropped, it is dropped.
pub(super) struct Call {
    task: JoinHandle<Result<TurnReport, HarnessError>>,
    stopper: Stopper,
    pulse: Arc<Pulse>,
}

#[derive(Default)]
struct Pulse(AtomicBool);

impl Sink for Pulse {
    fn event(&self, _: AgentEvent) {
        self.alive();
    }

    fn alive(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Call {
    pub(super) fn start(harness: &Arc<dyn Harness>, turn: TurnRequest) -> Self {
        let (stopper, context) = CallContext::stoppable();
        let pulse = Arc::new(Pulse::default());
        let context = context.heard_by(pulse.clone());
        let harness = harness.clone();
        let task = tokio::spawn(async move { harness.run(turn, context).await });
        Self {
            task,
            stopper,
            pulse,
        }
    }

    /// A call whose agent has begun.
    pub(super) async fn begun(
        at: &dyn HarnessFixture,
        harness: &Arc<dyn Harness>,
        name: &str,
    ) -> Self {
        let call = Self::start(harness, turn(at, name));
        call.until(|| find(at, name).is_some()).await;
        call
    }

    /// Waits until this holds, while the call goes on.
    pub(super) async fn until(&self, holds: impl Fn() -> bool) {
        while !holds() {
            assert!(!self.task.is_finished(), "the call is over too early");
            tokio::time::sleep(LOOK).await;
        }
        assert!(!self.task.is_finished(), "the call is over too early");
    }

    pub(super) fn is_alive(&self) -> bool {
        self.pulse.0.load(Ordering::SeqCst)
    }

    pub(super) async fn stopped(mut self, how: Stop) -> TurnReport {
        self.stopper.stop(how);
        let report = (&mut self.task).await.expect("the call does not panic");
        report.expect("a turn that has begun is a report")
    }

    /// Drops the call's future.
    pub(super) async fn dropped(mut self) {
        self.task.abort();
        let over = (&mut self.task).await;
        assert!(over.is_err(), "the call was over before it was dropped");
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits until this holds.
pub(super) async fn eventually(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(LOOK).await;
    }
}

/// What the agent of this turn was told, if it has begun.
pub(super) fn find(at: &dyn HarnessFixture, name: &str) -> Option<Heard> {
    let mut turns = at.turns().into_iter();
    turns.find(|heard| heard.prompt.contains(name))
}

pub(super) async fn calls_run_at_once(at: &dyn HarnessFixture) {
    let harness = at.harness(&Behaviour::Hangs);
    let one = Call::begun(at, &harness, "one").await;
    let two = Call::begun(at, &harness, "two").await;
    one.until(|| true).await;
    one.stopped(Stop::Gently).await;
    // Whatever would end the other as well has been started by now.
    tokio::task::yield_now().await;
    two.until(|| true).await;
    two.stopped(Stop::Gently).await;
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
