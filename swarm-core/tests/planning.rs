//! Runs with a planner, on fakes in virtual time.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use swarm_core::dispatch::{PlanEnd, PlanNews, PlannerActivity, Policy};
use swarm_core::event::Event;
use swarm_core::model::{
    Cost, EndReason, NewTask, OriginKind, Outcome, Role, RunEnd, Source, Task, Timestamp,
};
use swarm_core::ports::{TaskFilter, TaskStore, TurnRequest};
use swarm_core::store::MemoryStore;
use swarm_core::testing::{Act, EventLog, FakeGit, ScriptedHarness};
use swarm_core::{ConfigError, Handle, Planner, RunReport, Swarm, SwarmBuilder};

const MINUTE: Duration = Duration::from_secs(60);

struct World {
    git: Arc<FakeGit>,
    agent: Arc<ScriptedHarness>,
    log: Arc<EventLog>,
    store: Arc<MemoryStore>,
}

impl World {
    async fn new(tasks: &[&str], script: impl FnOnce(ScriptedHarness) -> ScriptedHarness) -> Self {
        let git = Arc::new(FakeGit::new());
        let store = Arc::new(MemoryStore::new());
        let tasks = tasks
            .iter()
            .map(|id| NewTask::from(Task::new(*id, "Do it.").unwrap()));
        store.add(tasks.collect()).await.unwrap();
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

    async fn run(&self, planner: Planner) -> RunReport {
        let swarm = self.swarm().planner(planner).build().unwrap();
        swarm.run().await.unwrap()
    }

    /// The planner's turns.
    fn plans(&self) -> Vec<TurnRequest> {
        let calls = self.agent.calls();
        let plans = calls.into_iter().filter(|call| call.role == Role::Plan);
        plans.collect()
    }

    /// Ids in the order in which they landed.
    fn landed(&self) -> Vec<String> {
        let events = self.log.events();
        let landed = events.iter().filter_map(|event| match event {
            Event::Landed { task, .. } => Some(task.to_string()),
            _ => None,
        });
        landed.collect()
    }
}

fn planner() -> Planner {
    Planner::new("scripted")
}

fn says(json: &str) -> Act {
    Act::nothing().says(format!("swarm:{{nonce}} TASKS\n```json\n{json}\n```"))
}

const TWO: &str = r#"[
    {"id": "roof", "body": "Put it on.", "depends_on": ["walls"]},
    {"id": "walls", "title": "Build walls", "body": "Four of them."}
]"#;

