//! Points in time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 UTC.
///
/// The engine reads the wall clock once, when a run starts, and counts on with
/// a monotonic clock: within a run a timestamp never goes backwards.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The wall clock now.
    pub fn wall() -> Self {
        SystemTime::now().into()
    }

    /// This much later; saturates.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(whole_millis(span)))
    }

    /// For people, to the second: `2026-11-21 00:53:00 UTC`.
    ///
    /// ```
    /// use swarm_core::model::Timestamp;
    /// assert_eq!(Timestamp(951_782_400_000).utc(), "2000-02-29 00:00:00 UTC");
    /// ```
    pub fn utc(self) -> String {
        let seconds = self.0 / 1000;
        let (days, of_day) = (seconds / 86_400, seconds % 86_400);
        // Counted from a first of March in years that end with February, so
        // that the leap day is a year's last.
        let days = days + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year + u64::from(month <= 2);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
    }

    /// Time from `earlier` to this, zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// How long somebody waits, as they say it.
///
/// ```
/// use std::time::Duration;
/// use swarm_core::model::{Timestamp, Wait};
/// let span = Wait::Until(Timestamp(5_000)).span(Timestamp(2_000));
/// assert_eq!(span, Duration::from_secs(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// So long from now on; in JSON, milliseconds.
    For(#[serde(with = "millis")] Duration),
    /// Until then.
    Until(Timestamp),
}

impl Wait {
    /// What is left of it now; of a wait without end, a year.
    pub fn span(self, now: Timestamp) -> Duration {
        const YEAR: Duration = Duration::from_secs(365 * 86_400);
        let span = match self {
            Self::For(span) => span,
            Self::Until(at) => at.since(now),
        };
        span.min(YEAR)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(whole_millis(
            time.duration_since(UNIX_EPOCH).unwrap_or_default(),
        ))
    }
}

fn whole_millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Durations as whole milliseconds.
pub(super) mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::model) fn serialize<S: Serializer>(
        span: &Duration,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        super::whole_millis(*span).serialize(to)
    }

    pub(in crate::model) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

/// Optional durations as whole milliseconds.
pub(super) mod optional_millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub(in crate::model) fn serialize<S: Serializer>(
        span: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        span.map(super::whole_millis).serialize(to)
    }

    pub(in crate::model) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Duration::from_millis))
    }
}
