//! Whether anything in a worktree has changed.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// How much of a file is read; a longer one is known by its size and time, too.
const MAX_READ: u64 = 1024 * 1024;

/// A hash of the tip and of what lies uncommitted. A program that was built with
/// another Rust may find another one, which then passes for a change, once.
pub(crate) fn fingerprint<'a>(
    head: &str,
    root: &Path,
    lying: impl Iterator<Item = &'a PathBuf>,
) -> u64 {
    let mut hash = DefaultHasher::new();
    head.hash(&mut hash);
    for path in lying {
        path.hash(&mut hash);
        contents(&root.join(path), &mut hash);
    }
    hash.finish()
}

/// What cannot be read counts as what it is: gone, or there and closed to us.
fn contents(path: &Path, hash: &mut DefaultHasher) {
    let found = match path.symlink_metadata() {
        Ok(found) => found,
        Err(error) => return (error.kind() == ErrorKind::NotFound).hash(hash),
    };
    if found.is_symlink() {
        return path.read_link().ok().hash(hash);
    }
    if !found.is_file() {
        return found.is_dir().hash(hash);
    }
    if found.len() > MAX_READ {
        (found.len(), found.modified().ok()).hash(hash);
    }
    let mut bytes = Vec::new();
    // A file that cannot be opened is as good as empty.
    if let Ok(file) = File::open(path)
        && file.take(MAX_READ).read_to_end(&mut bytes).is_ok()
    {
        bytes.hash(hash);
    }
}
