//! What a run works with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::clock::Clock;
use super::publish::Publisher;
use crate::dispatch::Policy;
use crate::model::{HarnessName, RunId, Source};
use crate::ports::{Gate, GitClient, Harness, Reviewer, TaskStore};
use crate::protocol::prompt::PromptPack;

/// What the embedder gave: the same before a run and in it.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) run: RunId,
    pub(super) policy: Policy,
    pub(super) store: Arc<dyn TaskStore>,
    pub(super) git: Arc<dyn GitClient>,
    pub(super) harnesses: BTreeMap<HarnessName, Arc<dyn Harness>>,
    pub(super) default_harness: HarnessName,
    pub(super) gate: Option<Arc<dyn Gate>>,
    pub(super) reviewers: Vec<Arc<dyn Reviewer>>,
    pub(super) prompts: PromptPack,
    pub(super) source: Option<Source>,
    pub(super) model: Option<String>,
    pub(super) tasks: Option<PathBuf>,
    pub(super) logs: Option<PathBuf>,
}

/// Everything that the calls of a run need; shared by all of them.
#[derive(Debug)]
pub(super) struct Ports {
    pub(super) parts: Parts,
    pub(super) clock: Clock,
    pub(super) publisher: Publisher,
}
