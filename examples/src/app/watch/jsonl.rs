//! Every event as a line of JSON in a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use swarm_core::event::EventRecord;

use super::view::View;
use crate::app::console::complain;
use crate::app::state::missing_folders;

/// Adds events to a file.
#[derive(Debug)]
pub(in crate::app) struct EventsFile {
    path: PathBuf,
    /// `None` after a failure, which is told once.
    file: Option<File>,
    /// What was made for it, the file first.
    made: Vec<PathBuf>,
}

impl EventsFile {
    /// Opens the file to add to it, or makes it.
    pub(in crate::app) fn open(path: &Path) -> io::Result<Self> {
        let mut made = missing_folders(path);
        if !path.exists() {
            made.insert(0, path.to_owned());
        }
        let folder = path.parent().unwrap_or(path);
        let file = fs::create_dir_all(folder)
            .and_then(|()| OpenOptions::new().append(true).create(true).open(path));
        let mut this = Self {
            path: path.to_owned(),
            file: None,
            made,
        };
        match file {
            Ok(file) => this.file = Some(file),
            Err(error) => {
                this.undo();
                return Err(error);
            }
        }
        Ok(this)
    }

    /// Takes away what was made: nothing is to be changed after all.
    pub(in crate::app) fn undo(self) {
        for path in &self.made {
            // What is not there, or not empty, stays so.
            let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
        }
    }
}

impl View for EventsFile {
    fn see(&mut self, record: &EventRecord) {
        let Some(file) = &mut self.file else {
            return;
        };
        // In one piece, so that several runs can share a file.
        let line = format!("{}\n", record.to_json());
        if let Err(error) = file.write_all(line.as_bytes()).and_then(|()| file.flush()) {
            complain(format_args!(
                "{}: {error}; no further events are written, the run goes on",
                self.path.display()
            ));
            self.file = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use swarm_core::event::{Event, EventRecord};
    use swarm_core::model::{RunId, Timestamp};

    use super::{EventsFile, View};

    #[test]
    fn events_are_added_and_an_unused_file_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/events.jsonl");
        EventsFile::open(&path).unwrap().undo();
        assert!(!folder.path().join("new").exists());
        let event = Event::Stopping { now: true };
        let record = EventRecord::new(1, Timestamp(5), RunId::new("r"), event);
        for _ in 0..2 {
            EventsFile::open(&path).unwrap().see(&record);
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("{0}\n{0}\n", record.to_json()));
        EventsFile::open(&path).unwrap().undo();
        assert!(path.exists(), "what was there stays");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_ends_the_events_not_the_run() {
        let mut view = EventsFile::open(std::path::Path::new("/dev/full")).unwrap();
        let event = Event::Stopping { now: true };
        let record = EventRecord::new(1, Timestamp(5), RunId::new("r"), event);
        view.see(&record);
        view.see(&record);
        assert!(view.file.is_none());
    }
}
