//! A user who is at work on the target branch while a swarm lands on it.

use std::collections::BTreeMap;
use std::fs;

use crate::sandbox::Sandbox;

/// Files as a user may leave them in the middle of something.
const FILES: [&str; 6] = [
    "edited.txt",
    "staged.txt",
    "staged-then-edited.txt",
    "staged-new.txt",
    "untracked.txt",
    "notes/ignored.txt",
];

/// What the user would miss.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    files: BTreeMap<&'static str, Vec<u8>>,
    unstaged: Vec<u8>,
    staged: Vec<u8>,
    status: Vec<u8>,
    stashes: String,
}

/// Commits files, then leaves edited, staged, untracked and ignored ones.
pub(crate) fn leave_dirty(sandbox: &Sandbox) {
    let write = |name: &str, text: &str| sandbox.write(&format!("repo/{name}"), text);
    write(".gitignore", "notes/\n");
    for name in &FILES[..3] {
        write(name, "first\nsecond\n");
    }
    write("gone.txt", "to be removed\n");
    sandbox.commit("Add files");
    write("edited.txt", "first\nsecond, edited\r\n\0no end");
    write("staged.txt", "first, staged\nsecond\n");
    write("staged-then-edited.txt", "first, staged\nsecond\n");
    write("staged-new.txt", "new\n");
    sandbox.git(&["rm", "-q", "gone.txt"]);
    sandbox.git(&[
        "add",
        "staged.txt",
        "staged-then-edited.txt",
        "staged-new.txt",
    ]);
    write("staged-then-edited.txt", "first, staged\nsecond, edited\n");
    write("untracked.txt", "untracked\n");
    write("notes/ignored.txt", "ignored\n");
}

impl Checkout {
    /// How it is now.
    pub(crate) fn look(sandbox: &Sandbox) -> Self {
        let repo = sandbox.repo();
        let read = |name| (name, fs::read(repo.join(name)).expect("a file"));
        Self {
            files: FILES.map(read).into(),
            unstaged: sandbox.git_bytes(&["diff", "--binary"]),
            staged: sandbox.git_bytes(&["diff", "--binary", "--cached"]),
            status: sandbox.git_bytes(&["status", "--porcelain=v2", "-z", "--ignored"]),
            stashes: sandbox.git(&["stash", "list"]),
        }
    }
}
