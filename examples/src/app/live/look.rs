//! Looking for runs that are under way.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use super::{Live, SCHEMA, file};
use crate::app::refusal::Refusal;

/// The runs whose process lives. Changes nothing. Who may not look is refused:
/// "no run" would be a guess.
pub(in crate::app) fn look(folder: &Path) -> Result<Vec<Live>, Refusal> {
    let runs = runs_in(folder).map_err(|error| {
        let folder = folder.display();
        Refusal::new(format!(
            "{folder}: {error}; runs are looked at and steered by the user who began them"
        ))
    })?;
    let runs = runs.into_iter();
    let held = runs.filter(|run| is_held(folder, run));
    let live = held.filter_map(|run| {
        let text = fs::read(file(folder, &run, "json")).ok()?;
        // One of another version cannot be asked; its store still can.
        let live: Live = serde_json::from_slice(&text).ok()?;
        (live.schema == SCHEMA).then_some(live)
    });
    Ok(live.collect())
}

/// The runs that left something in the folder.
pub(super) fn runs_in(folder: &Path) -> io::Result<BTreeSet<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries.flatten(),
        // Nothing ever ran here.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error),
    };
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let runs = names.filter_map(|name| Some(name.rsplit_once('.')?.0.to_owned()));
    Ok(runs.collect())
}

/// Whether a process holds the lock of a run.
pub(super) fn is_held(folder: &Path, run: &str) -> bool {
    let lock = File::open(file(folder, run, "lock"));
    // Shared, so that two who look are not in each other's way.
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
