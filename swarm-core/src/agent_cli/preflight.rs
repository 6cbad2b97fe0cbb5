//! Whether a command-line agent could work: what is asked, and by whom.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::JoinSet;

use super::{CliAgent, version};
use crate::model::Check;
use crate::ports::{CallContext, PreflightRequest};
use crate::process::env::Vars;
use crate::process::{Exit, ProcessSpec, capture, find};

/// How long a program may take to say something short.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most of an answer that is kept, in bytes.
const KEPT: usize = 256 * 1024;

/// The program of an agent.
#[derive(Clone, Debug)]
pub struct Program {
    /// What it is called on `PATH`, or its path.
    pub name: OsString,
    /// What people call it.
    pub product: &'static str,
    /// How it is installed: a command.
    pub install: &'static str,
    /// The oldest and the newest version that the adapter was tested with.
    /// Others are doubtful.
    pub tested: (&'static str, &'static str),
    /// Finds the version in what `--version` prints. A program that does not
    /// tell one is broken.
    pub version: fn(&str) -> Option<&str>,
}

impl Program {
    /// A program of which nothing is known but where it should be: it is not
    /// asked for its version.
    pub(super) fn any(name: OsString) -> Self {
        Self {
            name,
            product: "",
            install: "",
            tested: ("", ""),
            version: |_| None,
        }
    }

    fn is_known(&self) -> bool {
        !self.product.is_empty()
    }
}

/// What an agent will find around itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surroundings {
    /// The variables that it gets.
    pub env: Vars,
    /// Names of those that it does not get, sorted.
    pub dropped: Vec<String>,
    /// Arguments that will follow its own.
    pub extra_args: Vec<OsString>,
    /// Whether it runs as root.
    pub root: bool,
    /// Whether it will only be asked for turns that must not write.
    pub read_only: bool,
    /// The top of a checkout of the repository.
    pub repository: Option<PathBuf>,
}

impl Surroundings {
    /// A variable that the agent gets and that is not empty.
    ///
    /// ```
    /// use swarm_core::agent_cli::Surroundings;
    /// let mut around = Surroundings::default();
    /// around.env.push(("HOME".into(), "/home/me".into()));
    /// assert_eq!(around.var("HOME").unwrap(), "/home/me");
    /// assert_eq!(around.var("TERM"), None);
    /// ```
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        let mut found = self.env.iter().rev().filter(|(key, _)| key == name);
        let (_, value) = found.next()?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }
}

/// Something to ask before a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The agent's program with these arguments, in the repository if there is
    /// one. It gets nothing on its standard input, and 10 s.
    Run {
        /// The arguments.
        args: Vec<OsString>,
        /// Variables on top of those that the agent gets.
        env: Vars,
    },
    /// The beginning of this file, 256 KiB of it.
    Read {
        /// Its absolute path.
        path: PathBuf,
    },
}

/// What came of a [`Probe`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// The exit code; 0 for a file that could be read. `None` if there was no
    /// answer: no such file, or the program did not end by itself in time.
    pub code: Option<i32>,
    /// What it printed on both outputs, or what stands in the file.
    pub text: String,
}

/// Finds and asks an agent's program. `called` is the program that is called
/// instead of the agent's own choice.
pub(super) async fn preflight(
    agent: &dyn CliAgent,
    called: Option<&OsStr>,
    around: Surroundings,
) -> Vec<Check> {
    let Some(known) = agent.program() else {
        return Vec::new();
    };
    let name = called.unwrap_or(&known.name);
    let subject = subject(name);
    let Some(path) = find(name, &around.env) else {
        return vec![missing(&known, name, &subject)];
    };
    if !known.is_known() {
        return vec![Check::fine(subject, path.display().to_string())];
    }
    let mut probes = agent.probes(&around);
    probes.push(version_probe());
    let mut answers = ask(&path, probes, &around).await;
    let version = answers.pop().unwrap_or_default();
    let at = path.display().to_string();
    let version = if version.code.is_none() {
        let found = format!("{at} did not answer within {} s", PATIENCE.as_secs());
        Check::doubtful(&subject, found, "try `--version` by hand")
    } else {
        version::check(&known, &subject, &at, &version.text)
    };
    let usable = !version.is_broken();
    let mut checks = vec![version];
    if usable {
        checks.extend(agent.checks(&around, &answers));
    }
    checks
}

