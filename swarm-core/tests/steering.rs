//! A run that is paused, drained, resized, and whose tasks are cancelled: on
//! fakes, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use swarm_core::dispatch::{Activity, Holdup, Policy, Snapshot, Until};
use swarm_core::event::{Event, EventRecord};
use swarm_core::model::{NewTask, Outcome, Role, Room, RunEnd, RunId, Task, TaskId, Want};
use swarm_core::ports::{Added, Change, ClaimRequest, Guard, Step, TaskFilter, TaskStore};
use swarm_core::store::{MemoryStore, all_rows};
use swarm_core::testing::{Act, EventLog, FakeGit, ScriptedHarness};
use swarm_core::{Handle, HandleError, RunReport, Running, Swarm};
use tokio::sync::oneshot;

const MINUTE: Duration = Duration::from_secs(60);

struct World {
    agent: Arc<ScriptedHarness>,
    log: Arc<EventLog>,
    store: Arc<MemoryStore>,
    git: Arc<FakeGit>,
}

/// Runs tasks of one minute each, and steers the run meanwhile.
async fn steered<F: Future<Output = ()>>(
    tasks: usize,
    jobs: usize,
    steer: impl FnOnce(Handle, Arc<ScriptedHarness>) -> F,
) -> (World, RunReport) {
    let world = World::new(tasks).await;
    let running = world.start(jobs).await;
    steer(running.handle(), world.agent.clone()).await;
    let report = running.wait().await.unwrap();
    (world, report)
}

impl World {
    async fn new(tasks: usize) -> Self {
        let git = Arc::new(FakeGit::new());
        let store = Arc::new(MemoryStore::new());
        let all = (0..tasks).map(|n| NewTask::from(Task::new(format!("t{n}"), "Do it.").unwrap()));
        store.add(all.collect()).await.unwrap();
        let agent = (0..tasks).fold(ScriptedHarness::new(git.clone()), |agent, n| {
            let act = Act::commits(format!("f{n}")).takes(MINUTE);
            agent.on(format!("t{n}"), [act])
        });
        Self {
            agent: Arc::new(agent),
            log: Arc::new(EventLog::new()),
            store,
            git,
        }
    }

    async fn start(&self, jobs: usize) -> Running {
        self.start_with(jobs, |_| ()).await
    }

    async fn start_with(&self, jobs: usize, change: impl FnOnce(&mut Policy)) -> Running {
        let mut policy = Policy::default();
        change(&mut policy);
        let swarm = Swarm::builder()
            .store(self.store.clone())
            .git(self.git.clone())
            .harness("scripted", self.agent.clone())
            .observer(self.log.clone())
            .unreviewed()
            .policy(policy)
            .jobs(jobs)
            .build();
        swarm.unwrap().start().await.unwrap()
    }

    /// Changes a task as another process would.
    async fn change(&self, task: &str, step: Step) {
        let rows = all_rows(&*self.store, TaskFilter::default()).await.unwrap();
        let row = rows.iter().find(|row| row.task.id == id(task)).unwrap();
        let change = Change {
            task: id(task),
            guard: Guard::Version(row.version),
            step,
        };
        self.store.apply(vec![change]).await.unwrap();
    }

    fn told(&self) -> Vec<Want> {
        let events = self.log.events().into_iter();
        let wants = events.filter_map(|event| match event {
            Event::ChangedOutside { want, .. } => Some(want),
            _ => None,
        });
        wants.collect()
    }
}

fn task(id: &str, body: &str) -> Task {
    Task::new(id, body).unwrap()
}

async fn minutes(count: f64) {
    tokio::time::sleep(MINUTE.mul_f64(count)).await;
}

fn id(task: &str) -> TaskId {
    TaskId::new(task).unwrap()
}

