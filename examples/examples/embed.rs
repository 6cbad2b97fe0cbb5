//! The smallest swarm in a program of one's own: real git, a durable store, any
//! command as the agent.
//!
//! Try it in a repository that you can spare:
//! `cargo run -p swarm-examples --example embed -- 'Write a haiku.' 'my-agent --fast'`

use std::sync::Arc;

use swarm_core::Swarm;
use swarm_core::agent_cli::CommandHarness;
use swarm_core::model::Task;
use swarm_core::ports::TaskStore;
use swarm_core::process::Supervisor;
use swarm_git::GitRepo;
use swarm_store::SqliteStore;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let supervisor = Supervisor::here();
    let mut args = std::env::args().skip(1);
    let (Some(text), Some(command)) = (args.next(), args.next()) else {
        return Err("say what is to be done, and by which command".into());
    };
    let git = GitRepo::builder(".").build()?;
    let store = SqliteStore::open(git.common_dir().join("swarm/embed.db"))?;
    store.add(vec![Task::new("only", text)?.into()]).await?;
    let swarm = Swarm::builder()
        .store(Arc::new(store))
        .git(Arc::new(git))
        .harness("command", Arc::new(CommandHarness::parse(&command)?))
        .unreviewed()
        .supervisor(supervisor)
        .build()?;
    let report = swarm.run().await?;
    for task in &report.tasks {
        println!("{}: {}", task.id, task.outcome.as_str());
    }
    Ok(())
}
