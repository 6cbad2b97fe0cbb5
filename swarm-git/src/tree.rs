//! What differs between two commits' trees.

use gix::bstr::{BString, ByteSlice};
use gix::diff::tree::Recorder;
use gix::diff::tree::recorder::Change;
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryMode;
use swarm_core::model::Oid;

use crate::error::{Result, gix as gix_error};
use crate::git::Limit;
use crate::repo::{Repo, object_id};

const OPERATION: &str = "compare two commits";

/// A changed path, folders left out: what it is afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeChange {
    pub path: BString,
    pub what: Changed,
}

/// What became of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    Added(EntryMode, gix::ObjectId),
    Modified(EntryMode, gix::ObjectId),
    Deleted,
}

impl Repo {
    /// The paths in which two commits differ; a rename counts as both names.
    pub(crate) fn changed_paths(&self, old: &Oid, new: &Oid) -> Result<Vec<BString>> {
        if let Some(repo) = self.gix() {
            let changes = tree_changes(&repo, object_id(old)?, object_id(new)?)?;
            return Ok(changes.into_iter().map(|change| change.path).collect());
        }
        let listed = self
            .git()
            .args([
                "diff-tree",
                "-r",
                "-z",
                "--name-only",
                "--no-renames",
                "--no-commit-id",
            ])
            .args(["--ignore-submodules=none", old.as_str(), new.as_str()])
            .limit(Limit::READ)
            .output(OPERATION)?;
        Ok(split_nul(&listed))
    }
}

/// Names that end with a NUL each.
pub(crate) fn split_nul(listed: &[u8]) -> Vec<BString> {
    listed
        .split_str("\0")
        .filter(|name| !name.is_empty())
        .map(BString::from)
        .collect()
}

/// What differs between the trees of two commits (or two trees), without
/// looking for renames.
pub(crate) fn tree_changes(
    repo: &gix::Repository,
    old: gix::ObjectId,
    new: gix::ObjectId,
) -> Result<Vec<TreeChange>> {
    let tree = |id: gix::ObjectId| -> gix::Result<Vec<u8>> {
        let object = repo.find_object(id)?.peel_to_tree()?;
        Ok(object.data.clone())
    };
    let (old, new) = tree(old)
        .and_then(|old| Ok((old, tree(new)?)))
        .map_err(|e| gix_error(OPERATION, e))?;
    let kind = repo.object_hash();
    let mut recorder = Recorder::default();
    gix::diff::tree(
        TreeRefIter::from_bytes(&old, kind),
        TreeRefIter::from_bytes(&new, kind),
        gix::diff::tree::State::default(),
        &repo.objects,
        &mut recorder,
    )
    .map_err(|e| gix_error(OPERATION, gix::Error::from_error(e)))?;
    Ok(recorder.records.into_iter().filter_map(leaves).collect())
}

/// A record without folders. A file that became a folder, or the other way
/// round, is gone or new.
fn leaves(record: Change) -> Option<TreeChange> {
    let (path, what) = match record {
        Change::Addition {
            entry_mode,
            oid,
            path,
            ..
        } if !entry_mode.is_tree() => (path, Changed::Added(entry_mode, oid)),
        Change::Deletion {
            entry_mode, path, ..
        } if !entry_mode.is_tree() => (path, Changed::Deleted),
        Change::Modification {
            previous_entry_mode,
            entry_mode,
            oid,
            path,
            ..
        } => match (previous_entry_mode.is_tree(), entry_mode.is_tree()) {
            (true, true) => return None,
            (true, false) => (path, Changed::Added(entry_mode, oid)),
            (false, true) => (path, Changed::Deleted),
            (false, false) => (path, Changed::Modified(entry_mode, oid)),
        },
        Change::Addition { .. } | Change::Deletion { .. } => return None,
    };
    Some(TreeChange { path, what })
}
