//! What a run has used up, and has promised.

use std::collections::BTreeMap;

use super::Budget;
use crate::model::{Cost, TaskId, Timestamp};
use crate::ports::Spent;

/// What a run may use up, has used up, and has promised to turns under way: so
/// that several at once cannot each use up what is left.
#[derive(Clone, Debug, Default)]
pub(in crate::dispatch) struct Ledger {
    limit: Budget,
    began: Timestamp,
    spent: Spent,
    promised: BTreeMap<TaskId, Budget>,
}

impl Ledger {
    pub(in crate::dispatch) fn new(limit: Budget) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// The run begins.
    pub(in crate::dispatch) fn begin(&mut self, now: Timestamp) {
        self.began = now;
    }

    pub(in crate::dispatch) fn spend(&mut self, spent: Spent) {
        self.spent.usage += spent.usage;
        self.spent.cost += spent.cost;
    }

    /// Promises a turn of this task its share of what is left and not yet
    /// promised: as much as every other free slot could still get, and not more
    /// than the task itself may use up. Time is not shared.
    pub(in crate::dispatch) fn promise(
        &mut self,
        task: &TaskId,
        slots: usize,
        own: Budget,
        now: Timestamp,
    ) -> Budget {
        let free = self.unpromised(now);
        let others = slots.saturating_sub(self.promised.len()).max(1);
        let others = u64::try_from(others).unwrap_or(u64::MAX);
        // What cannot be divided is better given than kept.
        let share = Budget {
            cost: free.cost.map(|cost| Cost(cost.0.div_ceil(others))),
            tokens: free.tokens.map(|tokens| tokens.div_ceil(others)),
            time: free.time,
        };
        let share = share.and(own);
        self.promised.insert(task.clone(), share);
        share
    }

    /// The turn of this task is over, whatever it used up.
    pub(in crate::dispatch) fn settle(&mut self, task: &TaskId) {
        self.promised.remove(task);
    }

    /// What is used up, if something is: for people, after "budget of".
    pub(in crate::dispatch) fn exhausted(&self, now: Timestamp) -> Option<&'static str> {
        self.left(now).lacks()
    }

    /// Everything that is left is promised: wait for a turn to end.
    pub(in crate::dispatch) fn all_promised(&self, now: Timestamp) -> bool {
        self.exhausted(now).is_none() && self.unpromised(now).lacks().is_some()
    }

    /// When its time is up.
    pub(in crate::dispatch) fn deadline(&self) -> Option<Timestamp> {
        self.limit.time.map(|time| self.began.plus(time))
    }

    fn left(&self, now: Timestamp) -> Budget {
        let duration = now.since(self.began);
        self.limit.after(Spent {
            duration,
            ..self.spent
        })
    }

    fn unpromised(&self, now: Timestamp) -> Budget {
        let mut free = self.left(now);
        for promised in self.promised.values() {
            if let (Some(free), Some(promised)) = (&mut free.cost, promised.cost) {
                *free = free.minus(promised);
            }
            if let (Some(free), Some(promised)) = (&mut free.tokens, promised.tokens) {
                *free = free.saturating_sub(promised);
            }
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Budget, Ledger};
    use crate::model::{Cost, TaskId, Timestamp, Usage};
    use crate::ports::Spent;

    const NOW: Timestamp = Timestamp(1_000);
    const NONE: Budget = Budget {
        cost: None,
        tokens: None,
        time: None,
    };

    fn task(name: &str) -> TaskId {
        TaskId::new(name).expect("a good id")
    }

    fn money(cost: u64) -> Budget {
        Budget {
            cost: Some(Cost(cost)),
            ..NONE
        }
    }

    fn paid(cost: u64) -> Spent {
        Spent {
            cost: Cost(cost),
            ..Spent::default()
        }
    }

    fn promise(ledger: &mut Ledger, name: &str, slots: usize) -> Option<u64> {
        let share = ledger.promise(&task(name), slots, NONE, NOW);
        share.cost.map(|cost| cost.0).or(share.tokens)
    }

    #[test]
    fn several_turns_at_once_share_what_is_left() {
        let tokens = Budget {
            tokens: Some(100),
            ..NONE
        };
        let used = Usage {
            output: 5,
            ..Usage::default()
        };
        let used = Spent {
            usage: used,
            ..Spent::default()
        };
        for (limit, spent) in [(money(100), paid(5)), (tokens, used)] {
            let mut ledger = Ledger::new(limit);
            for name in ["a", "b", "c", "d"] {
                assert_eq!(promise(&mut ledger, name, 4), Some(25));
            }
            assert!(ledger.all_promised(NOW) && ledger.exhausted(NOW).is_none());
            // One spent less than its share: the next turn gets what it left.
            ledger.spend(spent);
            ledger.settle(&task("a"));
            assert_eq!(promise(&mut ledger, "a", 4), Some(20));
        }
    }

    #[test]
    fn what_is_overspent_is_missing_from_later_shares() {
        let mut ledger = Ledger::new(money(100));
        assert_eq!(promise(&mut ledger, "a", 2), Some(50));
        ledger.spend(paid(80));
        ledger.settle(&task("a"));
        assert_eq!(promise(&mut ledger, "b", 2), Some(10));
        ledger.spend(paid(100));
        assert_eq!(ledger.exhausted(NOW), Some("money"));
    }

    #[test]
    fn whoever_may_use_less_leaves_more_to_others() {
        let mut ledger = Ledger::new(money(100));
        let share = ledger.promise(&task("a"), 2, money(10), NOW);
        assert_eq!(share, money(10));
        assert_eq!(promise(&mut ledger, "b", 2), Some(90));
    }

    #[test]
    fn time_goes_by_for_all() {
        let minute = Duration::from_secs(60);
        let mut ledger = Ledger::new(Budget {
            time: Some(minute),
            ..NONE
        });
        ledger.begin(NOW);
        let later = NOW.plus(minute / 4);
        for name in ["a", "b"] {
            let share = ledger.promise(&task(name), 2, NONE, later);
            assert_eq!(share.time, Some(minute / 4 * 3));
        }
        assert!(!ledger.all_promised(later));
        assert_eq!(ledger.deadline(), Some(NOW.plus(minute)));
        assert_eq!(ledger.exhausted(NOW.plus(minute)), Some("time"));
    }

    #[test]
    fn without_a_limit_nothing_is_promised() {
        let mut ledger = Ledger::new(NONE);
        assert_eq!(ledger.promise(&task("a"), 2, NONE, NOW), NONE);
        assert!(ledger.exhausted(NOW).is_none() && !ledger.all_promised(NOW));
        assert_eq!(ledger.deadline(), None);
    }
}
