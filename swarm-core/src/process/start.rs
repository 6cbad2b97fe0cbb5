//! Starts a program.

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{ChildStdout, Command};

use super::pump::Pipes;
use super::remains::{self, this_process};
use super::running::Running;
use super::supervisor::{SUPERVISED, Supervisor, prepare};
use super::{ProcessError, ProcessErrorKind, ProcessSpec, platform};
use crate::error::{Advice, Failure};

/// Marks everything that a program starts: inherited, and never removed by
/// accident. A swarm within a swarm adds its own mark to the outer one.
pub(super) const MARK: &str = "SWARM_PROCESS";

/// How often a program file is tried that somebody still has open for writing.
const BUSY_TRIES: u32 = 10;

/// How a program is connected to us.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wiring {
    /// It is told something.
    pub(super) talks: bool,
    /// Both outputs go into one pipe, so that their order is kept.
    pub(super) merged: bool,
}

/// A program that was started.
pub(super) struct Started {
    pub(super) running: Running,
    pub(super) pipes: Pipes,
    pub(super) pid: u32,
}

pub(super) async fn start(
    spec: &ProcessSpec,
    wiring: Wiring,
    supervisor: Option<&Supervisor>,
) -> Result<Started, ProcessError> {
    if !platform::SUPPORTED {
        let error = io::Error::new(ErrorKind::Unsupported, "not supported on this system yet");
        return Err(failure(spec, &error));
    }
    let supervisor = supervisor.filter(|_| SUPERVISED);
    let mut tries = 0;
    loop {
        let started = match supervisor {
            Some(supervisor) => supervised(spec, wiring, supervisor).await,
            None => alone(spec, wiring),
        };
        match started {
            Ok(started) => return Ok(started),
            // Another thread forked while it wrote the file; over in a moment.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(failure(spec, &error)),
        }
    }
}

fn alone(spec: &ProcessSpec, wiring: Wiring) -> io::Result<Started> {
    let mark = mark();
    let mut command = Command::new(&spec.program);
    command.args(&spec.args).stdin(if wiring.talks {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    let merged = surround(&mut command, spec, wiring, &mark)?;
    let mut child = command.spawn()?;
    let pipes = Pipes {
        stdin: child.stdin.take(),
        stdout: merged.or(child.stdout.take()),
        stderr: child.stderr.take(),
    };
    Ok(Started {
        pid: child.id().unwrap_or_default(),
        running: Running::new(child, mark, None),
        pipes,
    })
}

async fn supervised(
    spec: &ProcessSpec,
    wiring: Wiring,
    supervisor: &Supervisor,
) -> io::Result<Started> {
    let mark = mark();
    let (mut command, link, stdin) = prepare(supervisor, spec, wiring.talks)?;
    let merged = surround(&mut command, spec, wiring, &mark)?;
    let mut child = command.spawn()?;
    // It holds the supervisor's end of the channel.
    drop(command);
    let pipes = Pipes {
        stdin,
        stdout: merged.or(child.stdout.take()),
        stderr: child.stderr.take(),
    };
    let mut running = Running::new(child, mark, Some(link));
    let pid = running.started(supervisor).await?;
    Ok(Started {
        running,
        pipes,
        pid,
    })
}

/// A mark that no other program has, and that tells who started it.
fn mark() -> String {
    let ours = this_process().as_ref().map(remains::mark);
    format!("{}{}", ours.unwrap_or_default(), crate::nonce().as_str())
}

/// Environment, place and outputs; gives our end of merged outputs.
fn surround(
    command: &mut Command,
    spec: &ProcessSpec,
    wiring: Wiring,
    mark: &str,
) -> io::Result<Option<ChildStdout>> {
    let outer = spec.env.iter().rfind(|(name, _)| name == MARK);
    let mut marks = OsString::new();
    if let Some((_, outer)) = outer {
        marks.push(outer);
        marks.push(":");
    }
    marks.push(mark);
    command
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .env(MARK, marks)
        .current_dir(&spec.directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    platform::set_apart(command);
    wiring
        .merged
        .then(|| platform::merge_outputs(command))
        .transpose()
}

fn failure(spec: &ProcessSpec, error: &io::Error) -> ProcessError {
    let what = format!("start {}", spec.program.display());
    if !spec.directory.is_dir() {
        let why = format!("there is no directory {}", spec.directory.display());
        return Failure::new(ProcessErrorKind::Start, what, Advice::NeedsPerson).because(why);
    }
    let (kind, advice) = match error.kind() {
        ErrorKind::NotFound | ErrorKind::PermissionDenied => {
            (ProcessErrorKind::NotFound, Advice::FixConfiguration)
        }
        ErrorKind::Unsupported | ErrorKind::InvalidInput | ErrorKind::ArgumentListTooLong => {
            (ProcessErrorKind::Start, Advice::FixConfiguration)
        }
        _ => (ProcessErrorKind::Start, Advice::Retry),
    };
    let why = match error.kind() {
        ErrorKind::NotFound => "no such program on PATH, or its interpreter is missing".to_owned(),
        ErrorKind::PermissionDenied => "it may not be executed".to_owned(),
        _ => error.to_string(),
    };
    Failure::new(kind, what, advice).because(why)
}
