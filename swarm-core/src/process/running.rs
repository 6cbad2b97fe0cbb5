//! A started program and all that it started, until nothing of it is left.

use std::time::Duration;

use tokio::process::Child;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::Exit;
use super::body::Body;
use super::platform::Force;
use super::supervisor::{Link, Supervisor};
use crate::ports::{CallContext, Stop};

/// What a program leaves running gets this long to end in good order.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);

/// Asks whether a program is all alone: whether nothing lives of what it started.
pub(crate) type AloneAsked = oneshot::Sender<bool>;

/// Kills everything when dropped, unless it has ended.
#[derive(Debug)]
pub(super) struct Running {
    body: Body,
    over: bool,
}

/// How a program ended, and what of it could not be ended.
#[derive(Debug)]
pub(super) struct Over {
    pub(super) exit: Exit,
    pub(super) survivors: Vec<u32>,
}

impl Running {
    /// A child that was just started: the program, or its supervisor.
    pub(super) fn new(child: Child, mark: String, link: Option<Link>) -> Self {
        Self {
            body: Body::new(child, mark, link),
            over: false,
        }
    }

    /// Waits until the supervisor has started the program: its number.
    pub(super) async fn started(&mut self, supervisor: &Supervisor) -> std::io::Result<u32> {
        self.body.started(supervisor).await
    }

    /// Waits until the program has ended or must end, then ends what is left,
    /// unless that may live on.
    pub(super) async fn outlive(
        &mut self,
        (grace, leave_running): (Duration, bool),
        asked: &mut Option<UnboundedReceiver<AloneAsked>>,
        context: &CallContext,
    ) -> Over {
        let exit = loop {
            tokio::select! {
                // An end of its own is told, even if the stop came right after it.
                biased;
                exit = self.body.ended() => break exit,
                how = context.stopped() => {
                    let (how, survivors) = self.end(how, grace, context).await;
                    return Over { exit: Exit::StoppedByUs(how), survivors };
                }
                Some(tell) = next(asked) => {
                    // Whoever asked may have gone.
                    let _ = tell.send(self.body.is_alone().await);
                }
            }
        };
        let survivors = if leave_running {
            self.body.leave().await;
            self.over = true;
            Vec::new()
        } else {
            let grace = grace.min(LEFTOVER_GRACE);
            self.end(Stop::Gently, grace, context).await.1
        };
        Over { exit, survivors }
    }

    /// Ends everything; says how urgent it was in the end.
    async fn end(
        &mut self,
        mut how: Stop,
        grace: Duration,
        context: &CallContext,
    ) -> (Stop, Vec<u32>) {
        if how != Stop::Now {
            self.body.signal(Force::Ask);
            tokio::select! {
                survivors = self.body.vanished() => {
                    self.over = true;
                    return (how, survivors);
                }
                () = sleep(grace) => {}
                () = context.forced() => how = Stop::Now,
            }
        }
        let survivors = self.body.kill().await;
        if !survivors.is_empty() {
            tracing::error!(?survivors, "killed processes do not vanish");
        }
        // Survivors cannot be killed any better when this is dropped.
        self.over = true;
        (how, survivors)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.over {
            self.body.kill_blocking();
        }
    }
}

/// The next question; waits for ever if nobody can ask.
async fn next(asked: &mut Option<UnboundedReceiver<AloneAsked>>) -> Option<AloneAsked> {
    match asked {
        Some(asked) => asked.recv().await,
        None => std::future::pending().await,
    }
}
