//! A run's events as a stream.

use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::event::EventRecord;
use crate::ports::Observer;

/// An observer, and the receiver of what it observes. The receiver ends after
/// the run's last event.
///
/// Nothing is lost and nothing blocks, so a receiver that is not read keeps
/// the events of the whole run in memory.
pub fn channel() -> (impl Observer, mpsc::UnboundedReceiver<EventRecord>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Sender(Mutex::new(Some(sender))), receiver)
}

#[derive(Debug)]
struct Sender(Mutex<Option<mpsc::UnboundedSender<EventRecord>>>);

impl Observer for Sender {
    fn observe(&self, record: &EventRecord) {
        if let Some(sender) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // Whoever listened may have gone.
            let _ = sender.send(record.clone());
        }
    }

    fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
