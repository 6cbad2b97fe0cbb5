//! A home and a repository of its own for each test, with nothing of the
//! user's in sight.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::processes::Processes;

/// Whose commits are whose.
const IDENTITY: &str = "[user]\n\tname = Tester\n\temail = tester@example.org\n";

/// A temporary folder with a home and a repository on `main`. When it goes, so
/// do all processes that were started in it.
pub(crate) struct Sandbox {
    dir: TempDir,
    env: Vec<(OsString, OsString)>,
}

impl Sandbox {
    /// A repository with one commit.
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().expect("a folder");
        let base = dir.path().canonicalize().expect("its path");
        let path = std::env::var_os("PATH").expect("PATH");
        let env = [
            ("PATH", path),
            ("HOME", base.join("home").into()),
            ("TMPDIR", base.join("tmp").into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("LANG", "C.UTF-8".into()),
        ];
        let env = env.map(|(name, value)| (name.into(), value)).into();
        let sandbox = Self { dir, env };
        for folder in ["home", "tmp", "repo"] {
            fs::create_dir(base.join(folder)).expect("a folder");
        }
        sandbox.write("home/.gitconfig", IDENTITY);
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox.write("repo/README.md", "# A repository\n");
        sandbox.commit("Begin");
        sandbox
    }

    /// The folder, without symbolic links. No other process's environment
    /// names it.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.path().canonicalize().expect("its path")
    }

    /// The repository's checkout.
    pub(crate) fn repo(&self) -> PathBuf {
        self.dir().join("repo")
    }

    /// Adds a variable to the environment, or replaces it.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.into(), value.into()));
    }

    /// Takes a variable away.
    pub(crate) fn unset(&mut self, name: &str) {
        self.env.retain(|(known, _)| known != name);
    }

    /// Puts a folder in front of `PATH`.
    pub(crate) fn prefer(&mut self, folder: &Path) {
        let path = self.env.iter().find(|(name, _)| name == "PATH");
        let (_, path) = path.expect("every sandbox has a PATH");
        let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(path));
        let path = std::env::join_paths(folders).expect("folders without separators");
        self.set("PATH", path);
    }

    /// The whole environment.
    pub(crate) fn env(&self) -> &[(OsString, OsString)] {
        &self.env
    }

    /// A program that runs in the repository with nothing but the sandbox's
    /// environment.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.repo()).env_clear();
        command.envs(self.env.iter().cloned());
        command
    }

    /// Writes a file, from the sandbox's folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.dir().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Runs git in the repository; it must succeed. What it printed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        String::from_utf8(self.git_bytes(args)).expect("UTF-8")
    }

    /// The same, as it came.
    pub(crate) fn git_bytes(&self, args: &[&str]) -> Vec<u8> {
        let output = self.command("git").args(args).output().expect("git");
        assert!(output.status.success(), "git {args:?}: {}", said(&output));
        output.stdout
    }

    /// Commits all that lies in the repository.
    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// Fails unless git finds nothing wrong with the repository.
    pub(crate) fn check_integrity(&self) {
        let args = ["fsck", "--strict", "--no-dangling", "--no-progress"];
        let output = self.command("git").args(args).output().expect("git");
        let said = said(&output);
        assert!(output.status.success() && said.is_empty(), "fsck: {said}");
    }

    /// The processes that were started in here and still run.
    pub(crate) fn processes(&self) -> Processes {
        Processes::with(&self.dir().to_string_lossy())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Only after a failure there are any.
        self.processes().kill();
    }
}

/// All that a program printed.
fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    [out, err]
        .map(|text| String::from_utf8_lossy(text))
        .concat()
}
