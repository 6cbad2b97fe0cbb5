//! Environments for programs: plain lists, put together by pure functions.

use std::ffi::{OsStr, OsString};

use super::start::MARK;

/// Names and values; of two with one name, the later one counts.
pub type Vars = Vec<(OsString, OsString)>;

/// Variables that tie git to one repository, as `git rev-parse
/// --local-env-vars` lists them. A program that works in a worktree must not
/// inherit them: a caller that was itself started by a git hook has them set.
pub const GIT_LOCAL: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_COMMON_DIR",
];

/// What an agent may inherit by name. Whole families are not listed where
/// credentials are among them (`CARGO_*`, `npm_config_*`, `NODE_*`).
const NAMES: &[&str] = &[
    // The system and the user.
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "HOSTNAME",
    "LANG",
    "LANGUAGE",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
    "LD_LIBRARY_PATH",
    "SSH_AUTH_SOCK",
    // Proxies; the lower-case forms are the older ones.
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    // Certificates.
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "CARGO_HTTP_CAINFO",
    "PIP_CERT",
    // Git, but for what ties it to a repository.
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_EXEC_PATH",
    "EMAIL",
    // Toolchains.
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_JOBS",
    "CARGO_INCREMENTAL",
    "CARGO_NET_OFFLINE",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUSTFLAGS",
    "RUSTC_WRAPPER",
    "CC",
    "CXX",
    "AR",
    "LD",
    "CFLAGS",
    "CXXFLAGS",
    "LDFLAGS",
    "MAKEFLAGS",
    "PKG_CONFIG_PATH",
    "SDKROOT",
    "DEVELOPER_DIR",
    "MACOSX_DEPLOYMENT_TARGET",
    "GOPATH",
    "GOROOT",
    "GOCACHE",
    "GOMODCACHE",
    "GOFLAGS",
    "GOPROXY",
    "GOTOOLCHAIN",
    "JAVA_HOME",
    "MAVEN_HOME",
    "GRADLE_HOME",
    "GRADLE_USER_HOME",
    "ANDROID_HOME",
    "DOTNET_ROOT",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_USE_SYSTEM_CA",
    "NODE_USE_ENV_PROXY",
    "NVM_DIR",
    "NVM_BIN",
    "FNM_DIR",
    "VOLTA_HOME",
    "PNPM_HOME",
    "COREPACK_HOME",
    "BUN_INSTALL",
    "DENO_DIR",
    "npm_config_cache",
    "npm_config_prefix",
    "npm_config_registry",
    "npm_config_userconfig",
    "NPM_CONFIG_CACHE",
    "NPM_CONFIG_PREFIX",
    "NPM_CONFIG_REGISTRY",
    "NPM_CONFIG_USERCONFIG",
    "PYENV_ROOT",
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "UV_CACHE_DIR",
    "POETRY_HOME",
    "RBENV_ROOT",
    "GEM_HOME",
    "GEM_PATH",
    "NIX_PATH",
    "NIX_PROFILES",
    "NIX_SSL_CERT_FILE",
    // Ours: which processes belong together.
    MARK,
];

/// What an agent may inherit by the beginning of its name.
const PREFIXES: &[&str] = &["LC_", "XDG_", "GIT_AUTHOR_", "GIT_COMMITTER_"];

/// The environment of this process, as it is now. Names and values that are no
/// text are kept.
pub fn inherited() -> Vars {
    std::env::vars_os().collect()
}

/// Without what ties git to one repository ([`GIT_LOCAL`]).
pub fn without_git_local(mut vars: Vars) -> Vars {
    vars.retain(|(name, _)| !GIT_LOCAL.iter().any(|local| name == local));
    vars
}

/// Splits an environment into what an agent may inherit and the names of the
/// rest, in order.
///
/// Let through are the usual variables of the system, proxies, certificates,
/// git identities and toolchains, and what the caller adds: `prefixes` by the
/// beginning of a name, `names` by all of it. What ties git to one repository
/// ([`GIT_LOCAL`]) is let through only by name.
///
/// ```
/// use swarm_core::process::env::allow_list;
/// let vars = [("PATH", "/bin"), ("DB_PASSWORD", "x"), ("ACME_KEY", "y")]
///     .map(|(name, value)| (name.into(), value.into()));
/// let (kept, dropped) = allow_list(vars.into(), &["ACME_"], &[] as &[&str]);
/// assert_eq!(kept.len(), 2);
/// assert_eq!(dropped, ["DB_PASSWORD"]);
/// ```
pub fn allow_list(
    vars: Vars,
    prefixes: &[impl AsRef<str>],
    names: &[impl AsRef<str>],
) -> (Vars, Vec<String>) {
    let allowed = |name: &OsStr| {
        let wanted = names.iter().any(|one| name == one.as_ref());
        let usual = NAMES.iter().any(|one| name == *one);
        let bytes = name.as_encoded_bytes();
        let mut beginnings = PREFIXES
            .iter()
            .copied()
            .chain(prefixes.iter().map(AsRef::as_ref));
        let begun = beginnings.any(|prefix| bytes.starts_with(prefix.as_bytes()));
        let local = GIT_LOCAL.iter().any(|one| name == *one);
        wanted || usual || (begun && !local)
    };
    let (kept, dropped): (Vars, Vars) = vars.into_iter().partition(|(name, _)| allowed(name));
    let mut dropped: Vec<String> = dropped
        .iter()
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect();
    dropped.sort();
    (kept, dropped)
}

#[cfg(test)]
mod tests;
