//! The worker protocol on fakes, in virtual time: turns before the work, claims
//! of further tasks, work of an agent that crashed.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::sync::Arc;

use swarm_core::dispatch::Policy;
use swarm_core::event::Event;
use swarm_core::model::{EndReason, NewTask, Outcome, Role, Task, TaskState};
use swarm_core::ports::{TaskFilter, TaskStore};
use swarm_core::store::{MemoryStore, all_rows};
use swarm_core::testing::{Act, EventLog, FakeGit, ScriptedGate, ScriptedHarness};
use swarm_core::{RunReport, Swarm, SwarmBuilder};

struct World {
    git: Arc<FakeGit>,
    agent: Arc<ScriptedHarness>,
    log: Arc<EventLog>,
    store: Arc<MemoryStore>,
    policy: Policy,
}

fn task(id: &str) -> NewTask {
    Task::new(id, format!("Do {id}.")).unwrap().into()
}

impl World {
    async fn new(
        tasks: impl IntoIterator<Item = NewTask>,
        script: impl FnOnce(ScriptedHarness) -> ScriptedHarness,
    ) -> Self {
        let git = Arc::new(FakeGit::new());
        let store = Arc::new(MemoryStore::new());
        store.add(tasks.into_iter().collect()).await.unwrap();
        let mut policy = Policy::default();
        policy.max_attempts = 1;
        Self {
            agent: Arc::new(script(ScriptedHarness::new(git.clone()))),
            git,
            log: Arc::new(EventLog::new()),
            store,
            policy,
        }
    }

    async fn run(&self, set: impl FnOnce(SwarmBuilder) -> SwarmBuilder) -> RunReport {
        let swarm = Swarm::builder()
            .store(self.store.clone())
            .git(self.git.clone())
            .harness("scripted", self.agent.clone())
            .observer(self.log.clone())
            .policy(self.policy.clone())
            .unreviewed();
        set(swarm).build().unwrap().run().await.unwrap()
    }

    async fn states(&self) -> Vec<TaskState> {
        let rows = all_rows(&*self.store, TaskFilter::default()).await.unwrap();
        rows.into_iter().map(|row| row.state).collect()
    }
}

fn outcomes(report: &RunReport) -> Vec<(&str, Outcome)> {
    let tasks = report.tasks.iter();
    tasks.map(|task| (task.id.as_str(), task.outcome)).collect()
}

#[tokio::test(start_paused = true)]
async fn claimed_tasks_land_together_with_the_one_that_claimed_them() {
    let late = Task::new("late", "x").unwrap().after("b").unwrap();
    let mut world = World::new([task("a"), task("b"), task("c"), late.into()], |agent| {
        agent
            .on(
                "a",
                [
                    Act::nothing().says("swarm:{nonce} CLAIM b, late\nswarm:{nonce} CLAIM nobody"),
                    Act::commits("both").done(),
                ],
            )
            .on("c", [Act::commits("c").done()])
            .on("late", [Act::commits("late").done()])
    })
    .await;
    world.policy.claims = 2;
    let report = world.run(|swarm| swarm).await;
    let landed = Outcome::Landed;
    assert_eq!(
        outcomes(&report),
        [
            ("a", landed),
            ("b", landed),
            ("c", landed),
            ("late", landed)
        ]
    );
    let calls = world.agent.calls();
    let of_a: Vec<_> = calls
        .iter()
        .filter(|c| c.attempt.task.as_str() == "a")
        .collect();
    assert!(of_a[0].prompt.contains("- b\n- c\n"), "{}", of_a[0].prompt);
    assert!(of_a[0].prompt.contains("CLAIM id, id"));
    let told = &of_a[1].prompt;
    assert!(
        told.contains("now yours") && told.contains("Do b."),
        "{told}"
    );
    assert!(
        told.contains("not to be had:\n\n- late\n- nobody"),
        "{told}"
    );
    assert!(
        told.contains("- c\n"),
        "what is pending is told, too: {told}"
    );
    assert_eq!(
        of_a[1].session.as_ref().map(ToString::to_string).as_deref(),
        Some("s-a")
    );
    assert!(!calls.iter().any(|call| call.attempt.task.as_str() == "b"));
    let states = world.states().await;
    let commit = |state: &TaskState| match state {
        TaskState::Landed { commit, .. } => commit.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(commit(&states[0]), commit(&states[1]), "one landing");
    assert_eq!(world.git.landings().len(), 3, "a with b, c, and late");
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_gives_its_claims_back() {
    let claims = || Act::nothing().says("swarm:{nonce} CLAIM b");
    let ends: [(&str, Vec<Act>); 5] = [
        (
            "refused",
            vec![claims(), Act::nothing().ends(EndReason::Refused)],
        ),
        (
            "blocked",
            vec![claims(), Act::nothing().says("swarm:{nonce} BLOCKED no")],
        ),
        ("no changes", vec![claims(), Act::nothing().done()]),
        (
            "no start",
            vec![
                claims(),
                Act::nothing().errs(swarm_core::error::Advice::Bug),
            ],
        ),
        ("panic", vec![claims(), Act::nothing().panics()]),
    ];
    for (name, acts) in ends {
        let mut world = World::new([task("a"), task("b")], |agent| {
            agent.on("a", acts).otherwise(Act::commits("own").done())
        })
        .await;
        world.policy.claims = 1;
        let report = world.run(|swarm| swarm).await;
        let by_id = outcomes(&report);
        assert_ne!(by_id[0].1, Outcome::Landed, "{name}");
        assert_eq!(by_id[1], ("b", Outcome::Landed), "{name}");
        assert_eq!(report.tasks[1].attempts, 2, "{name}: once along with a");
        let ended = world.log.events().into_iter().filter(
            |event| matches!(event, Event::AttemptEnded { task, .. } if task.as_str() == "b"),
        );
        assert_eq!(ended.count(), 2, "{name}: every claim has its end");
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_only_claims_comes_to_its_end() {
    let claims = (0..30).map(|n| Act::nothing().says(format!("swarm:{{nonce}} CLAIM t{n}")));
    let mut world = World::new([task("a")], |agent| agent.on("a", claims)).await;
    world.policy.claims = 5;
    let report = world.run(|swarm| swarm).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Failed)]);
    assert_eq!(
        world.agent.calls().len(),
        20,
        "max_turns, which nothing resets"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_is_validated_and_decided_before_the_work() {
    let mut world = World::new([task("a")], |agent| {
        agent.on(
            "a",
            [
                Act::commits("a.md").says("swarm:{nonce} READY"),
                Act::nothing().says("Colour: blue.\nswarm:{nonce} DONE"),
                Act::commits("x").done(),
            ],
        )
    })
    .await;
    (world.policy.validate, world.policy.decide) = (true, true);
    let report = world.run(|swarm| swarm).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Landed)]);
    let roles = [Role::Validate, Role::Decide, Role::Implement];
    assert_eq!(world.agent.roles("a"), roles);
    let calls = world.agent.calls();
    assert!(calls[0].prompt.contains("NOT_READY") && calls[0].prompt.contains("Do a."));
    assert!(calls[2].session.is_some(), "one conversation");
    let corrected = world.log.events().into_iter().any(|event| {
        matches!(
            event,
            Event::Validated {
                corrected: true,
                ..
            }
        )
    });
    assert!(corrected);
}

