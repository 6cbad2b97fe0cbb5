//! Real git keeps what the port promises.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::Sandbox;
use swarm_core::ports::{GitClient, Worktree};
use swarm_core::testing::git_suite::{GitFixture, Setup, check};

struct Real(Sandbox);

impl Real {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        for file in ["shared.txt", "other.txt"] {
            sandbox.write(&sandbox.repo(), file, "as it was\n");
        }
        sandbox.commit(&sandbox.repo(), "more files");
        Self(sandbox)
    }
}

impl GitFixture for Real {
    fn git(&self, setup: Setup) -> Arc<dyn GitClient> {
        let begun = format!("echo begun >> {}/setups", self.0.dir().display());
        let builder = match setup {
            Setup::None => self.0.builder(),
            Setup::Writes => self.0.builder().setup(begun + "; echo made > made"),
            Setup::Fails => self.0.builder().setup(begun + "; exit 3"),
            Setup::Hangs => {
                let hang = "; while :; do sleep 0.05; done";
                self.0.builder().setup(begun + hang)
            }
        };
        Arc::new(builder.target("main").build().unwrap())
    }

    fn write(&self, tree: &Worktree, file: &Path, text: &str) {
        self.0.write(&tree.path, file.to_str().unwrap(), text);
    }

    fn commit(&self, tree: &Worktree, file: &Path, text: &str) {
        self.write(tree, file, text);
        self.0.commit(&tree.path, "work");
    }

    fn trees(&self) -> usize {
        let branches = ["branch", "--list", "swarm/*"];
        let branches = self.0.git(&self.0.repo(), &branches);
        let trees = self.0.git(&self.0.repo(), &["worktree", "list"]);
        // One is the user's own.
        branches.lines().count() + trees.lines().count() - 1
    }

    fn setups(&self) -> usize {
        let begun = fs::read_to_string(self.0.dir().join("setups"));
        begun.unwrap_or_default().lines().count()
    }

    fn checkout(&self) -> String {
        let repo = self.0.repo();
        let staged = self.0.git(&repo, &["ls-files", "--stage"]);
        let head = self.0.git(&repo, &["symbolic-ref", "HEAD"]);
        format!("{head}\n{staged}\n{:?}", self.0.files(&repo))
    }

    fn edit_checkout(&self, file: &Path, text: &str) {
        fs::write(self.0.repo().join(file), text).unwrap();
    }

    fn in_checkout(&self, file: &Path) -> Option<String> {
        fs::read_to_string(self.0.repo().join(file)).ok()
    }
}

#[tokio::test]
async fn real_git_keeps_every_clause() {
    let account = check(Real::new).await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
}
