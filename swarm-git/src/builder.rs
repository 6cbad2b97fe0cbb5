//! How a repository is to be used.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use swarm_core::ports::GitError;

use crate::config::folder;
use crate::discover;
use crate::name::{digits, slug};
use crate::repo::GitRepo;

/// Opens a repository. Made by [`GitRepo::builder`].
///
/// ```no_run
/// use std::time::Duration;
/// let repo = swarm_git::GitRepo::builder(".")
///     .target("main")
///     .copy(".env")
///     .setup("npm ci")
///     .setup_timeout(Duration::from_secs(300))
///     .build()?;
/// # Ok::<(), swarm_core::ports::GitError>(())
/// ```
#[derive(Clone)]
pub struct GitRepoBuilder {
    pub(crate) path: PathBuf,
    pub(crate) target: Option<String>,
    pub(crate) worktrees: Option<PathBuf>,
    pub(crate) copy: Vec<PathBuf>,
    pub(crate) setup: Vec<String>,
    pub(crate) setup_timeout: Duration,
    pub(crate) program: OsString,
    pub(crate) env: Option<Vec<(OsString, OsString)>>,
}

impl GitRepoBuilder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            target: None,
            worktrees: None,
            copy: Vec::new(),
            setup: Vec::new(),
            setup_timeout: Duration::from_secs(600),
            program: "git".into(),
            env: None,
        }
    }

    /// The branch to land on, by its short name. Default: the branch that
    /// `HEAD` of the opened checkout names.
    #[must_use]
    pub fn target(mut self, branch: impl Into<String>) -> Self {
        self.target = Some(branch.into());
        self
    }

    /// The folder that holds the worktrees. It must lie outside the
    /// repository, and is made when it is needed. Default:
    /// [`default_worktrees_dir`].
    #[must_use]
    pub fn worktrees(mut self, directory: impl Into<PathBuf>) -> Self {
        self.worktrees = Some(directory.into());
        self
    }

    /// A file or folder that git does not track, to be copied from the opened
    /// checkout into every new worktree. Relative to its root; one that is not
    /// there is skipped with a warning. May be called more than once.
    #[must_use]
    pub fn copy(mut self, path: impl Into<PathBuf>) -> Self {
        self.copy.push(path.into());
        self
    }

    /// A command for `sh -c` (on Windows the `sh` of git), run in every new
    /// worktree after the copies, once. May be called more than once: they run
    /// in this order, and the first one that fails is the last one.
    #[must_use]
    pub fn setup(mut self, command: impl Into<String>) -> Self {
        self.setup.push(command.into());
        self
    }

    /// Longest time for each setup command. Default: 10 minutes.
    #[must_use]
    pub fn setup_timeout(mut self, limit: Duration) -> Self {
        self.setup_timeout = limit;
        self
    }

    /// The git binary: a path, or a name on `PATH`. Default: `git`.
    #[must_use]
    pub fn git_program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    /// The whole environment for git and for setup commands. git's local
    /// variables (`GIT_DIR` and the like) are always taken out. Default: that
    /// of this process when [`build`](Self::build) is called.
    #[must_use]
    pub fn env(mut self, env: Vec<(OsString, OsString)>) -> Self {
        self.env = Some(env);
        self
    }

    /// Opens the repository. Blocks for some milliseconds, since it asks git.
    ///
    /// Whether the target exists and has a commit, and whether git knows who
    /// commits, is told by [`inspect`](swarm_core::ports::GitClient::inspect).
    ///
    /// # Errors
    /// `Repository` if there is none, or it does not fit with the options;
    /// `Target` if `HEAD` is detached and no target was given; `Command` if
    /// git cannot be run.
    pub fn build(self) -> Result<GitRepo, GitError> {
        Ok(GitRepo(Arc::new(discover::open(self)?)))
    }
}

impl std::fmt::Debug for GitRepoBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the environment: it may hold secrets.
        f.debug_struct("GitRepoBuilder")
            .field("path", &self.path)
            .field("target", &self.target)
            .field("worktrees", &self.worktrees)
            .finish_non_exhaustive()
    }
}

/// Where worktrees of a repository lie if nobody says otherwise:
/// `swarm/worktrees/<repository>-<hash>` in the user's cache folder, which is
/// `XDG_CACHE_HOME`, else `.cache` in `HOME` (on Windows `LOCALAPPDATA`) of
/// the environment given. `None` if it names no such folder.
///
/// ```
/// # #[cfg(unix)] {
/// use std::path::Path;
/// let env = [("HOME".into(), "/home/me".into())];
/// let dir = swarm_git::default_worktrees_dir(Path::new("/src/shop/.git"), &env);
/// let name = dir.unwrap();
/// assert!(name.starts_with("/home/me/.cache/swarm/worktrees"));
/// assert!(name.file_name().unwrap().to_str().unwrap().starts_with("shop-"));
/// # }
/// ```
pub fn default_worktrees_dir(common_dir: &Path, env: &[(OsString, OsString)]) -> Option<PathBuf> {
    let cache = folder(env, "XDG_CACHE_HOME")
        .or_else(|| folder(env, "LOCALAPPDATA").filter(|_| cfg!(windows)))
        .or_else(|| folder(env, "HOME").map(|home| home.join(".cache")))?;
    let named = match common_dir.file_name() {
        Some(name) if name == ".git" => common_dir.parent().and_then(Path::file_name),
        name => name,
    };
    let name = named.map_or_else(Default::default, OsStr::to_string_lossy);
    let hash = digits(&common_dir.to_string_lossy());
    let name = slug(name.strip_suffix(".git").unwrap_or(&name));
    Some(cache.join("swarm/worktrees").join(format!("{name}-{hash}")))
}
