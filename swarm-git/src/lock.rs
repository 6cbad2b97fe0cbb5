//! One at a time, across processes: what git itself does not guard.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use crate::error::{Result, io};

/// Held while worktrees are registered or unregistered, and while the line
/// moves. Let go when dropped, also by the death of the process.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, never read")] File);

/// What a lock guards.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guarded {
    /// The list of worktrees in the repository.
    Worktrees,
    /// The target branch and the line.
    Line,
}

impl Lock {
    /// Waits for the lock. Blocks.
    pub(crate) fn take(common_dir: &Path, guarded: Guarded) -> Result<Self> {
        const OPERATION: &str = "lock the repository";
        let directory = common_dir.join("swarm");
        fs::create_dir_all(&directory).map_err(|e| io(OPERATION, &directory, &e))?;
        // Not named `*.lock`: those are git's, and get cleaned up.
        let path = directory.join(match guarded {
            Guarded::Worktrees => "guard-worktrees",
            Guarded::Line => "guard-line",
        });
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|e| io(OPERATION, &path, &e))?;
        file.lock().map_err(|e| io(OPERATION, &path, &e))?;
        Ok(Self(file))
    }
}
