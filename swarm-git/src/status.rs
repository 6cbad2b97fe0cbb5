//! What is not committed in a worktree.

use std::fs;
use std::path::Path;

use gix::bstr::{BString, ByteSlice};
use gix::status::index_worktree::Item as WorktreeItem;
use gix::status::{Item, UntrackedFiles};

use crate::error::{Result, gix as gix_error};
use crate::git::Limit;
use crate::put::put_there;
use crate::registry::Entry;
use crate::repo::Repo;

const OPERATION: &str = "read the state of a worktree";

/// Paths that are not as in the tip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Tracked ones, staged or not.
    pub uncommitted: Vec<BString>,
    /// Neither tracked nor ignored.
    pub untracked: Vec<BString>,
}

impl Status {
    pub(crate) fn is_clean(&self) -> bool {
        self.uncommitted.is_empty() && self.untracked.is_empty()
    }
}

impl Repo {
    /// The state of one of our worktrees, without what acquire put there.
    pub(crate) fn status(&self, path: &Path) -> Result<Status> {
        let entry = self.intact_entry(path)?;
        let mut status = self.whole_status(&entry)?;
        let ours = put_there(&entry.git_dir)?;
        status.untracked.retain(|path| !ours.contains(path));
        Ok(status)
    }

    /// The same, with everything that is untracked.
    pub(crate) fn whole_status(&self, entry: &Entry) -> Result<Status> {
        if self.gix.is_some() && self.plain_files() {
            let options = self.gix_options.clone();
            let repo = gix::ThreadSafeRepository::open_opts(&entry.git_dir, options)
                .map_err(|e| gix_error(OPERATION, e))?
                .to_thread_local();
            if has_plain_index(&repo, &entry.path) {
                return gix_status(&repo);
            }
        }
        let listed = self
            .git
            .at(&entry.path)
            .args(["--no-optional-locks", "status", "--porcelain=v2", "-z"])
            .args([
                "--untracked-files=all",
                "--no-renames",
                "--ignore-submodules=none",
            ])
            .limit(Limit::READ)
            .output(OPERATION)?;
        Ok(parse(&listed))
    }

    /// Whether files of a checkout are written and compared without anything
    /// that gix does in another way than git.
    pub(crate) fn plain_files(&self) -> bool {
        let special = [
            "core.sparsecheckout",
            "core.splitindex",
            "extensions.worktreeconfig",
        ];
        let attributes = self
            .config
            .user_file("core.attributesfile", "attributes", &self.env);
        !special.iter().any(|key| self.config.is_true(key))
            && attributes.is_none_or(|path| match fs::read(path) {
                Ok(attributes) => is_plain(&attributes),
                Err(error) => error.kind() == std::io::ErrorKind::NotFound,
            })
    }
}

/// Whether nothing in the index needs more than gix does: no submodules, no
/// filters, no other encodings.
fn has_plain_index(repo: &gix::Repository, root: &Path) -> bool {
    let Ok(index) = repo.open_index() else {
        return false;
    };
    let shared = fs::read(repo.common_dir().join("info/attributes")).ok();
    shared.is_none_or(|attributes| is_plain(&attributes))
        && index.entries().iter().all(|entry| {
            let path = entry.path(&index);
            let submodule = entry.mode == gix::index::entry::Mode::COMMIT;
            let attributes = path.ends_with(b".gitattributes")
                && !fs::read(root.join(crate::path::to_path(path)))
                    .is_ok_and(|attributes| is_plain(&attributes));
            !submodule && !attributes
        })
}

/// Whether no attribute asks for a program or another encoding.
pub(crate) fn is_plain(attributes: &[u8]) -> bool {
    !["filter", "working-tree-encoding", "ident"]
        .iter()
        .any(|word| attributes.contains_str(word))
}

fn gix_status(repo: &gix::Repository) -> Result<Status> {
    let items = repo
        .status(gix::progress::Discard)
        .map_err(|e| gix_error(OPERATION, e))?
        .untracked_files(UntrackedFiles::Files)
        .index_worktree_rewrites(None)
        .tree_index_track_renames(gix::status::tree_index::TrackRenames::Disabled)
        .into_iter(None)
        .map_err(|e| gix_error(OPERATION, e))?;
    let mut status = Status::default();
    for item in items {
        match item.map_err(|e| gix_error(OPERATION, e))? {
            Item::IndexWorktree(WorktreeItem::DirectoryContents { entry, .. }) => {
                status.untracked.push(entry.rela_path);
            }
            item => status.uncommitted.push(item.location().to_owned()),
        }
    }
    Ok(status)
}

/// Reads `git status --porcelain=v2 -z` without renames.
fn parse(listed: &[u8]) -> Status {
    let mut status = Status::default();
    for line in listed.split_str("\0") {
        // The path is the last of so many fields.
        let fields = match line.first() {
            Some(b'1') => 9,
            Some(b'u') => 11,
            Some(b'?') => 2,
            _ => continue,
        };
        if let Some(path) = line.splitn_str(fields, " ").nth(fields - 1) {
            match line[0] {
                b'?' => status.untracked.push(path.into()),
                _ => status.uncommitted.push(path.into()),
            }
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn names_survive_to_the_byte() {
        let status = parse(
            b"1 .M N... 100644 100644 100644 aa bb  a\0\
              1 A. N... 000000 100644 100644 aa bb x \"y\"\n\xff\0\
              u UU N... 100644 100644 100644 100644 aa bb cc both \0\
              ?  leading\0? dir/new\0! ignored\0",
        );
        let expected: [&[u8]; 3] = [b" a", b"x \"y\"\n\xff", b"both "];
        assert_eq!(status.uncommitted, expected);
        assert_eq!(status.untracked, [" leading", "dir/new"]);
    }
}
