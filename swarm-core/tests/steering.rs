//! A run that is paused, drained, resized, and whose tasks are cancelled: on
//! fakes, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use swarm_core::dispatch::{Activity, Holdup, Snapshot};
use swarm_core::event::Event;
use swarm_core::model::{NewTask, Outcome, Role, Task, TaskId};
use swarm_core::ports::TaskStore;
use swarm_core::store::MemoryStore;
use swarm_core::testing::{Act, EventLog, FakeGit, ScriptedHarness};
use swarm_core::{Handle, HandleError, RunReport, Swarm};
use tokio::sync::oneshot;

const MINUTE: Duration = Duration::from_secs(60);

struct World {
    agent: Arc<ScriptedHarness>,
    log: Arc<EventLog>,
}

/// Runs tasks of one minute each, and steers the run meanwhile.
async fn steered<F: Future<Output = ()>>(
    tasks: usize,
    jobs: usize,
    steer: impl FnOnce(Handle, Arc<ScriptedHarness>) -> F,
) -> (World, RunReport) {
    let git = Arc::new(FakeGit::new());
    let store = Arc::new(MemoryStore::new());
    let all = (0..tasks).map(|n| NewTask::from(Task::new(format!("t{n}"), "Do it.").unwrap()));
    store.add(all.collect()).await.unwrap();
    let agent = (0..tasks).fold(ScriptedHarness::new(git.clone()), |agent, n| {
        let act = Act::commits(format!("f{n}")).takes(MINUTE);
        agent.on(format!("t{n}"), [act])
    });
    let world = World {
        agent: Arc::new(agent),
        log: Arc::new(EventLog::new()),
    };
    let swarm = Swarm::builder()
        .store(store)
        .git(git)
        .harness("scripted", world.agent.clone())
        .observer(world.log.clone())
        .unreviewed()
        .jobs(jobs)
        .build()
        .unwrap();
    let running = swarm.start().await.unwrap();
    steer(running.handle(), world.agent.clone()).await;
    let report = running.wait().await.unwrap();
    (world, report)
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
