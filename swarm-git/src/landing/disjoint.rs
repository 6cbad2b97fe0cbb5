//! The usual merge: the two sides changed different paths.

use std::collections::BTreeSet;

use gix::bstr::{BStr, BString, ByteSlice};
use swarm_core::model::Oid;

use super::OPERATION;
use crate::error::{Result, gix as gix_error};
use crate::repo::object_id;
use crate::tree::{Changed, TreeChange, tree_changes};

/// The merged tree, if what each side changed does not concern the other;
/// `None` if it might.
///
/// Then no file needs to be merged, and no rename can matter: a side that
/// renames deletes and adds, so nothing may be added on one side while the
/// other deletes, and a changed file must not be in the place of a folder.
pub(super) fn merge(
    repo: &gix::Repository,
    base: &Oid,
    ours: &Oid,
    theirs: &Oid,
) -> Result<Option<String>> {
    let (base_id, ours_id, theirs_id) = (object_id(base)?, object_id(ours)?, object_id(theirs)?);
    let tree_of = |id| -> Result<gix::ObjectId> {
        let commit = repo.find_commit(id).map_err(|e| gix_error(OPERATION, e))?;
        let tree = commit.tree_id().map_err(|e| gix_error(OPERATION, e))?;
        Ok(tree.detach())
    };
    if base == ours {
        return Ok(Some(tree_of(theirs_id)?.to_string()));
    }
    let our_changes = tree_changes(repo, base_id, ours_id)?;
    let their_changes = tree_changes(repo, base_id, theirs_id)?;
    if !are_apart(&our_changes, &their_changes) {
        return Ok(None);
    }
    apply(repo, tree_of(ours_id)?, their_changes)
        .map_err(|e| gix_error(OPERATION, e))
        .map(Some)
}

fn apply(
    repo: &gix::Repository,
    tree: gix::ObjectId,
    changes: Vec<TreeChange>,
) -> gix::Result<String> {
    let mut editor = repo.edit_tree(tree)?;
    // What goes makes room first.
    for change in changes
        .iter()
        .filter(|change| change.what == Changed::Deleted)
    {
        editor.remove(change.path.as_bstr())?;
    }
    for change in changes {
        if let Changed::Added(mode, id) | Changed::Modified(mode, id) = change.what {
            editor.upsert(change.path.as_bstr(), mode.kind(), id)?;
        }
    }
    Ok(editor.write()?.to_string())
}

fn are_apart(ours: &[TreeChange], theirs: &[TreeChange]) -> bool {
    let has = |side: &[TreeChange], what: fn(&Changed) -> bool| {
        side.iter().any(|change| what(&change.what))
    };
    let adds = |what: &Changed| matches!(what, Changed::Added(..));
    let deletes = |what: &Changed| matches!(what, Changed::Deleted);
    if (has(ours, adds) && has(theirs, deletes)) || (has(ours, deletes) && has(theirs, adds)) {
        return false;
    }
    let paths = |side: &[TreeChange]| -> BTreeSet<BString> {
        side.iter().map(|change| change.path.clone()).collect()
    };
    let (ours, theirs) = (paths(ours), paths(theirs));
    !touches(&ours, &theirs) && !touches(&theirs, &ours)
}

/// Whether a path of one side is a path of the other, or a folder above one.
fn touches(one: &BTreeSet<BString>, other: &BTreeSet<BString>) -> bool {
    one.iter().any(|path| {
        let path: &BStr = path.as_ref();
        let above = path.find_iter("/").any(|at| other.contains(&path[..at]));
        above || other.contains(path)
    })
}

#[cfg(test)]
mod tests {
    use gix::objs::tree::EntryKind;

    use super::{Changed, TreeChange, are_apart};

    fn side(changes: &[&str]) -> Vec<TreeChange> {
        let id = gix::ObjectId::null(gix::hash::Kind::Sha1);
        let mode = EntryKind::Blob.into();
        changes
            .iter()
            .map(|change| TreeChange {
                path: change[1..].into(),
                what: match change.as_bytes()[0] {
                    b'+' => Changed::Added(mode, id),
                    b'-' => Changed::Deleted,
                    _ => Changed::Modified(mode, id),
                },
            })
            .collect()
    }

    #[test]
    fn only_what_cannot_meet_is_apart() {
        for (ours, theirs, apart) in [
            (&["~a"][..], &["~b"][..], true),
            (&["+a"], &["+b", "~c"], true),
            (&["-a"], &["-b", "~c"], true),
            (&["~d/a"], &["~d/b"], true),
            (&["~a"], &["~a"], false),
            (&["+a"], &["-b"], false),
            (&["-a"], &["+b"], false),
            (&["+a"], &["+a/b"], false),
            (&["+a/b/c"], &["~a"], false),
            (&["+a.b"], &["+a/b"], true),
        ] {
            assert_eq!(
                are_apart(&side(ours), &side(theirs)),
                apart,
                "{ours:?} {theirs:?}"
            );
            assert_eq!(
                are_apart(&side(theirs), &side(ours)),
                apart,
                "{theirs:?} {ours:?}"
            );
        }
    }
}
