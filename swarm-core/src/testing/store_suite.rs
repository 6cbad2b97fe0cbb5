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

mod choice;
mod claims;
mod cut_short;
mod leases;
mod listing;
mod texts;
mod wishes;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::suite::{Ability, suite};
use crate::model::{
    Checkpoint, Claim, Ending, NewTask, Oid, Room, RunId, Task, TaskId, TaskRow, TaskState,
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

    /// What the store may be without: nothing.
    fn lacks(&self) -> Vec<Ability> {
        Vec::new()
    }
}

suite! {
    StoreFixture, limit: None;
    /// Adding the same tasks again answers `Same` and changes no row.
    texts::adding_again_changes_nothing;
    /// A task keeps who added it, also when it is added again by somebody else.
    texts::who_added_a_task_is_kept;
    /// A new text of a task that waits counts from the next attempt on.
    texts::an_edit_of_a_waiting_task_counts;
    /// A new text frees a task that had failed; the same text does not.
    texts::an_edit_of_a_failed_task_frees_it;
    /// A new text of a task that has landed changes nothing.
    texts::an_edit_of_a_landed_task_is_kept_out;
    /// A new text of a task that is worked on is told at each renewal, lets
    /// nothing land, and counts when the attempt has ended, which costs no try.
    wishes::an_edit_of_a_running_task_is_told;
    /// The text that is worked on takes back a new one, and a removal.
    wishes::a_wish_can_be_taken_back;
    /// A task that is worked on can be held: it is when its attempt has ended.
    wishes::a_running_task_can_be_held;
    /// So with one that is taken away.
    wishes::a_running_task_can_be_removed;
    /// What lands first has landed; a new text stays noted.
    wishes::a_landing_comes_before_a_wish;
    /// Of a task whose worker fell silent a wish is done at once, and the silent
    /// one has lost it; a wish that came before is told to whoever takes it over.
    wishes::a_silent_worker_stops_no_wish;
    /// A task whose file cannot be read is blocked until it can.
    texts::a_problem_blocks_until_it_is_mended;
    /// A task that was taken away is not claimed, and comes back when added.
    texts::a_removed_task_comes_back;
    /// A new text may add and drop dependencies.
    texts::an_edit_may_change_the_dependencies;
    /// Tasks are claimed by priority, the highest first, then by id.
    claims::the_order_is_priority_then_id;
    /// A task is claimed only when all that it depends on has landed.
    claims::a_task_waits_for_its_dependencies;
    /// What depends on a closed task may start, unless that is opened again.
    claims::a_closed_task_is_as_good_as_landed;
    /// However many claim at once, a task is won by one of them.
    claims::a_claim_is_exclusive;
    /// Never more tasks are claimed than were asked for.
    claims::the_limit_is_kept;
    /// A draft is not claimed, and nobody is told to wait for it.
    claims::a_draft_is_never_claimed;
    /// Asked for a source, only its tasks are claimed.
    claims::a_source_can_be_asked_for;
    /// Asked for by their ids, tasks are claimed if they are ready; the others
    /// are lost.
    claims::tasks_can_be_asked_for_by_name;
    /// Tasks for whose harness or kind there is no room are passed over, and
    /// that is told if there may be room later.
    choice::only_tasks_with_room_are_claimed;
    /// With ageing, a task that has been ready for long goes before a more
    /// urgent one that is new.
    choice::waiting_makes_urgent;
    /// A claim counts attempt and try, and names its holder by a new nonce.
    claims::a_claim_counts_the_attempt;
    /// A claim that does not hold, or holds no more, changes nothing.
    claims::a_stale_claim_changes_nothing;
    /// Of changes that are given together all are made, or none.
    claims::changes_are_made_all_or_none;
    /// A person's command is refused when the row has changed since it was read.
    claims::a_retry_needs_the_version_that_was_read;
    /// A repeated end is refused: a task is given back once.
    claims::an_end_is_made_once;
    /// A fence is greater than every one before, whatever ended the attempt.
    claims::fences_only_grow;
    /// What an attempt spent is added to what the task cost before.
    claims::what_was_spent_adds_up;
    /// A claim tells when a backoff ends or a lease lapses, whichever is first.
    leases::next_is_the_end_of_a_backoff_or_lease;
    /// A lease that lapsed while nobody took the task can be renewed.
    leases::a_lapsed_lease_can_be_renewed;
    /// A lapsed lease can be taken over; the old claim is lost from then on.
    leases::a_lapsed_lease_can_be_taken_over;
    /// A landing that was decided on is told to whoever takes the task over.
    leases::an_intent_survives_a_takeover;
    /// An attempt that was interrupted does not use up a try.
    leases::an_interrupted_attempt_costs_no_try;
    /// Nor does one that fell silent; both are counted as cut short.
    cut_short::a_takeover_costs_no_try;
    /// Who claims a task whose attempt was cut short is told what that left; who
    /// claims one whose attempt failed is not.
    cut_short::what_was_left_is_told;
    /// A task whose holder is proved dead is freed by the version that was read,
    /// and claimed at once; the dead one's claim holds no more.
    cut_short::a_freed_task_is_claimed_at_once;
    /// A conversation that is named in mid-turn is kept; one of an earlier turn
    /// changes nothing.
    cut_short::a_named_conversation_is_kept;
    /// A listing is in the order of ids, and its pages miss and repeat nothing.
    listing::pages_are_in_the_order_of_ids;
    /// A listing holds what its filter asks for, and nothing else.
    listing::filters_choose;
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
        ids: None,
        room: Room::default(),
        ageing: None,
        process: None,
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
