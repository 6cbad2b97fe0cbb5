//! Whole runs on fakes, in virtual time: what an embedder sees.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use swarm_core::dispatch::{Completion, Policy, Until};
use swarm_core::error::Advice;
use swarm_core::event::{Answerer, Event, EventRecord};
use swarm_core::model::{
    Cost, EndReason, Ending, HarnessName, Limit, NewTask, Outcome, QuestionId, Role, SessionId,
    Task, TaskId, Timestamp, Wait,
};
use swarm_core::ports::{
    AgentEvent, Answer, CallContext, Capabilities, Harness, HarnessError, Matter, Observer, Ruling,
    TaskFilter, TaskStore, TurnReport, TurnRequest,
};
use swarm_core::protocol::prompt::PromptPack;
use swarm_core::store::{MemoryStore, all_rows};
use swarm_core::testing::{
    Act, EventLog, FakeGit, ScriptedGate, ScriptedHarness, ScriptedReviewer,
};
use swarm_core::{
    AnswerError, ConfigError, Handle, HandleError, RunError, RunReport, Swarm, SwarmBuilder, Why,
};

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
async fn uncommitted_work_gets_commit_turns_until_they_lead_nowhere() {
    use Role::{Commit, Implement};
    let idle = std::iter::repeat_n(Act::nothing(), 9);
    let world = World::new([task("a"), task("b")], |agent| {
        agent
            .on("a", [Act::edits("x")].into_iter().chain(idle))
            .on("b", [Act::edits("y"), Act::commits("y")])
    })
    .await;
    let once = policy(|p| p.max_attempts = 1);
    let report = world.run(|swarm| swarm.policy(once)).await;
    assert_eq!(
        outcomes(&report),
        [("a", Outcome::Failed), ("b", Outcome::Landed)]
    );
    // The third turn without progress is followed by a nudge, that by the end.
    assert_eq!(
        world.agent.roles("a"),
        [Implement, Commit, Commit, Implement]
    );
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
    assert!(last.contains("- one\n") && last.contains("- two\n"));

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
    let down = || Ruling::unavailable("down");
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
        agent.on("a", [Act::nothing().says("swarm:{nonce} BLOCKED no key")])
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
        matches!(why, Why::Resting(_)) && why.to_string().contains("blocked"),
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
    let broke = policy(|p| p.run_budget.cost = Some(Cost(0)));
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
async fn failed_tasks_are_tried_again_by_the_next_run_and_blocked_ones_are_not() {
    let world = World::new([task("a"), task("b")], |agent| {
        agent
            .on("a", [Act::nothing().errs(Advice::FixConfiguration)])
            .on("b", [Act::nothing().says("swarm:{nonce} BLOCKED no key")])
    })
    .await;
    world.run(|swarm| swarm).await;
    let again = world.swarm().build().unwrap().run().await.unwrap();
    assert_eq!(
        outcomes(&again),
        [("a", Outcome::Landed), ("b", Outcome::Blocked)]
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

#[tokio::test(start_paused = true)]
async fn a_conversation_that_is_gone_is_begun_anew_with_the_whole_task() {
    let world = World::new([task("a")], |agent| {
        let gone = Act::nothing().ends(EndReason::SessionNotFound);
        agent.on("a", [Act::nothing(), gone, Act::commits("x").done()])
    })
    .await;
    let report = world.run(|swarm| swarm).await;
    assert_eq!(outcomes(&report), [("a", Outcome::Landed)]);
    assert_eq!(report.tasks[0].attempts, 1);
    let calls = world.agent.calls();
    let resumed: Vec<_> = calls.iter().map(|call| call.session.is_some()).collect();
    assert_eq!(resumed, [false, true, false]);
    assert!(!calls[1].prompt.contains("Do it."));
    assert!(calls[2].prompt.contains("Do it.") && calls[2].prompt.contains("without a commit"));
    assert_eq!(calls[2].turn, 3, "a turn like any other");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_kept_as_soon_as_it_has_a_name() {
    let world = World::new(["killed", "short"].map(task), |agent| {
        agent
            .on("killed", [Act::nothing().names("s1").hangs()])
            // Its report knows of no conversation; its events did.
            .on(
                "short",
                [Act::nothing().names("s2").ends(EndReason::Crashed)],
            )
    })
    .await;
    let once = policy(|p| p.max_attempts = 1);
    world.run(|swarm| swarm.policy(once)).await;
    let rows = all_rows(&*world.store, TaskFilter::default())
        .await
        .unwrap();
    let kept = rows
        .iter()
        .map(|row| row.checkpoint.session.as_ref().unwrap());
    assert_eq!(
        kept.map(SessionId::as_str).collect::<Vec<_>>(),
        ["s1", "s2"]
    );
}

fn choice() -> Matter {
    Matter::Choice {
        text: "Which colour?".to_owned(),
        options: vec!["red".to_owned()],
    }
}

/// The questions that were asked so far: who asked, which, and until when
/// after that.
fn questions(log: &EventLog) -> Vec<(String, QuestionId, Duration)> {
    let asked = |record: EventRecord| match record.event {
        Event::QuestionAsked {
            task,
            question,
            until,
            ..
        } => Some((task.to_string(), question, until.since(record.at))),
        _ => None,
    };
    log.records().into_iter().filter_map(asked).collect()
}

/// Who answered which question.
fn answered(log: &EventLog) -> Vec<(QuestionId, Answerer)> {
    let answered = |event| match event {
        Event::QuestionAnswered { question, by, .. } => Some((question, by)),
        _ => None,
    };
    log.events().into_iter().filter_map(answered).collect()
}

/// Answers from within an event, as an observer may.
#[derive(Debug, Default)]
struct Person {
    handle: OnceLock<Handle>,
    results: Mutex<Vec<Result<(), AnswerError>>>,
}

impl Observer for Person {
    fn observe(&self, record: &EventRecord) {
        let Event::QuestionAsked { question, asks, .. } = &record.event else {
            return;
        };
        let words = Answer::Text {
            text: "blue".to_owned(),
        };
        let answers = match asks {
            Matter::Choice { .. } => [Answer::Allow, words],
            _ => [words, Answer::Allow],
        };
        let handle = self.handle.get().unwrap();
        let mut results = self.results.lock().unwrap();
        results.push(handle.answer(QuestionId(99), Answer::Allow));
        results.extend(answers.map(|answer| handle.answer(*question, answer)));
        results.push(handle.answer(*question, Answer::Allow));
    }

    fn close(&self) {}
}

#[tokio::test(start_paused = true)]
async fn a_person_answers_what_an_agent_asks() {
    let world = World::new([task("a")], |agent| {
        agent.on("a", [Act::commits("x").may("make").asks(choice()).done()])
    })
    .await;
    let person = Arc::new(Person::default());
    let swarm = world.swarm().observer(person.clone()).build().unwrap();
    let running = swarm.start().await.unwrap();
    person.handle.set(running.handle()).unwrap();
    let report = running.wait().await.unwrap();
    assert_eq!(outcomes(&report), [("a", Outcome::Landed)]);
    let mut answers = world.agent.answers();
    answers.sort_by_key(|answer| *answer == Answer::Allow);
    let text = "blue".to_owned();
    assert_eq!(answers, [Answer::Text { text }, Answer::Allow]);
    let mut by = answered(&world.log);
    by.sort_unstable_by_key(|(question, _)| *question);
    let [one, two] = [QuestionId(1), QuestionId(2)];
    assert_eq!(by, [(one, Answerer::Person), (two, Answerer::Person)]);
    let results = person.results.lock().unwrap();
    for (question, results) in [one, two].into_iter().zip(results.chunks(4)) {
        let expected = [
            Err(AnswerError::Unknown(QuestionId(99))),
            Err(AnswerError::Unfit),
            Ok(()),
            Err(AnswerError::Over(question)),
        ];
        assert_eq!(results, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_says_that_it_waits_is_not_silent() {
    let second = Duration::from_secs(1);
    let impatient = || policy(|p| (p.idle_limit, p.turn_limit) = (second, 10 * second));
    let until = Timestamp::wall().plus(3 * second);
    for (wait, takes, end) in [
        (None, 3, EndReason::TimedOut { limit: Limit::Idle }),
        (Some(Wait::For(3 * second)), 3, EndReason::Finished),
        (Some(Wait::Until(until)), 3, EndReason::Finished),
        // It said nothing of more than that.
        (
            Some(Wait::For(3 * second)),
            5,
            EndReason::TimedOut { limit: Limit::Idle },
        ),
        // No wait makes a turn longer than it may be.
        (
            Some(Wait::For(Duration::MAX)),
            99,
            EndReason::TimedOut { limit: Limit::Wall },
        ),
        (
            Some(Wait::Until(Timestamp(u64::MAX))),
            9,
            EndReason::Finished,
        ),
    ] {
        let act = Act::commits("x").done().takes(takes * second);
        let act = match wait {
            Some(wait) => act.waits(wait),
            None => act,
        };
        let world = World::new([task("a")], |agent| agent.on("a", [act])).await;
        world.run(|swarm| swarm.policy(impatient())).await;
        let ends = world
            .log
            .events()
            .into_iter()
            .find_map(|event| match event {
                Event::TurnEnded { end, .. } => Some(end),
                _ => None,
            });
        assert_eq!(ends, Some(end), "{wait:?} and {takes} s");
    }
}

/// Says that it waits for an hour, works again at once, and then is silent.
#[derive(Debug)]
struct WorksAgain;

#[async_trait::async_trait]
impl Harness for WorksAgain {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, _: TurnRequest, context: CallContext) -> Result<TurnReport, HarnessError> {
        let wait = Wait::For(Duration::from_secs(3600));
        context.emit(AgentEvent::Waits { wait });
        let name = "shell".to_owned();
        context.emit(AgentEvent::Tool { name });
        context.stopped().await;
        Ok(TurnReport::finished(""))
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_works_again_waits_no_more() {
    let impatient = policy(|p| {
        (p.idle_limit, p.max_attempts, p.max_turns) = (Duration::from_secs(1), 1, 1);
    });
    let mut task = Task::new("a", "Do it.").unwrap();
    task.harness = Some(HarnessName::new("again"));
    let world = World::new([task.into()], |agent| agent).await;
    let begin = tokio::time::Instant::now();
    let agent = Arc::new(WorksAgain);
    world
        .run(|swarm| swarm.policy(impatient).harness("again", agent))
        .await;
    assert!(begin.elapsed() < Duration::from_secs(3600));
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_answers_is_answered_by_default_and_is_no_silence() {
    let impatient = policy(|p| p.idle_limit = Duration::from_secs(30));
    let world = World::new(["a", "b"].map(task), |agent| {
        agent
            .on("a", [Act::commits("x").may("make"), Act::commits("x")])
            .on("b", [Act::commits("y").may("make"), Act::commits("y")])
    })
    .await;
    let begin = tokio::time::Instant::now();
    let report = world.run(|swarm| swarm.policy(impatient).jobs(2)).await;
    let waited = begin.elapsed();
    assert_eq!(
        outcomes(&report),
        [("a", Outcome::Landed), ("b", Outcome::Landed)]
    );
    assert_eq!(report.tasks[0].attempts, 1, "the idle limit did not run");
    let patience = Duration::from_secs(120);
    assert!((patience..2 * patience).contains(&waited), "both at once");
    let mut asked = questions(&world.log);
    asked.sort_unstable_by_key(|(task, ..)| task.clone());
    let tasks: Vec<_> = asked
        .iter()
        .map(|(task, _, until)| (task.as_str(), *until))
        .collect();
    assert_eq!(tasks, [("a", patience), ("b", patience)]);
    assert!(
        answered(&world.log)
            .iter()
            .all(|(_, by)| *by == Answerer::Default)
    );
    // What was denied was not done: another turn had to do it.
    assert_eq!(world.agent.roles("a"), [Role::Implement, Role::Implement]);
    assert!(matches!(
        world.agent.answers()[..],
        [Answer::Deny { .. }, Answer::Deny { .. }]
    ));
}

#[tokio::test(start_paused = true)]
async fn the_default_answer_is_the_embedders() {
    let world = World::new([task("a")], |agent| {
        agent.on("a", [Act::commits("x").may("make").asks(choice())])
    })
    .await;
    let begin = tokio::time::Instant::now();
    let report = world
        .run(|swarm| {
            swarm
                .answer_within(Duration::ZERO)
                // It does not go with a choice, which is therefore left open.
                .default_answer(|_| Answer::Allow)
                .policy(policy(|p| p.max_attempts = 1))
        })
        .await;
    assert_eq!(begin.elapsed(), Duration::ZERO);
    assert_eq!(report.exit_code(), 0);
    let answers = world.agent.answers();
    assert_eq!(answers.len(), 2);
    assert!(answers.contains(&Answer::Allow) && answers.contains(&choice().unanswered()));
}

#[tokio::test(start_paused = true)]
async fn a_stop_and_a_wall_limit_end_the_wait_for_an_answer() {
    let asks = |agent: ScriptedHarness| agent.otherwise(Act::nothing().may("make").hangs());
    let world = World::new([task("a")], asks).await;
    let running = world.swarm().build().unwrap().start().await.unwrap();
    let handle = running.handle();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(questions(&world.log).len(), 1);
    let begin = tokio::time::Instant::now();
    handle.stop();
    let report = running.wait().await.unwrap();
    assert_eq!(outcomes(&report), [("a", Outcome::Interrupted)]);
    assert!(begin.elapsed() < Duration::from_secs(1));
    assert_eq!(answered(&world.log), [(QuestionId(1), Answerer::Nobody)]);
    let late = handle.answer(QuestionId(1), Answer::Allow);
    assert_eq!(late, Err(AnswerError::Over(QuestionId(1))));

    let world = World::new([task("a")], asks).await;
    let brief = policy(|p| {
        p.turn_limit = Duration::from_secs(60);
        p.max_attempts = 1;
    });
    let report = world.run(|swarm| swarm.policy(brief)).await;
    assert!(reason(&report, "a").contains("timed_out"));
    assert_eq!(answered(&world.log), [(QuestionId(1), Answerer::Nobody)]);
}

#[tokio::test(start_paused = true)]
async fn swarms_in_one_process_have_questions_of_their_own() {
    let asks = |agent: ScriptedHarness| agent.on("a", [Act::commits("x").may("make")]);
    let one = World::new([task("a")], asks).await;
    let two = World::new([task("a")], asks).await;
    let first = one.swarm().build().unwrap().start().await.unwrap();
    let second = two.swarm().build().unwrap().start().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    first.handle().answer(QuestionId(1), Answer::Allow).unwrap();
    first.wait().await.unwrap();
    assert_eq!(answered(&one.log), [(QuestionId(1), Answerer::Person)]);
    assert_eq!(answered(&two.log), [], "still open");
    second
        .handle()
        .answer(QuestionId(1), Answer::Allow)
        .unwrap();
    second.wait().await.unwrap();
}
