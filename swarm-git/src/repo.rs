//! An opened repository.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::GitErrorKind;

use crate::builder::GitRepoBuilder;
use crate::commit::Identity;
use crate::config::Config;
use crate::error::{Result, error};
use crate::git::{Call, Git};

/// A git repository with a target branch: the
/// [`GitClient`](swarm_core::ports::GitClient) on real git.
///
/// Cheap to clone; clones share everything. Several, also in several
/// processes, may work on one repository at the same time.
#[derive(Clone)]
pub struct GitRepo(pub(crate) Arc<Repo>);

impl GitRepo {
    /// Begins to open the repository that a path lies in: a folder of a
    /// checkout, a linked worktree, or a bare repository.
    pub fn builder(path: impl Into<PathBuf>) -> GitRepoBuilder {
        GitRepoBuilder::new(path.into())
    }

    /// The git directory that all worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.0.common_dir
    }

    /// The top of the checkout that was opened; `None` in a bare repository.
    pub fn root(&self) -> Option<&Path> {
        self.0.root.as_deref()
    }

    /// The folder that holds the worktrees; it may not exist yet.
    pub fn worktrees_dir(&self) -> &Path {
        &self.0.worktrees
    }

    /// Short name of the target branch.
    pub fn target(&self) -> &str {
        &self.0.target
    }

    /// Names of the repository's hooks that a swarm makes run, in order of
    /// their names. Blocks.
    pub fn hooks(&self) -> Vec<String> {
        self.0.hooks()
    }

    /// What `git --version` says, without the word git (`2.47.3`). Blocks.
    ///
    /// # Errors
    /// `Command` if git cannot be run.
    pub fn git_version(&self) -> Result<String> {
        self.0.version().map(str::to_owned)
    }

    /// Whether git alone works on this repository, since gix cannot read its
    /// format: everything works, and takes more processes.
    pub fn needs_git(&self) -> bool {
        self.0.gix.is_none()
    }
}

impl fmt::Debug for GitRepo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitRepo")
            .field("common_dir", &self.0.common_dir)
            .field("target", &self.0.target)
            .field("worktrees", &self.0.worktrees)
            .finish_non_exhaustive()
    }
}

/// What all the operations share. Everything on it blocks.
pub(crate) struct Repo {
    pub git: Git,
    /// `None` if gix cannot answer for this repository.
    pub gix: Option<gix::ThreadSafeRepository>,
    pub gix_options: gix::open::Options,
    /// That of the opened checkout.
    pub git_dir: PathBuf,
    pub common_dir: PathBuf,
    pub root: Option<PathBuf>,
    pub target: String,
    pub config: Config,
    pub worktrees: PathBuf,
    pub copy: Vec<PathBuf>,
    pub setup: Vec<String>,
    pub setup_timeout: Duration,
    /// For setup commands.
    pub env: Vec<(OsString, OsString)>,
    pub identity: OnceLock<Identity>,
    pub version: OnceLock<String>,
    /// Names given out by [`unique`](Self::unique).
    pub names: AtomicU64,
}

impl Repo {
    /// A call of git on the repository as a whole, in no checkout.
    pub(crate) fn git(&self) -> Call<'_> {
        let mut directory = OsString::from("--git-dir=");
        directory.push(&self.common_dir);
        self.git.at(&self.common_dir).arg(directory)
    }

    /// gix for this thread, if it can be used here.
    pub(crate) fn gix(&self) -> Option<gix::Repository> {
        self.gix
            .as_ref()
            .map(gix::ThreadSafeRepository::to_thread_local)
    }

    /// Full name of the target branch.
    pub(crate) fn target_ref(&self) -> String {
        format!("refs/heads/{}", self.target)
    }

    /// What `git --version` says.
    pub(crate) fn version(&self) -> Result<&str> {
        if let Some(version) = self.version.get() {
            return Ok(version);
        }
        let said = self
            .git
            .at(&self.common_dir)
            .arg("--version")
            .output("ask git its version")?;
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        let version = said
            .strip_prefix("git version ")
            .unwrap_or(&said)
            .to_owned();
        Ok(self.version.get_or_init(|| version))
    }

    /// A name that nobody else uses.
    pub(crate) fn unique(&self) -> String {
        let time = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |time| time.as_nanos());
        let count = self.names.fetch_add(1, Ordering::Relaxed);
        format!("{}-{time}-{count}", std::process::id())
    }

    /// Whether git is at least of this version.
    pub(crate) fn at_least(&self, major: u32, minor: u32) -> bool {
        let Ok(version) = self.version() else {
            return false;
        };
        let mut numbers = version
            .split(['.', ' '])
            .map_while(|part| part.parse().ok());
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (major, minor)
    }
}

/// An id as gix has it.
pub(crate) fn object_id(id: &Oid) -> Result<gix::ObjectId> {
    gix::ObjectId::from_hex(id.as_str().as_bytes()).map_err(|source| {
        error(
            GitErrorKind::Command,
            "read an object id",
            Advice::Bug,
            format!("{:?}: {source}", id.as_str()),
        )
    })
}

/// An id as the ports have it.
pub(crate) fn oid(id: impl fmt::Display) -> Oid {
    Oid::new(id.to_string())
}
