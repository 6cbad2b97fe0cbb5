//! The file that keeps what a program printed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{ProcessError, ProcessErrorKind};
use crate::error::{Advice, Failure};

/// A file that takes bytes up to a limit.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    /// `None` once it is full or cannot be written.
    file: Option<File>,
    limit: u64,
    left: u64,
}

impl Log {
    /// Makes the file anew, with its folders.
    pub(super) fn create(path: &Path, limit: u64) -> Result<Self, ProcessError> {
        let open = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            File::create(path)
        };
        let file = open().map_err(|error| {
            let what = format!("write the log {}", path.display());
            Failure::new(ProcessErrorKind::Io, what, Advice::NeedsPerson).because(error)
        })?;
        Ok(Self {
            path: path.to_owned(),
            file: Some(file),
            limit,
            left: limit,
        })
    }

    /// Adds bytes. A log that can no longer be written is given up: what it
    /// records is worth more than the record.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if let Err(error) = self.try_write(bytes) {
            tracing::warn!(path = %self.path.display(), %error, "the log is given up");
            self.file = None;
        }
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let fits = usize::try_from(self.left).map_or(bytes.len(), |left| bytes.len().min(left));
        file.write_all(&bytes[..fits])?;
        self.left -= fits as u64;
        if fits < bytes.len() {
            writeln!(file, "\n… cut here: the log has {} bytes …", self.limit)?;
            self.file = None;
        }
        Ok(())
    }
}
