//! Where a program is.

use std::env::split_paths;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::env::Vars;

/// The program that a [`ProcessSpec`](super::ProcessSpec) with this name and
/// this environment would start: a path, or a name looked up on `PATH`.
/// Relative paths, and relative folders on `PATH`, find nothing: they would be
/// taken from whatever directory the program runs in.
///
/// ```
/// use swarm_core::process::{env, find};
/// assert!(find("no-such-program-at-all".as_ref(), &env::inherited()).is_none());
/// ```
pub fn find(program: &OsStr, env: &Vars) -> Option<PathBuf> {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return (path.is_absolute() && is_program(path)).then(|| path.to_owned());
    }
    let (_, folders) = env.iter().rfind(|(name, _)| name == "PATH")?;
    split_paths(folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    ["", "exe", "cmd", "bat"]
        .iter()
        .any(|end| fs::metadata(path.with_extension(end)).is_ok_and(|meta| meta.is_file()))
}
