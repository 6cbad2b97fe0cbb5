//! What a harness kept for the next turn of an attempt is let go.

use std::sync::Arc;

use tokio::time::sleep;

use super::perform::Pending;
use super::ports::Ports;
use super::slot::{Payload, Slot};
use crate::dispatch::{Answer, Fault};
use crate::error::Advice;
use crate::ports::CallContext;

pub(super) fn let_go(ports: &Arc<Ports>, slot: &Slot, context: CallContext) -> Pending {
    let kept = slot.keep.take();
    let grace = ports.parts.policy.grace;
    Box::pin(async move {
        let Some(kept) = kept else {
            return (Answer::LetGo(Ok(Vec::new())), Payload::Nothing);
        };
        let answer = tokio::select! {
            biased;
            survivors = kept.let_go(&context) => Ok(survivors),
            () = sleep(grace) => Err(Fault {
                advice: Advice::NeedsPerson,
                message: format!("it was given up after {} s", grace.as_secs()),
                task: None,
            }),
        };
        (Answer::LetGo(answer), Payload::Nothing)
    })
}
