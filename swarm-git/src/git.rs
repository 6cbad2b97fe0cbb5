//! The git binary. The one file that starts it.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use swarm_core::error::Advice;
use swarm_core::ports::{GitError, GitErrorKind};
use swarm_core::process::env::GIT_LOCAL;

use crate::error::{Result, error, is_lock};

/// Variables that change what git does or prints, beside those that tie it to
/// one repository.
const MISLEADING: &[&str] = &[
    "GIT_ATTR_SOURCE",
    "GIT_DIFF_OPTS",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "LANGUAGE",
    "LC_MESSAGES",
];

/// Longest output kept of a call that does not say otherwise.
const KEEP: usize = 1 << 30;

/// How long a call may take before it is ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(Duration);

impl Limit {
    /// It only looks something up.
    pub(crate) const LOOKUP: Self = Self(Duration::from_secs(30));
    /// It reads many files or a long history.
    pub(crate) const READ: Self = Self(Duration::from_secs(120));
    /// It writes files or runs hooks.
    pub(crate) const WRITE: Self = Self(Duration::from_secs(900));
}

/// How to start git, and how often it was.
pub(crate) struct Git {
    program: OsString,
    env: Vec<(OsString, OsString)>,
    started: AtomicU64,
}

impl Git {
    pub(crate) fn new(program: OsString, env: &[(OsString, OsString)]) -> Self {
        Self {
            program,
            env: environment(env),
            started: AtomicU64::new(0),
        }
    }

    /// git processes started so far.
    pub(crate) fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// A call in this folder.
    pub(crate) fn at<'a>(&'a self, directory: &Path) -> Call<'a> {
        Call {
            git: self,
            directory: directory.to_owned(),
            args: vec![
                "-c".into(),
                "core.fsmonitor=false".into(),
                "-c".into(),
                "maintenance.auto=false".into(),
                "-c".into(),
                "gc.auto=0".into(),
            ],
            limit: Limit::LOOKUP,
            keep: KEEP,
        }
    }
}

fn environment(env: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let dropped = |name: &OsStr| {
        let text = name.to_string_lossy();
        GIT_LOCAL.iter().chain(MISLEADING).any(|drop| text == *drop)
            || text.starts_with("GIT_TRACE")
            || text == "LC_ALL"
    };
    let mut kept: Vec<_> = env
        .iter()
        .filter(|(name, _)| !dropped(name))
        .cloned()
        .collect();
    // English messages, but the caller's character set, which hooks rely on.
    if let Some((_, all)) = env.iter().find(|(name, _)| name == "LC_ALL") {
        kept.retain(|(name, _)| name != "LC_CTYPE");
        kept.push(("LC_CTYPE".into(), all.clone()));
    }
    for (name, value) in [
        ("LC_MESSAGES", "C"),
        ("GIT_EDITOR", "true"),
        ("GIT_MERGE_AUTOEDIT", "no"),
        ("GIT_PAGER", "cat"),
        ("GIT_TERMINAL_PROMPT", "0"),
    ] {
        kept.retain(|(other, _)| other != name);
        kept.push((name.into(), value.into()));
    }
    kept
}

/// A call of git that is being put together.
pub(crate) struct Call<'a> {
    git: &'a Git,
    directory: PathBuf,
    args: Vec<OsString>,
    limit: Limit,
    keep: usize,
}

/// What a call printed and how it ended.
#[derive(Debug)]
pub(crate) struct Done {
    /// The exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// Standard output, to the byte.
    pub stdout: Vec<u8>,
    /// Standard error, for people.
    pub stderr: String,
    /// There was more output than wanted; the code means nothing then.
    pub cut: bool,
}

