//! Limits, closed accounts, alike failures and money, on fakes in virtual time.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::sync::Arc;
use std::time::Duration;

use swarm_core::dispatch::{Activity, Policy, Shut, Until};
use swarm_core::event::Event;
use swarm_core::model::{
    AccountId, Cost, EndReason, HarnessName, NewTask, Outcome, RunEnd, Task, TaskId, Timestamp,
};
use swarm_core::ports::TaskStore;
use swarm_core::store::MemoryStore;
use swarm_core::testing::{Act, EventLog, FakeGit, ScriptedHarness};
use swarm_core::{Accounts, RunReport, Swarm, SwarmBuilder};

struct World {
    git: Arc<FakeGit>,
    agent: Arc<ScriptedHarness>,
    log: Arc<EventLog>,
    store: Arc<MemoryStore>,
}

impl World {
    async fn new(tasks: usize, script: impl FnOnce(ScriptedHarness) -> ScriptedHarness) -> Self {
        let git = Arc::new(FakeGit::new());
        let store = Arc::new(MemoryStore::new());
        let tasks =
            (0..tasks).map(|n| NewTask::from(Task::new(format!("t{n}"), "Do it.").unwrap()));
        store.add(tasks.collect()).await.unwrap();
        Self {
            agent: Arc::new(script(ScriptedHarness::new(git.clone()))),
            git,
            log: Arc::new(EventLog::new()),
            store,
        }
    }

    fn swarm(&self, change: impl FnOnce(&mut Policy)) -> SwarmBuilder {
        let mut policy = Policy::default();
        change(&mut policy);
        Swarm::builder()
            .store(self.store.clone())
            .git(self.git.clone())
            .harness("scripted", self.agent.clone())
            .observer(self.log.clone())
            .unreviewed()
            .policy(policy)
    }

    async fn run(&self, change: impl FnOnce(&mut Policy)) -> RunReport {
        self.swarm(change).build().unwrap().run().await.unwrap()
    }

    /// When turns began.
    fn starts(&self) -> Vec<Timestamp> {
        let records = self.log.records();
        let starts = records
            .iter()
            .filter(|record| matches!(record.event, Event::TurnStarted { .. }));
        starts.map(|record| record.at).collect()
    }

    fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.log
            .events()
            .iter()
            .filter(|event| wanted(event))
            .count()
    }
}

fn limited_for(span: Duration) -> Act {
    let retry_at = Some(Timestamp::wall().plus(span));
    Act::nothing().ends(EndReason::RateLimited { retry_at })
}

