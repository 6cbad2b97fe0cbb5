//! Who may steer a run: its own user, and nobody else.

use std::fs;
use std::io;
use std::path::Path;

/// Makes the folder, if need be, and closes it to all others: whoever can write
/// there can stop the run. What they may do elsewhere in the git directory is
/// not our business.
#[cfg(unix)]
pub(super) fn make(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    fs::create_dir_all(folder)?;
    // Refused if it is somebody else's, unless we are the superuser.
    fs::set_permissions(folder, fs::Permissions::from_mode(MODE))
}

/// Whatever the system gives to a new folder.
#[cfg(not(unix))]
pub(super) fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
const MODE: u32 = 0o700;
