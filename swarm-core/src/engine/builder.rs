//! How an embedder sets a swarm up.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::accounts::Accounts;
use super::casting::Casting;
use super::checks::not_zero;
use super::config_error::ConfigError;
use super::planner::Planner;
use super::ports::Parts;
use super::preflight;
use super::questions::Manners;
use crate::dispatch::Policy;
use crate::model::{AccountId, Check, HarnessName, Role, RunId, Source};
use crate::ports::{
    Answer, Gate, GitClient, Harness, Launcher, Matter, Observer, PreflightRequest, Reviewer,
    TaskStore,
};
use crate::process::Supervisor;
use crate::protocol::prompt::PromptPack;

/// A swarm that is ready to start.
///
/// Several swarms may live in one process: there are no globals. See
/// [`Swarm::start`].
#[derive(Debug)]
pub struct Swarm {
    pub(super) parts: Parts,
    pub(super) observers: Vec<Arc<dyn Observer>>,
    pub(super) accounts: Accounts,
}

/// Whether somebody reviews.
#[derive(Debug, Default)]
enum Reviews {
    #[default]
    Undecided,
    Nobody,
    By(Vec<Arc<dyn Reviewer>>),
}

/// Collects what a [`Swarm`] is made from: a store, a git client, a harness,
/// and a word on reviews are needed, the rest has defaults.
///
/// ```
/// # #[cfg(feature = "test-util")] {
/// use std::sync::Arc;
/// use swarm_core::{Swarm, store::MemoryStore, testing::{FakeGit, ScriptedHarness}};
/// let git = Arc::new(FakeGit::new());
/// let swarm = Swarm::builder()
///     .store(Arc::new(MemoryStore::new()))
///     .git(git.clone())
///     .harness("scripted", Arc::new(ScriptedHarness::new(git)))
///     .unreviewed()
///     .jobs(4)
///     .build()?;
/// # }
/// # Ok::<_, swarm_core::ConfigError>(())
/// ```
#[derive(Debug, Default)]
pub struct SwarmBuilder {
    run: Option<RunId>,
    policy: Policy,
    store: Option<Arc<dyn TaskStore>>,
    git: Option<Arc<dyn GitClient>>,
    harnesses: Vec<(HarnessName, Arc<dyn Harness>)>,
    own_accounts: BTreeMap<HarnessName, AccountId>,
    accounts: Accounts,
    casting: Casting,
    planner: Option<Planner>,
    gate: Option<Arc<dyn Gate>>,
    reviews: Reviews,
    observers: Vec<Arc<dyn Observer>>,
    prompts: PromptPack,
    source: Option<Source>,
    model: Option<String>,
    tasks: Option<PathBuf>,
    logs: Option<PathBuf>,
    manners: Manners,
    supervisor: Option<Supervisor>,
    launcher: Option<Arc<dyn Launcher>>,
}

impl Swarm {
    /// An empty set-up.
    pub fn builder() -> SwarmBuilder {
        SwarmBuilder::default()
    }

    /// The run's id: names its branches, worktrees and events.
    pub fn run_id(&self) -> &RunId {
        &self.parts.run
    }
}

impl SwarmBuilder {
    /// Where the tasks are.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn TaskStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Where the work lands.
    #[must_use]
    pub fn git(mut self, git: Arc<dyn GitClient>) -> Self {
        self.git = Some(git);
        self
    }

    /// An agent, under the name by which tasks may ask for it. The first one
    /// given works on tasks that ask for none.
    #[must_use]
    pub fn harness(mut self, name: impl AsRef<str>, harness: Arc<dyn Harness>) -> Self {
        self.harnesses.push((HarnessName::new(name), harness));
        self
    }

    /// Lets harnesses share an account: what limits one of them parks all. By
    /// default each has its own. A name without a harness changes nothing.
    #[must_use]
    pub fn account(mut self, harness: impl AsRef<str>, account: AccountId) -> Self {
        self.own_accounts.insert(HarnessName::new(harness), account);
        self
    }

