//! Which harness acts in which role, and who stands in for whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config_error::ConfigError;
use crate::model::{HarnessName, Role};
use crate::ports::Harness;

/// As the embedder gave it.
#[derive(Clone, Debug, Default)]
pub(super) struct Casting {
    /// Who stands in for a harness, in order.
    pub(super) fallbacks: BTreeMap<HarnessName, Vec<HarnessName>>,
    /// Who acts in a role, whatever the task's own harness is.
    pub(super) roles: BTreeMap<Role, HarnessName>,
    /// Who stands in in a role, in order.
    pub(super) role_fallbacks: BTreeMap<Role, Vec<HarnessName>>,
}

impl Casting {
    /// Every name is that of a harness, those that something else names too.
    pub(super) fn check<'a>(
        &'a self,
        harnesses: &BTreeMap<HarnessName, Arc<dyn Harness>>,
        others: impl Iterator<Item = &'a HarnessName>,
    ) -> Result<(), ConfigError> {
        let deputies = self.fallbacks.iter();
        let deputies = deputies.flat_map(|(name, deputies)| std::iter::once(name).chain(deputies));
        let by_role = self.role_fallbacks.values().flatten();
        let mut named = deputies
            .chain(self.roles.values())
            .chain(by_role)
            .chain(others);
        match named.find(|name| !harnesses.contains_key(*name)) {
            None => Ok(()),
            Some(unknown) => Err(ConfigError::UnknownHarness(unknown.as_str().to_owned())),
        }
    }
}
