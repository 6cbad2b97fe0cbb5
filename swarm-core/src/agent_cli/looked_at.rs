//! What an agent looked at in a turn.

use std::collections::BTreeSet;

use crate::protocol::digest::cut;
use crate::stable_hash::stable_hash;

/// Most things of one turn.
const MAX_THINGS: usize = 1000;
/// The longest thing in full, in bytes.
const MAX_THING: usize = 512;

/// Things that an agent looked at in one turn, each once: what becomes
/// [`TurnReport::looked_at`](crate::ports::TurnReport::looked_at).
///
/// It stays small, whatever an agent does: of more than 1000 things only the
/// first are kept, and of a thing of more than 512 bytes its beginning and a
/// hash of all of it, which tells it from others as well.
///
/// ```
/// use swarm_core::agent_cli::LookedAt;
/// let mut looked_at = LookedAt::default();
/// for _ in 0..100 {
///     looked_at.add("Read src/main.rs");
/// }
/// looked_at.add("");
/// assert_eq!(looked_at.into_list(), ["Read src/main.rs"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct LookedAt(BTreeSet<String>);

impl LookedAt {
    /// It looked at this; nothing, if there is no text.
    pub fn add(&mut self, thing: &str) {
        if !thing.is_empty() && self.0.len() < MAX_THINGS {
            self.0.insert(short(thing));
        }
    }

    /// All of it, sorted.
    pub fn into_list(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

fn short(thing: &str) -> String {
    if thing.len() <= MAX_THING {
        return thing.to_owned();
    }
    let hash = stable_hash(thing.bytes());
    format!("{} … {hash:016x}", cut(thing, MAX_THING - 24))
}

#[cfg(test)]
mod tests {
    use super::{LookedAt, MAX_THING, MAX_THINGS};

    #[test]
    fn it_stays_small() {
        let mut looked_at = LookedAt::default();
        for number in 0..2 * MAX_THINGS {
            looked_at.add(&format!("{number} {}", "ä".repeat(MAX_THING)));
        }
        let list = looked_at.into_list();
        assert_eq!(list.len(), MAX_THINGS);
        assert!(list.iter().all(|thing| thing.len() <= MAX_THING));
    }

    #[test]
    fn long_things_are_told_apart_by_their_ends() {
        let mut looked_at = LookedAt::default();
        let long = "x".repeat(5000);
        for end in ["one", "two", "two"] {
            looked_at.add(&format!("{long}{end}"));
        }
        assert_eq!(looked_at.into_list().len(), 2);
    }
}
