//! What a run works with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::casting::Casting;
use super::clock::Clock;
use super::planner::Planner;
use super::publish::Publisher;
use super::questions::{Manners, Questions};
use crate::dispatch::{Fault, Policy};
use crate::error::Advice;
use crate::model::{AccountId, HarnessName, HostProcess, RunId, SessionId, Source, TaskId};
use crate::ports::{CallContext, Gate, GitClient, Harness, Launcher, Reviewer, TaskStore};
use crate::process::Supervisor;
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
    /// Those that share an account with others.
    pub(super) shared_accounts: BTreeMap<HarnessName, AccountId>,
    pub(super) casting: Casting,
    pub(super) planner: Option<Planner>,
    pub(super) gate: Option<Arc<dyn Gate>>,
    pub(super) reviewers: Vec<Arc<dyn Reviewer>>,
    pub(super) prompts: PromptPack,
    pub(super) source: Option<Source>,
    pub(super) model: Option<String>,
    pub(super) tasks: Option<PathBuf>,
    pub(super) logs: Option<PathBuf>,
    pub(super) manners: Manners,
    pub(super) supervisor: Option<Supervisor>,
    pub(super) launcher: Option<Arc<dyn Launcher>>,
}

impl Parts {
    /// The account of every harness.
    pub(super) fn accounts(&self) -> BTreeMap<HarnessName, AccountId> {
        let names = self.harnesses.keys();
        names
            .map(|name| {
                let shared = self.shared_accounts.get(name).cloned();
                let account = shared.unwrap_or_else(|| AccountId::new(name.as_str()));
                (name.clone(), account)
            })
            .collect()
    }

    /// Whether this harness is there, and goes on with conversations.
    pub(super) fn resumes(&self, harness: &HarnessName) -> bool {
        let harness = self.harnesses.get(harness);
        harness.is_some_and(|harness| harness.capabilities().resume)
    }

    /// The account of every reviewer that shares one.
    pub(super) fn reviewer_accounts(&self) -> BTreeMap<String, AccountId> {
        let infos = self.reviewers.iter().map(|reviewer| reviewer.info());
        infos
            .filter_map(|info| Some((info.name, info.account?)))
            .collect()
    }

    /// The harness of this name.
    pub(super) fn harness(&self, name: &HarnessName) -> Result<Arc<dyn Harness>, Fault> {
        let harness = self.harnesses.get(name).cloned();
        harness.ok_or_else(|| Fault {
            advice: Advice::FixConfiguration,
            message: format!("there is no harness {:?}", name.as_str()),
            task: None,
        })
    }

    /// What the programs of a call are started by.
    pub(super) fn equip(&self, mut context: CallContext) -> CallContext {
        if let Some(supervisor) = &self.supervisor {
            context = context.with_supervisor(supervisor.clone());
        }
        if let Some(launcher) = &self.launcher {
            context = context.with_launcher(Arc::clone(launcher));
        }
        context
    }
}

/// Everything that the calls of a run need; shared by all of them.
#[derive(Debug)]
pub(super) struct Ports {
    pub(super) parts: Parts,
    pub(super) clock: Clock,
    pub(super) publisher: Publisher,
    pub(super) questions: Questions,
    /// This process, where it can be told from all others.
    pub(super) process: Option<HostProcess>,
    /// Where conversations are told of that agents name.
    pub(super) named: mpsc::UnboundedSender<Named>,
}

/// An agent has named its conversation.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) task: TaskId,
    pub(super) turn: u32,
    pub(super) session: SessionId,
}
