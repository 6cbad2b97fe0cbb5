//! A repository of its own for each test, on real git, with nothing of the
//! user's configuration.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unused_self, reason = "everything is asked of the sandbox")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be prepared has failed"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use swarm_core::model::{AttemptId, Oid, RunId, TaskId};
use swarm_core::ports::{
    AcquireRequest, Advance, AdvanceRequest, CallContext, GitClient, Merge, MergeRequest, Worktree,
};
use swarm_git::{GitRepo, GitRepoBuilder};
use tempfile::TempDir;

/// A temporary folder with a repository in it.
pub(crate) struct Sandbox {
    dir: TempDir,
    pub(crate) env: Vec<(OsString, OsString)>,
}

impl Sandbox {
    /// An empty folder and an environment without identity.
    pub(crate) fn bare() -> Self {
        let dir = TempDir::new().unwrap();
        let home = dir.path().join("home");
        fs::create_dir(&home).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let env = [
            ("PATH", path),
            ("HOME", home.into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
        ];
        let env = env.map(|(name, value)| (name.into(), value)).into();
        Self { dir, env }
    }

    /// A repository with an identity, on `main`, with one commit.
    pub(crate) fn new() -> Self {
        let sandbox = Self::bare();
        let repo = sandbox.repo();
        fs::create_dir(&repo).unwrap();
        sandbox.identify();
        sandbox.git(&repo, &["init", "-q", "-b", "main"]);
        for (name, text) in [("a.txt", "a\n"), ("b.txt", "b\n"), ("d/c.txt", "c\n")] {
            sandbox.write(&repo, name, text);
        }
        sandbox.commit(&repo, "first");
        sandbox
    }

    pub(crate) fn identify(&self) {
        let text = "[user]\n\tname = Tester\n\temail = tester@example.org\n";
        fs::write(self.dir.path().join("home/.gitconfig"), text).unwrap();
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.dir().join("repo")
    }

    pub(crate) fn worktrees(&self) -> PathBuf {
        self.dir().join("worktrees")
    }

    /// Runs git, which must succeed; what it printed, without the last line end.
    pub(crate) fn git(&self, at: &Path, args: &[&str]) -> String {
        let output = self.try_git(at, args);
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    pub(crate) fn try_git(&self, at: &Path, args: &[&str]) -> std::process::Output {
        Command::new("git")
            .args(args)
            .current_dir(at)
            .env_clear()
            .envs(self.env.iter().cloned())
            .output()
            .unwrap()
    }

    pub(crate) fn write(&self, at: &Path, name: &str, text: &str) {
        let path = at.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits everything there; the commit.
    pub(crate) fn commit(&self, at: &Path, message: &str) -> Oid {
        self.git(at, &["add", "-A"]);
        self.git(at, &["commit", "-q", "--allow-empty", "-m", message]);
        self.id(at, "HEAD")
    }

    pub(crate) fn id(&self, at: &Path, revision: &str) -> Oid {
        Oid::new(self.git(at, &["rev-parse", revision]))
    }

    /// The text of a file in a commit.
    pub(crate) fn show(&self, commit: &str, file: &str) -> String {
        self.git(&self.repo(), &["show", &format!("{commit}:{file}")])
    }

    pub(crate) fn builder(&self) -> GitRepoBuilder {
        self.builder_at(&self.repo())
    }

    pub(crate) fn builder_at(&self, path: &Path) -> GitRepoBuilder {
        GitRepo::builder(path)
            .env(self.env.clone())
            .worktrees(self.worktrees())
    }

    pub(crate) fn open(&self) -> GitRepo {
        self.builder().target("main").build().unwrap()
    }

    /// Takes the target away from under the user's checkout.
    pub(crate) fn detach(&self) {
        self.git(&self.repo(), &["checkout", "-q", "--detach"]);
    }

    /// A hook that is a shell script.
    pub(crate) fn hook(&self, name: &str, script: &str) {
        let hooks = self.repo().join(".git/hooks");
        fs::create_dir_all(&hooks).unwrap();
        let path = hooks.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Whether git finds nothing wrong in the repository.
    pub(crate) fn assert_sound(&self) {
        let checked = self.try_git(&self.repo(), &["fsck", "--strict", "--no-dangling"]);
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(
            checked.status.success() && !said.contains("error"),
            "{said}"
        );
        let listed = self.git(&self.repo(), &["worktree", "list", "--porcelain"]);
        assert!(!listed.contains("prunable"), "{listed}");
    }

    /// Every file below a folder but git's, to the byte.
    pub(crate) fn files(&self, at: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![at.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.file_name().is_some_and(|name| name == ".git") {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap();
                    files.insert(path.strip_prefix(at).unwrap().to_owned(), bytes);
                }
            }
        }
        files
    }
}

pub(crate) fn attempt(task: &str, number: u32) -> AttemptId {
    AttemptId {
        run: RunId::new("run1"),
        task: TaskId::new(task).unwrap(),
        number,
    }
}

pub(crate) async fn acquire(repo: &GitRepo, task: &str) -> Worktree {
    let what = AcquireRequest {
        attempt: attempt(task, 1),
        logs: None,
        earlier: None,
    };
    repo.acquire(what, CallContext::detached()).await.unwrap()
}

/// A worktree in which one file was written and committed.
pub(crate) async fn worked(
    sandbox: &Sandbox,
    repo: &GitRepo,
    task: &str,
    file: &str,
    text: &str,
) -> (Worktree, Oid) {
    let tree = acquire(repo, task).await;
    sandbox.write(&tree.path, file, text);
    let head = sandbox.commit(&tree.path, task);
    (tree, head)
}

pub(crate) fn merge_of(task: &str, head: &Oid) -> MergeRequest {
    MergeRequest {
        attempt: attempt(task, 1),
        head: head.clone(),
        message: format!("Land {task}\n\nSwarm-Task: {task}\n"),
    }
}

/// Merges; where it is and what it builds on.
pub(crate) async fn merged(repo: &GitRepo, task: &str, head: &Oid) -> (Oid, Oid) {
    match repo.merge(merge_of(task, head)).await.unwrap() {
        Merge::Commit { commit, onto } => (commit, onto),
        other => panic!("no commit: {other:?}"),
    }
}

/// Merges and moves the line.
pub(crate) async fn land(repo: &GitRepo, task: &str, head: &Oid) -> (Oid, Advance) {
    loop {
        let (commit, onto) = merged(repo, task, head).await;
        let what = AdvanceRequest {
            from: onto,
            to: commit.clone(),
        };
        match repo.advance(what).await.unwrap() {
            Advance::Stale { .. } => {}
            done => return (commit, done),
        }
    }
}
