//! What a set-up must keep to.

use super::config_error::ConfigError;
use super::planner::Planner;
use crate::dispatch::Policy;

/// Numbers that would begin nothing.
pub(super) fn not_zero(policy: &Policy, planner: Option<&Planner>) -> Result<(), ConfigError> {
    let numbers = [
        ("jobs", policy.jobs),
        ("max_attempts", policy.max_attempts as usize),
        ("max_turns", policy.max_turns as usize),
        ("review_rounds", policy.review_rounds as usize),
    ];
    let by_harness = policy.harness_jobs.values().map(|n| ("harness_jobs", *n));
    let by_kind = policy.kind_jobs.values().map(|n| ("kind_jobs", *n));
    let planner = planner.map(|planner| &planner.rules).into_iter();
    let planner = planner.flat_map(|rules| {
        [
            ("max_pending", rules.max_pending),
            ("max_plans", rules.max_plans as usize),
            ("patience", rules.patience as usize),
        ]
    });
    let numbers = numbers.into_iter().chain(by_harness).chain(by_kind);
    let mut numbers = numbers.chain(planner);
    let zero = numbers.find(|(_, number)| *number == 0);
    zero.map_or(Ok(()), |(name, _)| Err(ConfigError::Zero(name)))
}