#[tokio::test(start_paused = true)]
async fn an_empty_store_is_filled_and_worked_off_in_the_same_run() {
    let world = World::new(&[], |agent| {
        agent.on("planner", [says(TWO).takes(MINUTE), says("[]")])
    })
    .await;
    let report = world.run(planner()).await;
    assert_eq!(report.exit_code(), 0, "{report:#?}");
    assert_eq!(world.landed(), ["walls", "roof"]);

    let plans = world.plans();
    assert_eq!(plans.len(), 2, "again when all was done, and then no more");
    for plan in &plans {
        assert!(plan.directory.starts_with("/fake"), "a worktree of its own");
        assert!(
            plan.prompt.contains(" task=planner attempt="),
            "{}",
            plan.prompt
        );
    }
    assert!(plans[0].prompt.contains("There are no tasks yet."));
    assert!(plans[1].prompt.contains("- walls: Build walls [landed]"));
    assert_eq!(world.git.worktrees(), Vec::<std::path::PathBuf>::new());

    let planning = report.planning.unwrap();
    assert_eq!((planning.plans, planning.tasks), (2, 2));
    let rows = world
        .store
        .list(TaskFilter::default(), None)
        .await
        .unwrap()
        .rows;
    for row in rows {
        let origin = &row.task.origin;
        assert_eq!(origin.kind(), OriginKind::Planner);
        assert_eq!(origin.id(), format!("{}/planner-1", report.run));
        assert!(origin.at().unwrap() > Timestamp(0));
    }
    let events = world.log.events();
    let told = |wanted: &dyn Fn(&Event) -> bool| events.iter().filter(|e| wanted(e)).count();
    assert_eq!(told(&|e| matches!(e, Event::PlanningStarted { .. })), 2);
    assert_eq!(told(&|e| matches!(e, Event::PlanningEnded { .. })), 2);
    assert_eq!(
        told(&|e| matches!(e, Event::TasksPlanned { tasks, .. } if tasks.len() == 2)),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_planner_an_empty_store_ends_the_run() {
    let world = World::new(&[], |agent| agent).await;
    let report = world.swarm().build().unwrap().run().await.unwrap();
    assert_eq!((report.exit_code(), report.planning), (0, None));
    assert_eq!(world.agent.calls(), []);
    assert!(
        !world
            .log
            .events()
            .iter()
            .any(|e| matches!(e, Event::WorktreeReady { .. }))
    );
}

/// The most tasks that were at work when a plan began, and how many plans.
async fn planned_ahead(max_pending: usize) -> (usize, usize) {
    let world = World::new(&["a", "b"], |agent| {
        agent
            .on("planner", [])
            .on("a", [Act::commits("a").takes(MINUTE)])
            .on("b", [Act::commits("b").takes(MINUTE * 2)])
            .otherwise(says("[]"))
    })
    .await;
    let planner = planner().max_pending(max_pending);
    let swarm = world.swarm().jobs(3).planner(planner).build().unwrap();
    assert_eq!(swarm.run().await.unwrap().exit_code(), 0);
    let pending = world
        .log
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::PlanningStarted { pending, .. } => Some(pending),
            _ => None,
        });
    let pending: Vec<usize> = pending.collect();
    (
        pending.iter().copied().max().unwrap_or_default(),
        pending.len(),
    )
}

#[tokio::test(start_paused = true)]
async fn it_is_not_called_while_enough_is_pending() {
    assert_eq!(planned_ahead(1).await, (0, 1), "at the end");
    assert_eq!(planned_ahead(2).await.0, 1, "when one of two is done");
    assert_eq!(planned_ahead(3).await.0, 2, "at once, for a slot is free");
}