#[tokio::test(start_paused = true)]
async fn each_role_may_have_a_harness_of_its_own() {
    let mut world = World::new([task("a")], |agent| {
        agent.on("a", [Act::commits("x").done()])
    })
    .await;
    (world.policy.validate, world.policy.decide) = (true, true);
    let judge = ScriptedHarness::new(world.git.clone()).on(
        "a",
        [
            Act::nothing().says("swarm:{nonce} READY"),
            Act::nothing().says("Colour: blue.\nswarm:{nonce} DONE"),
        ],
    );
    let judge = Arc::new(judge);
    let cast = |swarm: SwarmBuilder| {
        swarm
            .harness("judge", judge.clone())
            .role(Role::Validate, "judge")
            .role(Role::Decide, "judge")
    };
    let report = world.run(cast).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Landed)]);
    assert_eq!(judge.roles("a"), [Role::Validate, Role::Decide]);
    let work = &world.agent.calls()[0];
    assert!(work.session.is_none(), "a conversation of its own");
    assert!(work.prompt.contains("Colour: blue."), "{}", work.prompt);
}

#[tokio::test(start_paused = true)]
async fn what_a_validator_says_decides() {
    let table = [
        (
            "CLOSE it is there already",
            Outcome::Closed,
            "it is there already",
        ),
        ("BLOCKED no key", Outcome::Blocked, "no key"),
        (
            "NOT_READY\n- which page?\n- which user?",
            Outcome::Blocked,
            "not ready to be worked on: which page?; which user?",
        ),
    ];
    for (says, outcome, reason) in table {
        let after = Task::new("b", "x").unwrap().after("a").unwrap();
        let mut world = World::new([task("a"), after.into()], |agent| {
            let says = Act::nothing().says(format!("swarm:{{nonce}} {says}"));
            agent.on("a", [says]).on(
                "b",
                [
                    Act::nothing().says("swarm:{nonce} READY"),
                    Act::commits("x"),
                ],
            )
        })
        .await;
        world.policy.validate = true;
        let report = world.run(|swarm| swarm).await;
        assert_eq!(report.tasks[0].outcome, outcome, "{says}");
        assert_eq!(report.tasks[0].reason.as_deref(), Some(reason), "{says}");
        assert_eq!(world.agent.roles("a"), [Role::Validate], "{says}");
        let dependent = match outcome {
            Outcome::Closed => Outcome::Landed,
            _ => Outcome::Blocked,
        };
        assert_eq!(report.tasks[1].outcome, dependent, "{says}");
    }
    let mut world = World::new([task("a")], |agent| {
        agent.otherwise(Act::nothing().says("Looks fine to me."))
    })
    .await;
    world.policy.validate = true;
    let report = world.run(|swarm| swarm).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Held);
    assert_eq!(world.agent.calls().len(), 2, "asked once more");
    assert!(
        report.tasks[0]
            .reason
            .as_deref()
            .unwrap()
            .contains("Looks fine to me.")
    );
}

#[tokio::test(start_paused = true)]
async fn a_decider_that_fails_is_no_reason_not_to_work() {
    let mut world = World::new([task("a")], |agent| {
        let crash = Act::nothing().ends(EndReason::Crashed);
        agent.on("a", [crash, Act::commits("x").done()])
    })
    .await;
    world.policy.decide = true;
    let report = world.run(|swarm| swarm).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Landed)]);
    let warned = world.log.events().into_iter().any(|event| {
        matches!(&event, Event::Trouble { message, .. } if message.contains("nothing was decided"))
    });
    assert!(warned);
}

#[tokio::test(start_paused = true)]
async fn a_crash_after_the_work_was_committed_is_a_success_if_the_gates_say_so() {
    let crash = || Act::commits("x").ends(EndReason::Crashed);
    let gated = World::new([task("a")], |agent| agent.on("a", [crash()])).await;
    let gate = Arc::new(ScriptedGate::new("test", [""; 0]));
    let report = gated.run(|swarm| swarm.gate(gate)).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Landed)]);
    let ungated = World::new([task("a")], |agent| agent.on("a", [crash()])).await;
    let report = ungated.run(|swarm| swarm).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Failed)]);
}
