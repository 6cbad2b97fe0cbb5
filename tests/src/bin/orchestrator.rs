//! A swarm in a process of its own, so that a test can kill it:
//! `orchestrator REPO STORE WORKTREES AGENT LEASE_MS supervised|alone`. Prints
//! the report.

use std::error::Error;
use std::time::Duration;

use swarm_core::process::Supervisor;
use swarm_core::process::env::inherited;
use swarm_tests::orchestrator::Site;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let supervisor = Supervisor::here();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [repo, store, worktrees, agent, lease, how] = args.as_slice() else {
        return Err(
            "usage: orchestrator REPO STORE WORKTREES AGENT LEASE_MS supervised|alone".into(),
        );
    };
    let site = Site {
        repo: repo.into(),
        target: "main".to_owned(),
        store: store.into(),
        worktrees: worktrees.into(),
        agent: agent.clone(),
        env: inherited(),
        jobs: 3,
        lease: Duration::from_millis(lease.parse()?),
        supervisor: (how == "supervised").then_some(supervisor),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    println!("{}", runtime.block_on(site.work())?.to_json());
    Ok(())
}
