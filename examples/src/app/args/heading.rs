//! Under which options are listed.

pub(super) const PLACE: &str = "Where";
pub(super) const AGENTS: &str = "Agents";
pub(super) const PLANNING: &str = "Planning";
pub(super) const WORKTREES: &str = "Worktrees";
pub(super) const JUDGING: &str = "Gates and reviews";
pub(super) const RUN: &str = "Limits of the run";
pub(super) const ATTEMPT: &str = "Limits of an attempt";
pub(super) const RECORDS: &str = "Records";
