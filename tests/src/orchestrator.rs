//! A swarm as a small embedder would set it up: tasks in SQLite, work in a real
//! repository, any program as the agent.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use swarm_core::agent_cli::CommandHarness;
use swarm_core::dispatch::Backoff;
use swarm_core::process::Supervisor;
use swarm_core::process::env::Vars;
use swarm_core::{Policy, RunReport, Swarm};
use swarm_git::GitRepo;
use swarm_store::SqliteStore;

/// Where a swarm works, and how.
#[derive(Clone, Debug)]
pub struct Site {
    /// The repository.
    pub repo: PathBuf,
    /// The branch to land on.
    pub target: String,
    /// The file with the tasks. They are put there by somebody else.
    pub store: PathBuf,
    /// A folder for worktrees, outside the repository.
    pub worktrees: PathBuf,
    /// The agent's command line.
    pub agent: String,
    /// The environment of git and of agents.
    pub env: Vars,
    /// Agents at once.
    pub jobs: usize,
    /// How long the tasks of a swarm that died stay out of reach.
    pub lease: Duration,
    /// Who owns the agents' processes.
    pub supervisor: Option<Supervisor>,
}

impl Site {
    /// Works on all tasks of the store until nothing more can be done. Failed
    /// attempts are repeated at once, up to 50 times.
    ///
    /// # Errors
    /// If the swarm cannot be set up or started, or gives no report.
    pub async fn work(self) -> Result<RunReport, Box<dyn Error + Send + Sync>> {
        let git = GitRepo::builder(&self.repo)
            .target(self.target)
            .worktrees(self.worktrees)
            .env(self.env.clone())
            .build()?;
        let agent = CommandHarness::parse(&self.agent)?
            .environment(self.env)
            .grace(Duration::from_secs(1));
        let mut policy = Policy::default();
        policy.jobs = self.jobs;
        policy.lease = self.lease;
        policy.max_attempts = 50;
        policy.backoff = Backoff::from(Duration::ZERO);
        let mut swarm = Swarm::builder()
            .store(Arc::new(SqliteStore::open(&self.store)?))
            .git(Arc::new(git))
            .harness("agent", Arc::new(agent))
            .unreviewed()
            .policy(policy);
        if let Some(supervisor) = self.supervisor {
            swarm = swarm.supervisor(supervisor);
        }
        Ok(swarm.build()?.start().await?.wait().await?)
    }
}
