//! For which tasks there is room.

use std::collections::{BTreeMap, BTreeSet};

use super::HarnessName;

/// For which tasks a run has room: which of those that are ready it may be
/// given. By default for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// The harness of tasks that ask for none.
    pub default_harness: Option<HarnessName>,
    /// Nobody will work for these harnesses in this run: their tasks are passed
    /// over as if they were not there.
    pub without: BTreeSet<HarnessName>,
    /// At most so many more tasks for these harnesses.
    pub harnesses: BTreeMap<HarnessName, usize>,
    /// At most so many more tasks of these kinds.
    pub kinds: BTreeMap<String, usize>,
}

impl Room {
    /// Whether there is room for something that `before` had no room for.
    pub(crate) fn grew(&self, before: &Self) -> bool {
        let opened = before.without.iter().any(|one| !self.without.contains(one));
        opened || more(&self.harnesses, &before.harnesses) || more(&self.kinds, &before.kinds)
    }
}

/// A name that is not listed has no bound.
fn more<K: Ord>(now: &BTreeMap<K, usize>, before: &BTreeMap<K, usize>) -> bool {
    before
        .iter()
        .any(|(name, places)| now.get(name).is_none_or(|now| now > places))
}
