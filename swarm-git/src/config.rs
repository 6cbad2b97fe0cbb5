//! The repository's configuration as git itself sees it, read once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use gix::bstr::{BStr, BString, ByteSlice};

use crate::path::to_path;

/// Every entry of every file that counts, in git's order: the last one wins.
#[derive(Default)]
pub(crate) struct Config(Vec<(BString, Option<BString>)>);

impl Config {
    /// From the output of `git config --list -z`.
    pub(crate) fn parse(listed: &[u8]) -> Self {
        Self(
            listed
                .split_str("\0")
                .filter(|entry| !entry.is_empty())
                .map(|entry| match entry.split_once_str("\n") {
                    Some((key, value)) => (key.into(), Some(value.into())),
                    None => (entry.into(), None),
                })
                .collect(),
        )
    }

    /// The value of a key, whose section and name are in lower case.
    pub(crate) fn get(&self, key: &str) -> Option<&BStr> {
        self.last(key)?.1.as_ref().map(|value| value.as_bstr())
    }

    /// Whether a key is true. No value at all means true.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        match self.last(key) {
            None => false,
            Some((_, None)) => true,
            Some((_, Some(value))) => {
                let value = value.to_ascii_lowercase();
                matches!(value.as_slice(), b"true" | b"yes" | b"on")
                    || value
                        .to_str()
                        .is_ok_and(|v| v.parse().is_ok_and(|n: i64| n != 0))
            }
        }
    }

    /// Whether some key begins and ends so (`remote.` … `.promisor`).
    pub(crate) fn any(&self, begin: &str, end: &str) -> bool {
        self.0
            .iter()
            .any(|(key, _)| key.starts_with_str(begin) && key.ends_with_str(end))
    }

    /// The value of a key that is a path, `~/` resolved.
    pub(crate) fn path(&self, key: &str, env: &[(OsString, OsString)]) -> Option<PathBuf> {
        let path = to_path(self.get(key)?);
        Some(match (path.strip_prefix("~"), folder(env, "HOME")) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path,
        })
    }

    /// A file of the user's: the one that a key names, else that of this name
    /// in git's folder of the user's configuration. It may not exist.
    pub(crate) fn user_file(
        &self,
        key: &str,
        name: &str,
        env: &[(OsString, OsString)],
    ) -> Option<PathBuf> {
        self.path(key, env).or_else(|| {
            let folder = folder(env, "XDG_CONFIG_HOME")
                .or_else(|| Some(folder(env, "HOME")?.join(".config")))?;
            Some(folder.join("git").join(name))
        })
    }

    /// What gix must know of it. gix reads no file outside the repository and
    /// no variable of this process: git has done so for us.
    pub(crate) fn for_gix(&self) -> Vec<BString> {
        const SECTIONS: &[&str] = &["core.", "checkout.", "diff.", "merge.", "index."];
        // Where the repository is gix finds out by itself; files of the user's
        // are handed over apart.
        const APART: &[&str] = &[
            "core.attributesfile",
            "core.bare",
            "core.excludesfile",
            "core.hookspath",
            "core.repositoryformatversion",
            "core.worktree",
        ];
        self.0
            .iter()
            .filter(|(key, _)| SECTIONS.iter().any(|section| key.starts_with_str(section)))
            .filter(|(key, _)| !APART.iter().any(|apart| key == apart))
            .filter(|(key, _)| !key.contains(&b'='))
            .map(|(key, value)| match value {
                Some(value) => [key.as_slice(), b"=", value.as_slice()].concat().into(),
                None => key.clone(),
            })
            .collect()
    }

    fn last(&self, key: &str) -> Option<&(BString, Option<BString>)> {
        self.0.iter().rev().find(|(name, _)| name == key)
    }
}

/// An absolute folder that a variable names.
pub(crate) fn folder(env: &[(OsString, OsString)], variable: &str) -> Option<PathBuf> {
    let (_, value) = env.iter().find(|(name, _)| name == variable)?;
    Some(Path::new(value).to_owned()).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn the_last_entry_wins() {
        let config = Config::parse(
            b"core.bare\nfalse\0commit.gpgsign\0merge.x\n1\0merge.x\nno\0user.name\nA\nB\0",
        );
        assert!(!config.is_true("core.bare"));
        assert!(config.is_true("commit.gpgsign"));
        assert!(!config.is_true("merge.x"));
        assert!(!config.is_true("absent"));
        assert_eq!(config.get("user.name").unwrap(), "A\nB");
        assert_eq!(config.for_gix(), ["merge.x=1", "merge.x=no"]);
    }
}
