//! The repository that the quickstart plays in.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use swarm_core::process::env::{Vars, inherited, without_git_local};

const AGENT: &str = include_str!("agent.sh");
const TASKS: [(&str, &str); 6] = [
    (
        "bread",
        "# Write down how bread is made\nOne line, in bread.txt.\n",
    ),
    (
        "soup",
        "# Write down how soup is made\nOne line, in soup.txt.\n",
    ),
    (
        "menu",
        "---\ndepends_on: [bread, soup]\n---\n# Make a menu\nList what bread.txt and soup.txt say, in menu.txt.\n",
    ),
    (
        "hours",
        "---\npriority: 1\n---\n# Tell the opening hours\nIn hours.txt.\n",
    ),
    (
        "sundays",
        "---\npriority: 1\n---\n# Tell that it is closed on Sundays\nIn hours.txt.\n",
    ),
    ("thanks", "# Thank the readers\nAt the end of README.md.\n"),
];
const SETTINGS: &str = r#"# What `swarm run` reads besides its options.
jobs = 4
harness = "command"
harness-cmd = "../agent.sh"
worktrees = "../worktrees"

[gates]
spelling = "! grep -n teh *.txt"
"#;

/// The repository and what is beside it.
#[derive(Debug)]
pub(super) struct Field {
    /// Holds everything.
    pub(super) home: PathBuf,
    pub(super) repo: PathBuf,
    /// The environment of everything that is started: git takes nothing from
    /// the user's configuration.
    pub(super) env: Vars,
}

impl Field {
    /// Makes it. It stays when the program ends.
    pub(super) fn make() -> io::Result<Self> {
        let home = tempfile::Builder::new()
            .prefix("swarm-quickstart-")
            .tempdir()?
            .keep();
        let field = Self {
            repo: home.join("shop"),
            env: environment(),
            home,
        };
        let tasks = field.repo.join("tasks");
        fs::create_dir_all(&tasks)?;
        for (id, text) in TASKS {
            fs::write(tasks.join(format!("{id}.md")), text)?;
        }
        fs::write(field.repo.join("README.md"), "# The shop\n")?;
        fs::write(field.repo.join("swarm.toml"), SETTINGS)?;
        let agent = field.home.join("agent.sh");
        fs::write(&agent, AGENT)?;
        executable(&agent)?;
        field.git(&["init", "--quiet"])?;
        field.git(&["symbolic-ref", "HEAD", "refs/heads/main"])?;
        field.git(&["config", "user.name", "Quickstart"])?;
        field.git(&["config", "user.email", "quickstart@example.com"])?;
        field.git(&["add", "--all"])?;
        field.git(&["commit", "--quiet", "--message", "Open the shop"])?;
        Ok(field)
    }

    /// What git says.
    pub(super) fn git(&self, args: &[&str]) -> io::Result<String> {
        let output = Command::new("git")
            .args(args)
            .current_dir(&self.repo)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .output()
            .map_err(|error| io::Error::new(error.kind(), format!("git: {error}")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = format!("git {}: {}", args.join(" "), said.trim());
        Err(io::Error::other(said))
    }
}

fn environment() -> Vars {
    let mut env = without_git_local(inherited());
    // Whatever else the user told git by variables.
    env.retain(|(name, _)| !name.as_encoded_bytes().starts_with(b"GIT_"));
    for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
        env.push((name.into(), OsStr::new("/dev/null").to_owned()));
    }
    env
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> io::Result<()> {
    Ok(())
}
