//! Carries out one command: one port call, its payload digested into facts.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::calls;
use super::guests;
use super::kept;
use super::ports::Ports;
use super::remains;
use super::review;
use super::slot::{Payload, Slot};
use super::surroundings::Surroundings;
use crate::dispatch::{Answer, Call, ClaimFacts, Fault, Guest, Note, TurnPlan};
use crate::error::Advice;
use crate::model::{Claim, Intent, Oid, Room, TaskId};
use crate::ports::{
    AcquireRequest, AdvanceRequest, CallContext, Change, ClaimRequest, Guard, Merge, MergeRequest,
    Release, Released, Step, Stopper,
};
use crate::protocol::{changes, digest, message};

/// What a call comes back with.
pub(super) type Done = (Answer, Payload);
/// A call under way.
pub(super) type Pending = Pin<Box<dyn Future<Output = Done> + Send>>;

/// Carries out a call for an attempt.
pub(super) fn call(
    ports: Arc<Ports>,
    slot: &Slot,
    (call, guests): (Call, Vec<Guest>),
    stopper: Stopper,
    context: CallContext,
) -> Pending {
    match call {
        Call::Contains(commit) => contains(ports, commit),
        Call::Apply(note) => apply(ports, slot, note, &guests),
        Call::Acquire => acquire(ports, slot, context),
        Call::Run(plan) => run(ports, slot, plan, stopper, context),
        Call::LetGo => kept::let_go(&ports, slot, context),
        Call::Changes => changes(ports, slot),
        Call::Claim { ids, limit } => guests::claim(ports, slot, ids, limit),
        Call::Gate => calls::gate(&ports, slot, context),
        Call::Diff => review::diff(ports, slot),
        Call::Review { round, reviewer } => {
            review::review(ports, slot, (round, reviewer), stopper, context)
        }
        Call::Merge(head) => merge(ports, slot, head, &guests),
        Call::Advance(intent) => advance(ports, intent),
        Call::Release(how) => release(ports, slot, how),
    }
}

pub(super) fn claim(ports: Arc<Ports>, limit: usize, room: Room) -> Pending {
    Box::pin(async move {
        let request = ClaimRequest {
            run: ports.parts.run.clone(),
            limit,
            lease: ports.parts.policy.lease,
            source: ports.parts.source.clone(),
            ids: None,
            room,
            ageing: ports.parts.policy.ageing,
            process: ports.process.clone(),
        };
        match ports.parts.store.claim(request).await {
            Ok(claims) => {
                let facts = ClaimFacts {
                    won: claims
                        .won
                        .iter()
                        .map(|claimed| {
                            digest::won(claimed, &ports.parts.default_harness, |name| {
                                ports.parts.resumes(name)
                            })
                        })
                        .collect(),
                    lost: claims.lost,
                    passed: claims.passed,
                    next: claims.next,
                };
                (Answer::Claimed(Ok(facts)), Payload::Claims(claims.won))
            }
            Err(error) => (
                Answer::Claimed(Err(digest::fault(&error))),
                Payload::Nothing,
            ),
        }
    })
}

pub(super) fn renew(ports: Arc<Ports>, claims: Vec<Claim>) -> Pending {
    Box::pin(async move {
        let answer = match ports
            .parts
            .store
            .renew(&claims, ports.parts.policy.lease)
            .await
        {
            Ok(renewals) => {
                let tasks = claims.into_iter().map(|claim| claim.task);
                Ok(tasks.zip(renewals).collect())
            }
            Err(error) => Err(digest::fault(&error)),
        };
        (Answer::Renewed(answer), Payload::Nothing)
    })
}

/// Notes a conversation.
pub(super) fn name(ports: Arc<Ports>, claim: Claim, step: Step) -> Pending {
    let change = Change {
        task: claim.task.clone(),
        guard: Guard::Claim(claim),
        step,
    };
    change_rows(ports, vec![change])
}

fn apply(ports: Arc<Ports>, slot: &Slot, note: Note, guests: &[Guest]) -> Pending {
    let here = ports.process.as_ref();
    let changes = changes::changes(note, &slot.claim, guests, |progress, ending| {
        slot.checkpoint(progress, here, ending)
    });
    change_rows(ports, changes)
}

fn change_rows(ports: Arc<Ports>, changes: Vec<Change>) -> Pending {
    Box::pin(async move {
        let result = ports.parts.store.apply(changes).await;
        let result = result.map_err(|error| digest::store_fault(&error));
        (Answer::Applied(result), Payload::Nothing)
    })
}

