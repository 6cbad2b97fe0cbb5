//! Keeping the file while a run lasts.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use swarm_core::Handle;
use tokio::task::JoinHandle;

use super::look::{is_held, runs_in};
use super::{Live, UNTOLD, file, private};
use crate::app::console::complain;

/// What belongs to a run: what is told, the next version of it, the bell, the
/// orders, and the lock, which must outlive the others.
const ENDINGS: [&str; 5] = ["json", "next", "bell", "orders", "lock"];

/// Writes the file upon every change, and removes it when dropped.
#[derive(Debug)]
pub(in crate::app) struct Keeper {
    writing: JoinHandle<()>,
    /// Removed when nothing is written any more.
    _files: Files,
}

/// The files of this process's run.
#[derive(Debug)]
struct Files {
    folder: PathBuf,
    run: String,
    /// Held until the end of the process at the latest.
    _lock: File,
}

impl Keeper {
    /// Tells what a run is doing until it is over. What dead runs left goes.
    pub(in crate::app) fn begin(folder: &Path, live: Live, run: Handle) -> io::Result<Self> {
        private::make(folder)?;
        for run in runs_in(folder)? {
            if !is_held(folder, &run) {
                remove(folder, &run);
            }
        }
        let files = Files::lock(folder, live.run.as_str())?;
        write(folder, &live)?;
        let folder = folder.to_owned();
        Ok(Self {
            writing: tokio::spawn(follow(folder, live, run)),
            _files: files,
        })
    }

    /// Waits for the last write. After the run's end.
    pub(in crate::app) async fn end(self) {
        // A writer that panicked wrote what it could.
        let _ = self.writing.await;
    }
}

impl Files {
    fn lock(folder: &Path, run: &str) -> io::Result<Self> {
        let lock = File::create(file(folder, run, "lock"))?;
        lock.lock()?;
        Ok(Self {
            folder: folder.to_owned(),
            run: run.to_owned(),
            _lock: lock,
        })
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        remove(&self.folder, &self.run);
    }
}

/// Writes until the run is over.
async fn follow(folder: PathBuf, mut live: Live, run: Handle) {
    let Ok(mut snapshots) = run.snapshots().await else {
        return;
    };
    while snapshots.changed().await.is_ok() {
        live.now = snapshots.borrow_and_update().clone();
        let (folder, live) = (folder.clone(), live.clone());
        let written = tokio::task::spawn_blocking(move || write(&folder, &live)).await;
        if let Ok(Err(error)) = written {
            return complain(format_args!("{UNTOLD}: {error}"));
        }
    }
}

/// Whoever reads sees the old file or the new one, and nothing between.
fn write(folder: &Path, live: &Live) -> io::Result<()> {
    let run = live.run.as_str();
    let next = file(folder, run, "next");
    fs::write(&next, serde_json::to_vec(live)?)?;
    fs::rename(&next, file(folder, run, "json"))
}

fn remove(folder: &Path, run: &str) {
    for ending in ENDINGS {
        // What is not there is gone already.
        let _ = fs::remove_file(file(folder, run, ending));
    }
}
