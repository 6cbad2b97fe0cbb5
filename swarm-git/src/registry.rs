//! The repository's list of worktrees, read as git keeps it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;
use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::GitErrorKind;

use crate::error::{Result, error, io as io_error};
use crate::path::to_path;
use crate::repo::{Repo, oid};

const OPERATION: &str = "list the worktrees";

/// A worktree that the repository knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its own git directory.
    pub git_dir: PathBuf,
    /// Its checkout, which may be gone.
    pub path: PathBuf,
    /// What it has checked out.
    pub head: Head,
    /// Whether it may be removed.
    pub lock: EntryLock,
}

/// Whether a worktree may be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryLock {
    /// Nobody said otherwise.
    Open,
    /// Its files are being written, or were when the process died: nobody has
    /// worked there yet.
    Unfinished,
    /// Somebody locked it.
    Locked,
}

impl EntryLock {
    fn of(git_dir: &Path) -> Self {
        match fs::read(git_dir.join("locked")) {
            Ok(reason) if reason.trim() == b"initializing" => Self::Unfinished,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Self::Open,
            Ok(_) | Err(_) => Self::Locked,
        }
    }
}

/// What a checkout's `HEAD` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// The full name of a branch, which may have no commit yet.
    Branch(String),
    /// A commit.
    Detached(Oid),
    /// It cannot be read.
    Unknown,
}

impl Repo {
    /// The main checkout, if there is one, and all linked worktrees.
    pub(crate) fn checkouts(&self) -> Result<Vec<Entry>> {
        let mut entries: Vec<_> = self.main_checkout().into_iter().collect();
        entries.extend(self.linked_worktrees()?);
        Ok(entries)
    }

    fn main_checkout(&self) -> Option<Entry> {
        // Without an index nothing is checked out: bare, whatever else is said.
        if self.config.is_true("core.bare") || !self.common_dir.join("index").exists() {
            return None;
        }
        let named = self
            .common_dir
            .file_name()
            .is_some_and(|name| name == ".git");
        let path = if self.git_dir == self.common_dir && self.root.is_some() {
            self.root.clone()
        } else if let Some(path) = self.config.get("core.worktree") {
            Some(self.common_dir.join(to_path(path)))
        } else {
            self.common_dir
                .parent()
                .filter(|_| named)
                .map(Path::to_owned)
        }?;
        Some(Entry {
            head: self.head_at(&self.common_dir),
            git_dir: self.common_dir.clone(),
            path,
            lock: EntryLock::Open,
        })
    }

    /// All linked worktrees, in order of their git directories. Entries that
    /// are incomplete, as another process is just making or removing them, are
    /// left out.
    pub(crate) fn linked_worktrees(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for git_dir in self.entry_dirs()? {
            let link = link(&git_dir);
            let Some(path) = link.as_deref().and_then(Path::parent) else {
                continue;
            };
            entries.push(Entry {
                path: path.to_owned(),
                head: self.head_at(&git_dir),
                lock: EntryLock::of(&git_dir),
                git_dir,
            });
        }
        entries.sort_by(|a, b| a.git_dir.cmp(&b.git_dir));
        Ok(entries)
    }

    /// Entries that name no checkout: somebody is just making or removing
    /// them, or died of it.
    pub(crate) fn nameless_entries(&self) -> Result<Vec<PathBuf>> {
        let mut nameless = self.entry_dirs()?;
        nameless.retain(|git_dir| link(git_dir).is_none());
        Ok(nameless)
    }

    /// Completes entries of ours whose makers died before they had written
    /// where the repository is: git would refuse every further worktree. Under
    /// the lock: nobody of us is just making one.
    pub(crate) fn mend_entries(&self) -> Result<()> {
        for git_dir in self.entry_dirs()? {
            let common = git_dir.join("commondir");
            let cut_off = common.metadata().is_ok_and(|meta| meta.len() == 0);
            let ours = || link(&git_dir).is_some_and(|link| link.starts_with(&self.worktrees));
            if cut_off && ours() {
                fs::write(&common, "../..\n").map_err(|e| io_error(OPERATION, &common, &e))?;
            }
        }
        Ok(())
    }

    fn entry_dirs(&self) -> Result<Vec<PathBuf>> {
        let directory = self.common_dir.join("worktrees");
        let failed = |e: &io::Error| io_error(OPERATION, &directory, e);
        match fs::read_dir(&directory) {
            Ok(listed) => listed
                .map(|entry| entry.map(|entry| entry.path()).map_err(|e| failed(&e)))
                .collect(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(failed(&e)),
        }
    }

    /// The entry of a worktree.
    pub(crate) fn entry(&self, path: &Path) -> Result<Option<Entry>> {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let entries = self.linked_worktrees()?;
        Ok(entries
            .into_iter()
            .find(|entry| entry.path == real || entry.path == path))
    }

    /// The entry of a worktree whose checkout is there and still belongs to
    /// it: git within it answers for this repository and no other.
    pub(crate) fn intact_entry(&self, path: &Path) -> Result<Entry> {
        let damaged = |because: &str| {
            error(
                GitErrorKind::Repository,
                "look into a worktree",
                Advice::NeedsPerson,
                format!("{}: {because}", path.display()),
            )
        };
        let entry = self
            .entry(path)?
            .ok_or_else(|| damaged("the repository knows no worktree there"))?;
        let link = fs::read(path.join(".git"))
            .map_err(|_| damaged("its link to the repository, the file .git, is gone"))?;
        let linked = link
            .strip_prefix(b"gitdir: ")
            .map(|link| path.join(to_path(link.trim_end().as_bstr())))
            .and_then(|link| fs::canonicalize(link).ok());
        if linked.is_none() || linked != fs::canonicalize(&entry.git_dir).ok() {
            return Err(damaged("its file .git names another repository"));
        }
        Ok(entry)
    }

    fn head_at(&self, git_dir: &Path) -> Head {
        let reftable = self
            .config
            .get("extensions.refstorage")
            .is_some_and(|s| s == "reftable");
        if reftable {
            // The file is a dummy there.
            return self.ask_head(git_dir).unwrap_or(Head::Unknown);
        }
        let Ok(head) = fs::read_to_string(git_dir.join("HEAD")) else {
            return Head::Unknown;
        };
        let head = head.trim_end();
        match head.strip_prefix("ref:") {
            Some(name) => Head::Branch(name.trim_start().to_owned()),
            // What a worktree begins with.
            None if head.bytes().all(|digit| digit == b'0') => Head::Unknown,
            None => Head::Detached(oid(head)),
        }
    }

    fn ask_head(&self, git_dir: &Path) -> Option<Head> {
        let mut directory = OsString::from("--git-dir=");
        directory.push(git_dir);
        let ask = |question: &[&str]| {
            let call = self.git.at(git_dir).arg(&directory).args(question);
            let said = call.output(OPERATION).ok()?;
            Some(String::from_utf8_lossy(&said).trim().to_owned())
        };
        ask(&["symbolic-ref", "--quiet", "HEAD"])
            .map(Head::Branch)
            .or_else(|| {
                ask(&["rev-parse", "--verify", "--quiet", "HEAD"]).map(|id| Head::Detached(oid(id)))
            })
    }
}

/// The file `.git` of an entry's checkout, if the entry names one.
fn link(git_dir: &Path) -> Option<PathBuf> {
    let link = fs::read(git_dir.join("gitdir")).ok()?;
    let link = link.trim_end();
    (!link.is_empty()).then(|| git_dir.join(to_path(link.as_bstr())))
}
