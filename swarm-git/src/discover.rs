//! Finds a repository and what is special about it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use gix::bstr::ByteSlice;
use swarm_core::error::Advice;
use swarm_core::ports::{GitError, GitErrorKind};
use swarm_core::process::env::{inherited, without_git_local};

use crate::builder::{GitRepoBuilder, default_worktrees_dir};
use crate::commit::Identity;
use crate::config::Config;
use crate::error::{Result, error, io};
use crate::git::{Done, Git, failed};
use crate::path::to_path;
use crate::repo::Repo;

const OPERATION: &str = "open the repository";

/// Where a repository is.
struct Place {
    git_dir: PathBuf,
    common_dir: PathBuf,
    root: Option<PathBuf>,
    sha1: bool,
}

pub(crate) fn open(options: GitRepoBuilder) -> Result<Repo> {
    let env = without_git_local(options.env.unwrap_or_else(inherited));
    let git = Git::new(options.program, &env);
    let path = fs::canonicalize(&options.path).map_err(|e| io(OPERATION, &options.path, &e))?;
    let place = find(&git, &path)?;
    let listed = git
        .at(&place.git_dir)
        .args(["config", "--list", "-z"])
        .output(OPERATION)?;
    let config = Config::parse(&listed);
    let target = match options.target {
        Some(name) => name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned(),
        None => current_branch(&git, &place)?,
    };
    let worktrees = worktrees_dir(options.worktrees, &place, &env)?;
    // Somebody without a name may still look around: inspect refuses.
    let identity = Identity::ask(&git, &place.git_dir).ok();
    let gix_options = gix_options(&config, identity.as_ref(), &env);
    let gix = if gix_fits(&place, &config) {
        gix::ThreadSafeRepository::open_opts(&place.common_dir, gix_options.clone())
            .inspect_err(|source| tracing::debug!(%source, "gix cannot open the repository"))
            .ok()
    } else {
        None
    };
    Ok(Repo {
        git,
        gix,
        gix_options,
        git_dir: place.git_dir,
        common_dir: place.common_dir,
        root: place.root,
        target,
        config,
        worktrees,
        copy: options.copy,
        setup: options.setup,
        setup_timeout: options.setup_timeout,
        env,
        identity: identity.map(OnceLock::from).unwrap_or_default(),
        version: OnceLock::new(),
        names: AtomicU64::new(0),
    })
}

/// Asks git, which also checks that the repository's owner may be trusted.
fn find(git: &Git, path: &Path) -> Result<Place> {
    const QUESTIONS: &[&str] = &[
        "rev-parse",
        "--path-format=absolute",
        "--show-object-format",
        "--git-dir",
        "--git-common-dir",
    ];
    let directory = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    let inside = git
        .at(directory)
        .args(QUESTIONS)
        .arg("--show-toplevel")
        .run(OPERATION)?;
    let done = if inside.code == Some(0) {
        inside
    } else {
        // No work tree here: bare, or within the git directory.
        git.at(directory).args(QUESTIONS).run(OPERATION)?
    };
    if done.code != Some(0) {
        return Err(not_opened(path, &done));
    }
    let lines: Vec<PathBuf> = done
        .stdout
        .lines()
        .map(|line| to_path(line.as_bstr()))
        .collect();
    let (format, git_dir, common_dir, root) = match lines.as_slice() {
        [format, git_dir, common_dir] => (format, git_dir, common_dir, None),
        [format, git_dir, common_dir, root] => (format, git_dir, common_dir, Some(root)),
        _ => {
            return Err(error(
                GitErrorKind::Repository,
                OPERATION,
                Advice::FixConfiguration,
                "a path with a line break in it is not supported",
            ));
        }
    };
    let real = |path: &PathBuf| fs::canonicalize(path).map_err(|e| io(OPERATION, path, &e));
    Ok(Place {
        git_dir: real(git_dir)?,
        common_dir: real(common_dir)?,
        root: root.map(real).transpose()?,
        sha1: format == Path::new("sha1"),
    })
}

fn not_opened(path: &Path, done: &Done) -> GitError {
    if !done.stderr.contains("not a git repository") {
        return failed(OPERATION, done);
    }
    error(
        GitErrorKind::Repository,
        OPERATION,
        Advice::FixConfiguration,
        format!(
            "{} is in no git repository; give a folder of one, or make one with `git init`",
            path.display()
        ),
    )
}

fn current_branch(git: &Git, place: &Place) -> Result<String> {
    let done = git
        .at(&place.git_dir)
        .args(["symbolic-ref", "--quiet", "HEAD"])
        .run(OPERATION)?;
    let name = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    match name.strip_prefix("refs/heads/") {
        Some(branch) if done.code == Some(0) => Ok(branch.to_owned()),
        _ => Err(error(
            GitErrorKind::Target,
            "choose the target branch",
            Advice::FixConfiguration,
            "HEAD is detached here: name the branch to land on, or check one out",
        )),
    }
}

fn worktrees_dir(
    given: Option<PathBuf>,
    place: &Place,
    env: &[(OsString, OsString)],
) -> Result<PathBuf> {
    let wrong = |because: String| {
        error(
            GitErrorKind::Repository,
            "choose a folder for worktrees",
            Advice::FixConfiguration,
            because,
        )
    };
    let directory = given
        .or_else(|| default_worktrees_dir(&place.common_dir, env))
        .ok_or_else(|| wrong("neither XDG_CACHE_HOME nor HOME is set: name a folder".into()))?;
    let directory = std::path::absolute(&directory).map_err(|e| io(OPERATION, &directory, &e))?;
    let directory = real_later(&directory);
    let inside = |outer: &Path| directory.starts_with(outer);
    if inside(&place.common_dir) || place.root.as_deref().is_some_and(inside) {
        return Err(wrong(format!(
            "{} is inside the repository, where git would take worktrees for untracked files; \
             name a folder outside",
            directory.display()
        )));
    }
    Ok(directory)
}

/// The real path of something that may not exist yet.
fn real_later(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real_later(parent).join(name),
        _ => path.to_owned(),
    }
}

/// Whether gix can answer for this repository as git would.
fn gix_fits(place: &Place, config: &Config) -> bool {
    let files = config
        .get("extensions.refstorage")
        .is_none_or(|storage| storage == "files");
    let whole = !place.common_dir.join("shallow").exists()
        && !config.any("extensions.partialclone", "")
        && !config.any("remote.", ".promisor");
    place.sha1 && files && whole
}

/// gix reads no variable and no file outside the repository by itself: what
/// counts of the user's configuration is handed over.
fn gix_options(
    config: &Config,
    identity: Option<&Identity>,
    env: &[(OsString, OsString)],
) -> gix::open::Options {
    let mut overrides = config.for_gix();
    let files = [
        ("core.excludesfile", "ignore"),
        ("core.attributesfile", "attributes"),
    ];
    for (key, name) in files {
        if let Some(path) = config.user_file(key, name, env)
            && let Ok(path) = gix::path::into_bstr(path)
        {
            overrides.push([key.as_bytes(), b"=", path.as_bytes()].concat().into());
        }
    }
    overrides.extend(Identity::for_gix(identity));
    gix::open::Options::isolated()
        .config_overrides(overrides)
        .open_path_as_is(true)
        // git has just let us in.
        .with(gix::sec::Trust::Full)
}
