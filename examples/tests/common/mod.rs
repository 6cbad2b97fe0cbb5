//! A world of its own for each test: a home, a repository, a scripted agent.
//! Nothing of the user's configuration reaches it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test program uses some of it; tests unwrap"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Does its task in any role: commits a file named after the task's checksum.
pub(crate) const WORKER: &str = r#"#!/bin/sh
set -eu
cat >/dev/null
sum=$(printf %s "$SWARM_TASK_ID" | cksum | cut -d ' ' -f 1)
printf '%s\n' "$SWARM_TASK_ID" >"work-$sum.txt"
git add --all
git commit --quiet --message "Work"
echo "Did it."
"#;

pub(crate) struct World {
    folder: TempDir,
}

/// What a call of `swarm` came to.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// A repository with one commit on `main`, without tasks.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { folder };
        fs::create_dir(world.path("home")).unwrap();
        fs::create_dir(world.path("repo")).unwrap();
        world.git(&["init", "--quiet"]);
        world.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
        world.git(&["config", "user.name", "Tester"]);
        world.git(&["config", "user.email", "tester@example.com"]);
        world.write("repo/README.md", "# Read me\n");
        world.commit("Begin");
        world.agent(WORKER);
        world
    }

    /// The same with tasks that say nothing special.
    pub(crate) fn with_tasks(ids: &[&str]) -> Self {
        let world = Self::new();
        for id in ids {
            world.task(id, "Do it.\n");
        }
        world
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        // Resolved: the folder for temporary files may be a link.
        self.folder.path().canonicalize().unwrap().join(path)
    }

    pub(crate) fn write(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn task(&self, id: &str, text: &str) {
        self.write(format!("repo/tasks/{id}.md"), text);
    }

    /// What the agent does: a program.
    pub(crate) fn agent(&self, script: &str) {
        self.program("agent.sh", script);
    }

    pub(crate) fn program(&self, path: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.write(path, script);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(path), mode).unwrap();
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// What git says in the repository; it must go well.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in(self.path("repo"), args)
    }

    pub(crate) fn git_in(&self, folder: impl AsRef<Path>, args: &[&str]) -> String {
        let mut git = self.program_in_world("git");
        let output = git.args(args).current_dir(folder).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn program_in_world(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        command
    }

    /// A call of `swarm` in the repository, not made yet.
    pub(crate) fn swarm(&self, args: &[&str]) -> Command {
        let mut command = self.program_in_world(env!("CARGO_BIN_EXE_swarm"));
        command
            .args(args)
            .current_dir(self.path("repo"))
            .stdin(Stdio::null());
        command
    }

    /// `swarm` with these arguments.
    pub(crate) fn call(&self, args: &[&str]) -> Done {
        Done::of(&mut self.swarm(args))
    }

    /// `swarm run` with the scripted agent and these arguments.
    pub(crate) fn run(&self, args: &[&str]) -> Done {
        let agent = self.path("agent.sh");
        let agent = shlex::try_quote(agent.to_str().unwrap())
            .unwrap()
            .into_owned();
        let mut all = vec!["run", "--harness", "command", "--harness-cmd", &agent];
        all.extend(args);
        self.call(&all)
    }

    /// Everything below the world's folder: names and contents.
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut seen = BTreeMap::new();
        look(&self.path(""), &mut seen);
        seen
    }

    /// The files of a checkout, without git's own.
    pub(crate) fn checkout(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let own = self.path("repo/.git");
        let mut seen = self.snapshot();
        seen.retain(|path, _| path.starts_with(self.path("repo")) && !path.starts_with(&own));
        seen
    }
}

/// A pipe with a name: opening it waits for the other side.
pub(crate) fn make_pipe(world: &World, path: &str) {
    let made = Command::new("mkfifo").arg(world.path(path)).status();
    assert!(made.unwrap().success());
}

fn look(folder: &Path, seen: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            seen.insert(path.clone(), b"a folder".to_vec());
            look(&path, seen);
        } else if kind.is_file() {
            seen.insert(path.clone(), fs::read(&path).unwrap());
        } else {
            seen.insert(path, b"something else".to_vec());
        }
    }
}

impl Done {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Fails the test unless it ended with this code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\n--- stdout\n{}--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The last line of its output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// The outcomes of its report, by id.
    #[track_caller]
    pub(crate) fn outcomes(&self) -> BTreeMap<String, String> {
        let report = self.json();
        let tasks = report["tasks"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        tasks
            .map(|task| (text(&task["id"]), text(&task["outcome"])))
            .collect()
    }
}
