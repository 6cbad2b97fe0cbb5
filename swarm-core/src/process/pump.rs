//! Moves bytes: input to the program, output to whoever listens and the log.

use std::pin::pin;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::mpsc::UnboundedReceiver;

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

/// What a program is told: some bytes, then what else comes, then an end.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) first: Vec<u8>,
    pub(super) more: Option<UnboundedReceiver<Vec<u8>>>,
}

/// Writes all input and reads all output, both at the same time.
///
/// A program that has closed its outputs is told nothing more, for it may be
/// gone; only what it was given from the start is still written.
pub(super) async fn pump(
    mut pipes: Pipes,
    input: Input,
    ear: &mut dyn Ear,
    log: Option<Log>,
    context: &CallContext,
) {
    let stdin = pipes.stdin.take();
    let live = input.more.is_some();
    let mut write = pin!(write(stdin, input));
    let mut read = pin!(read(pipes, ear, log, context));
    tokio::select! {
        () = &mut write => read.await,
        () = &mut read => {
            if !live {
                write.await;
            }
        }
    }
}

async fn write(stdin: Option<ChildStdin>, mut input: Input) {
    let Some(mut stdin) = stdin else {
        return;
    };
    // A program need not read what it is told: a broken pipe is fine.
    let mut open = stdin.write_all(&input.first).await.is_ok();
    input.first = Vec::new();
    while open
        && let Some(more) = &mut input.more
        && let Some(bytes) = more.recv().await
    {
        open = stdin.write_all(&bytes).await.is_ok();
    }
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
