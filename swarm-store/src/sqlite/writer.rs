//! The one thread that talks to the file: callers await it and never block,
//! and within a process nobody waits for SQLite's lock but this thread.

use std::sync::mpsc;
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A connection and its thread, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// The thread is gone.
#[derive(Debug, thiserror::Error)]
#[error("the store's thread has ended")]
pub(super) struct Gone;

impl Writer {
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = Builder::new()
            .name("swarm-store".to_owned())
            .spawn(move || {
                for job in queue {
                    job(&connection);
                }
            })?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Runs a job on the thread. If the caller goes away before it began, it
    /// is not run at all; once begun it is run to its end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> T + Send + 'static,
    ) -> Result<T, Gone> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            if !reply.is_closed() {
                // A caller who has gone away meanwhile needs no answer.
                let _ = reply.send(job(connection));
            }
        });
        let jobs = self.jobs.as_ref().ok_or(Gone)?;
        jobs.send(job).map_err(|_| Gone)?;
        answer.await.map_err(|_| Gone)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // It has at most one job to finish, and the file is closed then.
            // Should it have panicked, its callers were told.
            let _ = thread.join();
        }
    }
}
