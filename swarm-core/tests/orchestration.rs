//! Whole runs on fakes, in virtual time: what an embedder sees.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::sync::Arc;
use std::time::Duration;

use swarm_core::dispatch::{Completion, Policy, Until};
use swarm_core::error::Advice;
use swarm_core::event::Event;
use swarm_core::model::{Cost, EndReason, Ending, Limit, NewTask, Outcome, Role, Task, TaskId};
use swarm_core::ports::{Ruling, TaskStore};
use swarm_core::protocol::prompt::PromptPack;
use swarm_core::store::MemoryStore;
use swarm_core::testing::{
    Act, EventLog, FakeGit, ScriptedGate, ScriptedHarness, ScriptedReviewer,
};
use swarm_core::{ConfigError, Handle, HandleError, RunError, RunReport, Swarm, SwarmBuilder, Why};

/// A swarm of fakes.
struct World {
    git: Arc<FakeGit>,
    agent: Arc<ScriptedHarness>,
    log: Arc<EventLog>,
    store: Arc<MemoryStore>,
}

fn task(id: &str) -> NewTask {
    Task::new(id, "Do it.").unwrap().into()
}

fn after(id: &str, dependency: &str) -> NewTask {
    Task::new(id, "Do it.")
        .unwrap()
        .after(dependency)
        .unwrap()
        .into()
}

fn id(id: &str) -> TaskId {
    TaskId::new(id).unwrap()
}

fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

impl World {
    async fn new(
        tasks: impl IntoIterator<Item = NewTask>,
        script: impl FnOnce(ScriptedHarness) -> ScriptedHarness,
    ) -> Self {
        let git = Arc::new(FakeGit::new());
        let store = Arc::new(MemoryStore::new());
        store.add(tasks.into_iter().collect()).await.unwrap();
        Self {
            agent: Arc::new(script(ScriptedHarness::new(git.clone()))),
            git,
            log: Arc::new(EventLog::new()),
            store,
        }
    }

    fn swarm(&self) -> SwarmBuilder {
        Swarm::builder()
            .store(self.store.clone())
            .git(self.git.clone())
            .harness("scripted", self.agent.clone())
            .observer(self.log.clone())
            .unreviewed()
    }

    async fn run(&self, build: impl FnOnce(SwarmBuilder) -> SwarmBuilder) -> RunReport {
        let report = build(self.swarm()).build().unwrap().run().await.unwrap();
        assert!(
            self.log.closed_properly(),
            "observers are closed once, last"
        );
        report
    }

    fn landed(&self) -> Vec<String> {
        let landings = self.git.landings();
        let subjects = landings
            .iter()
            .map(|landing| landing.message.lines().next().unwrap());
        subjects
            .map(|subject| subject.trim_start_matches("Land ").to_owned())
            .collect()
    }

    fn endings(&self, task: &str) -> Vec<Ending> {
        let own = |event| match event {
            Event::AttemptEnded {
                task: of, ending, ..
            } if of.as_str() == task => Some(ending),
            _ => None,
        };
        self.log.events().into_iter().filter_map(own).collect()
    }
}

fn outcomes(report: &RunReport) -> Vec<(&str, Outcome)> {
    report
        .tasks
        .iter()
        .map(|task| (task.id.as_str(), task.outcome))
        .collect()
}

fn reason<'a>(report: &'a RunReport, task: &str) -> &'a str {
    let task = report
        .tasks
        .iter()
        .find(|other| other.id.as_str() == task)
        .unwrap();
    task.reason.as_deref().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_dependent_starts_after_its_dependency_has_landed() {
    let world = World::new([after("a", "b"), task("b")], |agent| agent).await;
    let report = world.run(|swarm| swarm.jobs(2)).await;
    assert_eq!(world.landed(), ["b", "a"]);
    assert_eq!(world.agent.most_at_once(), 1);
    assert_eq!(report.exit_code(), 0);
    assert!(!report.reviewed);
    assert!(
        world.git.worktrees().is_empty(),
        "worktrees of landed work go"
    );
}

