//! Another process has changed the store of a run, and lets it know: the run
//! would find out by itself, but only when it renews its leases.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use swarm_core::model::RunId;

use super::file;

/// The bell of a run: a file that is there while it rings.
#[derive(Clone, Debug)]
pub(in crate::app) struct Bell(PathBuf);

impl Bell {
    pub(in crate::app) fn of(folder: &Path, run: &RunId) -> Self {
        Self(file(folder, run.as_str(), "bell"))
    }

    /// Rings it.
    pub(in crate::app) fn ring(&self) -> io::Result<()> {
        File::create(&self.0).map(drop)
    }

    /// Whether somebody has rung, from now on no more.
    pub(in crate::app) fn rung(&self) -> bool {
        fs::remove_file(&self.0).is_ok()
    }
}
