//! The file that keeps what a program printed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{ProcessError, ProcessErrorKind};
use crate::error::{Advice, Failure};

/// A file that takes bytes up to a limit: their head and their tail.
///
/// The head fills the first half of the limit. What comes later goes to a
/// second file, which makes room for a new one when it is full and takes the
/// place of the one before. In the end the last two are appended to the head.
/// So the disk never holds more than the limit, memory holds nothing, and after
/// a crash everything is there.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    /// Where bytes go now; `None` if it cannot be written any more.
    file: Option<File>,
    /// What still fits into that file.
    room: u64,
    /// How much a file of the tail holds.
    piece: u64,
    /// How often a new file for the tail was begun.
    pieces: u64,
    /// Bytes that came.
    total: u64,
    limit: u64,
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
            room: limit / 2,
            piece: limit / 4,
            pieces: 0,
            total: 0,
            limit,
        })
    }

    /// Adds bytes. A log that can no longer be written is given up: what it
    /// records is worth more than the record.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let result = self.try_write(bytes);
        self.unless_failed(result);
    }

    fn try_write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.room == 0 {
                self.begin_piece()?;
            }
            let Some(file) = &mut self.file else {
                return Ok(());
            };
            let fits = usize::try_from(self.room).map_or(bytes.len(), |room| bytes.len().min(room));
            file.write_all(&bytes[..fits])?;
            self.room -= fits as u64;
            bytes = &bytes[fits..];
        }
        Ok(())
    }

    fn begin_piece(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            return Ok(());
        }
        if self.pieces > 0 {
            fs::rename(self.tail(), self.older())?;
        }
        self.file = Some(File::create(self.tail())?);
        self.pieces += 1;
        // A log of a few bytes holds at least one byte of the end.
        self.room = self.piece.max(1);
        Ok(())
    }

    /// Puts head and tail together.
    fn finish(&mut self) -> io::Result<()> {
        if self.pieces == 0 || self.file.take().is_none() {
            return Ok(());
        }
        let mut whole = File::options().append(true).open(&self.path)?;
        let pieces = if self.pieces > 1 {
            vec![self.older(), self.tail()]
        } else {
            vec![self.tail()]
        };
        let mut kept = self.limit / 2;
        for piece in &pieces {
            kept += fs::metadata(piece)?.len();
        }
        if kept < self.total {
            let left_out = self.total - kept;
            write!(whole, "\n… {left_out} bytes left out …\n")?;
        }
        for piece in &pieces {
            io::copy(&mut File::open(piece)?, &mut whole)?;
            fs::remove_file(piece)?;
        }
        Ok(())
    }

    fn unless_failed(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            tracing::warn!(path = %self.path.display(), %error, "the log is given up");
            self.file = None;
        }
    }

    fn tail(&self) -> PathBuf {
        beside(&self.path, ".tail")
    }

    fn older(&self) -> PathBuf {
        beside(&self.path, ".tail-older")
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let result = self.finish();
        self.unless_failed(result);
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

#[cfg(test)]
mod tests;
