//! Harnesses that keep an agent for the next turn, on fakes in virtual time.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use swarm_core::model::{Check, Outcome, Task};
use swarm_core::ports::{
    CallContext, Capabilities, Harness, HarnessError, Kept, PreflightRequest, TaskStore,
    TurnReport, TurnRequest,
};
use swarm_core::store::MemoryStore;
use swarm_core::testing::{Act, FakeGit, ScriptedHarness};
use swarm_core::{Swarm, SwarmBuilder};

type Diary = Arc<Mutex<Vec<&'static str>>>;

/// Keeps something after every turn, and writes down what becomes of it.
#[derive(Debug)]
struct Keeper {
    agent: ScriptedHarness,
    diary: Diary,
    /// What it keeps does not end when it is let go.
    clings: bool,
}

#[async_trait]
impl Harness for Keeper {
    fn capabilities(&self) -> Capabilities {
        self.agent.capabilities()
    }

    async fn preflight(&self, what: PreflightRequest) -> Vec<Check> {
        self.agent.preflight(what).await
    }

    async fn run(&self, turn: TurnRequest, with: CallContext) -> Result<TurnReport, HarnessError> {
        let keep = with.keep().unwrap().clone();
        let before = keep.take();
        let goes_on = before.is_some() && turn.session.is_some();
        self.note(if goes_on { "goes on" } else { "begins" });
        drop(before);
        let report = self.agent.run(turn, with).await?;
        keep.put(Warm {
            diary: self.diary.clone(),
            clings: self.clings,
        });
        Ok(report)
    }
}

impl Keeper {
    fn note(&self, what: &'static str) {
        self.diary.lock().unwrap().push(what);
    }
}

struct Warm {
    diary: Diary,
    clings: bool,
}

#[async_trait]
impl Kept for Warm {
    async fn end(self: Box<Self>) -> Vec<u32> {
        self.diary.lock().unwrap().push("let go");
        if self.clings {
            std::future::pending::<()>().await;
        }
        Vec::new()
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        self.diary.lock().unwrap().push("gone");
    }
}

/// A swarm with one task, whose agent does this.
async fn swarm(acts: Vec<Act>, clings: bool) -> (SwarmBuilder, Diary) {
    let git = Arc::new(FakeGit::new());
    let agent = ScriptedHarness::new(git.clone()).on("a", acts);
    let diary = Diary::default();
    let keeper = Keeper {
        agent,
        diary: diary.clone(),
        clings,
    };
    let store = MemoryStore::new();
    let task = Task::new("a", "Do it.").unwrap();
    store.add(vec![task.into()]).await.unwrap();
    let swarm = Swarm::builder()
        .store(Arc::new(store))
        .git(git)
        .harness("keeper", Arc::new(keeper))
        .unreviewed();
    (swarm, diary)
}

fn said(diary: &Diary) -> Vec<&'static str> {
    diary.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_waits_for_its_conversation_and_no_longer() {
    let reads = Act::nothing().looks_at("src");
    let (swarm, diary) = swarm(vec![reads, Act::commits("it")], false).await;
    let report = swarm.build().unwrap().run().await.unwrap();
    assert_eq!(report.tasks[0].outcome, Outcome::Landed);
    let expected = ["begins", "goes on", "gone", "let go", "gone"];
    assert_eq!(said(&diary), expected);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_holds_the_attempt() {
    let (swarm, diary) = swarm(vec![Act::commits("it")], true).await;
    let report = swarm.build().unwrap().run().await.unwrap();
    let task = &report.tasks[0];
    assert_eq!(task.outcome, Outcome::Held);
    let reason = task.reason.as_deref().unwrap();
    assert!(reason.contains("given up after 30 s"), "{reason}");
    assert!(task.worktree.is_some(), "its work is kept");
    assert_eq!(said(&diary), ["begins", "let go", "gone"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_at_once_does_not_wait_for_it() {
    let (swarm, diary) = swarm(vec![Act::commits("it")], true).await;
    let running = swarm.build().unwrap().start().await.unwrap();
    let handle = running.handle();
    let watched = diary.clone();
    let stops = async move {
        while !said(&watched).contains(&"let go") {
            tokio::task::yield_now().await;
        }
        handle.stop_now();
        tokio::time::Instant::now()
    };
    let (report, stopped) = tokio::join!(running.wait(), stops);
    assert_eq!(report.unwrap().tasks[0].outcome, Outcome::Interrupted);
    assert_eq!(stopped.elapsed().as_secs(), 0);
    assert_eq!(said(&diary), ["begins", "let go", "gone"]);
}
