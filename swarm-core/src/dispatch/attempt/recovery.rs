//! Whether turns that end without finished work lead anywhere.

use std::collections::BTreeSet;

/// What is remembered of turns that ended by themselves without finished work.
/// One value: whoever has finished work begins anew, with all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Recovery {
    /// How the worktree was when it was last looked at.
    fingerprint: Option<u64>,
    /// All that was looked at.
    known: BTreeSet<u64>,
    /// Something new was looked at since.
    learned: bool,
    turns: u32,
    stalled: u32,
}

impl Recovery {
    /// What a turn looked at that ended by itself. One that was ended by
    /// something else says nothing about its agent.
    pub(super) fn looked_at(&mut self, things: &BTreeSet<u64>) {
        for thing in things {
            self.learned |= self.known.insert(*thing);
        }
    }

    /// Such a turn left the worktree so; gives how many of them in a row led
    /// nowhere: nothing changed, and nothing new was looked at. Going in
    /// circles is no progress, however many calls it takes.
    pub(super) fn ended(&mut self, fingerprint: u64) -> u32 {
        let moved = self.fingerprint.is_some_and(|before| before != fingerprint);
        self.fingerprint = Some(fingerprint);
        let progress = moved || self.learned;
        self.learned = false;
        self.turns += 1;
        self.stalled = if progress { 1 } else { self.stalled + 1 };
        self.stalled
    }

    /// All of them, progress or not.
    pub(super) fn turns(&self) -> u32 {
        self.turns
    }

    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Recovery;

    /// What a turn looked at, how it left the worktree, the stalled ones then.
    type Row<'a> = (&'a [u64], u64, u32);

    fn check(rows: &[Row<'_>]) {
        let mut recovery = Recovery::default();
        for (turn, (things, fingerprint, stalled)) in rows.iter().enumerate() {
            recovery.looked_at(&things.iter().copied().collect::<BTreeSet<u64>>());
            assert_eq!(recovery.ended(*fingerprint), *stalled, "turn {}", turn + 1);
        }
        assert_eq!(recovery.turns() as usize, rows.len());
        recovery.reset();
        assert_eq!(recovery, Recovery::default());
    }

    #[test]
    fn what_counts_as_progress() {
        // Nothing at all.
        check(&[(&[], 0, 1), (&[], 0, 2), (&[], 0, 3)]);
        // A change begins the count anew, an undone one too.
        check(&[(&[], 0, 1), (&[], 7, 1), (&[], 7, 2), (&[], 0, 1)]);
        // So does something new to look at, but not the same again.
        check(&[(&[1], 0, 1), (&[2], 0, 1), (&[1, 2], 0, 2), (&[2, 1], 0, 3)]);
        check(&[(&[], 0, 1), (&[], 0, 2), (&[3], 0, 1), (&[3], 0, 2)]);
    }
}