    /// Shares what this run learns about accounts with other runs of the
    /// process, and hears of theirs.
    #[must_use]
    pub fn accounts(mut self, accounts: &Accounts) -> Self {
        self.accounts = accounts.clone();
        self
    }

    /// Lets another harness take the turns of this one while its account lets
    /// nobody in. Several calls give several, in order. A conversation is not
    /// handed over: the other agent is told the whole task.
    #[must_use]
    pub fn fallback(mut self, harness: impl AsRef<str>, instead: impl AsRef<str>) -> Self {
        let deputies = &mut self.casting.fallbacks;
        let deputies = deputies.entry(HarnessName::new(harness)).or_default();
        deputies.push(HarnessName::new(instead));
        self
    }

    /// Has this harness act in a role, whatever harness a task asks for. It
    /// begins a conversation of its own where another one acted before.
    #[must_use]
    pub fn role(mut self, role: Role, harness: impl AsRef<str>) -> Self {
        let harness = HarnessName::new(harness);
        self.casting.roles.insert(role, harness);
        self
    }

    /// As [`fallback`](Self::fallback), for one role, whoever acts in it: the
    /// harness's own fall-backs are not asked then. May be called several times.
    #[must_use]
    pub fn role_fallback(mut self, role: Role, instead: impl AsRef<str>) -> Self {
        let deputies = self.casting.role_fallbacks.entry(role).or_default();
        deputies.push(HarnessName::new(instead));
        self
    }

    /// Has tasks planned when there is nothing left to do. Default: by nobody.
    #[must_use]
    pub fn planner(mut self, planner: Planner) -> Self {
        self.planner = Some(planner);
        self
    }

    /// What the work must pass before it is reviewed. Default: nothing.
    #[must_use]
    pub fn gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Who must approve the work: asked in this order until one answers.
    #[must_use]
    pub fn reviewers(mut self, reviewers: Vec<Arc<dyn Reviewer>>) -> Self {
        self.reviews = if reviewers.is_empty() {
            Reviews::Undecided
        } else {
            Reviews::By(reviewers)
        };
        self
    }

    /// Nobody reviews: work lands when it passes its gates. Reported as such.
    #[must_use]
    pub fn unreviewed(mut self) -> Self {
        self.reviews = Reviews::Nobody;
        self
    }

