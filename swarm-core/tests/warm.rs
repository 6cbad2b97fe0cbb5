//! Attempts that are cut short, and those that go on for them; on fakes, in
//! virtual time.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::sync::Arc;
use std::time::Duration;

use swarm_core::dispatch::Policy;
use swarm_core::model::{
    AttemptId, Checkpoint, Claim, HarnessName, HostProcess, NewTask, Occupant, Outcome, Progress,
    Room, RunId, SessionId, Stage, Task, TaskId, TaskState,
};
use swarm_core::ports::{
    AcquireRequest, Added, CallContext, Change, ClaimRequest, Claimed, Claims, GitClient, Guard,
    Page, Renewal, Step, StoreError, TaskFilter, TaskStore, Worktree,
};
use swarm_core::process::this_process;
use swarm_core::store::{MemoryStore, all_rows};
use swarm_core::testing::{Act, FakeGit, ScriptedGate, ScriptedHarness};
use swarm_core::{Swarm, SwarmBuilder};
use tokio::runtime::Runtime;

const LEASE: Duration = Duration::from_secs(120);

struct World {
    store: Arc<MemoryStore>,
    git: Arc<FakeGit>,
    agent: Arc<ScriptedHarness>,
}

impl World {
    async fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let git = Arc::new(FakeGit::new());
        let agent = ScriptedHarness::new(git.clone()).on("a", acts);
        let store = MemoryStore::new();
        let task = Task::new("a", "Do it.").unwrap();
        store.add(vec![task.into()]).await.unwrap();
        Self {
            store: Arc::new(store),
            git,
            agent: Arc::new(agent),
        }
    }

    fn swarm(&self) -> SwarmBuilder {
        Swarm::builder()
            .store(self.store.clone())
            .git(self.git.clone())
            .harness("scripted", self.agent.clone())
            .unreviewed()
    }

    /// Runs until an agent works, then stops the run.
    async fn stop_in_mid_turn(&self) {
        let running = self.swarm().build().unwrap().start().await.unwrap();
        while self.agent.under_way() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        running.handle().stop();
        running.wait().await.unwrap();
    }

    async fn lands(&self, build: impl FnOnce(SwarmBuilder) -> SwarmBuilder) {
        let report = build(self.swarm()).build().unwrap().run().await.unwrap();
        assert_eq!(report.tasks[0].outcome, Outcome::Landed, "{report:?}");
    }

    /// A worker of another run, which falls silent.
    async fn claim(&self) -> Claimed {
        let what = ClaimRequest {
            run: RunId::new("dead"),
            limit: 1,
            lease: LEASE,
            source: None,
            ids: None,
            room: Room::default(),
            ageing: None,
            process: None,
        };
        self.store.claim(what).await.unwrap().won.remove(0)
    }

    /// Its worktree, in which it has committed something.
    async fn worked(&self, claimed: &Claimed) -> Worktree {
        let what = AcquireRequest {
            attempt: AttemptId {
                run: RunId::new("dead"),
                task: claimed.claim.task.clone(),
                number: claimed.row.attempts,
            },
            logs: None,
            earlier: None,
        };
        let tree = self.git.acquire(what, CallContext::detached()).await;
        let tree = tree.unwrap();
        self.git.commit(&tree.path, ["half"]);
        tree
    }

    async fn note(&self, claimed: &Claimed, checkpoint: Checkpoint) {
        let change = Change {
            task: claimed.claim.task.clone(),
            guard: Guard::Claim(claimed.claim.clone()),
            step: Step::Checkpoint(checkpoint),
        };
        self.store.apply(vec![change]).await.unwrap();
    }

    async fn checkpoint(&self) -> Checkpoint {
        let rows = all_rows(&*self.store, TaskFilter::default()).await;
        rows.unwrap().remove(0).checkpoint
    }
}

