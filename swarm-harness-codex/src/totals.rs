//! From totals of a conversation to the tokens of a turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use swarm_core::model::{SessionId, Usage};

/// The last known totals of each conversation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals(Arc<Mutex<BTreeMap<SessionId, Usage>>>);

impl Totals {
    /// A conversation now has this total: what is new since the last time.
    ///
    /// Of one that was begun elsewhere nobody can tell; that is nothing, as
    /// for everything that a harness cannot tell.
    pub(crate) fn advance(&self, session: &SessionId, resumed: bool, total: Usage) -> Usage {
        // What is in there is whole, whatever a thread died of.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.insert(session.clone(), total) {
            Some(before) => total.minus(before),
            None if resumed => Usage::default(),
            None => total,
        }
    }
}
