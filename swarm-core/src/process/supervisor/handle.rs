//! What an embedder hands on so that its programs are supervised.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What tells a supervisor that it is one: its first argument.
pub(super) const MARKER: &str = "--swarm-supervisor-1";

/// Starts a small process of its own around every program: the program's
/// *supervisor*. It owns all that the program starts, wherever that goes, and
/// outlives whoever asked for it just as long as it takes to end that.
///
/// The supervisor is the embedding program itself, started once more. So the
/// first thing in `main` is [`here`](Self::here), which does a supervisor's
/// work if this process was started for that. Nobody can get a value without
/// that call, or without naming another program that makes it
/// ([`at`](Self::at)). Hand it to
/// [`SwarmBuilder::supervisor`](crate::SwarmBuilder::supervisor) or
/// [`CallContext::with_supervisor`](crate::ports::CallContext::with_supervisor).
///
/// ```
/// use swarm_core::process::Supervisor;
/// fn main() {
///     let supervisor = Supervisor::here();
///     // Read arguments, start threads, build a swarm with `.supervisor(supervisor)`.
/// }
/// ```
///
/// What holds on Linux, with and without a supervisor:
///
/// | | with | without |
/// |---|---|---|
/// | descendants are found | all of them | not those that left parent, group *and* environment behind |
/// | the embedding process dies, also by `kill -9` | they are asked to end, then killed | they live on |
/// | the embedding process is silent for 90 s (stopped, or its runtime blocked) | the same | they live on |
/// | the supervisor is killed | as without one from then on, and the turn ends | |
/// | cost | a process start more, and some MB while the program runs | nothing |
///
/// On other systems a supervisor changes nothing yet. Neither way is anything
/// of the embedding process itself changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    /// What is started.
    program: PathBuf,
    /// What it is called in lists of processes.
    name: OsString,
}

impl Supervisor {
    /// Supervisors are this program. To be called first thing in `main`,
    /// before arguments are read and threads started.
    ///
    /// Does not return if this process was started as a supervisor.
    pub fn here() -> Self {
        super::link::serve_if_told();
        let program = std::env::current_exe().unwrap_or_default();
        let name = program.clone().into_os_string();
        // Also when the file was replaced meanwhile: an agent may build the
        // very program that it runs under.
        let own = Path::new("/proc/self/exe");
        let program = if own.exists() {
            own.to_owned()
        } else {
            program
        };
        Self { program, name }
    }

    /// Supervisors are this other program, whose `main` begins with
    /// [`here`](Self::here), of the same version of this library: an absolute
    /// path. Anything else makes every start fail.
    pub fn at(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        Self {
            name: program.clone().into_os_string(),
            program,
        }
    }

    #[cfg(target_os = "linux")]
    pub(super) fn command(&self) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.program);
        command.arg0(&self.name).arg(MARKER);
        command
    }

    /// For errors.
    #[cfg(target_os = "linux")]
    pub(super) fn name(&self) -> &Path {
        Path::new(&self.name)
    }
}
