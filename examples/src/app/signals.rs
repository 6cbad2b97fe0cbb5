//! Ctrl-C and SIGTERM: the first one stops a run gently, the next one at once.

use std::io;

use swarm_core::Handle;
use tokio::task::JoinHandle;

/// From here on signals no longer end the process by themselves.
#[derive(Debug)]
pub(super) struct Signals(Source);

/// Steers a run until it is dropped.
#[derive(Debug)]
pub(super) struct Steering(JoinHandle<()>);

impl Signals {
    /// Catches the signals. One that comes before [`steer`](Self::steer) is
    /// not lost.
    pub(super) fn catch() -> io::Result<Self> {
        Source::new().map(Self)
    }

    /// Hands the signals to a run.
    pub(super) fn steer(mut self, run: Handle) -> Steering {
        Steering(tokio::spawn(async move {
            self.0.next().await;
            run.stop();
            loop {
                self.0.next().await;
                run.stop_now();
            }
        }))
    }
}

impl Drop for Steering {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(unix)]
#[derive(Debug)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        let heard = tokio::select! {
            heard = self.interrupt.recv() => heard,
            heard = self.terminate.recv() => heard,
        };
        if heard.is_none() {
            // No more can come.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
#[derive(Debug)]
struct Source;

#[cfg(not(unix))]
impl Source {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
