//! Counts git processes: a `git` in front of git that notes each call.
//!
//! It costs time itself, so no timed run sees it. What git starts by itself
//! does not pass through `PATH` and is not counted, for nobody.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use crate::failure::{Failure, Result};

use super::field::Field;

pub(super) struct Shim {
    folder: PathBuf,
    count: PathBuf,
}

impl Shim {
    pub(super) fn new(field: &Field) -> Result<Self> {
        let count = field.path("git-count");
        let git = find("git").ok_or_else(|| Failure::new("git is not on PATH"))?;
        let script = format!(
            "#!/bin/sh\nprintf . >>'{}'\nexec '{}' \"$@\"\n",
            count.display(),
            git.display()
        );
        let program = field.write("shim/git", &script)?;
        executable(&program).map_err(Failure::because("could not make the shim executable"))?;
        let folder = field.path("shim");
        Ok(Self { folder, count })
    }

    /// `PATH` with the shim in front.
    pub(super) fn search_path(&self) -> Result<OsString> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.folder.clone()).chain(std::env::split_paths(&path));
        std::env::join_paths(folders).map_err(Failure::because("could not extend PATH"))
    }

    /// How often git was called since the last time.
    pub(super) fn take(&self) -> usize {
        let calls = fs::read(&self.count).map_or(0, |calls| calls.len());
        // Not there: nothing was called.
        let _ = fs::remove_file(&self.count);
        calls
    }
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|place| place.is_file())
}

#[cfg(unix)]
fn executable(program: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_: &std::path::Path) -> std::io::Result<()> {
    Err(std::io::Error::other("the benchmark needs Linux or macOS"))
}
