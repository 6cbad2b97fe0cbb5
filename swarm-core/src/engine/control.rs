//! What a handle asks of its run.

use tokio::sync::{oneshot, watch};

use crate::dispatch::{Activity, Input, Snapshot};
use crate::model::TaskId;

/// What a handle wants.
#[derive(Debug)]
pub(super) enum Control {
    Stop {
        now: bool,
    },
    Added,
    Steer(Box<Input>),
    Why {
        task: TaskId,
        reply: oneshot::Sender<Option<Activity>>,
    },
    /// What the run is doing, now and whenever that changes.
    Snapshots {
        reply: oneshot::Sender<watch::Receiver<Snapshot>>,
    },
    /// Tell when the task is settled.
    Watch {
        task: TaskId,
        reply: oneshot::Sender<()>,
    },
}
