//! What every [`TaskStore`] must do: run it against yours.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use swarm_core::{ports::TaskStore, store::MemoryStore, testing::store_suite};
//!
//! struct Fresh(Arc<MemoryStore>);
//!
//! #[async_trait::async_trait]
//! impl store_suite::StoreFixture for Fresh {
//!     fn store(&self) -> Arc<dyn TaskStore> {
//!         self.0.clone()
//!     }
//!     async fn pass(&self, span: Duration) {
//!         tokio::time::advance(span).await;
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
//! store_suite::check_all(|| Fresh(Arc::new(MemoryStore::new()))).await;
//! # });
//! # Ok::<_, std::io::Error>(())
//! ```

mod claims;
mod leases;
mod listing;
mod texts;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::model::{
    Checkpoint, Claim, Ending, NewTask, Oid, RunId, Task, TaskId, TaskRow, TaskState,
};
use crate::ports::{
    Change, ClaimRequest, Claimed, Claims, Guard, Spent, Step, StoreError, StoreErrorKind,
    TaskFilter, TaskStore,
};

/// A store of its own for one clause, with the hand on its clock.
#[async_trait]
pub trait StoreFixture: Send + Sync {
    /// The store; empty at first.
    fn store(&self) -> Arc<dyn TaskStore>;

    /// Lets this much time go by, as the store sees it.
    async fn pass(&self, span: Duration);
}

/// A rule that every store keeps. It panics where a store does not.
pub type Clause = for<'a> fn(&'a dyn StoreFixture) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

macro_rules! clauses {
    ($($name:path),* $(,)?) => {
        /// Every clause, by name.
        pub const CLAUSES: &[(&str, Clause)] = &[$((stringify!($name), |at| Box::pin($name(at)))),*];
    };
}

clauses![
    texts::adding_again_changes_nothing,
    texts::an_edit_of_a_waiting_task_counts,
    texts::an_edit_of_a_failed_task_frees_it,
    texts::an_edit_of_a_running_or_landed_task_is_kept_out,
    texts::a_problem_blocks_until_it_is_mended,
    texts::a_removed_task_comes_back,
    texts::an_edit_may_change_the_dependencies,
    claims::the_order_is_priority_then_id,
    claims::a_task_waits_for_its_dependencies,
    claims::a_claim_is_exclusive,
    claims::the_limit_is_kept,
    claims::a_draft_is_never_claimed,
    claims::a_source_can_be_asked_for,
    claims::a_claim_counts_the_attempt,
    claims::a_stale_claim_changes_nothing,
    claims::changes_are_made_all_or_none,
    claims::a_retry_needs_the_version_that_was_read,
    leases::next_is_the_end_of_a_backoff_or_lease,
    leases::a_lapsed_lease_can_be_renewed,
    leases::a_lapsed_lease_can_be_taken_over,
    leases::an_intent_survives_a_takeover,
    leases::an_interrupted_attempt_costs_no_try,
    listing::pages_are_in_the_order_of_ids,
    listing::filters_choose,
];

/// Checks every clause, each on a fresh store; prints its name first.
///
/// # Panics
///
/// If the store breaks a clause.
pub async fn check_all<F: StoreFixture>(fresh: impl Fn() -> F) {
    for (name, clause) in CLAUSES {
        println!("store clause: {name}");
        clause(&fresh()).await;
    }
}

const LEASE: Duration = Duration::from_secs(120);

fn task(id: &str) -> Task {
    Task::new(id, "Do it.").expect("the suite's ids are good")
}

fn id(id: &str) -> TaskId {
    TaskId::new(id).expect("the suite's ids are good")
}

async fn add(store: &dyn TaskStore, tasks: impl IntoIterator<Item = Task>) {
    let tasks: Vec<NewTask> = tasks.into_iter().map(NewTask::from).collect();
    store.add(tasks).await.expect("add");
}

fn request(limit: usize) -> ClaimRequest {
    ClaimRequest {
        run: RunId::new("r1"),
        limit,
        lease: LEASE,
        source: None,
    }
}

async fn claim(store: &dyn TaskStore, limit: usize) -> Claims {
    store.claim(request(limit)).await.expect("claim")
}

async fn claim_one(store: &dyn TaskStore) -> Claimed {
    let mut claims = claim(store, 1).await;
    assert_eq!(claims.won.len(), 1, "a task is ready");
    claims.won.remove(0)
}

fn ids(claims: &Claims) -> Vec<&str> {
    let won = claims.won.iter();
    won.map(|claimed| claimed.row.task.id.as_str()).collect()
}

fn by(claim: &Claim, step: Step) -> Change {
    Change {
        task: claim.task.clone(),
        guard: Guard::Claim(claim.clone()),
        step,
    }
}

fn end(claim: &Claim, ending: Ending) -> Change {
    let step = Step::End {
        ending,
        spent: Spent::default(),
        checkpoint: Checkpoint::default(),
    };
    by(claim, step)
}

fn landed() -> Ending {
    Ending::Landed {
        commit: Oid::new("c0ffee"),
    }
}

fn failed() -> Ending {
    Ending::Failed {
        reason: "tests failed".to_owned(),
    }
}

async fn apply(store: &dyn TaskStore, change: Change) {
    store.apply(vec![change]).await.expect("apply");
}

/// Gives each of these tasks, which are the only ones ready, this ending.
async fn finish(store: &dyn TaskStore, tasks: &[&str], ending: Ending) {
    let claims = claim(store, tasks.len()).await;
    assert_eq!(ids(&claims), tasks);
    for claimed in claims.won {
        apply(store, end(&claimed.claim, ending.clone())).await;
    }
}

async fn row(store: &dyn TaskStore, task: &str) -> TaskRow {
    let filter = TaskFilter {
        ids: Some(vec![id(task)]),
        source: None,
    };
    let mut page = store.list(filter, None).await.expect("list");
    assert_eq!(page.rows.len(), 1, "{task} is stored");
    page.rows.remove(0)
}

async fn state(store: &dyn TaskStore, task: &str) -> TaskState {
    row(store, task).await.state
}

fn assert_refused(answer: Result<(), StoreError>, task: &str) {
    let error = answer.expect_err("the change is refused");
    assert_eq!(*error.kind(), StoreErrorKind::Refused { task: id(task) });
}
