//! Runs a program from its start until nothing of it is left.

use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;

use super::excerpt::Excerpt;
use super::lines::Lines;
use super::log::Log;
use super::pump::{Ear, Input, pump};
use super::start::{Wiring, start};
use super::{Ended, Exit, LineSink, Output, ProcessError, ProcessSpec};
use crate::ports::CallContext;

/// How long output is still read when everything that we know of is dead.
/// Long enough to empty a pipe, short enough to give up on a writer that hid.
const DRAIN: Duration = Duration::from_secs(2);

/// Runs a program and hands on what it prints, line by line.
///
/// Returns when the program has ended and all that it started with it, also
/// what went into sessions and process groups of its own. What is still alive
/// after the program itself has ended is asked to end and then made to. After
/// [`CallContext::stopped`] everything is asked to end, given the grace, and
/// killed; at once for [`Stop::Now`](crate::ports::Stop::Now). If the call was
/// stopped before the start, nothing is started. Dropping the future kills
/// everything; it blocks until that is done, mostly a few milliseconds.
///
/// On Linux descendants are found wherever they went, unless they left parent,
/// group and environment behind. On other Unix systems only the program's own
/// process group is. On Windows nothing is started yet: that is an error.
///
/// Needs a tokio runtime with its I/O and time drivers enabled.
///
/// # Errors
/// Nothing was started; see [`ProcessErrorKind`](super::ProcessErrorKind). How
/// a program ends is no error.
pub async fn run(
    spec: ProcessSpec,
    sink: &mut dyn LineSink,
    context: &CallContext,
) -> Result<Ended, ProcessError> {
    let mut lines = Lines::new(sink, spec.max_line);
    hear(spec, None, &mut lines, false, context).await
}

/// As [`run`], with a program that is told more while it runs.
///
/// What comes through `input` is written to its standard input, after
/// `spec.stdin`. That is closed when the channel is, which ends nothing by
/// itself: hold the sender as long as there may be something to say. What
/// comes after the program has ended is lost.
///
/// # Errors
/// As for [`run`].
pub async fn converse(
    spec: ProcessSpec,
    input: UnboundedReceiver<Vec<u8>>,
    sink: &mut dyn LineSink,
    context: &CallContext,
) -> Result<Ended, ProcessError> {
    let mut lines = Lines::new(sink, spec.max_line);
    hear(spec, Some(input), &mut lines, false, context).await
}

/// Runs a short command and keeps head and tail of what it prints, together
/// at most `limit` bytes, with a line between them that says how much was left
/// out. Everything else is as for [`run`]; `max_line` does not matter.
///
/// # Errors
/// As for [`run`].
pub async fn capture(
    spec: ProcessSpec,
    limit: usize,
    context: &CallContext,
) -> Result<Output, ProcessError> {
    let mut excerpt = Excerpt::new(limit);
    let ended = hear(spec, None, &mut excerpt, true, context).await?;
    Ok(Output {
        exit: ended.exit,
        text: excerpt.text(),
        duration: ended.duration,
    })
}

async fn hear(
    mut spec: ProcessSpec,
    more: Option<UnboundedReceiver<Vec<u8>>>,
    ear: &mut dyn Ear,
    merged: bool,
    context: &CallContext,
) -> Result<Ended, ProcessError> {
    if let Some(how) = context.stop() {
        return Ok(Ended {
            exit: Exit::StoppedByUs(how),
            duration: Duration::ZERO,
        });
    }
    let log = match spec.log.take() {
        Some(path) => Some(Log::create(&path, spec.max_log)?),
        None => None,
    };
    let begun = Instant::now();
    let first = std::mem::take(&mut spec.stdin);
    let talks = !first.is_empty() || more.is_some();
    let input = Input { first, more };
    let (mut running, pipes) = start(&spec, Wiring { talks, merged }).await?;
    let exit = {
        let mut life = pin!(running.outlive(spec.grace, context));
        let mut talk = pin!(pump(pipes, input, ear, log, context));
        let mut silent = false;
        let exit = loop {
            tokio::select! {
                exit = &mut life => break exit,
                () = &mut talk, if !silent => silent = true,
            }
        };
        if !silent {
            // What was printed before the end is in the pipe by now.
            let _ = tokio::time::timeout(DRAIN, talk).await;
        }
        exit
    };
    ear.end();
    Ok(Ended {
        exit,
        duration: begun.elapsed(),
    })
}
