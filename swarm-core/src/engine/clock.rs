//! The engine's time: the wall clock once, then a monotonic one.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::Timestamp;

/// Never goes backwards; follows tokio's clock, so that tests may pause it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    base: Timestamp,
    start: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            base: Timestamp::wall(),
            start: Instant::now(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.base.plus(self.start.elapsed())
    }

    /// When `at` will be.
    pub(super) fn instant(&self, at: Timestamp) -> Instant {
        // Round up: a tick that comes a fraction early would only come twice.
        self.start + at.since(self.base) + Duration::from_millis(1)
    }
}
