//! What a commit in a worktree writes to.

use std::fs;
use std::path::{Path, PathBuf};

/// What of the folder that worktrees share a commit writes to. Neither the
/// repository's configuration nor its hooks are among it.
const SHARED: [&str; 3] = ["objects", "refs", "logs"];

/// The folders outside of a linked worktree that a commit in it writes to:
/// absolute, and only those that are there, since a sandbox cannot open up what
/// is not. Reads two small files and starts no git. None for anything else,
/// such as a main checkout, whose `.git` is a folder of its own.
pub(super) fn git_folders(worktree: &Path) -> Vec<PathBuf> {
    find(worktree).unwrap_or_default()
}

fn find(worktree: &Path) -> Option<Vec<PathBuf>> {
    let text = fs::read_to_string(worktree.join(".git")).ok()?;
    let own = worktree.join(text.strip_prefix("gitdir:")?.trim());
    let shared = fs::read_to_string(own.join("commondir")).ok()?;
    // Without the `..` of it, so that a sandbox compares like with like.
    let common = own.join(shared.trim()).canonicalize().ok()?;
    let mut folders = vec![own.canonicalize().ok()?];
    folders.extend(SHARED.map(|name| common.join(name)));
    folders.retain(|folder| folder.is_dir());
    Some(folders)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::git_folders;

    #[test]
    fn a_linked_worktree_has_some_and_a_checkout_none() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let common = base.join("repo/.git");
        let own = common.join("worktrees/w");
        for folder in [&own, &common.join("objects"), &common.join("refs")] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(own.join("commondir"), "../..\n").unwrap();
        let tree = base.join("w");
        fs::create_dir(&tree).unwrap();
        for text in [
            format!("gitdir: {}\n", own.display()),
            "gitdir: ../repo/.git/worktrees/w".to_owned(),
        ] {
            fs::write(tree.join(".git"), text).unwrap();
            let there = [own.clone(), common.join("objects"), common.join("refs")];
            assert_eq!(git_folders(&tree), there);
        }
        let none: [PathBuf; 0] = [];
        assert_eq!(git_folders(&base.join("repo")), none);
        assert_eq!(git_folders(&base), none);
        fs::write(tree.join(".git"), "gitdir: /nowhere").unwrap();
        assert_eq!(git_folders(&tree), none);
    }
}
