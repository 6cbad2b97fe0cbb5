//! Money.

use crate::model::Cost;

/// What a run may spend, and has spent.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::dispatch) struct Budget {
    limit: Option<Cost>,
    spent: Cost,
}

impl Budget {
    pub(in crate::dispatch) fn new(limit: Option<Cost>) -> Self {
        Self {
            limit,
            spent: Cost::default(),
        }
    }

    pub(in crate::dispatch) fn spend(&mut self, cost: Cost) {
        self.spent += cost;
    }

    /// What is left; `None` without a limit.
    pub(in crate::dispatch) fn left(&self) -> Option<Cost> {
        self.limit.map(|limit| limit.minus(self.spent))
    }

    pub(in crate::dispatch) fn exhausted(&self) -> bool {
        self.left() == Some(Cost::default())
    }
}
