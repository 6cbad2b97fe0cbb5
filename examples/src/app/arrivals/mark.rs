//! Whether a folder is as it was.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// The files of a folder, each with its length and the time of its last change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::app) struct Mark(BTreeMap<OsString, (u64, Option<SystemTime>)>);

impl Mark {
    /// As it is now. A folder that cannot be read looks like an empty one; who
    /// reads it for its tasks is told why.
    pub(in crate::app) fn of(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let files = entries.filter_map(|entry| {
            // Of a link, the file that it leads to.
            let about = fs::metadata(entry.path()).ok()?;
            Some((entry.file_name(), (about.len(), about.modified().ok())))
        });
        Self(files.collect())
    }
}