fn outcomes(report: &RunReport) -> Vec<Outcome> {
    report.tasks.iter().map(|task| task.outcome).collect()
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_begins_nothing_and_goes_on_when_resumed() {
    let (world, report) = steered(4, 2, |run, agent| async move {
        minutes(0.5).await;
        run.pause();
        minutes(60.0).await;
        assert_eq!(agent.calls().len(), 2, "what ran went on, nothing began");
        run.resume();
    })
    .await;
    assert_eq!(report.exit_code(), 0);
    let told = world.log.events();
    assert!(told.contains(&Event::Paused) && told.contains(&Event::Resumed));
}

#[tokio::test(start_paused = true)]
async fn a_drained_run_finishes_what_was_begun() {
    let (_, report) = steered(4, 2, |run, _| async move {
        minutes(0.5).await;
        run.drain();
    })
    .await;
    let (landed, skipped) = (Outcome::Landed, Outcome::Skipped);
    assert_eq!(outcomes(&report), [landed, landed, skipped, skipped]);
}

#[tokio::test(start_paused = true)]
async fn slots_can_be_added_and_taken_away() {
    let jobs = |count| NonZeroUsize::new(count).unwrap();
    let (world, report) = steered(8, 1, |run, agent| async move {
        minutes(0.5).await;
        run.set_jobs(jobs(4));
        minutes(0.1).await;
        assert_eq!(agent.calls().len(), 4, "at once, not at the next end");
        run.set_jobs(jobs(1));
        minutes(1.0).await;
        assert_eq!(agent.calls().len(), 5, "none was stopped, one followed");
    })
    .await;
    assert_eq!(report.exit_code(), 0);
    assert_eq!(world.agent.most_at_once(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_task_is_held_whether_it_runs_or_waits() {
    let (world, report) = steered(3, 1, |run, _| async move {
        minutes(0.5).await;
        run.cancel(&id("t0")).await.unwrap();
        run.cancel(&id("t2")).await.unwrap();
        assert!(matches!(
            run.cancel(&id("t2")).await,
            Err(HandleError::Store(_))
        ));
        assert!(matches!(
            run.cancel(&id("nobody")).await,
            Err(HandleError::NoSuchTask(_))
        ));
    })
    .await;
    let held = Outcome::Held;
    assert_eq!(outcomes(&report), [held, Outcome::Landed, held]);
    assert_eq!(world.agent.calls().len(), 2);
    let reason = report.tasks[0].reason.clone().unwrap_or_default();
    assert!(reason.contains("cancelled"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn who_looks_in_is_told_of_every_change_until_the_end() {
    let (tell, seen) = oneshot::channel();
    let (_, report) = steered(2, 1, |run, _| async move {
        let mut snapshots = run.snapshots().await.unwrap();
        tokio::spawn(async move {
            let mut seen = Vec::new();
            while snapshots.changed().await.is_ok() {
                seen.push(snapshots.borrow_and_update().clone());
            }
            tell.send(seen)
        });
        minutes(0.5).await;
        run.pause();
        minutes(2.0).await;
        run.resume();
    })
    .await;
    assert_eq!(report.exit_code(), 0);
    let seen = seen.await.unwrap();
    let at_work = Activity::Working {
        turn: 1,
        role: Role::Implement,
    };
    // Whether t0 and t1 are at work, how many slots are taken, and what holds
    // the run up.
    let mut lines: Vec<_> = seen
        .iter()
        .map(|now| {
            let works = |task| now.tasks.get(&id(task)) == Some(&at_work);
            (works("t0"), works("t1"), now.taken, now.holdup.clone())
        })
        .collect();
    lines.dedup();
    let paused = Some(Holdup::Paused);
    let course = [
        (true, false, 1, None),
        (true, false, 1, paused.clone()),
        (false, false, 0, paused),
        (false, true, 1, None),
        (false, false, 0, None),
    ];
    let mut rest = lines.iter();
    for step in course {
        assert!(rest.any(|line| *line == step), "{step:?} in {lines:?}");
    }
    let json = serde_json::to_string(&seen[0]).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), seen[0]);
}

#[tokio::test(start_paused = true)]
async fn a_running_task_that_is_edited_begins_anew_with_its_new_text() {
    let world = World::new(1).await;
    let running = world.start(1).await;
    minutes(0.1).await;
    let handle = running.handle();
    let wait = tokio::spawn({
        let handle = handle.clone();
        async move { handle.wait(&id("t0")).await }
    });
    let added = handle.submit([task("t0", "Do it better.")]).await.unwrap();
    assert_eq!(added, [Added::Noted]);
    minutes(0.1).await;
    let calls = world.agent.calls();
    assert_eq!(calls.len(), 2, "at once, not at the next renewal");
    assert!(calls[0].prompt.contains("Do it.") && calls[1].prompt.contains("Do it better."));
    assert_eq!(calls[1].session, None, "it knows nothing of the old text");
    let waited = wait.await.unwrap().unwrap();
    assert_eq!(waited.outcome, Outcome::Landed, "it waits for the new text");
    let report = running.wait().await.unwrap();
    assert_eq!(outcomes(&report), [Outcome::Landed]);
    let row = &all_rows(&*world.store, TaskFilter::default())
        .await
        .unwrap()[0];
    assert_eq!((row.attempts, row.tries), (2, 1), "no try is spent");
    assert_eq!(world.told(), [Want::Edited]);
}

#[tokio::test(start_paused = true)]
async fn what_another_process_wants_of_a_running_task_is_noticed_in_time() {
    let world = World::new(2).await;
    let running = world.start(2).await;
    minutes(0.1).await;
    let reason = "not now".to_owned();
    world.change("t0", Step::Hold { reason }).await;
    world.change("t1", Step::Remove).await;
    let report = running.wait().await.unwrap();
    assert_eq!(outcomes(&report), [Outcome::Held], "t1 is not reported");
    assert_eq!(report.tasks[0].reason.as_deref(), Some("not now"));
    let reason = "not now".to_owned();
    assert_eq!(world.told(), [Want::Held { reason }, Want::Removed]);
    assert_eq!(world.agent.calls().len(), 2);
    let end = world.log.records().last().unwrap().at;
    let begin = world.log.records()[0].at;
    assert!(end.since(begin) < MINUTE, "their turns take longer");
}

#[tokio::test(start_paused = true)]
async fn nobody_lands_against_a_wish() {
    let world = World::new(1).await;
    let running = world.start(1).await;
    // Right before the turn ends, and long before the next renewal.
    minutes(0.99).await;
    let reason = "not now".to_owned();
    world.change("t0", Step::Hold { reason }).await;
    let report = running.wait().await.unwrap();
    assert_eq!(outcomes(&report), [Outcome::Held]);
    assert!(report.tasks[0].branch.is_some(), "its work is kept");
}

/// Runs until so long after the last task; another one comes meanwhile.
async fn waits(until: Until, pause: bool) -> (World, RunReport, Duration) {
    let world = World::new(1).await;
    let policy = |policy: &mut Policy| policy.until = until;
    let running = world.start_with(1, policy).await;
    let handle = running.handle();
    minutes(5.0).await;
    handle.submit([task("later", "Do it.")]).await.unwrap();
    if pause {
        minutes(2.0).await;
        handle.pause();
        minutes(60.0).await;
        handle.resume();
    }
    let report = running.wait().await.unwrap();
    let records = world.log.records();
    let landed = |record: &&EventRecord| matches!(record.event, Event::Landed { .. });
    let last = records.iter().rfind(landed).unwrap().at;
    let waited = records.last().unwrap().at.since(last);
    (world, report, waited)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_for_tasks_ends_when_none_came_for_so_long() {
    let (_, report, waited) = waits(Until::Quiet(10 * MINUTE), false).await;
    assert_eq!(report.ended, RunEnd::Quiet);
    assert_eq!(outcomes(&report), [Outcome::Landed, Outcome::Landed]);
    assert_eq!(waited.as_secs(), 600);
    let (_, report, waited) = waits(Until::Quiet(10 * MINUTE), true).await;
    assert_eq!(report.ended, RunEnd::Quiet);
    assert_eq!(waited.as_secs() / 60, 72, "a pause counts for nothing");
}

#[tokio::test(start_paused = true)]
async fn the_report_says_why_the_run_ended() {
    let end = async |steer: fn(&Handle)| {
        let run = |run: Handle, _| async move {
            minutes(0.5).await;
            steer(&run);
        };
        steered(2, 1, run).await.1.ended
    };
    assert_eq!(end(|_| ()).await, RunEnd::Drained);
    assert_eq!(end(Handle::drain).await, RunEnd::Asked);
    assert_eq!(end(Handle::stop).await, RunEnd::Stopped);
    let both = |run: &Handle| {
        run.drain();
        run.stop_now();
    };
    assert_eq!(end(both).await, RunEnd::Stopped);
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_a_task_over_hears_at_once_what_is_wanted_of_it() {
    let world = World::new(1).await;
    let lease = Duration::from_secs(10);
    let request = ClaimRequest {
        run: RunId::new("silent"),
        limit: 1,
        lease,
        source: None,
        ids: None,
        room: Room::default(),
        ageing: None,
        process: None,
    };
    assert_eq!(world.store.claim(request).await.unwrap().won.len(), 1);
    let reason = "not now".to_owned();
    world.change("t0", Step::Hold { reason }).await;
    tokio::time::sleep(lease).await;
    let report = world.start(1).await.wait().await.unwrap();
    assert_eq!(outcomes(&report), [Outcome::Held]);
    assert_eq!(
        world.agent.calls().len(),
        0,
        "no agent is begun for nothing"
    );
}