fn contains(ports: Arc<Ports>, commit: Oid) -> Pending {
    Box::pin(async move {
        let result = ports.parts.git.contains(&commit).await;
        (
            Answer::Contained(result.map_err(|error| digest::fault(&error))),
            Payload::Nothing,
        )
    })
}

fn acquire(ports: Arc<Ports>, slot: &Slot, context: CallContext) -> Pending {
    let mut request = AcquireRequest {
        attempt: slot.attempt.clone(),
        logs: slot.logs.clone(),
        earlier: None,
    };
    let earlier = slot.earlier.clone();
    let task = Arc::clone(&slot.task);
    Box::pin(async move {
        request.earlier = remains::vacated(earlier).await;
        match ports.parts.git.acquire(request, context).await {
            Ok(tree) => {
                let surroundings = Surroundings::look(&ports, &task, &tree.path).await;
                (
                    Answer::Acquired(Ok(tree.clone())),
                    Payload::Tree(tree, surroundings),
                )
            }
            Err(error) => (
                Answer::Acquired(Err(digest::fault(&error))),
                Payload::Nothing,
            ),
        }
    })
}

fn run(
    ports: Arc<Ports>,
    slot: &Slot,
    plan: TurnPlan,
    stopper: Stopper,
    context: CallContext,
) -> Pending {
    match calls::Turn::prepare(&ports, slot, plan) {
        Ok(turn) => Box::pin(turn.run(ports, stopper, context)),
        Err(fault) => Box::pin(async move { (Answer::Ran(Err(fault)), Payload::Nothing) }),
    }
}

fn changes(ports: Arc<Ports>, slot: &Slot) -> Pending {
    let Some(tree) = slot.tree.clone() else {
        return self::answer(Answer::Changed(Err(no_worktree(&slot.attempt.task))));
    };
    Box::pin(async move {
        match ports.parts.git.changes(&tree).await {
            Ok(changes) => {
                let facts = digest::changes(&changes);
                let payload = Payload::Look {
                    head: changes.head,
                    commits: facts.commits,
                    uncommitted: facts.dirty,
                };
                (Answer::Changed(Ok(facts)), payload)
            }
            Err(error) => (
                Answer::Changed(Err(digest::fault(&error))),
                Payload::Nothing,
            ),
        }
    })
}

fn merge(ports: Arc<Ports>, slot: &Slot, head: Oid, guests: &[Guest]) -> Pending {
    let further: Vec<_> = guests.iter().map(|guest| &guest.claim.task).collect();
    let request = MergeRequest {
        attempt: slot.attempt.clone(),
        message: message::landing(&slot.task, &further, &slot.attempt, &head),
        head,
    };
    Box::pin(async move {
        match ports.parts.git.merge(request).await {
            Ok(merge) => {
                let payload = match &merge {
                    Merge::Conflict { paths, .. } => Payload::Conflicts(paths.clone()),
                    Merge::Commit { .. } | Merge::AlreadyIn { .. } => Payload::Nothing,
                };
                (Answer::Merged(Ok(merge)), payload)
            }
            Err(error) => (Answer::Merged(Err(digest::fault(&error))), Payload::Nothing),
        }
    })
}

fn advance(ports: Arc<Ports>, intent: Intent) -> Pending {
    let request = AdvanceRequest {
        from: intent.base,
        to: intent.commit,
    };
    Box::pin(async move {
        let result = ports.parts.git.advance(request).await;
        (
            Answer::Advanced(result.map_err(|error| digest::fault(&error))),
            Payload::Nothing,
        )
    })
}

fn release(ports: Arc<Ports>, slot: &Slot, how: Release) -> Pending {
    let Some(tree) = slot.tree.clone() else {
        return self::answer(Answer::Released(Ok(Released::Removed)));
    };
    Box::pin(async move {
        match ports.parts.git.release(&tree, how).await {
            Ok(Released::Removed) => (Answer::Released(Ok(Released::Removed)), Payload::Removed),
            Ok(Released::Kept) => (Answer::Released(Ok(Released::Kept)), Payload::Nothing),
            Err(error) => (
                Answer::Released(Err(digest::fault(&error))),
                Payload::Nothing,
            ),
        }
    })
}

/// An answer that needs no call.
pub(super) fn answer(answer: Answer) -> Pending {
    Box::pin(async move { (answer, Payload::Nothing) })
}

pub(super) fn no_worktree(task: &TaskId) -> Fault {
    Fault {
        advice: Advice::Bug,
        message: format!("{task} has no worktree"),
        task: None,
    }
}
