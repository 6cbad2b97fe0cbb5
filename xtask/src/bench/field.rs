//! The ground for a comparison: a repository, tasks and an agent in a folder
//! that goes when this goes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Result};
use crate::repo;

/// How many files the agent edits for each task.
pub(super) const EDITS: usize = 5;

const AGENT: &str = include_str!("agent.sh");
const PLAIN: &str = include_str!("plain.sh");

const GIT_CONFIG: &str = "\
[user]
\tname = Bench
\temail = bench@example.invalid
[init]
\tdefaultBranch = main
[gc]
\tauto = 0
[maintenance]
\tauto = false
";

#[derive(Debug)]
pub(super) struct Field {
    home: PathBuf,
}

impl Field {
    /// A repository with so many files, and so many tasks.
    pub(super) fn new(files: usize, tasks: usize) -> Result<Self> {
        if tasks * EDITS > files {
            return Err(Failure::new(format!(
                "{tasks} tasks edit {EDITS} files each, {files} files are too few"
            )));
        }
        let name = format!("swarm-bench-{}-{files}", std::process::id());
        let field = Self {
            home: std::env::temp_dir().join(name),
        };
        field.lay(files, tasks)?;
        Ok(field)
    }

    fn lay(&self, files: usize, tasks: usize) -> Result<()> {
        self.write("gitconfig", GIT_CONFIG)?;
        self.write("agent.sh", AGENT)?;
        self.write("plain.sh", PLAIN)?;
        for task in 0..tasks {
            let text = "# Edit five files\n\nAdd a line to each of your files and commit.\n";
            self.write(&format!("tasks/task-{task}.md"), text)?;
        }
        for file in 0..files {
            // As the agent finds it: fifty a folder.
            let path = format!("template/src/{}/{file}.txt", file / 50);
            self.write(&path, &format!("line of file {file}\n").repeat(40))?;
        }
        let template = self.path("template");
        self.git(&template, &["init", "--quiet"])?;
        self.git(&template, &["add", "."])?;
        self.git(&template, &["commit", "--quiet", "--message", "Begin"])?;
        Ok(())
    }

    /// A copy of the repository that no run has touched.
    pub(super) fn fresh(&self) -> Result<PathBuf> {
        for stale in ["repo", "trees"] {
            let stale = self.path(stale);
            if stale.exists() {
                let attempted = format!("could not remove {}", stale.display());
                fs::remove_dir_all(&stale).map_err(Failure::because(attempted))?;
            }
        }
        let repo = self.path("repo");
        self.git(
            &self.home,
            &["clone", "--quiet", "--no-hardlinks", "template", "repo"],
        )?;
        self.git(&repo, &["remote", "remove", "origin"])?;
        Ok(repo)
    }

    /// Fails unless every task has landed and nothing lies about.
    pub(super) fn verify(&self, tasks: usize) -> Result<()> {
        let repo = self.path("repo");
        let edited = self.git(&repo, &["diff", "--name-only", ":/^Begin", "main"])?;
        let status = self.git(&repo, &["status", "--porcelain"])?;
        let trees = self.git(&repo, &["worktree", "list"])?;
        let found = edited.lines().count();
        if found != tasks * EDITS || !status.is_empty() || trees.lines().count() != 1 {
            return Err(Failure::new(format!(
                "{found} of {} edits are on main; status:\n{status}\nworktrees:\n{trees}",
                tasks * EDITS
            )));
        }
        Ok(())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// A command that sees no configuration but this field's.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let names = std::env::vars_os().map(|(name, _)| name);
        for name in names.filter(|name| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        command
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("GIT_CONFIG_GLOBAL", self.path("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    fn git(&self, repo: &Path, arguments: &[&str]) -> Result<String> {
        let mut git = self.command(Path::new("git"));
        repo::output(git.current_dir(repo).args(arguments))
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.home);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
        written.map_err(Failure::because(format!(
            "could not write {}",
            path.display()
        )))?;
        Ok(path)
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        // Nothing can be done about it here; it is a folder for temporary files.
        let _ = fs::remove_dir_all(&self.home);
    }
}
