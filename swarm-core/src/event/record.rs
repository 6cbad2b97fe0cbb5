//! An event with its place in a run.

use serde::{Deserialize, Serialize};

use super::Event;
use crate::model::{RunId, Timestamp};

/// The version of the JSON form.
pub const EVENT_SCHEMA: u32 = 1;

/// An event with its place in the run.
///
/// ```
/// use swarm_core::event::{Event, EventRecord};
/// use swarm_core::model::{RunId, Timestamp};
/// let record = EventRecord::new(1, Timestamp(5), RunId::new("r1"), Event::Stopping { now: false });
/// assert_eq!(
///     record.to_json(),
///     r#"{"schema":1,"seq":1,"at":5,"run":"r1","event":"stopping","now":false}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Version of this form: [`EVENT_SCHEMA`].
    pub schema: u32,
    /// Counts the run's events from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// In which run.
    pub run: RunId,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl EventRecord {
    /// An event of this run.
    pub fn new(seq: u64, at: Timestamp, run: RunId, event: Event) -> Self {
        Self {
            schema: EVENT_SCHEMA,
            seq,
            at,
            run,
            event,
        }
    }

    /// The event as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an event holds only text, numbers and lists")
    }
}
