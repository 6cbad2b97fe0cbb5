//! Runs a program from its start until nothing of it is left.

use std::ops::ControlFlow;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;

use super::excerpt::Excerpt;
use super::lines::Lines;
use super::log::Log;
use super::pump::{Ear, Input, pump};
use super::running::AloneAsked;
use super::start::{Started, Wiring, start};
use super::{Ended, Exit, LineSink, Output, ProcessError, ProcessSpec};
use crate::ports::{CallContext, Launched, Stop};

/// How long output is still read when everything that we know of is dead.
/// Long enough to empty a pipe, short enough to give up on a writer that hid.
const DRAIN: Duration = Duration::from_secs(2);
/// The same, when something was left running that may hold the pipe.
const DRAIN_LEFT: Duration = Duration::from_millis(500);

/// Runs a program and hands on what it prints, line by line.
///
/// Returns when the program has ended and all that it started with it, also
/// what went into sessions and process groups of its own. What is still alive
/// after the program itself has ended is asked to end and then made to, unless
/// [`leave_running`](ProcessSpec::leave_running) lets it live; neither holds
/// the call by holding the pipe. After [`CallContext::stopped`] everything is
/// asked to end, given the grace, and killed; at once for
/// [`Stop::Now`](crate::ports::Stop::Now). What lives 5 s later is in
/// [`Ended::survivors`]. If the call was stopped before the start, nothing is
/// started. Dropping the future kills everything; it blocks until that is done,
/// mostly a few milliseconds.
///
/// If the context has a [launcher](CallContext::with_launcher), what it makes
/// of the program is started. If it has a
/// [supervisor](CallContext::with_supervisor), descendants are found on Linux
/// wherever they went. Without one they are, unless they left parent, group and
/// environment behind; on other Unix systems also then, if they were seen
/// before, in a look each second. On Windows nothing is started yet: that is
/// an error.
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
    let talk = Talk::default();
    hear(spec, talk, &mut lines, false, context).await
}

/// What a program is told and asked while it runs.
#[derive(Debug, Default)]
struct Talk {
    more: Option<UnboundedReceiver<Vec<u8>>>,
    alone: Option<UnboundedReceiver<AloneAsked>>,
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
    let talk = Talk {
        more: Some(input),
        alone: None,
    };
    hear(spec, talk, &mut lines, false, context).await
}

/// As [`converse`]; it can be asked whether the program is all alone.
pub(crate) async fn converse_with(
    spec: ProcessSpec,
    input: UnboundedReceiver<Vec<u8>>,
    alone: UnboundedReceiver<AloneAsked>,
    sink: &mut dyn LineSink,
    context: &CallContext,
) -> Result<Ended, ProcessError> {
    let mut lines = Lines::new(sink, spec.max_line);
    let talk = Talk {
        more: Some(input),
        alone: Some(alone),
    };
    hear(spec, talk, &mut lines, false, context).await
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
    let ended = hear(spec, Talk::default(), &mut excerpt, true, context).await?;
    Ok(Output {
        exit: ended.exit,
        text: excerpt.text(),
        duration: ended.duration,
        survivors: ended.survivors,
    })
}

async fn hear(
    spec: ProcessSpec,
    mut with: Talk,
    ear: &mut dyn Ear,
    merged: bool,
    context: &CallContext,
) -> Result<Ended, ProcessError> {
    let launched = match launch(spec, context).await? {
        ControlFlow::Continue(launched) => launched,
        ControlFlow::Break(never) => return Ok(never),
    };
    // Dropped after everything below, also when this future is.
    let Launched {
        held: _held,
        program: mut spec,
    } = launched;
    let log = match spec.log.take() {
        Some(path) => Some(Log::create(&path, spec.max_log)?),
        None => None,
    };
    let begun = Instant::now();
    let first = std::mem::take(&mut spec.stdin);
    let more = with.more.take();
    let wiring = Wiring {
        talks: !first.is_empty() || more.is_some(),
        merged,
    };
    let input = Input { first, more };
    let Started {
        mut running,
        pipes,
        pid,
    } = start(&spec, wiring, context.supervisor()).await?;
    ear.started(pid);
    let over = {
        let ends = (spec.grace, spec.leave_running);
        let mut life = pin!(running.outlive(ends, &mut with.alone, context));
        let mut talk = pin!(pump(pipes, input, ear, log, context));
        let mut silent = false;
        let over = loop {
            tokio::select! {
                over = &mut life => break over,
                () = &mut talk, if !silent => silent = true,
            }
        };
        if !silent {
            // What was printed before the end is in the pipe by now.
            let _ = tokio::time::timeout(drain(&spec), talk).await;
        }
        over
    };
    let ended = Ended {
        exit: over.exit,
        duration: begun.elapsed(),
        survivors: over.survivors,
    };
    ear.ended(&ended);
    Ok(ended)
}

/// How long the pipes are read after the end.
fn drain(spec: &ProcessSpec) -> Duration {
    if spec.leave_running {
        DRAIN_LEFT
    } else {
        DRAIN
    }
}

/// What is to be started; nothing if the call was stopped before.
async fn launch(
    spec: ProcessSpec,
    context: &CallContext,
) -> Result<ControlFlow<Ended, Launched>, ProcessError> {
    if let Some(how) = context.stop() {
        return Ok(ControlFlow::Break(never(how)));
    }
    let Some(launcher) = context.launcher() else {
        return Ok(ControlFlow::Continue(spec.into()));
    };
    tokio::select! {
        biased;
        how = context.stopped() => Ok(ControlFlow::Break(never(how))),
        made = launcher.launch(spec) => made.map(ControlFlow::Continue),
    }
}

/// Of a program that was not started.
fn never(how: Stop) -> Ended {
    Ended {
        exit: Exit::StoppedByUs(how),
        duration: Duration::ZERO,
        survivors: Vec::new(),
    }
}
