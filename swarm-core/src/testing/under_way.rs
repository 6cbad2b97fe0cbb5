//! A call of a port in a task of its own.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::ports::{AgentEvent, CallContext, Sink, Stop, Stopper};

/// How often it is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(10);

/// Nobody who stops a call waits longer than this.
const PROMPT: Duration = Duration::from_secs(30);

/// A call that goes on; dropped, its future is dropped.
pub(super) struct UnderWay<T> {
    task: JoinHandle<T>,
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

impl<T: Debug + Send + 'static> UnderWay<T> {
    pub(super) fn start<F>(call: impl FnOnce(CallContext) -> F) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (stopper, context) = CallContext::stoppable();
        let pulse = Arc::new(Pulse::default());
        let task = tokio::spawn(call(context.heard_by(pulse.clone())));
        Self {
            task,
            stopper,
            pulse,
        }
    }

    /// Waits until this holds, while the call goes on.
    pub(super) async fn until(mut self, holds: impl Fn() -> bool) -> Self {
        while !holds() {
            self.goes_on().await;
            tokio::time::sleep(LOOK).await;
        }
        self.goes_on().await;
        self
    }

    /// Waits until it was heard of the call.
    pub(super) async fn heard(self) -> Self {
        let pulse = self.pulse.clone();
        self.until(move || pulse.0.load(Ordering::SeqCst)).await
    }

    async fn goes_on(&mut self) {
        if self.task.is_finished() {
            let over = (&mut self.task).await;
            panic!("the call was over too early: {over:?}");
        }
    }

    /// What it comes to when it is stopped; it must come soon.
    pub(super) async fn stopped(mut self, how: Stop) -> T {
        self.stopper.stop(how);
        let over = tokio::time::timeout(PROMPT, &mut self.task).await;
        let Ok(over) = over else {
            panic!("stopped {how:?}, it had not returned after {PROMPT:?}");
        };
        over.expect("the call does not panic")
    }

    /// Drops its future.
    pub(super) async fn dropped(mut self) {
        self.task.abort();
        let over = (&mut self.task).await;
        assert!(over.is_err(), "the call was over before it was dropped");
    }
}

impl<T> Drop for UnderWay<T> {
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

/// A context that was stopped before.
pub(super) fn stopped_before(how: Stop) -> CallContext {
    let (stopper, context) = CallContext::stoppable();
    stopper.stop(how);
    context
}
