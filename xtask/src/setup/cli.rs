//! The agents' command lines that the tests run, in the versions they know.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// A command line that is installed from npm.
pub(super) struct Cli {
    /// What it is called by, in the folder `bin`.
    pub(super) name: &'static str,
    /// The folder below `target/cli` that it is installed into: npm puts one
    /// version of a package into one folder.
    pub(super) folder: &'static str,
    pub(super) package: &'static str,
    pub(super) version: &'static str,
    binary: fn(&Platform) -> Option<String>,
}

pub(super) const CLIS: &[Cli] = &[
    Cli {
        name: "claude",
        folder: "",
        package: CLAUDE,
        version: "2.1.329",
        binary: claude,
    },
    // What npm picks where Node.js is older than 22.
    Cli {
        name: "claude-2.1.197",
        folder: "older",
        package: CLAUDE,
        version: "2.1.197",
        binary: claude,
    },
    Cli {
        name: "codex",
        folder: "",
        package: "@openai/codex",
        version: "0.169.0",
        binary: |at| {
            let Platform { os, cpu, exe } = at;
            let triple = at.triple()?;
            Some(format!(
                "@openai/codex-{os}-{cpu}/vendor/{triple}/bin/codex{exe}"
            ))
        },
    },
];

const CLAUDE: &str = "@anthropic-ai/claude-code";

#[expect(clippy::unnecessary_wraps, reason = "others are not made everywhere")]
fn claude(at: &Platform) -> Option<String> {
    let Platform { os, cpu, exe } = at;
    Some(format!("{CLAUDE}-{os}-{cpu}/claude{exe}"))
}

impl Cli {
    /// What npm is asked for.
    pub(super) fn spec(&self) -> String {
        format!("{}@{}", self.package, self.version)
    }

    /// The folder that npm is to install it into.
    pub(super) fn prefix(&self, home: &Path) -> PathBuf {
        home.join(self.folder)
    }

    /// Where npm puts packages.
    pub(super) fn modules(&self, home: &Path) -> PathBuf {
        self.prefix(home).join("node_modules")
    }

    /// The program itself, not npm's script in front of it.
    pub(super) fn binary(&self, home: &Path) -> Result<PathBuf> {
        let inside = Platform::here().and_then(|platform| (self.binary)(&platform));
        let inside = inside.ok_or_else(|| {
            Failure::new(format!("{} is not made for this platform", self.package))
        })?;
        Ok(self.modules(home).join(inside))
    }
}

/// A platform as npm packages call it.
struct Platform {
    os: &'static str,
    cpu: &'static str,
    exe: &'static str,
}

impl Platform {
    fn here() -> Option<Self> {
        Self::of(std::env::consts::OS, std::env::consts::ARCH)
    }

    fn of(os: &str, arch: &str) -> Option<Self> {
        let (os, exe) = match os {
            "linux" => ("linux", ""),
            "macos" => ("darwin", ""),
            "windows" => ("win32", ".exe"),
            _ => return None,
        };
        let cpu = match arch {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            _ => return None,
        };
        Some(Self { os, cpu, exe })
    }

    fn triple(&self) -> Option<String> {
        let arch = if self.cpu == "x64" {
            "x86_64"
        } else {
            "aarch64"
        };
        let system = match self.os {
            "linux" => "unknown-linux-musl",
            "darwin" => "apple-darwin",
            "win32" => "pc-windows-msvc",
            _ => return None,
        };
        Some(format!("{arch}-{system}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{CLIS, Platform};

    #[test]
    fn binaries_are_named_for_each_platform() {
        let table = [
            (
                ("linux", "x86_64"),
                "@anthropic-ai/claude-code-linux-x64/claude",
                "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
            ),
            (
                ("macos", "aarch64"),
                "@anthropic-ai/claude-code-darwin-arm64/claude",
                "@openai/codex-darwin-arm64/vendor/aarch64-apple-darwin/bin/codex",
            ),
            (
                ("windows", "x86_64"),
                "@anthropic-ai/claude-code-win32-x64/claude.exe",
                "@openai/codex-win32-x64/vendor/x86_64-pc-windows-msvc/bin/codex.exe",
            ),
        ];
        for ((os, arch), claude, codex) in table {
            let platform = Platform::of(os, arch).expect("a known platform");
            let found: Vec<_> = CLIS.iter().map(|cli| (cli.binary)(&platform)).collect();
            let expected = [claude, claude, codex].map(|path| Some(path.to_owned()));
            assert_eq!(found, expected);
        }
        assert!(Platform::of("plan9", "x86_64").is_none());
    }
}