#[tokio::test(start_paused = true)]
async fn a_limit_parks_every_worker_at_once_and_costs_no_attempt() {
    let until = Timestamp::wall().plus(Duration::from_secs(300));
    let world = World::new(4, |agent| {
        (0..4).fold(agent, |agent, n| {
            agent.on(format!("t{n}"), [limited_for(Duration::from_secs(300))])
        })
    })
    .await;
    let report = world.run(|policy| policy.jobs = 4).await;
    assert_eq!(report.exit_code(), 0);
    assert!(report.tasks.iter().all(|task| task.attempts == 1));
    let starts = world.starts();
    assert_eq!(starts.len(), 8);
    assert!(starts[4..].iter().all(|at| *at >= until), "{starts:?}");
    let parked = |event: &Event| matches!(event, Event::AccountParked { .. });
    let open = |event: &Event| matches!(event, Event::AccountOpen { .. });
    assert_eq!((world.count(parked), world.count(open)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_claimed_for_a_parked_account_and_why_tells() {
    let world = World::new(2, |agent| {
        agent.on("t0", [limited_for(Duration::from_secs(3600))])
    })
    .await;
    let swarm = world.swarm(|_| ()).build().unwrap();
    let running = swarm.start().await.unwrap();
    let handle = running.handle();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let claimed = |event: &Event| matches!(event, Event::Claimed { .. });
    assert_eq!(world.count(claimed), 1);
    let why = handle.why(&TaskId::new("t0").unwrap()).await.unwrap();
    let why = why.to_string();
    assert!(why.starts_with("parked until "), "{why}");
    assert!(why.contains(" UTC: account scripted: "), "{why}");
    let snapshots = handle.snapshots().await.unwrap();
    let snapshot = snapshots.borrow().clone();
    let shut = &snapshot.accounts[&AccountId::new("scripted")];
    let Shut::Parked { until, .. } = shut else {
        panic!("{shut:?}");
    };
    let activity = &snapshot.tasks[&TaskId::new("t0").unwrap()];
    let parked = |activity: &Activity| match activity {
        Activity::Parked { until, .. } => Some(*until),
        _ => None,
    };
    assert_eq!(parked(activity), Some(*until));
    assert_eq!((snapshot.taken, snapshot.tasks.len()), (0, 1));
    let report = running.wait().await.unwrap();
    assert_eq!(report.exit_code(), 0);
    assert_eq!(world.count(claimed), 2);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_refused_is_not_asked_again() {
    let world = World::new(5, |agent| {
        agent.otherwise(Act::nothing().ends(EndReason::Auth))
    })
    .await;
    let report = world.run(|_| ()).await;
    let outcomes: Vec<_> = report.tasks.iter().map(|task| task.outcome).collect();
    assert_eq!(outcomes[0], Outcome::Failed);
    assert!(outcomes[1..].iter().all(|one| *one == Outcome::Skipped));
    assert_eq!(world.agent.calls().len(), 1);
    assert_eq!(report.ended, RunEnd::NoAccount);
}

#[tokio::test(start_paused = true)]
async fn harnesses_on_one_account_are_parked_together_and_others_are_not() {
    let world = World::new(0, |agent| {
        agent.on("t0", [limited_for(Duration::from_secs(600))])
    })
    .await;
    let tasks = [("t0", "scripted"), ("t1", "twin"), ("t2", "other")];
    let tasks = tasks.map(|(id, harness)| {
        let mut task = Task::new(id, "Do it.").unwrap();
        task.harness = Some(HarnessName::new(harness));
        NewTask::from(task)
    });
    world.store.add(tasks.into()).await.unwrap();
    let swarm = world
        .swarm(|policy| policy.jobs = 2)
        .harness("twin", world.agent.clone())
        .harness("other", world.agent.clone())
        .account("twin", AccountId::new("scripted"));
    let report = swarm.build().unwrap().run().await.unwrap();
    assert_eq!(report.exit_code(), 0);
    let order: Vec<String> = (world.agent.calls().iter())
        .map(|call| call.attempt.task.to_string())
        .collect();
    let at = |task: &str| order.iter().rposition(|one| one == task).unwrap();
    assert!(at("t2") < at("t0"), "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn the_line_stops_when_different_tasks_fail_alike() {
    let world = World::new(10, |agent| {
        agent.otherwise(Act::nothing().ends(EndReason::Crashed))
    })
    .await;
    let report = world
        .run(|policy| {
            policy.max_attempts = 1;
            policy.breaker = 3;
        })
        .await;
    assert_eq!(world.agent.calls().len(), 3);
    let stopped = |event: &Event| matches!(event, Event::LineStopped { .. });
    assert_eq!(world.count(stopped), 1);
    let skipped = report.tasks.iter();
    let skipped = skipped.filter(|task| task.outcome == Outcome::Skipped);
    assert_eq!(skipped.count(), 7);
    assert!(matches!(report.ended, RunEnd::LineStopped { .. }));
    assert_eq!(report.exit_code(), 1);
}

#[tokio::test(start_paused = true)]
async fn turns_at_once_are_never_promised_more_than_is_left() {
    let world = World::new(4, |agent| {
        (0..4).fold(agent, |agent, n| {
            let act = Act::commits(format!("f{n}")).takes(Duration::from_secs(1));
            agent.on(format!("t{n}"), [act])
        })
    })
    .await;
    let report = world
        .run(|policy| {
            policy.jobs = 4;
            policy.run_budget.cost = Some(Cost(1_000));
        })
        .await;
    assert_eq!(report.exit_code(), 0);
    let budgets: u64 = (world.agent.calls().iter())
        .map(|call| call.budget.unwrap().0)
        .sum();
    assert_eq!(budgets, 1_000);
}

#[tokio::test(start_paused = true)]
async fn another_harness_stands_in_while_the_account_is_parked() {
    let world = World::new(2, |agent| {
        agent.on("t0", [limited_for(Duration::from_secs(600))])
    })
    .await;
    let deputy = Arc::new(ScriptedHarness::new(world.git.clone()));
    let swarm = world
        .swarm(|_| ())
        .harness("other", deputy.clone())
        .fallback("scripted", "other");
    let begun = Timestamp::wall();
    let report = swarm.build().unwrap().run().await.unwrap();
    assert_eq!(report.exit_code(), 0);
    let last = world.starts().into_iter().max().unwrap();
    assert!(
        last.since(begun) < Duration::from_secs(600),
        "nobody waited"
    );
    let calls = deputy.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].session, None, "no conversation is handed over");
    assert!(calls[0].prompt.contains("Do it."), "{}", calls[0].prompt);
}

#[tokio::test(start_paused = true)]
async fn a_fall_back_that_nobody_gave_is_refused() {
    let world = World::new(0, |agent| agent).await;
    let error = world.swarm(|_| ()).fallback("scripted", "nobody").build();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("nobody"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn runs_of_one_process_tell_each_other_of_limits() {
    let one = World::new(1, |agent| {
        agent.on("t0", [limited_for(Duration::from_secs(600))])
    })
    .await;
    let two = World::new(2, |agent| {
        let act = |name| Act::commits(name).takes(Duration::from_secs(60));
        agent.on("t0", [act("a")]).on("t1", [act("b")])
    })
    .await;
    let accounts = Accounts::new();
    let begun = Timestamp::wall();
    let run = |world: &World| world.swarm(|_| ()).accounts(&accounts).build().unwrap();
    let (left, right) = tokio::join!(run(&one).run(), run(&two).run());
    assert_eq!(
        (left.unwrap().exit_code(), right.unwrap().exit_code()),
        (0, 0)
    );
    let starts = two.starts();
    assert!(
        starts[1].since(begun) >= Duration::from_secs(600),
        "{starts:?}"
    );
}

/// A task for a harness, of a kind.
fn of(id: &str, harness: Option<&str>, kind: Option<&str>) -> NewTask {
    let mut task = Task::new(id, "Do it.").unwrap();
    task.harness = harness.map(HarnessName::new);
    task.kind = kind.map(str::to_owned);
    task.into()
}

/// Tasks in the order in which their first turns began.
fn begun(world: &World) -> Vec<String> {
    let calls = world.agent.calls();
    let tasks = calls.iter().map(|call| call.attempt.task.to_string());
    tasks.collect()
}

#[tokio::test(start_paused = true)]
async fn so_many_at_once_by_harness_and_by_kind() {
    let world = World::new(0, |agent| {
        ["a", "b", "c", "d", "e"].iter().fold(agent, |agent, name| {
            let act = Act::commits(format!("f-{name}")).takes(Duration::from_secs(60));
            agent.on(*name, [act])
        })
    })
    .await;
    let tasks = [
        of("a", None, Some("bug")),
        of("b", None, Some("bug")),
        of("c", None, None),
        of("d", Some("other"), Some("bug")),
        of("e", Some("other"), None),
    ];
    world.store.add(tasks.into()).await.unwrap();
    let swarm = world
        .swarm(|policy| {
            policy.jobs = 5;
            policy.harness_jobs = [(HarnessName::new("scripted"), 2)].into();
            policy.kind_jobs = [("bug".to_owned(), 1)].into();
        })
        .harness("other", world.agent.clone());
    let running = swarm.build().unwrap().start().await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(begun(&world), ["a", "c", "e"]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(begun(&world)[3..], ["b"], "d would be a second bug");
    assert_eq!(running.wait().await.unwrap().exit_code(), 0);
    assert_eq!(begun(&world)[4..], ["d"]);
}

#[tokio::test(start_paused = true)]
async fn tasks_of_a_parked_harness_stay_in_the_store_while_others_go_on() {
    let world = World::new(0, |agent| {
        agent.on("a", [limited_for(Duration::from_secs(3600))])
    })
    .await;
    let tasks = [
        of("a", None, None),
        of("b", None, None),
        of("c", Some("other"), None),
        of("d", Some("other"), None),
    ];
    world.store.add(tasks.into()).await.unwrap();
    let swarm = world
        .swarm(|_| ())
        .harness("other", world.agent.clone())
        .build()
        .unwrap();
    let running = swarm.start().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(begun(&world), ["a", "c", "d"]);
    let claimed = |event: &Event| matches!(event, Event::Claimed { .. });
    assert_eq!(world.count(claimed), 3, "b waits for no worktree");
    running
        .handle()
        .cancel(&TaskId::new("a").unwrap())
        .await
        .unwrap();
    // Nothing is live any more: the run waits for the account by itself.
    let report = running.wait().await.unwrap();
    let outcomes: Vec<_> = report.tasks.iter().map(|task| task.outcome).collect();
    let landed = Outcome::Landed;
    assert_eq!(outcomes, [Outcome::Held, landed, landed, landed]);
}

#[tokio::test(start_paused = true)]
async fn a_parked_account_that_no_task_wants_keeps_no_run_waiting() {
    let world = World::new(1, |agent| {
        agent.on("t0", [limited_for(Duration::from_secs(3600))])
    })
    .await;
    let begun = Timestamp::wall();
    let running = world.swarm(|_| ()).build().unwrap().start().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    running
        .handle()
        .cancel(&TaskId::new("t0").unwrap())
        .await
        .unwrap();
    running.wait().await.unwrap();
    let end = world.log.records().last().unwrap().at;
    assert!(end.since(begun) < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn tasks_of_a_closed_harness_are_left_and_others_go_on() {
    let world = World::new(0, |agent| {
        agent.on("a", [Act::nothing().ends(EndReason::Auth)])
    })
    .await;
    let tasks = [
        of("a", None, None),
        of("b", None, None),
        of("c", Some("other"), None),
    ];
    world.store.add(tasks.into()).await.unwrap();
    let swarm = world.swarm(|_| ()).harness("other", world.agent.clone());
    let report = swarm.build().unwrap().run().await.unwrap();
    let outcomes: Vec<_> = report.tasks.iter().map(|task| task.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Failed, Outcome::Skipped, Outcome::Landed]
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_long_is_not_passed_over_for_ever() {
    let run = async |ageing| {
        let world = World::new(0, |agent| {
            let act = |name| Act::commits(name).takes(Duration::from_secs(60));
            agent.on("old", [act("a")]).on("new", [act("b")])
        })
        .await;
        world.store.add(vec![of("old", None, None)]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(600)).await;
        let new = Task::new("new", "Do it.").unwrap().priority(5);
        world.store.add(vec![new.into()]).await.unwrap();
        world.run(|policy| policy.ageing = ageing).await;
        begun(&world)
    };
    assert_eq!(run(None).await, ["new", "old"]);
    assert_eq!(run(Some(Duration::from_secs(60))).await, ["old", "new"]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_for_a_harness_that_nobody_gave_is_refused() {
    let world = World::new(0, |agent| agent).await;
    let limit = |name: &str, most| {
        let limits = [(HarnessName::new(name), most)].into();
        let error = world.swarm(|policy| policy.harness_jobs = limits).build();
        error.unwrap_err().to_string()
    };
    assert!(limit("nobody", 1).contains("nobody"));
    assert!(limit("scripted", 0).contains("harness_jobs"));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_whose_time_is_used_up_fails_and_its_task_with_it_in_the_end() {
    let world = World::new(1, |agent| {
        agent.otherwise(Act::nothing().takes(Duration::from_secs(3600)))
    })
    .await;
    let minutes = |count: u64| Some(Duration::from_secs(60 * count));
    let report = world
        .run(|policy| {
            policy.attempt_budget.time = minutes(10);
            policy.task_budget.time = minutes(25);
            policy.max_attempts = 9;
        })
        .await;
    let task = &report.tasks[0];
    assert_eq!((task.outcome, task.attempts), (Outcome::Failed, 3));
    assert_eq!(
        task.duration_ms,
        25 * 60_000,
        "the last one had five minutes"
    );
    let reason = task.reason.clone().unwrap_or_default();
    assert!(reason.contains("the task's budget of time"), "{reason}");
    let told = |event: &Event| match event {
        Event::AttemptEnded { ending, .. } => ending.reason().contains("the attempt's budget"),
        _ => false,
    };
    assert_eq!(world.count(told), 2);
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_time_is_used_up_ends_also_while_it_waits() {
    let world = World::new(2, |agent| {
        agent.on("t0", [limited_for(Duration::from_secs(3600))])
    })
    .await;
    let ten = Duration::from_secs(600);
    let begin = Timestamp::wall();
    let report = world
        .run(|policy| {
            policy.run_budget.time = Some(ten);
            policy.until = Until::Stopped;
        })
        .await;
    let outcomes: Vec<_> = report.tasks.iter().map(|task| task.outcome).collect();
    assert_eq!(outcomes, [Outcome::Interrupted, Outcome::Skipped]);
    let reason = "the run's budget of time is used up".to_owned();
    assert_eq!(report.ended, RunEnd::OutOfBudget { reason });
    let end = world.log.records().last().unwrap().at;
    assert_eq!(end.since(begin).as_secs(), 600);
}

#[tokio::test(start_paused = true)]
async fn what_a_task_cost_before_counts() {
    let world = World::new(1, |agent| {
        let paid = |cost| Act::nothing().ends(EndReason::Crashed).costs(Cost(cost));
        agent.on("t0", [paid(60), paid(60)])
    })
    .await;
    let report = world
        .run(|policy| {
            policy.task_budget.cost = Some(Cost(100));
            policy.max_attempts = 9;
        })
        .await;
    let budgets: Vec<_> = (world.agent.calls().iter())
        .map(|call| call.budget.unwrap().0)
        .collect();
    assert_eq!(
        budgets,
        [100, 40],
        "what is left of the task's is the turn's"
    );
    let task = &report.tasks[0];
    assert_eq!((task.outcome, task.attempts), (Outcome::Failed, 3));
}
