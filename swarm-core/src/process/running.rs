//! A started program and all that it started, until nothing of it is left.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use tokio::process::Child;
use tokio::time::sleep;

use super::Exit;
use super::platform::{Force, Tree};
use crate::ports::{CallContext, Stop};

/// What a program leaves running gets this long to end in good order.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);
/// How long killed processes may take to vanish before they are given up.
const VANISH: Duration = Duration::from_secs(5);
/// The same, when the future was dropped and its thread waits.
const VANISH_DROPPED: Duration = Duration::from_millis(500);

/// Kills everything when dropped, unless it has ended.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    tree: Tree,
    gone: bool,
}

impl Running {
    pub(super) fn new(child: Child, mark: String) -> Self {
        let tree = Tree::new(child.id(), mark);
        Self {
            child,
            tree,
            gone: false,
        }
    }

    /// Waits until the program has ended or must end, then ends what is left.
    pub(super) async fn outlive(&mut self, grace: Duration, context: &CallContext) -> Exit {
        let status = tokio::select! {
            // An end of its own is told, even if the stop came right after it.
            biased;
            status = self.child.wait() => status,
            how = context.stopped() => {
                return Exit::StoppedByUs(self.end(how, grace, context).await);
            }
        };
        if self.tree.is_gone() {
            self.gone = true;
        } else {
            let grace = grace.min(LEFTOVER_GRACE);
            self.end(Stop::Gently, grace, context).await;
        }
        status.map_or_else(
            |error| {
                // Somebody else in this process waited for our child.
                tracing::error!(%error, "the exit code of a program is lost");
                Exit::Code(-1)
            },
            exit,
        )
    }

    /// Ends everything; says how urgent it was in the end.
    async fn end(&mut self, mut how: Stop, grace: Duration, context: &CallContext) -> Stop {
        if how != Stop::Now {
            self.tree.signal(Force::Ask);
            tokio::select! {
                () = self.vanished() => {
                    self.gone = true;
                    return how;
                }
                () = sleep(grace) => {}
                () = asked_for_force(context) => how = Stop::Now,
            }
        }
        self.kill().await;
        how
    }

    async fn kill(&mut self) {
        let until = Instant::now() + VANISH;
        let mut pause = Duration::from_millis(1);
        loop {
            self.tree.signal(Force::Kill);
            let ended = !matches!(self.child.try_wait(), Ok(None));
            if ended && self.tree.is_gone() {
                break;
            }
            if Instant::now() >= until {
                let survivors = self.tree.survivors();
                tracing::error!(?survivors, "killed processes do not vanish");
                break;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        // Survivors cannot be killed any better when this is dropped.
        self.gone = true;
    }

    async fn vanished(&mut self) {
        let _ = self.child.wait().await;
        let mut pause = Duration::from_millis(2);
        while !self.tree.is_gone() {
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.gone {
            return;
        }
        // Waits for the end, so that no zombie is left to a reaper, and so
        // that the caller may use the directory.
        let until = Instant::now() + VANISH_DROPPED;
        while Instant::now() < until {
            self.tree.signal(Force::Kill);
            let ended = !matches!(self.child.try_wait(), Ok(None));
            if ended && self.tree.is_gone() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let survivors = self.tree.survivors();
        tracing::error!(?survivors, "killed processes do not vanish");
    }
}

async fn asked_for_force(context: &CallContext) {
    let mut heard = None;
    while heard != Some(Stop::Now) {
        heard = Some(context.stopped_harder_than(heard).await);
    }
}

#[cfg(unix)]
fn exit(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        (None, None) => Exit::Code(-1),
    }
}

#[cfg(not(unix))]
fn exit(status: ExitStatus) -> Exit {
    Exit::Code(status.code().unwrap_or(-1))
}
