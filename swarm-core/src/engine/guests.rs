//! Claims of further tasks, for an agent that asked for them.

use std::sync::Arc;

use super::perform::Pending;
use super::ports::Ports;
use super::slot::{Payload, Slot};
use super::surroundings::pending;
use crate::dispatch::{Answer, ClaimFacts};
use crate::model::{Room, Task, TaskId};
use crate::ports::ClaimRequest;
use crate::protocol::digest;

/// What came of an agent's claims: it is told all of it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) claimed: Vec<Task>,
    pub(super) failed: Vec<TaskId>,
}

pub(super) fn claim(ports: Arc<Ports>, slot: &Slot, ids: Vec<TaskId>, limit: usize) -> Pending {
    let own = slot.own();
    Box::pin(async move {
        let request = ClaimRequest {
            run: ports.parts.run.clone(),
            limit,
            lease: ports.parts.policy.lease,
            source: ports.parts.source.clone(),
            ids: Some(ids.clone()),
            room: Room::default(),
            ageing: None,
            process: ports.process.clone(),
        };
        let mut asked = Asked {
            failed: ids,
            ..Asked::default()
        };
        let answer = match ports.parts.store.claim(request).await {
            Ok(claims) => {
                let default = &ports.parts.default_harness;
                let won = claims.won.iter();
                let facts = ClaimFacts {
                    // What an earlier attempt left is not gone on with here.
                    won: won
                        .map(|claimed| digest::won(claimed, default, |_| false))
                        .collect(),
                    lost: claims.lost,
                    passed: false,
                    next: None,
                };
                asked.claimed = claims.won.into_iter().map(|won| won.row.task).collect();
                let got = |id: &TaskId| asked.claimed.iter().any(|task| task.id == *id);
                asked.failed.retain(|id| !got(id));
                Ok(facts)
            }
            Err(error) => Err(digest::store_fault(&error)),
        };
        let pending = pending(&ports, &own).await;
        (Answer::Claimed(answer), Payload::Asked(asked, pending))
    })
}