impl Call<'_> {
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub(crate) fn limit(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    /// Wants no more than so many bytes of output; git is ended after them.
    pub(crate) fn keep(mut self, bytes: usize) -> Self {
        self.keep = bytes;
        self
    }

    /// Runs to the end, whatever the exit code. Fails if git cannot be
    /// started or takes too long.
    pub(crate) fn run(&self, operation: &str) -> Result<Done> {
        let mut command = Command::new(&self.git.program);
        command
            .args(&self.args)
            .current_dir(&self.directory)
            .env_clear()
            .envs(self.git.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        own_group(&mut command);
        self.git.started.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(args = ?self.args, directory = ?self.directory, "git");
        let child = command
            .spawn()
            .map_err(|source| self.not_started(operation, &source))?;
        self.hear(child, operation)
    }

    /// Runs and returns what it printed; another exit code than 0 is an error.
    pub(crate) fn output(&self, operation: &str) -> Result<Vec<u8>> {
        let done = self.run(operation)?;
        if done.code == Some(0) || done.cut {
            Ok(done.stdout)
        } else {
            Err(failed(operation, &done))
        }
    }

    fn hear(&self, mut child: Child, operation: &str) -> Result<Done> {
        let (ended, end) = mpsc::channel();
        let stdout = Pipe::drain(child.stdout.take(), self.keep, &ended);
        let stderr = Pipe::drain(child.stderr.take(), 1 << 20, &ended);
        drop(ended);
        let status = self
            .wait(&mut child, &end)
            .map_err(|source| self.not_started(operation, &source))?;
        let Some(status) = status else {
            return Err(error(
                GitErrorKind::Command,
                operation,
                Advice::Retry,
                format!("`{}` took too long and was ended", self.shown()),
            ));
        };
        let (stdout, cut) = stdout.take();
        Ok(Done {
            code: status.code(),
            stdout,
            stderr: String::from_utf8_lossy(&stderr.take().0).into_owned(),
            cut,
        })
    }

    /// Waits until both pipes are at their end, or git is. `None`: it had to
    /// be ended.
    fn wait(&self, child: &mut Child, end: &mpsc::Receiver<()>) -> io::Result<Option<ExitStatus>> {
        // A background process of a hook may hold the pipes for ever, hence
        // the look at git itself.
        const LOOK: Duration = Duration::from_millis(500);
        let until = Instant::now() + self.limit.0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match end.recv_timeout(left.min(LOOK)) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(status) = child.try_wait()? {
                        return Ok(Some(status));
                    }
                    if left.is_zero() {
                        end_group(child);
                        child.wait()?;
                        return Ok(None);
                    }
                }
            }
        }
        child.wait().map(Some)
    }

    fn not_started(&self, operation: &str, source: &io::Error) -> GitError {
        let program = self.git.program.to_string_lossy();
        if source.kind() == io::ErrorKind::NotFound && !self.directory.is_dir() {
            return crate::error::io(operation, &self.directory, source);
        }
        error(
            GitErrorKind::Command,
            operation,
            Advice::FixConfiguration,
            format!("cannot run `{program}`: {source}; install git 2.38 or newer"),
        )
    }

    fn shown(&self) -> String {
        let mut text = String::from("git");
        for arg in self.args.iter().skip(6) {
            text.push(' ');
            text.push_str(&arg.to_string_lossy());
        }
        text.chars().take(200).collect()
    }
}

/// A pipe that is read in the background, up to a number of bytes.
struct Pipe(Arc<Mutex<(Vec<u8>, bool)>>);

impl Pipe {
    fn drain<R: Read + Send + 'static>(
        pipe: Option<R>,
        keep: usize,
        ended: &mpsc::Sender<()>,
    ) -> Self {
        let heard = Arc::new(Mutex::new((Vec::new(), false)));
        let shared = Arc::clone(&heard);
        let ended = ended.clone();
        thread::spawn(move || {
            // Dropped last: its end tells that the pipe is at its end.
            let _ended = ended;
            let Some(mut pipe) = pipe else { return };
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                let mut heard = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let room = keep.saturating_sub(heard.0.len());
                heard.0.extend_from_slice(&buffer[..count.min(room)]);
                if count > room {
                    heard.1 = true;
                    return;
                }
            }
        });
        Self(heard)
    }

    fn take(&self) -> (Vec<u8>, bool) {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The error of a call that failed.
pub(crate) fn failed(operation: &str, done: &Done) -> GitError {
    let text = &done.stderr;
    let (kind, advice) = if is_lock(text) {
        (GitErrorKind::Lock, Advice::Retry)
    } else if text.contains("not a git repository") || text.contains("dubious ownership") {
        (GitErrorKind::Repository, Advice::FixConfiguration)
    } else if [
        "No space left",
        "Permission denied",
        "Read-only file system",
    ]
    .iter()
    .any(|known| text.contains(known))
    {
        (GitErrorKind::Io, Advice::NeedsPerson)
    } else {
        (GitErrorKind::Command, Advice::NeedsPerson)
    };
    error(kind, operation, advice, said(done))
}

/// What git said, in short.
pub(crate) fn said(done: &Done) -> String {
    let text = done.stderr.trim();
    let text = if text.is_empty() {
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    } else {
        text.to_owned()
    };
    if text.is_empty() {
        return match done.code {
            Some(code) => format!("git ended with {code} and said nothing"),
            None => "git was killed".to_owned(),
        };
    }
    let lines: Vec<&str> = text.lines().rev().take(12).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    // A Ctrl-C at the terminal must not end git in the middle of a write.
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

#[cfg(unix)]
fn end_group(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // Not waited for yet, so that the id is still its own.
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
}

#[cfg(not(unix))]
fn end_group(child: &mut Child) {
    let _ = child.kill();
}

#[cfg(test)]
mod tests;
