//! What a run works with.

use std::collections::{BTreeMap, BTreeSet};

use super::planning::PlanRules;
use crate::model::{AccountId, HarnessName, Role};

/// What a run works with, as far as decisions need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// There are gate steps.
    pub gated: bool,
    /// Names of the reviewers, in the order in which they are asked.
    pub reviewers: Vec<String>,
    /// Who works on tasks that ask for no harness.
    pub default_harness: Option<HarnessName>,
    /// The accounts of those reviewers that share one; the others' are named
    /// like them.
    pub reviewer_accounts: BTreeMap<String, AccountId>,
    /// The harnesses, and the accounts that they work with.
    pub accounts: BTreeMap<HarnessName, AccountId>,
    /// Who stands in for a harness whose account lets nobody in, in order.
    pub fallbacks: BTreeMap<HarnessName, Vec<HarnessName>>,
    /// Who acts in a role, whatever the task's own harness is.
    pub roles: BTreeMap<Role, HarnessName>,
    /// Who stands in in a role, in order, instead of `fallbacks`.
    pub role_fallbacks: BTreeMap<Role, Vec<HarnessName>>,
    /// How tasks are planned, if they are.
    pub planner: Option<PlanRules>,
}

impl Setting {
    /// The account of a harness; its own name unless something else is known.
    pub fn account(&self, harness: &HarnessName) -> AccountId {
        let account = self.accounts.get(harness).cloned();
        account.unwrap_or_else(|| AccountId::new(harness.as_str()))
    }

    /// The account of the reviewer at this place of the list.
    pub(super) fn reviewer_account(&self, place: usize) -> AccountId {
        let name = self.reviewers.get(place).map_or("", String::as_str);
        let account = self.reviewer_accounts.get(name).cloned();
        account.unwrap_or_else(|| AccountId::new(name))
    }

    /// Whether these are all the harnesses that there are.
    pub(super) fn nobody_but(&self, these: &BTreeSet<HarnessName>) -> bool {
        !these.is_empty() && self.accounts.keys().all(|one| these.contains(one))
    }
}
