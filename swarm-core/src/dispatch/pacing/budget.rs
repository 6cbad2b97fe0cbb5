//! Money.

use std::collections::BTreeMap;

use crate::model::{Cost, TaskId};

/// What a run may spend, has spent, and has promised to turns under way: so
/// that several at once cannot each spend what is left.
#[derive(Clone, Debug, Default)]
pub(in crate::dispatch) struct Budget {
    limit: Option<Cost>,
    spent: Cost,
    promised: BTreeMap<TaskId, Cost>,
}

impl Budget {
    pub(in crate::dispatch) fn new(limit: Option<Cost>) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    pub(in crate::dispatch) fn spend(&mut self, cost: Cost) {
        self.spent += cost;
    }

    /// Promises a turn of this task its share of what is left and not yet
    /// promised: as much as every other free slot could still get.
    pub(in crate::dispatch) fn promise(&mut self, task: &TaskId, slots: usize) -> Option<Cost> {
        let free = self.unpromised()?;
        let others = slots.saturating_sub(self.promised.len()).max(1);
        let others = u64::try_from(others).unwrap_or(u64::MAX);
        // A cent that cannot be divided is better given than kept.
        let share = Cost(free.0.div_ceil(others));
        self.promised.insert(task.clone(), share);
        Some(share)
    }

    /// The turn of this task is over, whatever it spent.
    pub(in crate::dispatch) fn settle(&mut self, task: &TaskId) {
        self.promised.remove(task);
    }

    pub(in crate::dispatch) fn exhausted(&self) -> bool {
        self.left() == Some(Cost::default())
    }

    /// Everything that is left is promised: wait for a turn to end.
    pub(in crate::dispatch) fn all_promised(&self) -> bool {
        !self.exhausted() && self.unpromised() == Some(Cost::default())
    }

    fn left(&self) -> Option<Cost> {
        self.limit.map(|limit| limit.minus(self.spent))
    }

    fn unpromised(&self) -> Option<Cost> {
        let promised = self.promised.values();
        let promised = promised.fold(Cost::default(), |sum, one| sum + *one);
        self.left().map(|left| left.minus(promised))
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;
    use crate::model::{Cost, TaskId};

    fn task(name: &str) -> TaskId {
        TaskId::new(name).expect("a good id")
    }

    #[test]
    fn several_turns_at_once_share_what_is_left() {
        let mut budget = Budget::new(Some(Cost(100)));
        let shares: Vec<_> = ["a", "b", "c", "d"]
            .map(|name| budget.promise(&task(name), 4))
            .into();
        assert_eq!(shares, [Some(Cost(25)); 4]);
        assert!(budget.all_promised() && !budget.exhausted());
        // One spent less than its share: the next turn gets what it left.
        budget.spend(Cost(5));
        budget.settle(&task("a"));
        assert_eq!(budget.promise(&task("a"), 4), Some(Cost(20)));
    }

    #[test]
    fn what_is_overspent_is_missing_from_later_shares() {
        let mut budget = Budget::new(Some(Cost(100)));
        assert_eq!(budget.promise(&task("a"), 2), Some(Cost(50)));
        budget.spend(Cost(80));
        budget.settle(&task("a"));
        assert_eq!(budget.promise(&task("b"), 2), Some(Cost(10)));
        budget.spend(Cost(100));
        assert!(budget.exhausted());
    }

    #[test]
    fn without_a_limit_nothing_is_promised() {
        let mut budget = Budget::new(None);
        assert_eq!(budget.promise(&task("a"), 2), None);
        assert!(!budget.exhausted() && !budget.all_promised());
    }
}
