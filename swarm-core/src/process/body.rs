//! The processes of a program: our child with its tree, or a supervisor that
//! answers for them.

use std::io;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use tokio::process::Child;
use tokio::time::{sleep, timeout};

use super::Exit;
use super::platform::{Force, Tree};
use super::supervisor::{Link, Order, Supervisor};

/// How long killed processes may take to vanish before they are given up.
const VANISH: Duration = Duration::from_secs(5);
/// The same, when a supervisor tells.
const VANISH_TOLD: Duration = Duration::from_secs(8);
/// The same, when the future was dropped and its thread waits.
const VANISH_DROPPED: Duration = Duration::from_secs(3);

/// The longest pause between two looks whether a program is alone; all of them
/// take twice as long.
const ALONE: Duration = Duration::from_millis(64);

/// A started program.
#[derive(Debug)]
pub(super) struct Body {
    /// The program, or its supervisor.
    child: Child,
    mark: String,
    /// What is known without a supervisor.
    tree: Tree,
    /// To the supervisor, as long as there is one.
    link: Option<Link>,
}

impl Body {
    pub(super) fn new(child: Child, mark: String, link: Option<Link>) -> Self {
        Self {
            tree: Tree::new(child.id(), mark.clone()),
            child,
            mark,
            link,
        }
    }

    /// Waits until the supervisor has started the program: its number.
    pub(super) async fn started(&mut self, supervisor: &Supervisor) -> io::Result<u32> {
        let Some(link) = &mut self.link else {
            return Ok(self.child.id().unwrap_or_default());
        };
        let pid = link.started(supervisor).await?;
        self.tree = Tree::new(Some(pid), self.mark.clone());
        Ok(pid)
    }

    /// Waits for the program's own end. If its supervisor is gone, that counts
    /// as its end: nobody else can tell.
    pub(super) async fn ended(&mut self) -> Exit {
        if let Some(link) = &mut self.link {
            if let Some(exit) = link.ended().await {
                return exit;
            }
            self.lost();
        }
        let status = tokio::select! {
            status = self.child.wait() => status,
            () = self.tree.watch() => unreachable!("a tree is watched for ever"),
        };
        status.map_or_else(
            |error| {
                // Somebody else in this process waited for our child.
                tracing::error!(%error, "the exit code of a program is lost");
                Exit::Code(-1)
            },
            exit,
        )
    }

    /// Whether nothing lives beside the program itself. Looks again for a
    /// moment before it says no: what is about to end may do so.
    pub(super) async fn is_alone(&mut self) -> bool {
        let mut pause = Duration::from_millis(2);
        loop {
            let supervisor = self.link.as_ref().and(self.child.id());
            if self.tree.is_alone(supervisor) {
                return true;
            }
            if pause > ALONE {
                return false;
            }
            sleep(pause).await;
            pause *= 2;
        }
    }

    /// Signals every process once. A supervisor that is told to kill goes on
    /// until nothing lives.
    pub(super) fn signal(&mut self, force: Force) {
        match (&self.link, force) {
            (Some(link), Force::Ask) => link.send(Order::Ask),
            (Some(link), Force::Kill) => link.send(Order::Kill),
            (None, _) => self.tree.signal(force),
        }
    }

    /// Waits until nothing lives; gives what a supervisor could not end.
    pub(super) async fn vanished(&mut self) -> Vec<u32> {
        if let Some(link) = &mut self.link {
            if let Some(survivors) = link.gone().await {
                let _ = self.child.wait().await;
                return survivors;
            }
            self.lost();
        }
        let _ = self.child.wait().await;
        let mut pause = Duration::from_millis(2);
        while !self.tree.is_gone() {
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
        Vec::new()
    }

    /// Kills until nothing lives; gives what does all the same.
    pub(super) async fn kill(&mut self) -> Vec<u32> {
        if let Some(link) = &mut self.link {
            link.send(Order::Kill);
            if let Ok(Some(survivors)) = timeout(VANISH_TOLD, link.gone()).await {
                let _ = self.child.wait().await;
                return survivors;
            }
            // It was killed itself, or is stopped: we must do without it.
            let _ = self.child.start_kill();
            self.lost();
        }
        let until = Instant::now() + VANISH;
        let mut pause = Duration::from_millis(1);
        loop {
            self.tree.signal(Force::Kill);
            if self.child_ended() && self.tree.is_gone() {
                return Vec::new();
            }
            if Instant::now() >= until {
                return self.tree.survivors();
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// Lets go of what runs.
    pub(super) async fn leave(&mut self) {
        if let Some(link) = self.link.take() {
            link.send(Order::Leave);
            let _ = timeout(VANISH, self.child.wait()).await;
        }
    }

    /// Kills and waits for the end, so that no zombie is left to a reaper, and
    /// so that the caller may use the directory.
    pub(super) fn kill_blocking(&mut self) {
        let until = Instant::now() + VANISH_DROPPED;
        self.signal(Force::Kill);
        while Instant::now() < until {
            let ended = self.child.try_wait();
            if let (Some(_), Ok(Some(status))) = (&self.link, &ended) {
                if status.success() {
                    return;
                }
                self.lost();
            }
            if self.link.is_none() {
                self.tree.signal(Force::Kill);
                if !matches!(ended, Ok(None)) && self.tree.is_gone() {
                    return;
                }
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let survivors = self.tree.survivors();
        tracing::error!(?survivors, "killed processes do not vanish");
    }

    fn child_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The supervisor is gone; its program may not be.
    fn lost(&mut self) {
        tracing::warn!("a supervisor is gone; its program is ended without it");
        self.link = None;
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