/// The version that a program tells.
pub(super) async fn told_version(
    agent: &dyn CliAgent,
    program: &OsStr,
    around: &Surroundings,
) -> Option<String> {
    let known = agent.program().filter(Program::is_known)?;
    let path = find(program, &around.env)?;
    let answers = ask(&path, vec![version_probe()], around).await;
    (known.version)(&answers.first()?.text).map(str::to_owned)
}

fn version_probe() -> Probe {
    Probe::Run {
        args: vec!["--version".into()],
        env: Vec::new(),
    }
}

fn subject(program: &OsStr) -> String {
    let name = Path::new(program).file_name().unwrap_or(program);
    name.to_string_lossy().into_owned()
}

fn missing(known: &Program, name: &OsStr, subject: &str) -> Check {
    let found = if Path::new(name).components().count() > 1 {
        format!("there is no program {}", name.display())
    } else {
        format!("there is no program {} on PATH", name.display())
    };
    let remedy = if known.is_known() {
        format!("install {}: {}", known.product, known.install)
    } else {
        "install it, or give the path of one".to_owned()
    };
    Check::broken(subject, found, remedy)
}

/// Asks everything at once; answers come in the order of the probes.
async fn ask(program: &Path, probes: Vec<Probe>, around: &Surroundings) -> Vec<ProbeAnswer> {
    let mut answers = vec![ProbeAnswer::default(); probes.len()];
    let mut asked = JoinSet::new();
    for (place, probe) in probes.into_iter().enumerate() {
        match probe {
            Probe::Read { path } => answers[place] = read(&path),
            Probe::Run { args, env } => {
                let spec = spec(program, args, env, around);
                asked.spawn(async move { (place, run(spec).await) });
            }
        }
    }
    while let Some(done) = asked.join_next().await {
        if let Ok((place, answer)) = done {
            answers[place] = answer;
        }
    }
    answers
}

fn spec(program: &Path, args: Vec<OsString>, env: Vars, around: &Surroundings) -> ProcessSpec {
    let directory = around.repository.clone().unwrap_or_else(std::env::temp_dir);
    ProcessSpec {
        args,
        env: around.env.iter().cloned().chain(env).collect(),
        grace: Duration::from_secs(1),
        ..ProcessSpec::new(program, directory)
    }
}

async fn run(spec: ProcessSpec) -> ProbeAnswer {
    let context = CallContext::detached();
    // Dropping the call ends the program and what it started.
    let ended = tokio::time::timeout(PATIENCE, capture(spec, KEPT, &context)).await;
    match ended {
        Ok(Ok(output)) => ProbeAnswer {
            code: match output.exit {
                Exit::Code(code) => Some(code),
                Exit::Signal(_) | Exit::StoppedByUs(_) => None,
            },
            text: output.text,
        },
        Ok(Err(error)) => ProbeAnswer {
            code: None,
            text: error.to_string(),
        },
        Err(_) => ProbeAnswer::default(),
    }
}

fn read(path: &Path) -> ProbeAnswer {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(KEPT as u64).read_to_end(&mut bytes));
    ProbeAnswer {
        code: read.ok().map(|_| 0),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Whether this process, and so its agents, run as root.
pub(super) fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    return false;
}

/// What an agent with these variables will find.
pub(super) fn surroundings(
    (env, dropped): (Vars, Vec<String>),
    extra_args: Vec<OsString>,
    what: PreflightRequest,
) -> Surroundings {
    Surroundings {
        env,
        dropped,
        extra_args,
        root: is_root(),
        read_only: what.read_only,
        repository: what.repository,
    }
}
