//! What other processes want of a run: lines in a file beside its own, which it
//! takes as they come.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use swarm_core::Handle;
use swarm_core::model::RunId;

use super::file;

/// What can be wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub(in crate::app) enum Order {
    Pause,
    Resume,
    Drain,
    Jobs { jobs: NonZeroUsize },
    Stop { now: bool },
}

impl Order {
    /// Has a run do it.
    pub(in crate::app) fn give(self, run: &Handle) {
        match self {
            Self::Pause => run.pause(),
            Self::Resume => run.resume(),
            Self::Drain => run.drain(),
            Self::Jobs { jobs } => run.set_jobs(jobs),
            Self::Stop { now: false } => run.stop(),
            Self::Stop { now: true } => run.stop_now(),
        }
    }
}

/// The orders for a run. Who writes and who takes holds a lock meanwhile, so
/// that none is lost and none comes twice.
#[derive(Clone, Debug)]
pub(in crate::app) struct Orders(PathBuf);

impl Orders {
    pub(in crate::app) fn of(folder: &Path, run: &RunId) -> Self {
        Self(file(folder, run.as_str(), "orders"))
    }

    /// Hands an order over, behind those that are there.
    pub(in crate::app) fn add(&self, order: Order) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        file.lock()?;
        // Begins a line of its own, also behind one that was cut off.
        let line = format!("\n{}\n", serde_json::to_string(&order)?);
        file.write_all(line.as_bytes())?;
        file.sync_data()
    }

    /// Whether all that were handed over are taken.
    pub(in crate::app) fn are_taken(&self) -> bool {
        File::open(&self.0)
            .and_then(|file| file.metadata())
            .map_or(true, |file| file.len() == 0)
    }

    /// Takes back what nobody will take any more: the run is over.
    pub(in crate::app) fn withdraw(&self) {
        // The run may have taken the file along.
        let _ = fs::remove_file(&self.0);
    }

    /// Takes what is there, in its order; a line that nobody understands is left
    /// out. While somebody writes there is nothing yet: a run waits for nobody.
    pub(in crate::app) fn take(&self) -> Vec<Order> {
        self.read().unwrap_or_default()
    }

    fn read(&self) -> io::Result<Vec<Order>> {
        let mut file = OpenOptions::new().read(true).write(true).open(&self.0)?;
        file.try_lock()?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        file.rewind()?;
        file.set_len(0)?;
        let lines = text.split(|byte| *byte == b'\n');
        Ok(lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn orders_come_in_their_order_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let orders = Orders::of(folder.path(), &RunId::new("r1"));
        assert!(
            orders.are_taken() && orders.take().is_empty(),
            "none was given"
        );
        let jobs = Order::Jobs {
            jobs: NonZeroUsize::new(3).unwrap(),
        };
        let all = [Order::Pause, jobs, Order::Stop { now: true }];
        for order in all {
            orders.add(order).unwrap();
        }
        assert!(!orders.are_taken());
        assert_eq!(orders.take(), all);
        assert!(orders.are_taken() && orders.take().is_empty());
        orders.add(Order::Drain).unwrap();
        assert_eq!(orders.take(), [Order::Drain]);
    }

    #[test]
    fn what_nobody_understands_hides_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let orders = Orders::of(folder.path(), &RunId::new("r1"));
        let text = b"{\"order\":\"dance\"}\n\xff\n{\"order\":\"resume\"}\n{\"order\":\"pau";
        fs::write(folder.path().join("r1.orders"), text).unwrap();
        orders.add(Order::Drain).unwrap();
        assert_eq!(orders.take(), [Order::Resume, Order::Drain]);
    }

    #[test]
    fn a_run_waits_for_nobody_who_writes() {
        let folder = tempfile::tempdir().unwrap();
        let orders = Orders::of(folder.path(), &RunId::new("r1"));
        orders.add(Order::Pause).unwrap();
        let writer = File::open(folder.path().join("r1.orders")).unwrap();
        writer.lock().unwrap();
        assert_eq!(orders.take(), []);
        assert!(!orders.are_taken(), "it is still to be taken");
        drop(writer);
        assert_eq!(orders.take(), [Order::Pause]);
    }
}
