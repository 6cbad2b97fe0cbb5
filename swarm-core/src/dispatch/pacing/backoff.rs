//! Pauses between attempts.

use std::time::Duration;

/// A pause that doubles with every failed attempt, up to a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// Never longer than this.
    pub cap: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(60),
            cap: Duration::from_secs(480),
        }
    }
}

impl Backoff {
    /// Pauses that begin with `first` and double three times.
    pub fn from(first: Duration) -> Self {
        Self {
            first,
            cap: first.saturating_mul(8),
        }
    }

    /// The pause after so many failed attempts, counted from 1.
    ///
    /// ```
    /// use swarm_core::dispatch::Backoff;
    /// let pauses: Vec<u64> = (1..=5).map(|n| Backoff::default().after(n).as_secs()).collect();
    /// assert_eq!(pauses, [60, 120, 240, 480, 480]);
    /// ```
    pub fn after(self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.cap)
    }
}
