//! The port to whoever watches.

use std::fmt::Debug;

use crate::event::EventRecord;

/// Sees everything that happens in a run, in order.
///
/// Called on the engine's own task: it must not block. A panic in it is
/// caught, and it is then left alone. [`channel`](crate::engine::channel)
/// turns a run's events into a stream.
#[cfg_attr(any(test, feature = "test-util"), mockall::automock)]
pub trait Observer: Send + Sync + Debug {
    /// An event.
    fn observe(&self, record: &EventRecord);

    /// The run is over: called once, after the last event, however it ended.
    fn close(&self);
}
