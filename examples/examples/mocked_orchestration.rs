//! A test of orchestration, without git, agents or waiting.
fn main() {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use swarm_core::ports::TaskStore;
    use swarm_core::testing::{Act, FakeGit, ScriptedHarness};
    use swarm_core::{Swarm, model::EndReason, model::Task, store::MemoryStore};

    #[tokio::test(start_paused = true)]
    async fn a_crashed_agent_is_called_again() {
        let git = Arc::new(FakeGit::new());
        let crash = Act::nothing().ends(EndReason::Crashed);
        let agent = ScriptedHarness::new(git.clone()).on("fix", [crash]);
        let store = MemoryStore::new();
        let task = Task::new("fix", "The login page is broken.").unwrap();
        store.add(vec![task.into()]).await.unwrap();
        let swarm = Swarm::builder()
            .store(Arc::new(store))
            .git(git.clone())
            .harness("scripted", Arc::new(agent))
            .unreviewed();
        let report = swarm.build().unwrap().run().await.unwrap();
        assert_eq!(report.tasks[0].attempts, 2);
        assert_eq!(git.landings().len(), 1);
    }
}