    /// Somebody who watches. May be called several times.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// All limits at once.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Agents at once. Default 1.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.policy.jobs = jobs;
        self
    }

    /// The run's id. Default: new and random. Two runs must never share one.
    #[must_use]
    pub fn run_id(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// What workers are told. Default: the built-in sections.
    #[must_use]
    pub fn prompts(mut self, prompts: PromptPack) -> Self {
        self.prompts = prompts;
        self
    }

    /// Work only on tasks from here. Default: on all of the store's.
    #[must_use]
    pub fn source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// The model for tasks that name none. Default: the harness's own.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// The folder with the task files, told to agents. Absolute.
    #[must_use]
    pub fn tasks_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.tasks = Some(folder.into());
        self
    }

    /// A folder for transcripts and gate output, one folder an attempt.
    /// Absolute. Default: none is kept.
    #[must_use]
    pub fn logs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.logs = Some(folder.into());
        self
    }

    /// Asks the git client, the harnesses and the reviewers that were given so
    /// far whether they could work, all at once; see [`PreflightRequest`]. What
    /// two of them say alike comes once. A store, which is often made only when
    /// all is well, is not needed for this.
    ///
    /// Whoever calls this decides what to do about a
    /// [broken](crate::model::CheckState::Broken) check; a run does not ask.
    ///
    /// ```
    /// # async fn look(swarm: swarm_core::SwarmBuilder) {
    /// use swarm_core::{Swarm, ports::PreflightRequest};
    /// let checks = swarm.preflight(PreflightRequest::default()).await;
    /// if let Some(broken) = checks.iter().find(|check| check.is_broken()) {
    ///     eprintln!("{broken}");
    /// }
    /// # }
    /// ```
    pub async fn preflight(&self, what: PreflightRequest) -> Vec<Check> {
        let reviewers = match &self.reviews {
            Reviews::By(reviewers) => reviewers.as_slice(),
            Reviews::Undecided | Reviews::Nobody => &[],
        };
        preflight::ask(self.git.as_ref(), &self.harnesses, reviewers, &what).await
    }

    /// How long a question of an agent waits for
    /// [`Handle::answer`](super::Handle::answer). Default 120 s; zero if nobody
    /// is there to answer.
    #[must_use]
    pub fn answer_within(mut self, patience: Duration) -> Self {
        self.manners.patience = patience;
        self
    }

    /// What is answered where nobody does in time. Default
    /// [`Matter::unanswered`]: permissions are denied, choices left to the
    /// agent; so are those where this answer does not go with the question.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swarm_core::{Swarm, ports::{Answer, Matter}};
    /// // Asks nobody: fetching is allowed, all else is not.
    /// let swarm = Swarm::builder()
    ///     .answer_within(Duration::ZERO)
    ///     .default_answer(|matter| match matter {
    ///         Matter::Permission { what, .. } if what == "cargo fetch" => Answer::Allow,
    ///         other => other.unanswered(),
    ///     });
    /// ```
    #[must_use]
    pub fn default_answer(
        mut self,
        answer: impl Fn(&Matter) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.manners.unanswered = Arc::new(answer);
        self
    }

    /// Who owns the processes of agents, reviewers, gates and setup commands.
    /// Default: nobody but this process; [`Supervisor`] tells the difference.
    #[must_use]
    pub fn supervisor(mut self, supervisor: Supervisor) -> Self {
        self.supervisor = Some(supervisor);
        self
    }

    /// What agents, reviewers, gate steps and setup commands are started
    /// through: a sandbox, a container. Default: nothing.
    #[must_use]
    pub fn launcher(mut self, launcher: Arc<dyn Launcher>) -> Self {
        self.launcher = Some(launcher);
        self
    }

    /// Checks the set-up. Starts nothing.
    pub fn build(self) -> Result<Swarm, ConfigError> {
        let reviewers = match self.reviews {
            Reviews::Undecided => return Err(ConfigError::ReviewUndecided),
            Reviews::Nobody => Vec::new(),
            Reviews::By(reviewers) => reviewers,
        };
        let policy = self.policy;
        not_zero(&policy, self.planner.as_ref())?;
        self.prompts.check()?;
        let (default_harness, _) = self.harnesses.first().ok_or(ConfigError::NoHarness)?;
        let default_harness = default_harness.clone();
        let mut harnesses = BTreeMap::new();
        for (name, harness) in self.harnesses {
            if harnesses.insert(name.clone(), harness).is_some() {
                return Err(ConfigError::TwoHarnesses(name.as_str().to_owned()));
            }
        }
        let planner = self.planner.as_ref().map(|planner| &planner.rules.harness);
        let others = policy.harness_jobs.keys().chain(planner);
        self.casting.check(&harnesses, others)?;
        let parts = Parts {
            run: self.run.unwrap_or_else(new_run),
            policy,
            store: self.store.ok_or(ConfigError::NoStore)?,
            git: self.git.ok_or(ConfigError::NoGit)?,
            harnesses,
            default_harness,
            shared_accounts: self.own_accounts,
            casting: self.casting,
            planner: self.planner,
            gate: self.gate,
            reviewers,
            prompts: self.prompts,
            source: self.source,
            model: self.model,
            tasks: self.tasks,
            logs: self.logs,
            manners: self.manners,
            supervisor: self.supervisor,
            launcher: self.launcher,
        };
        Ok(Swarm {
            parts,
            observers: self.observers,
            accounts: self.accounts,
        })
    }
}

/// Random, short enough for a branch name.
fn new_run() -> RunId {
    let mut text = crate::nonce().as_str().to_owned();
    text.truncate(10);
    RunId::new(text)
}
