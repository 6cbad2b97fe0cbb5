//! The store of a run, which looks at the folder before it gives tasks out: what
//! an agent has written into it while it worked is there for the next slot, and
//! no run ends beside new tasks.

use std::time::Duration;

use async_trait::async_trait;
use swarm_core::model::{Claim, NewTask, TaskId};
use swarm_core::ports::{
    Added, Change, ClaimRequest, Claims, Page, Renewal, StoreError, TaskFilter, TaskStore,
};
use swarm_store::SqliteStore;

use super::{Arrivals, Mark};

/// Brings itself up to date before a claim.
#[derive(Debug)]
pub(in crate::app) struct FolderStore {
    store: SqliteStore,
    arrivals: Arrivals,
}

impl FolderStore {
    pub(in crate::app) fn new(store: SqliteStore, arrivals: Arrivals) -> Self {
        Self { store, arrivals }
    }

    /// Takes in what has changed.
    pub(super) async fn look(&self) {
        self.arrivals.look(&self.store).await;
    }

    /// Whether the run is to be told of changes.
    pub(super) async fn take_news(&self) -> bool {
        self.arrivals.take_news().await
    }

    /// The folder as it is now.
    pub(super) fn mark(&self) -> Mark {
        Mark::of(&self.arrivals.tasks)
    }
}

#[async_trait]
impl TaskStore for FolderStore {
    async fn add(&self, tasks: Vec<NewTask>) -> Result<Vec<Added>, StoreError> {
        self.store.add(tasks).await
    }

    async fn claim(&self, what: ClaimRequest) -> Result<Claims, StoreError> {
        self.look().await;
        self.store.claim(what).await
    }

    async fn renew(&self, claims: &[Claim], lease: Duration) -> Result<Vec<Renewal>, StoreError> {
        self.store.renew(claims, lease).await
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.store.apply(changes).await
    }

    async fn list(&self, filter: TaskFilter, after: Option<TaskId>) -> Result<Page, StoreError> {
        self.store.list(filter, after).await
    }
}
