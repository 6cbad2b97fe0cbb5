//! Moves bytes: input to the program, output to whoever listens and the log.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

use super::log::Log;
use super::{Ended, Stream};
use crate::ports::CallContext;

const CHUNK: usize = 64 * 1024;

/// Hears a program: its start, raw output, its end.
pub(super) trait Ear: Send {
    /// It was started under this number.
    fn started(&mut self, _pid: u32) {}
    /// Some bytes, never none.
    fn chunk(&mut self, stream: Stream, bytes: &[u8]);
    /// There is no more: it has ended.
    fn ended(&mut self, _ended: &Ended) {}
}

/// Our ends of a program's pipes.
#[derive(Debug)]
pub(super) struct Pipes {
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

/// Writes all input and reads all output, both at the same time.
pub(super) async fn pump(
    mut pipes: Pipes,
    input: Vec<u8>,
    ear: &mut dyn Ear,
    log: Option<Log>,
    context: &CallContext,
) {
    let stdin = pipes.stdin.take();
    let write = async move {
        if let Some(mut stdin) = stdin {
            // A program need not read what it is told: a broken pipe is fine.
            let _ = stdin.write_all(&input).await;
        }
    };
    tokio::join!(write, read(pipes, ear, log, context));
}

async fn read(pipes: Pipes, ear: &mut dyn Ear, mut log: Option<Log>, context: &CallContext) {
    let (mut stdout, mut stderr) = (pipes.stdout, pipes.stderr);
    let mut out = vec![0; CHUNK];
    let mut err = vec![0; CHUNK];
    while stdout.is_some() || stderr.is_some() {
        let (stream, bytes) = tokio::select! {
            length = some(&mut stdout, &mut out) => (Stream::Stdout, &out[..length]),
            length = some(&mut stderr, &mut err) => (Stream::Stderr, &err[..length]),
        };
        if bytes.is_empty() {
            continue;
        }
        context.alive();
        if let Some(log) = &mut log {
            log.write(bytes);
        }
        ear.chunk(stream, bytes);
    }
}

/// Reads what is there; closes the pipe at its end and returns 0. Waits for
/// ever if it is closed already.
async fn some(pipe: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    let Some(open) = pipe else {
        return std::future::pending().await;
    };
    // An unreadable pipe has nothing more to say.
    let length = open.read(buffer).await.unwrap_or(0);
    if length == 0 {
        *pipe = None;
    }
    length
}
