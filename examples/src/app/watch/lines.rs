//! A line for each important event: for logs, and for people without a
//! terminal.

use swarm_core::event::EventRecord;
use swarm_core::model::Timestamp;

use super::view::View;
use super::words;
use crate::app::console::note;

/// Prints lines with the time since the run began.
#[derive(Debug, Default)]
pub(in crate::app) struct Lines {
    begin: Option<Timestamp>,
}

impl View for Lines {
    fn hear(&mut self, line: &str) {
        note(line);
    }

    fn see(&mut self, record: &EventRecord) {
        let begin = *self.begin.get_or_insert(record.at);
        if let Some(line) = words::line(&record.event) {
            let seconds = record.at.since(begin).as_secs();
            note(format_args!(
                "{:02}:{:02}  {line}",
                seconds / 60,
                seconds % 60
            ));
        }
    }
}
