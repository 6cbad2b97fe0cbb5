//! Looking for runs that are under way.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::Path;

use super::{Live, SCHEMA, file};

/// The runs whose process lives. Changes nothing.
pub(in crate::app) fn look(folder: &Path) -> Vec<Live> {
    let runs = runs_in(folder).into_iter();
    let held = runs.filter(|run| is_held(folder, run));
    held.filter_map(|run| {
        let text = fs::read(file(folder, &run, "json")).ok()?;
        // One of another version cannot be asked; its store still can.
        let live: Live = serde_json::from_slice(&text).ok()?;
        (live.schema == SCHEMA).then_some(live)
    })
    .collect()
}

/// The runs that left something in the folder.
pub(super) fn runs_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter_map(|name| Some(name.rsplit_once('.')?.0.to_owned()))
        .collect()
}

/// Whether a process holds the lock of a run.
pub(super) fn is_held(folder: &Path, run: &str) -> bool {
    let lock = File::open(file(folder, run, "lock"));
    // Shared, so that two who look are not in each other's way.
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
