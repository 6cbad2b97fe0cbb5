//! Whether turns that end without finished work lead anywhere.

use std::collections::BTreeSet;

use crate::model::Unfinished;

/// What is remembered of turns that ended by themselves without finished work.
/// One value: whoever has finished work begins anew, with all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Recovery {
    counts: Unfinished,
    /// All that was looked at. A run that dies takes it along: it may be large,
    /// and whoever goes on had better look again.
    known: BTreeSet<u64>,
    /// Something new was looked at since.
    learned: bool,
}

impl Recovery {
    /// Goes on with what another attempt had counted.
    pub(super) fn after(counts: Unfinished) -> Self {
        Self {
            counts,
            ..Self::default()
        }
    }

    /// What whoever must go on needs of it.
    pub(super) fn counts(&self) -> Unfinished {
        self.counts
    }

    /// It goes on in another worktree, which is no progress by itself.
    pub(super) fn elsewhere(&mut self) {
        self.counts.fingerprint = None;
    }

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
        let counts = &mut self.counts;
        let before = counts.fingerprint.replace(fingerprint);
        let moved = before.is_some_and(|before| before != fingerprint);
        let progress = moved || self.learned;
        self.learned = false;
        counts.turns += 1;
        counts.stalled = if progress { 1 } else { counts.stalled + 1 };
        counts.stalled
    }

    /// All of them, progress or not.
    pub(super) fn turns(&self) -> u32 {
        self.counts.turns
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