fn left(tree: &Worktree, occupant: Occupant) -> Checkpoint {
    let mut progress = Progress::new(HarnessName::new("scripted"));
    progress.counts.turns = 1;
    progress.resumable = true;
    Checkpoint {
        worktree: Some(tree.path.clone()),
        branch: Some(tree.branch.clone()),
        base: Some(tree.base.clone()),
        session: Some(SessionId::new("s1")),
        occupant,
        progress: Some(progress),
        ..Checkpoint::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_attempt_goes_on_in_its_worktree_and_conversation() {
    let hangs = Act::edits("half").names("s1").hangs();
    let world = World::new([hangs, Act::commits("x").done()]).await;
    world.stop_in_mid_turn().await;
    world.lands(|swarm| swarm).await;
    let calls = world.agent.calls();
    let [first, second] = &calls[..] else {
        panic!("{} turns", calls.len());
    };
    assert_eq!(second.session, Some(SessionId::new("s1")));
    assert_eq!(second.directory, first.directory);
    assert_eq!((second.attempt.number, second.turn), (2, 2));
    assert!(second.prompt.contains("You were interrupted"));
    assert!(!second.prompt.contains("Do it."), "{}", second.prompt);
    assert_eq!(world.git.landings()[0].paths.len(), 2, "half and x");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_written_down_in_mid_turn() {
    let world = World::new([Act::edits("half").names("s1").hangs()]).await;
    let running = world.swarm().build().unwrap().start().await.unwrap();
    while world.checkpoint().await.session.is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let noted = world.checkpoint().await;
    assert_eq!(noted.session, Some(SessionId::new("s1")));
    let progress = noted.progress.unwrap();
    assert!(progress.resumable);
    assert_eq!(progress.counts.turns, 1);
    let here = this_process().map_or(Occupant::Unknown, Occupant::Process);
    assert_eq!(noted.occupant, here);
    running.handle().stop();
    running.wait().await.unwrap();
    assert_eq!(world.checkpoint().await.occupant, Occupant::Nobody);
}

#[tokio::test(start_paused = true)]
async fn a_silent_worker_that_is_not_proved_dead_keeps_its_worktree() {
    let unprovable = this_process().map(Occupant::Process);
    for occupant in [Some(Occupant::Unknown), unprovable].into_iter().flatten() {
        let world = World::new([Act::commits("x").done()]).await;
        let claimed = world.claim().await;
        let tree = world.worked(&claimed).await;
        world.note(&claimed, left(&tree, occupant)).await;
        tokio::time::advance(LEASE).await;
        world.lands(|swarm| swarm).await;
        let calls = world.agent.calls();
        assert_ne!(calls[0].directory, tree.path);
        assert_eq!(calls[0].session, Some(SessionId::new("s1")), "in any case");
        let prompt = &calls[0].prompt;
        assert!(prompt.contains("This is a new worktree"), "{prompt}");
        assert!(prompt.contains(&tree.branch), "{prompt}");
        assert_eq!(world.git.worktrees(), [tree.path], "its work is there");
    }
}

#[tokio::test(start_paused = true)]
async fn finished_work_goes_to_the_gates_again_and_no_agent_is_asked() {
    let world = World::new([]).await;
    let claimed = world.claim().await;
    let tree = world.worked(&claimed).await;
    let mut left = left(&tree, Occupant::Nobody);
    let head = world.git.changes(&tree).await.unwrap().head;
    if let Some(progress) = &mut left.progress {
        progress.stage = Stage::Finished { head };
    }
    world.note(&claimed, left).await;
    tokio::time::advance(LEASE).await;
    let gate = Arc::new(ScriptedGate::new("test", [""; 0]));
    world.lands(|swarm| swarm.gate(gate)).await;
    assert!(world.agent.calls().is_empty());
    assert!(world.git.worktrees().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_proved_dead_is_not_waited_for() {
    let Some(here) = this_process() else {
        return;
    };
    let mut dead = here.clone();
    dead.started += 1;
    for (process, waits) in [(dead, false), (here, true)] {
        let world = World::new([]).await;
        let what = ClaimRequest {
            run: RunId::new("dead"),
            limit: 1,
            lease: LEASE,
            source: None,
            ids: None,
            room: Room::default(),
            ageing: None,
            process: Some(process),
        };
        world.store.claim(what).await.unwrap();
        let begin = tokio::time::Instant::now();
        world.lands(|swarm| swarm).await;
        assert_eq!(begin.elapsed() >= LEASE, waits);
    }
}

/// A store as a run sees it that is in this process.
#[derive(Debug)]
struct Within(Arc<MemoryStore>, HostProcess);

#[async_trait::async_trait]
impl TaskStore for Within {
    async fn add(&self, tasks: Vec<NewTask>) -> Result<Vec<Added>, StoreError> {
        self.0.add(tasks).await
    }

    async fn claim(&self, mut what: ClaimRequest) -> Result<Claims, StoreError> {
        what.process = what.process.map(|_| self.1.clone());
        self.0.claim(what).await
    }

    async fn renew(&self, claims: &[Claim], lease: Duration) -> Result<Vec<Renewal>, StoreError> {
        self.0.renew(claims, lease).await
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.0.apply(changes).await
    }

    async fn list(&self, filter: TaskFilter, after: Option<TaskId>) -> Result<Page, StoreError> {
        self.0.list(filter, after).await
    }
}

/// Virtual time, and an end to all that runs in it.
fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().unwrap()
}

#[test]
fn further_tasks_of_a_run_that_is_proved_dead_are_not_waited_for_either() {
    let Some(mut dead) = this_process() else {
        return;
    };
    dead.started += 1;
    let mut policy = Policy::default();
    (policy.jobs, policy.claims) = (1, 1);
    let first = runtime();
    let (world, running) = first.block_on(async {
        let world = World::new([
            Act::nothing().names("s1").says("swarm:{nonce} CLAIM b"),
            Act::edits("half").names("s1").hangs(),
        ])
        .await;
        let b = Task::new("b", "Do it, too.").unwrap();
        world.store.add(vec![b.into()]).await.unwrap();
        let swarm = world.swarm().policy(policy.clone());
        let swarm = swarm.store(Arc::new(Within(world.store.clone(), dead)));
        let running = swarm.build().unwrap().start().await.unwrap();
        while world.agent.calls().len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        (world, running)
    });
    // Nobody in there gets to say a word any more.
    drop(first);
    drop(running);
    runtime().block_on(async {
        let rows = all_rows(&*world.store, TaskFilter::default()).await;
        let states = rows.unwrap().into_iter().map(|row| row.state);
        let held = states.map(|state| matches!(state, TaskState::Running { .. }));
        assert_eq!(held.collect::<Vec<_>>(), [true, true]);
        let begin = tokio::time::Instant::now();
        let report = world.swarm().policy(policy).build().unwrap().run().await;
        assert!(begin.elapsed() < LEASE, "it waited for a lease");
        let outcomes: Vec<_> = report
            .unwrap()
            .tasks
            .iter()
            .map(|task| task.outcome)
            .collect();
        assert_eq!(outcomes, [Outcome::Landed; 2]);
    });
}

#[tokio::test(start_paused = true)]
async fn what_is_cut_short_again_and_again_waits_for_a_person() {
    let hangs = || Act::nothing().names("s1").hangs();
    let world = World::new((0..9).map(|_| hangs())).await;
    let mut policy = Policy::default();
    policy.max_restarts = 2;
    for _ in 0..3 {
        world.stop_in_mid_turn().await;
    }
    let last = world.swarm().policy(policy).build().unwrap();
    let report = last.run().await.unwrap();
    assert_eq!(report.tasks[0].outcome, Outcome::Held);
    assert_eq!(world.agent.calls().len(), 3);
    let rows = all_rows(&*world.store, TaskFilter::default())
        .await
        .unwrap();
    let TaskState::Held { reason } = &rows[0].state else {
        panic!("{:?}", rows[0].state);
    };
    assert!(reason.contains("max_restarts"), "{reason}");
    assert_eq!(rows[0].task.id, TaskId::new("a").unwrap());
}
