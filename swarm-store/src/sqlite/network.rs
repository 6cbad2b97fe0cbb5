//! Finds out whether a folder is on another machine's disk.

use std::path::Path;

/// File systems over a network, on which SQLite's shared log does not work.
const NETWORK: [&str; 14] = [
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse.glusterfs",
    "fuse.sshfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

/// The kind of network file system that a folder is on, if it is on one and
/// the platform tells.
pub(super) fn file_system(folder: &Path) -> Option<String> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let kind = kind(&table, &folder.canonicalize().ok()?)?;
    NETWORK.contains(&kind).then(|| kind.to_owned())
}

/// The kind of the file system that holds a folder, by Linux's table of
/// mounts: of the mount points above the folder the longest, and of equal ones
/// the last.
fn kind<'a>(table: &'a str, folder: &Path) -> Option<&'a str> {
    let mounts = table.lines().filter_map(|line| {
        let (mount, source) = line.split_once(" - ")?;
        let point = unescape(mount.split(' ').nth(4)?);
        let kind = source.split(' ').next()?;
        folder
            .starts_with(&point)
            .then(|| (Path::new(&point).components().count(), kind))
    });
    mounts.max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

/// Blanks and the like are written as a backslash and three octal digits.
fn unescape(text: &str) -> String {
    let marks = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    marks.iter().fold(text.to_owned(), |text, (mark, plain)| {
        text.replace(mark, plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_counts() {
        let table = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw - nfs4 server:/home rw
31 30 0:41 / /home/me/local\\040disk rw master:2 - xfs /dev/sdb rw
32 22 0:42 / /over rw - nfs a:/ rw
33 22 0:43 / /over rw - tmpfs tmpfs rw
";
        let cases = [
            ("/", Some("ext4")),
            ("/homes/me", Some("ext4")),
            ("/home/me/x", Some("nfs4")),
            ("/home/me/local disk/repo", Some("xfs")),
            ("/over/x", Some("tmpfs")),
        ];
        for (folder, expected) in cases {
            assert_eq!(kind(table, Path::new(folder)), expected, "{folder}");
        }
        assert_eq!(kind("", Path::new("/")), None);
    }
}
