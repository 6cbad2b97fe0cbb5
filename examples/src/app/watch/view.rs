//! From the engine's events, and what the application itself has to say, to those
//! who show them.

use std::sync::mpsc;
use std::thread::JoinHandle;

use swarm_core::event::EventRecord;
use swarm_core::ports::Observer;

use crate::app::console::complain;

/// Shows events in some way. May block: it has a thread of its own, and the
/// run does not wait for it.
pub(in crate::app) trait View: Send {
    fn see(&mut self, record: &EventRecord);
    /// A line of the application, for people.
    fn hear(&mut self, _line: &str) {}
    /// The run is over.
    fn end(&mut self) {}
}

/// What goes to the views, in order.
#[derive(Debug)]
enum Told {
    Event(Box<EventRecord>),
    Line(String),
    End,
}

/// Views that are fed.
#[derive(Debug)]
pub(in crate::app) struct Watching(JoinHandle<()>);

/// Says something while a run lasts, without being in the way of what is shown.
#[derive(Clone, Debug)]
pub(in crate::app) struct Teller {
    told: mpsc::Sender<Told>,
    /// Nothing is shown but what went wrong.
    quiet: bool,
}

/// An observer that feeds these views, and one who speaks to them.
pub(in crate::app) fn watch(
    mut views: Vec<Box<dyn View>>,
    quiet: bool,
) -> (impl Observer, Teller, Watching) {
    let (told, hear) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        for told in hear {
            match told {
                Told::Event(record) => views.iter_mut().for_each(|view| view.see(&record)),
                Told::Line(line) => views.iter_mut().for_each(|view| view.hear(&line)),
                Told::End => break,
            }
        }
        for view in &mut views {
            view.end();
        }
    });
    let teller = Teller {
        told: told.clone(),
        quiet,
    };
    (Feeder(told), teller, Watching(thread))
}

impl Teller {
    /// A line that is good to know.
    pub(in crate::app) fn tell(&self, line: &str) {
        // After the run's end nobody listens.
        let _ = self.told.send(Told::Line(line.to_owned()));
    }

    /// Something that went wrong.
    pub(in crate::app) fn complain(&self, message: &str) {
        if self.quiet {
            return complain(message);
        }
        for line in message.lines() {
            self.tell(&format!("swarm: {line}"));
        }
    }
}

#[derive(Debug)]
struct Feeder(mpsc::Sender<Told>);

impl Observer for Feeder {
    fn observe(&self, record: &EventRecord) {
        let _ = self.0.send(Told::Event(Box::new(record.clone())));
    }

    fn close(&self) {
        let _ = self.0.send(Told::End);
    }
}

impl Watching {
    /// Waits until everything is shown. Only after the run's end.
    pub(in crate::app) fn finish(self) {
        // A view that panicked has shown what it could.
        let _ = self.0.join();
    }
}