#[tokio::test(start_paused = true)]
async fn as_many_turns_run_at_once_as_there_are_jobs() {
    let tasks = (0..9).map(|n| task(&format!("t{n}")));
    let slow =
        |agent: ScriptedHarness| agent.otherwise(Act::nothing().takes(Duration::from_secs(5)));
    let world = World::new(tasks, slow).await;
    world.run(|swarm| swarm.jobs(4)).await;
    assert_eq!(world.agent.most_at_once(), 4);
}

#[tokio::test(start_paused = true)]
async fn one_job_and_many_make_the_same_calls_for_each_task() {
    let mut seen = Vec::new();
    for jobs in [1, 3] {
        let world = World::new(["a", "b", "c"].map(task), |agent| {
            agent.on("b", [Act::edits("b"), Act::commits("b").done()])
        })
        .await;
        world.run(|swarm| swarm.jobs(jobs)).await;
        seen.push(["a", "b", "c"].map(|task| world.agent.roles(task)));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0][1], [Role::Implement, Role::Commit]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_retried_with_backoff_until_the_cap() {
    let crash = Act::nothing().ends(EndReason::Crashed);
    let world = World::new([task("a"), task("b")], |agent| {
        agent.on("a", vec![crash; 9])
    })
    .await;
    let begin = tokio::time::Instant::now();
    let report = world.run(|swarm| swarm).await;
    let pauses = |ending: &Ending| match ending {
        Ending::Retry { after, .. } => Some(after.as_secs()),
        _ => None,
    };
    let endings = world.endings("a");
    assert_eq!(
        endings.iter().filter_map(pauses).collect::<Vec<_>>(),
        [60, 120]
    );
    assert!(matches!(endings[2], Ending::Failed { .. }));
    assert!(begin.elapsed() >= Duration::from_secs(180));
    assert_eq!(
        outcomes(&report),
        [("a", Outcome::Failed), ("b", Outcome::Landed)]
    );
    assert_eq!(report.exit_code(), 1);
}

#[tokio::test(start_paused = true)]
async fn errors_and_panics_of_a_harness_end_an_attempt_never_the_run() {
    let world = World::new(["err", "ok", "panic"].map(task), |agent| {
        agent
            .on("err", [Act::nothing().errs(Advice::Retry)])
            .on("panic", [Act::nothing().panics()])
    })
    .await;
    let report = world.run(|swarm| swarm).await;
    assert_eq!(report.exit_code(), 0, "the second attempts land");
    assert!(world.endings("panic")[0].reason().contains("as scripted"));
    assert_eq!(world.endings("err").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_configuration_is_not_retried() {
    let world = World::new([task("a")], |agent| {
        agent.otherwise(Act::nothing().errs(Advice::FixConfiguration))
    })
    .await;
    let report = world.run(|swarm| swarm).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Failed)]);
    assert_eq!(world.agent.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_commit_and_no_signal_is_asked_once_more_then_fails() {
    let world = World::new([task("a")], |agent| agent.otherwise(Act::nothing())).await;
    let report = world
        .run(|swarm| swarm.policy(policy(|p| p.max_attempts = 1)))
        .await;
    assert_eq!(outcomes(&report), [("a", Outcome::Failed)]);
    assert_eq!(reason(&report, "a"), "the agent ended without a commit");
    let calls = world.agent.calls();
    assert_eq!(calls.len(), 2);
    assert!(calls[1].session.is_some() && calls[1].prompt.contains("without a commit"));
    assert!(
        !calls[1].prompt.contains("Do it."),
        "a resumed turn is not told the task again"
    );
}

#[tokio::test(start_paused = true)]
async fn strict_completion_demands_the_word() {
    let strict = policy(|p| {
        p.completion = Completion::Strict;
        p.max_attempts = 1;
    });
    let world = World::new([task("mute"), task("word")], |agent| {
        agent
            .on("mute", [Act::commits("m"), Act::nothing()])
            .on("word", [Act::commits("w"), Act::nothing().done()])
    })
    .await;
    let report = world.run(|swarm| swarm.policy(strict)).await;
    assert_eq!(
        outcomes(&report),
        [("mute", Outcome::Failed), ("word", Outcome::Landed)]
    );
    assert_eq!(world.git.worktrees().len(), 1, "unlanded commits are kept");
}

#[tokio::test(start_paused = true)]
async fn uncommitted_work_gets_one_commit_turn_then_is_held() {
    let world = World::new([task("a"), task("b")], |agent| {
        agent
            .on("a", [Act::edits("x"), Act::nothing()])
            .on("b", [Act::edits("y"), Act::commits("y")])
    })
    .await;
    let report = world.run(|swarm| swarm).await;
    assert_eq!(
        outcomes(&report),
        [("a", Outcome::Held), ("b", Outcome::Landed)]
    );
    assert_eq!(world.agent.roles("a"), [Role::Implement, Role::Commit]);
    assert!(
        report.tasks[0].worktree.is_some(),
        "the report says where the work is"
    );
}

#[tokio::test(start_paused = true)]
async fn a_blocked_signal_ends_the_attempt_and_blocks_dependents() {
    let world = World::new([task("a"), after("b", "a"), task("c")], |agent| {
        agent.on(
            "a",
            [Act::nothing().says("swarm:{nonce} BLOCKED no such API")],
        )
    })
    .await;
    let report = world.run(|swarm| swarm).await;
    assert_eq!(
        outcomes(&report),
        [
            ("a", Outcome::Blocked),
            ("b", Outcome::Blocked),
            ("c", Outcome::Landed)
        ]
    );
    assert_eq!(reason(&report, "a"), "no such API");
    assert!(reason(&report, "b").contains('a'));
}

#[tokio::test(start_paused = true)]
async fn a_failed_gate_sends_the_agent_back_with_the_output() {
    let world = World::new([task("a")], |agent| agent).await;
    let gate = Arc::new(ScriptedGate::new("test", ["assertion failed: 1 == 2"]));
    let report = world.run(|swarm| swarm.gate(gate)).await;
    assert_eq!(report.exit_code(), 0);
    assert_eq!(world.agent.roles("a"), [Role::Implement, Role::Fix]);
    assert!(
        world.agent.calls()[1]
            .prompt
            .contains("assertion failed: 1 == 2")
    );
}

#[tokio::test(start_paused = true)]
async fn gate_repairs_are_capped() {
    let world = World::new([task("a")], |agent| agent).await;
    let gate = Arc::new(ScriptedGate::new("test", ["no"; 99]));
    let once = policy(|p| p.max_attempts = 1);
    let report = world.run(|swarm| swarm.policy(once).gate(gate)).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Failed)]);
    assert_eq!(world.agent.calls().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn review_rounds_carry_all_findings_and_are_capped() {
    let changes = |text: &str| Ruling::Changes {
        findings: vec![text.to_owned()],
    };
    let world = World::new([task("a")], |agent| agent).await;
    let reviewer = ScriptedReviewer::new("r", [changes("one"), changes("two")]);
    let report = world
        .run(|swarm| swarm.reviewers(vec![Arc::new(reviewer)]))
        .await;
    assert!(report.reviewed);
    assert_eq!(report.exit_code(), 0);
    let last = &world.agent.calls()[2].prompt;
    assert!(last.contains("one") && last.contains("two"));

    let world = World::new([task("a")], |agent| agent).await;
    let reviewer = ScriptedReviewer::new("r", vec![changes("never"); 9]);
    let report = world
        .run(|swarm| swarm.reviewers(vec![Arc::new(reviewer)]))
        .await;
    assert_eq!(outcomes(&report), [("a", Outcome::Rejected)]);
    assert_eq!(world.agent.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn reviewers_that_are_down_are_passed_over_and_never_mean_changes() {
    let down = || Ruling::Unavailable {
        why: "down".to_owned(),
    };
    let world = World::new([task("a")], |agent| agent).await;
    let report = world
        .run(|swarm| {
            swarm.reviewers(vec![
                Arc::new(ScriptedReviewer::new("one", [down()])),
                Arc::new(ScriptedReviewer::new("two", [])),
            ])
        })
        .await;
    assert_eq!(report.exit_code(), 0);

    let world = World::new([task("a")], |agent| agent).await;
    let reviewer = ScriptedReviewer::new("one", [down(), down()]);
    let report = world
        .run(|swarm| swarm.reviewers(vec![Arc::new(reviewer)]))
        .await;
    assert_eq!(outcomes(&report), [("a", Outcome::Held)]);
    assert_eq!(world.agent.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_resolved_in_one_turn_from_the_new_tip() {
    let both = |agent: ScriptedHarness| {
        agent.on("a", [Act::commits("same.rs")]).on(
            "b",
            [
                Act::commits("same.rs").takes(Duration::from_secs(9)),
                Act::nothing().takes_in(),
            ],
        )
    };
    let world = World::new([task("a"), task("b")], both).await;
    let report = world.run(|swarm| swarm.jobs(2)).await;
    assert_eq!(report.exit_code(), 0);
    assert_eq!(world.agent.roles("b"), [Role::Implement, Role::Resolve]);
    let resolve = world
        .agent
        .calls()
        .into_iter()
        .find(|call| call.role == Role::Resolve)
        .unwrap();
    assert_eq!(resolve.onto.as_ref(), Some(&world.git.landings()[0].commit));
    assert!(resolve.prompt.contains("same.rs"));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_stays_is_held_with_its_work() {
    let world = World::new([task("a"), task("b")], |agent| {
        agent.on("a", [Act::commits("same.rs")]).on(
            "b",
            [
                Act::commits("same.rs").takes(Duration::from_secs(9)),
                Act::nothing(),
            ],
        )
    })
    .await;
    let report = world.run(|swarm| swarm.jobs(2)).await;
    assert_eq!(
        outcomes(&report),
        [("a", Outcome::Landed), ("b", Outcome::Held)]
    );
    assert!(reason(&report, "b").contains("same.rs"));
    assert_eq!(world.git.worktrees().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn silence_and_length_are_limited_whatever_the_adapter_does() {
    for (act, limit) in [
        (Act::nothing().hangs(), Limit::Idle),
        (Act::nothing().ignores_stop(), Limit::Idle),
    ] {
        let world = World::new([task("a")], |agent| agent.otherwise(act)).await;
        let report = world
            .run(|swarm| swarm.policy(policy(|p| p.max_attempts = 1)))
            .await;
        assert_eq!(outcomes(&report), [("a", Outcome::Failed)]);
        let ended = world
            .log
            .events()
            .into_iter()
            .find_map(|event| match event {
                Event::TurnEnded { end, .. } => Some(end),
                _ => None,
            });
        assert_eq!(ended, Some(EndReason::TimedOut { limit }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_may_have_its_own_limits() {
    let mut short = Task::new("a", "Do it.").unwrap();
    short.timeout = Some(Duration::from_secs(3));
    short.max_attempts = Some(1);
    let world = World::new([short.into()], |agent| {
        agent.otherwise(Act::nothing().hangs())
    })
    .await;
    let begin = tokio::time::Instant::now();
    world.run(|swarm| swarm).await;
    assert!(begin.elapsed() < Duration::from_secs(60));
    assert_eq!(world.agent.calls().len(), 1);
}

/// Runs a swarm and does something with its handle while it runs.
async fn while_running<T, F: Future<Output = T>>(
    world: &World,
    build: impl FnOnce(SwarmBuilder) -> SwarmBuilder,
    act: impl FnOnce(Handle) -> F,
) -> (T, RunReport) {
    let running = build(world.swarm()).build().unwrap().start().await.unwrap();
    let result = act(running.handle()).await;
    (result, running.wait().await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_gentle_stop_interrupts_and_costs_no_try() {
    let world = World::new([task("a"), task("b")], |agent| {
        agent.otherwise(Act::commits("x").takes(Duration::from_secs(100)))
    })
    .await;
    let ((), report) = while_running(
        &world,
        |swarm| swarm,
        |handle| async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            handle.stop();
        },
    )
    .await;
    assert_eq!(
        outcomes(&report),
        [("a", Outcome::Interrupted), ("b", Outcome::Skipped)]
    );
    assert_eq!(report.exit_code(), 130);
    assert!(
        world.git.worktrees().is_empty(),
        "an empty worktree is not kept"
    );

    let again = world.swarm().build().unwrap().run().await.unwrap();
    assert_eq!(again.tasks[0].attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_ignores_a_stop_does_not_hold_the_run() {
    let world = World::new([task("a")], |agent| {
        agent.otherwise(Act::nothing().ignores_stop())
    })
    .await;
    let ((), report) = while_running(
        &world,
        |swarm| swarm,
        |handle| async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            handle.stop();
        },
    )
    .await;
    assert_eq!(outcomes(&report), [("a", Outcome::Interrupted)]);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_run_stops_it() {
    let world = World::new([task("a")], |agent| agent.otherwise(Act::nothing().hangs())).await;
    let running = world.swarm().build().unwrap().start().await.unwrap();
    let handle = running.handle();
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(running);
    let report = handle.wait(&id("a")).await.unwrap();
    assert_eq!(report.outcome, Outcome::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn tasks_can_be_submitted_and_waited_for_while_running() {
    let world = World::new([], |agent| {
        agent.on("bad", vec![Act::nothing().errs(Advice::FixConfiguration)])
    })
    .await;
    let keep = policy(|p| p.until = Until::Stopped);
    let (outcomes, report) = while_running(
        &world,
        |swarm| swarm.policy(keep),
        |handle| async move {
            handle.submit([task("good"), task("bad")]).await.unwrap();
            let good = handle.wait(&id("good")).await.unwrap().outcome;
            let bad = handle.wait(&id("bad")).await.unwrap().outcome;
            handle.stop();
            (good, bad)
        },
    )
    .await;
    assert_eq!(outcomes, (Outcome::Landed, Outcome::Failed));
    assert_eq!(report.tasks.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn contradictory_tasks_are_refused_while_running_too() {
    let world = World::new([], |agent| agent).await;
    let keep = policy(|p| p.until = Until::Stopped);
    let (refused, report) = while_running(
        &world,
        |swarm| swarm.policy(keep),
        |handle| async move {
            let refused = [
                handle.submit([after("a", "b"), after("b", "a")]).await,
                handle.submit([after("c", "nowhere")]).await,
            ];
            handle.submit([after("d", "e"), task("e")]).await.unwrap();
            handle.wait(&id("d")).await.unwrap();
            handle.stop();
            refused
        },
    )
    .await;
    assert!(
        refused
            .iter()
            .all(|result| matches!(result, Err(HandleError::Tasks(_))))
    );
    assert_eq!(
        outcomes(&report),
        [("d", Outcome::Landed), ("e", Outcome::Landed)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_handle_outlives_its_run_and_says_so() {
    let world = World::new([task("a"), after("b", "a")], |agent| {
        agent.on("a", [Act::edits("x"), Act::nothing()])
    })
    .await;
    let (handle, _) = while_running(&world, |swarm| swarm, |handle| async move { handle }).await;
    assert!(matches!(
        handle.submit([task("c")]).await,
        Err(HandleError::Over)
    ));
    assert_eq!(
        handle.wait(&id("b")).await.unwrap().outcome,
        Outcome::Blocked
    );
    let why = handle.why(&id("b")).await.unwrap();
    assert!(
        matches!(why, Why::Resting(_)) && why.to_string().contains("held"),
        "{why}"
    );
}

#[tokio::test(start_paused = true)]
async fn why_tells_what_a_live_task_is_doing() {
    let world = World::new([task("a"), task("b")], |agent| {
        agent.otherwise(Act::nothing().takes(Duration::from_secs(60)))
    })
    .await;
    let ((a, b), _) = while_running(
        &world,
        |swarm| swarm,
        |handle| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let a = handle.why(&id("a")).await.unwrap().to_string();
            let b = handle.why(&id("b")).await.unwrap().to_string();
            handle.stop_now();
            (a, b)
        },
    )
    .await;
    assert_eq!(a, "working: turn 1 (implement)");
    assert!(b.starts_with("ready"), "{b}");
}

#[tokio::test(start_paused = true)]
async fn contradictory_tasks_are_reported_before_anything_starts() {
    let tasks = [
        after("a", "b"),
        after("b", "a"),
        after("c", "c"),
        after("d", "nowhere"),
    ];
    let world = World::new(tasks, |agent| agent).await;
    let error = world.swarm().build().unwrap().start().await.unwrap_err();
    assert!(matches!(error, RunError::Tasks(_)));
    let text = error.to_string();
    assert!(
        text.contains("nowhere") && text.lines().count() == 3,
        "{text}"
    );
    assert!(world.log.events().is_empty() && world.agent.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn money_spent_ends_the_run_without_losing_tasks() {
    let broke = policy(|p| p.max_cost = Some(Cost(0)));
    let world = World::new([task("a")], |agent| agent).await;
    let report = world.run(|swarm| swarm.policy(broke)).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Skipped)]);
    assert_eq!(report.exit_code(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_swarms_live_in_one_process() {
    let one = World::new([task("a"), task("b")], |agent| agent).await;
    let two = World::new([task("a"), task("c")], |agent| agent).await;
    let (left, right) = tokio::join!(one.run(|swarm| swarm), two.run(|swarm| swarm.jobs(2)));
    assert_eq!((left.exit_code(), right.exit_code()), (0, 0));
    assert_ne!(left.run, right.run);
    assert_eq!(one.git.landings().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn two_runs_on_one_store_share_the_tasks_and_never_a_task() {
    let world = World::new((0..20).map(|n| task(&format!("t{n}"))), |agent| {
        agent.otherwise(Act::nothing().takes(Duration::from_secs(1)))
    })
    .await;
    let agent = Arc::new(ScriptedHarness::new(world.git.clone()));
    let other = Swarm::builder()
        .store(world.store.clone())
        .git(world.git.clone())
        .harness("scripted", agent.clone())
        .unreviewed()
        .jobs(2)
        .build()
        .unwrap();
    let mine = policy(|p| p.max_attempts = 1);
    let _ = tokio::join!(world.run(|swarm| swarm.jobs(3).policy(mine)), other.run());
    let mut landed = world.landed();
    landed.sort();
    let before = landed.len();
    landed.dedup();
    assert_eq!(landed.len(), before, "no task landed twice");
}

#[tokio::test(start_paused = true)]
async fn failed_tasks_are_tried_again_by_the_next_run_and_held_ones_are_not() {
    let world = World::new([task("a"), task("b")], |agent| {
        agent
            .on("a", [Act::nothing().errs(Advice::FixConfiguration)])
            .on("b", [Act::edits("x"), Act::nothing()])
    })
    .await;
    world.run(|swarm| swarm).await;
    let again = world.swarm().build().unwrap().run().await.unwrap();
    assert_eq!(
        outcomes(&again),
        [("a", Outcome::Landed), ("b", Outcome::Held)]
    );
}

#[tokio::test(start_paused = true)]
async fn prompts_are_made_of_the_embedders_sections() {
    let tasks = [task("first"), after("second", "first")];
    let world = World::new(tasks, |agent| {
        agent.on("second", [Act::nothing(), Act::commits("a").done()])
    });
    let pack = PromptPack::default()
        .replace("rules", "{rules}\n- Write {language}.")
        .remove("orientation")
        .var("language", "Danish");
    let world = world.await;
    world.run(|swarm| swarm.prompts(pack)).await;
    let landing = world.git.landings()[0].commit.clone();
    let calls = world.agent.calls();
    let prompts: Vec<_> = calls.iter().map(|call| call.prompt.as_str()).collect();
    let [first, second, resumed] = prompts[..] else {
        panic!("three turns: {prompts:?}");
    };
    for prompt in [first, second] {
        assert!(prompt.contains("\n- Write Danish.\n"), "{prompt}");
    }
    let builds_on = format!("\n- first ({landing})\n");
    assert!(second.contains(&builds_on) && !first.contains("have landed"));
    assert!(!resumed.contains("Danish") && !resumed.contains(&builds_on));
}

#[tokio::test]
async fn a_prompt_that_lacks_something_starts_nothing() {
    let world = World::new([task("a")], |agent| agent).await;
    let pack = PromptPack::default()
        .replace("rules", "{who}")
        .replace("task", "{task_text} {what}");
    let Err(error @ ConfigError::Prompts(_)) = world.swarm().prompts(pack).build() else {
        panic!("two variables are missing");
    };
    let told = error.to_string();
    assert!(told.contains("{who}") && told.contains("{what}"), "{told}");
    assert!(world.agent.calls().is_empty());
}
