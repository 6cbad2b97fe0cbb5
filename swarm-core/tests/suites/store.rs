//! Stores.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use swarm_core::model::{Claim, Ending, Fence, NewTask, Origin, Room, Task, TaskId, Want};
use swarm_core::ports::{
    Added, Change, ClaimRequest, Claimed, Claims, Guard, Page, Renewal, Spent, Step, StoreError,
    StoreErrorKind, TaskFilter, TaskStore,
};
use swarm_core::store::MemoryStore;
use swarm_core::testing::store_suite::{CLAUSES, StoreFixture, check, check_one};
use tokio::time::Instant;

use crate::{assert_caught, assert_complete};

struct Fresh(Arc<dyn TaskStore>);

#[async_trait]
impl StoreFixture for Fresh {
    fn store(&self) -> Arc<dyn TaskStore> {
        self.0.clone()
    }

    async fn pass(&self, span: Duration) {
        tokio::time::advance(span).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_store_in_memory_keeps_every_clause() {
    let account = check(|| Fresh(Arc::new(MemoryStore::new()))).await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
}

#[tokio::test(start_paused = true)]
async fn every_clause_catches_its_fault() {
    for (clause, fault) in PLANTED {
        let account = check_one(clause, || Fresh(Arc::new(Wrong::new(*fault)))).await;
        assert_caught(clause, fault, &account);
    }
    assert_complete(CLAUSES, PLANTED.iter().map(|(clause, _)| *clause));
}

const PLANTED: &[(&str, Fault)] = &[
    ("adding_again_changes_nothing", Fault::CallsAllNew),
    ("who_added_a_task_is_kept", Fault::ForgetsWhoAdded),
    ("an_edit_of_a_waiting_task_counts", Fault::KeepsTheFirstText),
    (
        "an_edit_of_a_failed_task_frees_it",
        Fault::KeepsTheFirstText,
    ),
    (
        "an_edit_of_a_landed_task_is_kept_out",
        Fault::CallsKeptUpdated,
    ),
    ("an_edit_of_a_running_task_is_told", Fault::TellsNoWish),
    ("a_wish_can_be_taken_back", Fault::RemembersWishes),
    ("a_running_task_can_be_held", Fault::HoldsNothing),
    ("a_running_task_can_be_removed", Fault::RemovesNothing),
    ("a_landing_comes_before_a_wish", Fault::ForgetsLandings),
    ("a_silent_worker_stops_no_wish", Fault::RenewsAlways),
    (
        "a_problem_blocks_until_it_is_mended",
        Fault::OverlooksProblems,
    ),
    ("a_removed_task_comes_back", Fault::RemovesNothing),
    (
        "an_edit_may_change_the_dependencies",
        Fault::KeepsTheFirstDependencies,
    ),
    ("the_order_is_priority_then_id", Fault::LastFirst),
    (
        "a_task_waits_for_its_dependencies",
        Fault::OverlooksDependencies,
    ),
    (
        "a_closed_task_is_as_good_as_landed",
        Fault::TakesClosedForFailed,
    ),
    ("a_claim_is_exclusive", Fault::GivesOneTwice),
    ("the_limit_is_kept", Fault::ClaimsOneMore),
    ("a_draft_is_never_claimed", Fault::OverlooksDrafts),
    ("a_source_can_be_asked_for", Fault::OverlooksTheSource),
    ("tasks_can_be_asked_for_by_name", Fault::OverlooksTheNames),
    ("only_tasks_with_room_are_claimed", Fault::OverlooksTheRoom),
    ("waiting_makes_urgent", Fault::OverlooksTheAge),
    ("a_claim_counts_the_attempt", Fault::CountsFromZero),
    ("a_stale_claim_changes_nothing", Fault::BelievesAnyClaim),
    ("changes_are_made_all_or_none", Fault::ChangesOneByOne),
    (
        "a_retry_needs_the_version_that_was_read",
        Fault::BelievesAnyVersion,
    ),
    ("an_end_is_made_once", Fault::CallsRefusedDone),
    ("fences_only_grow", Fault::FencesStartAgain),
    ("what_was_spent_adds_up", Fault::SpendsNothing),
    ("next_is_the_end_of_a_backoff_or_lease", Fault::TellsNoNext),
    ("a_lapsed_lease_can_be_renewed", Fault::RenewsInTimeOnly),
    ("a_lapsed_lease_can_be_taken_over", Fault::LeasesForEver),
    ("an_intent_survives_a_takeover", Fault::ForgetsIntents),
    (
        "an_interrupted_attempt_costs_no_try",
        Fault::CountsInterruptions,
    ),
    ("a_takeover_costs_no_try", Fault::CountsTakeovers),
    ("what_was_left_is_told", Fault::ForgetsWhatWasLeft),
    ("a_freed_task_is_claimed_at_once", Fault::FreesNothing),
    ("a_named_conversation_is_kept", Fault::ForgetsNames),
    (
        "pages_are_in_the_order_of_ids",
        Fault::MissesTheFirstOfAPage,
    ),
    ("filters_choose", Fault::OverlooksTheFilter),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    CallsAllNew,
    ForgetsWhoAdded,
    KeepsTheFirstText,
    CallsKeptUpdated,
    TellsNoWish,
    RemembersWishes,
    HoldsNothing,
    ForgetsLandings,
    RenewsAlways,
    OverlooksProblems,
    RemovesNothing,
    KeepsTheFirstDependencies,
    LastFirst,
    OverlooksDependencies,
    TakesClosedForFailed,
    GivesOneTwice,
    ClaimsOneMore,
    OverlooksDrafts,
    OverlooksTheSource,
    OverlooksTheNames,
    OverlooksTheRoom,
    OverlooksTheAge,
    CountsFromZero,
    BelievesAnyClaim,
    ChangesOneByOne,
    BelievesAnyVersion,
    CallsRefusedDone,
    FencesStartAgain,
    SpendsNothing,
    TellsNoNext,
    RenewsInTimeOnly,
    LeasesForEver,
    ForgetsIntents,
    CountsInterruptions,
    CountsTakeovers,
    ForgetsWhatWasLeft,
    FreesNothing,
    ForgetsNames,
    MissesTheFirstOfAPage,
    OverlooksTheFilter,
}

/// A good store with one fault.
#[derive(Debug)]
struct Wrong {
    store: MemoryStore,
    fault: Fault,
    first: Mutex<BTreeMap<TaskId, Task>>,
    given: Mutex<BTreeMap<TaskId, Claim>>,
    twice: Mutex<Option<Claimed>>,
    wished: Mutex<BTreeSet<TaskId>>,
    until: Mutex<Option<Instant>>,
}

impl Wrong {
    fn new(fault: Fault) -> Self {
        Self {
            store: MemoryStore::new(),
            fault,
            first: Mutex::default(),
            given: Mutex::default(),
            twice: Mutex::default(),
            wished: Mutex::default(),
            until: Mutex::default(),
        }
    }

    fn altered(&self, mut new: NewTask) -> NewTask {
        let mut first = self.first.lock().unwrap();
        let first = first
            .entry(new.task.id.clone())
            .or_insert_with(|| new.task.clone());
        match self.fault {
            Fault::KeepsTheFirstText => new.task = first.clone(),
            Fault::ForgetsWhoAdded => new.task.origin = Origin::default(),
            Fault::KeepsTheFirstDependencies => new.task.depends_on.clone_from(&first.depends_on),
            Fault::OverlooksProblems => new.problem = None,
            Fault::OverlooksDependencies => new.task.depends_on.clear(),
            Fault::OverlooksDrafts => new.task.draft = false,
            _ => {}
        }
        new
    }

    async fn bent(&self, mut change: Change) -> Option<Change> {
        match (self.fault, &mut change.guard, &mut change.step) {
            (Fault::BelievesAnyClaim | Fault::FencesStartAgain, Guard::Claim(claim), _) => {
                let given = self.given.lock().unwrap();
                if let Some(given) = given.get(&change.task) {
                    claim.clone_from(given);
                }
            }
            (Fault::BelievesAnyVersion, Guard::Version(version), _) => {
                let filter = TaskFilter {
                    ids: Some(vec![change.task.clone()]),
                    source: None,
                };
                *version = self.store.list(filter, None).await.unwrap().rows[0].version;
            }
            (Fault::RemovesNothing, _, Step::Remove)
            | (Fault::HoldsNothing, _, Step::Hold { .. })
            | (Fault::FreesNothing, _, Step::Free)
            | (Fault::ForgetsNames, _, Step::Name { .. }) => return None,
            (Fault::ForgetsLandings, _, Step::End { ending, .. }) => {
                let reason = "forgotten".to_owned();
                *ending = Ending::Interrupted { reason };
            }
            (Fault::SpendsNothing, _, Step::End { spent, .. }) => *spent = Spent::default(),
            (Fault::CountsInterruptions, _, Step::End { ending, .. }) => {
                if let Ending::Interrupted { reason } = ending.clone() {
                    let after = Duration::ZERO;
                    *ending = Ending::Retry { reason, after };
                }
            }
            (Fault::TakesClosedForFailed, _, Step::End { ending, .. }) => {
                if let Ending::Closed { reason } = ending.clone() {
                    *ending = Ending::Failed { reason };
                }
            }
            _ => {}
        }
        Some(change)
    }
}

#[async_trait]
impl TaskStore for Wrong {
    async fn add(&self, tasks: Vec<NewTask>) -> Result<Vec<Added>, StoreError> {
        let tasks: Vec<NewTask> = tasks.into_iter().map(|task| self.altered(task)).collect();
        let names: Vec<TaskId> = (tasks.iter().map(|new: &NewTask| new.task.id.clone())).collect();
        let mut added = self.store.add(tasks).await?;
        for (added, name) in added.iter_mut().zip(names) {
            if *added == Added::Noted {
                self.wished.lock().unwrap().insert(name);
            }
            match (self.fault, *added) {
                (Fault::CallsAllNew, _) => *added = Added::New,
                (Fault::CallsKeptUpdated, Added::Kept) => *added = Added::Updated,
                _ => {}
            }
        }
        Ok(added)
    }

    async fn claim(&self, mut what: ClaimRequest) -> Result<Claims, StoreError> {
        let lease = what.lease;
        match self.fault {
            Fault::ClaimsOneMore => what.limit += 1,
            Fault::OverlooksTheSource => what.source = None,
            Fault::OverlooksTheNames => what.ids = None,
            Fault::OverlooksTheRoom => what.room = Room::default(),
            Fault::OverlooksTheAge => what.ageing = None,
            Fault::LeasesForEver => what.lease *= 1000,
            _ => {}
        }
        let mut claims = self.store.claim(what).await?;
        for claimed in &mut claims.won {
            let claim = &mut claimed.claim;
            self.given
                .lock()
                .unwrap()
                .insert(claim.task.clone(), claim.clone());
            match self.fault {
                Fault::FencesStartAgain => claim.fence = Fence(1),
                Fault::CountsFromZero => claimed.row.attempts -= 1,
                Fault::ForgetsIntents => claimed.intent = None,
                Fault::CountsTakeovers => claimed.row.tries = claimed.row.attempts,
                Fault::ForgetsWhatWasLeft => claimed.goes_on = false,
                _ => {}
            }
        }
        match self.fault {
            Fault::LastFirst => claims.won.reverse(),
            Fault::TellsNoNext => claims.next = None,
            Fault::RenewsInTimeOnly => *self.until.lock().unwrap() = Some(Instant::now() + lease),
            Fault::GivesOneTwice if claims.won.is_empty() => {
                claims.won.extend(self.twice.lock().unwrap().take());
            }
            Fault::GivesOneTwice => *self.twice.lock().unwrap() = claims.won.last().cloned(),
            _ => {}
        }
        Ok(claims)
    }

    async fn renew(&self, claims: &[Claim], lease: Duration) -> Result<Vec<Renewal>, StoreError> {
        let until = *self.until.lock().unwrap();
        if until.is_some_and(|until| until < Instant::now()) {
            return Ok(vec![Renewal::Lost; claims.len()]);
        }
        let mut renewed = self.store.renew(claims, lease).await?;
        for (renewal, claim) in renewed.iter_mut().zip(claims) {
            let wanted = matches!(renewal, Renewal::Wanted(_));
            let wished = self.wished.lock().unwrap().contains(&claim.task);
            match self.fault {
                Fault::TellsNoWish if wanted => *renewal = Renewal::Renewed,
                Fault::RenewsAlways => *renewal = Renewal::Renewed,
                Fault::RemembersWishes if wished => {
                    *renewal = Renewal::Wanted(Want::Edited);
                }
                _ => {}
            }
        }
        Ok(renewed)
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let mut bent = Vec::new();
        for change in changes {
            bent.extend(self.bent(change).await);
        }
        if self.fault == Fault::ChangesOneByOne {
            for change in bent {
                self.store.apply(vec![change]).await?;
            }
            return Ok(());
        }
        match self.store.apply(bent).await {
            Err(error)
                if self.fault == Fault::CallsRefusedDone
                    && matches!(error.kind(), StoreErrorKind::Refused { .. }) =>
            {
                Ok(())
            }
            done => done,
        }
    }

    async fn list(&self, filter: TaskFilter, after: Option<TaskId>) -> Result<Page, StoreError> {
        let filter = match self.fault {
            Fault::OverlooksTheFilter => TaskFilter::default(),
            _ => filter,
        };
        let later = after.is_some();
        let mut page = self.store.list(filter, after).await?;
        if self.fault == Fault::MissesTheFirstOfAPage && later {
            page.rows.remove(0);
        }
        Ok(page)
    }
}
