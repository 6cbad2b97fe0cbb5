//! Starts a program.

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::pump::Pipes;
use super::running::Running;
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

pub(super) async fn start(
    spec: &ProcessSpec,
    wiring: Wiring,
) -> Result<(Running, Pipes), ProcessError> {
    if !platform::SUPPORTED {
        let error = io::Error::new(ErrorKind::Unsupported, "not supported on this system yet");
        return Err(failure(spec, &error));
    }
    let mark = crate::nonce().as_str().to_owned();
    let mut command = command(spec, &mark, wiring.talks);
    let merged = if wiring.merged {
        let pipe = platform::merge_outputs(&mut command);
        Some(pipe.map_err(|error| failure(spec, &error))?)
    } else {
        None
    };
    let mut tries = 0;
    let mut child = loop {
        match command.spawn() {
            Ok(child) => break child,
            // Another thread forked while it wrote the file; over in a moment.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(failure(spec, &error)),
        }
    };
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let pipes = Pipes {
        stdin,
        stdout: merged.or(stdout),
        stderr,
    };
    Ok((Running::new(child, mark), pipes))
}

fn command(spec: &ProcessSpec, mark: &str, talks: bool) -> Command {
    let outer = spec.env.iter().rfind(|(name, _)| name == MARK);
    let mut marks = OsString::new();
    if let Some((_, outer)) = outer {
        marks.push(outer);
        marks.push(":");
    }
    marks.push(mark);
    let mut command = Command::new(&spec.program);
    command
        .args(&spec.args)
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .env(MARK, marks)
        .current_dir(&spec.directory)
        .stdin(if talks { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    platform::set_apart(&mut command);
    command
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
