//! Files that git does not track, copied into new worktrees.

use std::fs;
use std::io;
use std::path::{Component, Path};

use crate::error::{Result, io as io_error};
use crate::repo::Repo;

const OPERATION: &str = "copy a file into a worktree";

impl Repo {
    /// Copies what was asked for. A path that is not there, or that leads out
    /// of the checkout, is skipped with a warning.
    pub(crate) fn copy_files(&self, worktree: &Path) -> Result<()> {
        for path in &self.copy {
            let Some(root) = &self.root else {
                tracing::warn!(path = %path.display(), "nothing to copy from: the repository is bare");
                continue;
            };
            if !stays_inside(root, path) || !stays_inside(worktree, path) {
                tracing::warn!(path = %path.display(), "not copied: it leads out of the checkout");
                continue;
            }
            match copy(&root.join(path), &worktree.join(path)) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::NotFound && !root.join(path).exists() => {
                    tracing::warn!(path = %path.display(), "not copied: it is not there");
                }
                Err(e) => return Err(io_error(OPERATION, path, &e)),
            }
        }
        Ok(())
    }
}

/// Whether a path is a relative one that names something, and no folder on its
/// way is a link.
fn stays_inside(root: &Path, path: &Path) -> bool {
    let plain = path.components().all(|part| match part {
        Component::CurDir => true,
        Component::Normal(name) => name != ".git",
        _ => false,
    });
    let linked = path
        .ancestors()
        .skip(1)
        .any(|above| root.join(above).is_symlink());
    plain && path.file_name().is_some() && !linked
}

/// Copies a file, a link as a link, or a folder. What is there already stays:
/// it came from the commit.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = from.symlink_metadata()?.file_type();
    if kind.is_dir() {
        if to.symlink_metadata().is_ok_and(|there| !there.is_dir()) {
            return Ok(());
        }
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            if name != ".git" {
                copy(&from.join(&name), &to.join(&name))?;
            }
        }
        return Ok(());
    }
    if to.symlink_metadata().is_ok() {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    if kind.is_symlink() {
        link(&fs::read_link(from)?, to)
    } else if kind.is_file() {
        fs::copy(from, to).map(drop)
    } else {
        // Sockets and pipes belong to a running program.
        Ok(())
    }
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(windows)]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, at)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::stays_inside;

    #[test]
    fn only_plain_relative_paths() {
        let root = Path::new("/nowhere");
        for path in [".env", "./a/b", "..x"] {
            assert!(stays_inside(root, Path::new(path)), "{path}");
        }
        for path in [
            "",
            ".",
            "../x",
            "a/../../x",
            "/etc/passwd",
            ".git/config",
            "a/.git",
        ] {
            assert!(!stays_inside(root, Path::new(path)), "{path}");
        }
    }
}
