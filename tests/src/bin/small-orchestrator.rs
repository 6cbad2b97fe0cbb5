//! A swarm of three agents with as little around it as there can be, so that a
//! test sees what agents cost: `small-orchestrator FOLDER TEXT AGENT`. Git and
//! the store are in memory, the agents run in the folder, which has their logs.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use swarm_core::Swarm;
use swarm_core::agent_cli::CommandHarness;
use swarm_core::model::Task;
use swarm_core::ports::{Launched, Launcher, TaskStore};
use swarm_core::process::{ProcessError, ProcessSpec, Supervisor};
use swarm_core::store::MemoryStore;
use swarm_core::testing::FakeGit;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let supervisor = Supervisor::here();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, text, agent] = args.as_slice() else {
        return Err("usage: small-orchestrator FOLDER TEXT AGENT".into());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = MemoryStore::new();
        for number in 1..=3 {
            let task = Task::new(format!("task-{number}"), text)?;
            store.add(vec![task.into()]).await?;
        }
        let swarm = Swarm::builder()
            .store(Arc::new(store))
            .git(Arc::new(FakeGit::new()))
            .harness("agent", Arc::new(CommandHarness::parse(agent)?))
            .unreviewed()
            .jobs(3)
            .logs(PathBuf::from(folder).join("logs"))
            .supervisor(supervisor)
            .launcher(Arc::new(In(folder.into())));
        swarm.build()?.run().await?;
        Ok(())
    })
}

/// Starts everything in one folder: the worktrees are not real.
#[derive(Debug)]
struct In(PathBuf);

#[async_trait::async_trait]
impl Launcher for In {
    async fn launch(&self, mut program: ProcessSpec) -> Result<Launched, ProcessError> {
        program.directory.clone_from(&self.0);
        Ok(program.into())
    }
}
