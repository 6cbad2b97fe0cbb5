//! Moves bytes: input to the program, output to whoever listens and the log.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

use super::Stream;
use super::log::Log;
use crate::ports::CallContext;

const CHUNK: usize = 64 * 1024;

/// Hears raw output.
pub(super) trait Ear: Send {
    /// Some bytes, never none.
    fn chunk(&mut self, stream: Stream, bytes: &[u8]);
    /// There is no more.
    fn end(&mut self);
}

/// Our ends of a program's pipes.
#[derive(Debug)]
pub(super) struct Pipes {
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
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

async fn read(mut pipes: Pipes, ear: &mut dyn Ear, mut log: Option<Log>, context: &CallContext) {
    let mut out = vec![0; CHUNK];
    let mut err = vec![0; CHUNK];
    let (mut out_open, mut err_open) = (true, true);
    while out_open || err_open {
        let (stream, bytes) = tokio::select! {
            read = pipes.stdout.read(&mut out), if out_open => {
                // An unreadable pipe has nothing more to say.
                let length = read.unwrap_or(0);
                out_open = length > 0;
                (Stream::Stdout, &out[..length])
            }
            read = pipes.stderr.read(&mut err), if err_open => {
                let length = read.unwrap_or(0);
                err_open = length > 0;
                (Stream::Stderr, &err[..length])
            }
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
