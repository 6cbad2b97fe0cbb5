//! From the engine's events to those who show them.

use std::thread::JoinHandle;

use swarm_core::engine::channel;
use swarm_core::event::EventRecord;
use swarm_core::ports::Observer;

/// Shows events in some way. May block: it has a thread of its own, and the
/// run does not wait for it.
pub(in crate::app) trait View: Send {
    fn see(&mut self, record: &EventRecord);
    /// The run is over.
    fn end(&mut self) {}
}

/// Views that are fed.
#[derive(Debug)]
pub(in crate::app) struct Watching(JoinHandle<()>);

/// An observer that feeds these views.
pub(in crate::app) fn watch(mut views: Vec<Box<dyn View>>) -> (impl Observer, Watching) {
    let (observer, mut events) = channel();
    let thread = std::thread::spawn(move || {
        while let Some(record) = events.blocking_recv() {
            for view in &mut views {
                view.see(&record);
            }
        }
        for view in &mut views {
            view.end();
        }
    });
    (observer, Watching(thread))
}

impl Watching {
    /// Waits until everything is shown. Only after the run's end.
    pub(in crate::app) fn finish(self) {
        // A view that panicked has shown what it could.
        let _ = self.0.join();
    }
}