#[tokio::test(start_paused = true)]
async fn it_takes_a_slot_like_any_agent() {
    let world = World::new(&[], |agent| {
        let many =
            r#"[{"id": "a", "body": "x"}, {"id": "b", "body": "x"}, {"id": "c", "body": "x"}]"#;
        let agent = agent.on("planner", [says(many).takes(MINUTE), says("[]")]);
        ["a", "b", "c"].into_iter().fold(agent, |agent, name| {
            agent.on(name, [Act::commits(name).takes(MINUTE)])
        })
    })
    .await;
    let planner = planner().max_pending(9);
    let swarm = world.swarm().jobs(2).planner(planner).build().unwrap();
    assert_eq!(swarm.run().await.unwrap().exit_code(), 0);
    assert_eq!(world.agent.most_at_once(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_plan_with_mistakes_is_mended_once_and_nothing_of_it_stays() {
    let cycle = r#"[{"id": "a", "body": "x", "depends_on": ["b"]}, {"id": "b", "body": "x", "depends_on": ["a"]}]"#;
    let world = World::new(&[], |agent| {
        agent.on("planner", [says(cycle), says(TWO), says("[]")])
    })
    .await;
    let report = world.run(planner()).await;
    assert_eq!(world.landed(), ["walls", "roof"]);
    assert_eq!(report.tasks.len(), 2, "none of the first plan: {report:#?}");
    let plans = world.plans();
    assert_eq!((plans[1].attempt.number, plans[1].turn), (1, 2));
    assert!(plans[1].prompt.contains("a → b → a"), "{}", plans[1].prompt);
    let events = world.log.events();
    let refused = events.iter().filter_map(|event| match event {
        Event::PlanRefused { mistakes, .. } => Some(mistakes.len()),
        _ => None,
    });
    assert_eq!(refused.collect::<Vec<_>>(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_planner_that_never_makes_sense_ends_with_the_work() {
    let world = World::new(&["a"], |agent| {
        agent
            .on("a", [Act::commits("a")])
            .otherwise(Act::nothing().says("I would rather talk."))
    })
    .await;
    let report = world.run(planner()).await;
    assert_eq!(report.exit_code(), 0);
    assert_eq!(
        world.plans().len(),
        2,
        "one plan, mended once; nothing changed after it"
    );
    let planning = report.planning.unwrap();
    assert_eq!((planning.plans, planning.tasks), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_exists_is_not_planned_again() {
    let again = r#"[{"id": "a", "body": "Do something else."}]"#;
    let world = World::new(&["a"], |agent| {
        agent
            .on("a", [Act::commits("a")])
            .on("planner", [says(again), says("[]")])
    })
    .await;
    let report = world.run(planner()).await;
    assert_eq!(report.totals.attempts, 1);
    let rows = world
        .store
        .list(TaskFilter::default(), None)
        .await
        .unwrap()
        .rows;
    assert_eq!(rows[0].task.body, "Do it.");
    assert!(
        world.plans()[1]
            .prompt
            .contains("there is a task a already")
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_planned_in_a_run_of_one_source_belongs_to_it() {
    let world = World::new(&["elsewhere"], |agent| {
        agent.on("planner", [says(TWO), says("[]")])
    })
    .await;
    let here = Source("here".to_owned());
    let swarm = world.swarm().source(here.clone()).planner(planner());
    let report = swarm.build().unwrap().run().await.unwrap();
    assert_eq!(
        world.landed(),
        ["walls", "roof"],
        "and not the task of others"
    );
    assert_eq!(report.tasks.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_limit_parks_the_planner_and_the_run_waits_for_it() {
    let retry_at = Some(Timestamp::wall().plus(MINUTE * 10));
    let limited = Act::nothing().ends(EndReason::RateLimited { retry_at });
    let world = World::new(&[], |agent| {
        agent.on("planner", [limited, says(TWO), says("[]")])
    })
    .await;
    assert_eq!(world.run(planner()).await.exit_code(), 0);
    assert_eq!(world.landed(), ["walls", "roof"]);
    let records = world.log.records();
    let starts: Vec<Timestamp> = records
        .iter()
        .filter(|record| matches!(record.event, Event::PlanningStarted { .. }))
        .map(|record| record.at)
        .collect();
    assert!(starts[1].since(starts[0]) >= MINUTE * 9, "{starts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_reaches_it_and_its_worktree_goes() {
    for act in [Act::nothing().hangs(), Act::nothing().ignores_stop()] {
        let world = World::new(&[], |agent| agent.otherwise(act)).await;
        let running = world
            .swarm()
            .planner(planner())
            .build()
            .unwrap()
            .start()
            .await
            .unwrap();
        tokio::time::sleep(MINUTE).await;
        assert_eq!(world.plans().len(), 1);
        running.handle().stop();
        let report = tokio::time::timeout(MINUTE * 3, running.wait())
            .await
            .unwrap();
        assert!(report.unwrap().stopped);
        assert_eq!(world.git.worktrees(), Vec::<std::path::PathBuf>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_plans_in_a_paused_run_nor_in_one_that_drains() {
    let world = World::new(&["a"], |agent| {
        agent
            .on("a", [Act::commits("a").takes(MINUTE)])
            .otherwise(says("[]"))
    })
    .await;
    let running = world
        .swarm()
        .planner(planner())
        .build()
        .unwrap()
        .start()
        .await
        .unwrap();
    let handle = running.handle();
    tokio::time::sleep(MINUTE / 2).await;
    handle.pause();
    tokio::time::sleep(MINUTE * 60).await;
    assert_eq!(world.landed(), ["a"]);
    assert_eq!(world.plans(), []);
    handle.drain();
    assert_eq!(running.wait().await.unwrap().exit_code(), 0);
    assert_eq!(world.plans(), []);
}

#[tokio::test(start_paused = true)]
async fn work_that_a_planner_commits_is_kept_and_never_lands() {
    let world = World::new(&[], |agent| {
        agent.on(
            "planner",
            [Act::commits("a").says("swarm:{nonce} TASKS\n```\n[]\n```")],
        )
    })
    .await;
    let report = world.run(planner()).await;
    assert_eq!(report.exit_code(), 0);
    assert_eq!(world.landed(), Vec::<String>::new());
    assert_eq!(world.git.worktrees().len(), 1);
    let kept = |event: &Event| matches!(event, Event::WorktreeKept { path, .. } if path.starts_with(Path::new("/fake")));
    assert!(world.log.events().iter().any(kept));
}

#[tokio::test(start_paused = true)]
async fn a_task_of_the_planners_name_is_a_task_like_any_other() {
    let world = World::new(&["planner"], |agent| agent.on("planner-2", [says("[]")])).await;
    let report = world.run(planner()).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Landed);
    assert_eq!(world.plans()[0].attempt.task.as_str(), "planner-2");
}

#[tokio::test(start_paused = true)]
async fn money_counts_against_the_runs() {
    let world = World::new(&[], |agent| agent.otherwise(says("[]"))).await;
    let mut policy = Policy::default();
    policy.run_budget.cost = Some(Cost::from_usd(2.0));
    let swarm = world.swarm().policy(policy).planner(planner());
    swarm.build().unwrap().run().await.unwrap();
    assert_eq!(world.plans()[0].budget, Some(Cost::from_usd(2.0)));
}

#[tokio::test(start_paused = true)]
async fn the_totals_are_what_the_budget_has_lost() {
    let world = World::new(&["a"], |agent| {
        agent
            .on("a", [Act::commits("a").costs(Cost(300))])
            .on(
                "planner",
                [says(TWO).costs(Cost(20)), says("[]").costs(Cost(1))],
            )
            .otherwise(Act::commits("x").costs(Cost(4_000)))
    })
    .await;
    let mut policy = Policy::default();
    let limit = Cost::from_usd(2.0);
    policy.run_budget.cost = Some(limit);
    let swarm = world.swarm().policy(policy).planner(planner());
    let report = swarm.build().unwrap().run().await.unwrap();
    assert_eq!(report.totals.cost_usd, Cost(8_321), "each call once");
    let planning = report.planning.unwrap();
    assert_eq!((planning.plans, planning.cost_usd), (2, Cost(21)));
    // All but the last call was paid when that began.
    let last = world.plans()[1].budget.unwrap();
    assert_eq!(limit.minus(last), Cost(8_320));
}

#[tokio::test(start_paused = true)]
async fn what_a_stopped_plan_cost_is_in_the_totals() {
    let hangs = Act::nothing().costs(Cost(7)).hangs();
    let world = World::new(&[], |agent| agent.otherwise(hangs)).await;
    let swarm = world.swarm().planner(planner()).build().unwrap();
    let running = swarm.start().await.unwrap();
    tokio::time::sleep(MINUTE).await;
    running.handle().stop();
    let report = running.wait().await.unwrap();
    assert_eq!(report.totals.cost_usd, Cost(7));
    assert_eq!(report.planning.unwrap().cost_usd, Cost(7));
}

/// What a run tells of its planner while this is done with it, but for what is
/// over at once; moments by the minute.
async fn told<F: Future<Output = ()>>(
    swarm: SwarmBuilder,
    steer: impl FnOnce(Handle) -> F,
) -> Vec<PlannerActivity> {
    let begin = Timestamp::wall();
    let running = swarm.build().unwrap().start().await.unwrap();
    let handle = running.handle();
    let mut snapshots = handle.snapshots().await.unwrap();
    let looker = tokio::spawn(async move {
        let mut seen = Vec::new();
        while snapshots.changed().await.is_ok() {
            seen.extend(snapshots.borrow_and_update().planner.clone());
        }
        seen
    });
    steer(handle).await;
    running.wait().await.unwrap();
    let mut seen = looker.await.unwrap();
    seen.retain(|one| !matches!(one, PlannerActivity::Preparing | PlannerActivity::Ending));
    seen.dedup();
    for one in &mut seen {
        let json = serde_json::to_string(one).unwrap();
        assert_eq!(
            serde_json::from_str::<PlannerActivity>(&json).unwrap(),
            *one
        );
        let (PlannerActivity::Speaking { since: at, .. }
        | PlannerActivity::Parked { until: at, .. }) = one
        else {
            continue;
        };
        let minutes = (at.since(begin).as_secs_f64() / 60.0).round();
        *at = Timestamp::default().plus(MINUTE.mul_f64(minutes));
    }
    seen
}

fn minute(number: u32) -> Timestamp {
    Timestamp::default().plus(MINUTE * number)
}

fn speaking(plan: u32, since: u32) -> PlannerActivity {
    let (turn, since) = (1, minute(since));
    PlannerActivity::Speaking { plan, turn, since }
}

fn over(why: PlanEnd) -> PlannerActivity {
    PlannerActivity::Over { why }
}

#[tokio::test(start_paused = true)]
async fn who_looks_in_is_told_what_the_planner_is_doing() {
    let one = r#"[{"id": "a", "body": "x"}]"#;
    let world = World::new(&[], |agent| {
        agent
            .on(
                "planner",
                [says(one), says("[]")].map(|act| act.takes(MINUTE)),
            )
            .on("a", [Act::commits("a").takes(MINUTE * 3)])
    })
    .await;
    let resting = |until| PlannerActivity::Resting { until };
    let seen = told(world.swarm().planner(planner()), |_| async {}).await;
    assert_eq!(
        seen,
        [
            speaking(1, 0),
            resting(PlanNews::Ended),
            // Until the store has said that nothing else is ready.
            PlannerActivity::Waiting,
            speaking(2, 4),
            resting(PlanNews::Progress),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn who_looks_in_is_told_why_nobody_plans() {
    let retry_at = Some(Timestamp::wall().plus(MINUTE * 10));
    let limited = Act::nothing().ends(EndReason::RateLimited { retry_at });
    let acts = [limited.takes(MINUTE), says("[]").takes(MINUTE)];
    let world = World::new(&[], |agent| agent.on("planner", acts)).await;
    let seen = told(world.swarm().planner(planner().max_plans(2)), |_| async {}).await;
    let [
        first,
        PlannerActivity::Parked { account, until, .. },
        rest @ ..,
    ] = &seen[..]
    else {
        panic!("{seen:?}");
    };
    assert_eq!((account.as_str(), *until), ("scripted", minute(10)));
    let plans = over(PlanEnd::Plans { plans: 2 });
    assert_eq!(
        (first, rest),
        (&speaking(1, 0), &[speaking(2, 10), plans][..])
    );

    let works = [Act::commits("a").takes(MINUTE)];
    let world = World::new(&["a"], |agent| agent.on("a", works)).await;
    let swarm = world.swarm().planner(planner());
    let seen = told(swarm, |run| async move {
        run.pause();
        tokio::time::sleep(MINUTE * 2).await;
        run.drain();
    })
    .await;
    let asked = PlanEnd::Run { why: RunEnd::Asked };
    assert_eq!(seen, [PlannerActivity::Waiting, over(asked)]);

    let acts = [Act::nothing().ends(EndReason::Auth).takes(MINUTE)];
    let world = World::new(&["a"], |agent| {
        agent.on("a", [Act::commits("a").takes(MINUTE)])
    })
    .await;
    let other = Arc::new(ScriptedHarness::new(world.git.clone()).on("planner", acts));
    let swarm = world.swarm().harness("other", other);
    let seen = told(swarm.planner(Planner::new("other")), |_| async {}).await;
    let [.., PlannerActivity::Over { why }] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert!(matches!(why, PlanEnd::Account { account, .. } if account.as_str() == "other"));
}

#[tokio::test]
async fn a_planner_must_be_able_to_work() {
    let world = World::new(&[], |agent| agent).await;
    let build = |planner| {
        world
            .swarm()
            .planner(planner)
            .build()
            .map(|_| ())
            .unwrap_err()
    };
    assert_eq!(
        build(Planner::new("nobody")),
        ConfigError::UnknownHarness("nobody".to_owned())
    );
    assert_eq!(
        build(planner().max_pending(0)),
        ConfigError::Zero("max_pending")
    );
    assert_eq!(
        build(planner().max_plans(0)),
        ConfigError::Zero("max_plans")
    );
}
