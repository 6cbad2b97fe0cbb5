use std::num::NonZeroUsize;

use swarm_core::dispatch::Snapshot;
use swarm_core::model::{RunId, Source};

use super::*;

fn run(name: &str, change: impl FnOnce(&mut Snapshot)) -> Live {
    let source = Source("/tasks".to_owned());
    let mut live = Live::new(RunId::new(name), Path::new("/state.db"), source, Vec::new());
    live.now.jobs = 2;
    change(&mut live.now);
    live
}

fn held(holdup: Holdup) -> Live {
    run("r1", |now| now.holdup = Some(holdup))
}

fn jobs(jobs: usize) -> Order {
    let jobs = NonZeroUsize::new(jobs).unwrap();
    Order::Jobs { jobs }
}

#[test]
fn the_run_that_is_meant_is_found_or_all_are_named() {
    let two = || vec![run("r1", |_| ()), run("r2", |_| ())];
    let state = Path::new("/state.db");
    let name = |runs, named| chosen(runs, state, named).map(|live| live.run.to_string());
    let refused = |runs, named| name(runs, named).unwrap_err().to_string();
    assert_eq!(name(vec![run("r1", |_| ())], None).unwrap(), "r1");
    assert_eq!(name(two(), Some("r2")).unwrap(), "r2");
    assert!(refused(two(), None).contains("r1, r2; say which by --run"));
    assert!(refused(two(), Some("r3")).contains("--run r3: there is no such run"));
    assert!(refused(Vec::new(), None).contains("no run is under way"));
    assert!(refused(Vec::new(), Some("r1")).contains("no run is under way"));
    for named in [None, Some("r1")] {
        let other = chosen(two(), Path::new("/other.db"), named).unwrap_err();
        assert!(other.to_string().contains("with its state in /other.db"));
    }
}

#[test]
fn what_a_run_cannot_do_any_more_is_refused() {
    let all = [Order::Pause, Order::Resume, Order::Drain, jobs(3)];
    let stop = Order::Stop { now: false };
    for order in all {
        assert!(contradicts(order, &held(Holdup::Stopping)).is_some());
        assert_eq!(contradicts(order, &run("r1", |_| ())), None);
    }
    assert!(contradicts(Order::Pause, &held(Holdup::Draining)).is_some());
    assert_eq!(contradicts(jobs(3), &held(Holdup::Draining)), None);
    assert_eq!(contradicts(stop, &held(Holdup::Stopping)), None, "harder");
}

#[test]
fn a_run_shows_that_it_does_as_it_was_told() {
    let (free, paused) = (run("r1", |_| ()), held(Holdup::Paused));
    let rows = [
        (Order::Pause, &paused, &free),
        (Order::Resume, &free, &paused),
        (Order::Drain, &held(Holdup::Draining), &paused),
        (Order::Stop { now: true }, &held(Holdup::Stopping), &free),
        (jobs(2), &free, &run("r1", |now| now.jobs = 3)),
    ];
    for (order, done, not_yet) in rows {
        assert!(shows(order, done) && !shows(order, not_yet), "{order:?}");
    }
}

#[test]
fn an_order_that_came_too_late_is_no_success_unless_the_end_was_wanted() {
    for order in [Order::Pause, Order::Resume, jobs(1)] {
        assert!(said(order, Outcome::Over).is_err());
    }
    for order in [Order::Drain, Order::Stop { now: true }] {
        assert_eq!(said(order, Outcome::Over).unwrap(), "has ended");
    }
    let stopped = |now| said(Order::Stop { now }, Outcome::Done).unwrap();
    assert!(stopped(true).contains("killed") && !stopped(false).contains("killed"));
    assert!(
        said(Order::Pause, Outcome::HandedOver)
            .unwrap()
            .contains("has been told")
    );
}

#[tokio::test]
async fn an_order_that_came_too_late_is_left_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let over = run("r1", |_| ());
    let orders = Orders::of(folder.path(), &over.run);
    orders.add(Order::Pause).unwrap();
    let outcome = follow(folder.path(), &over, &orders, Order::Pause).await;
    assert_eq!(outcome, Outcome::Over);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// What becomes of an order for a run that lives and stays as it is.
async fn outcome(taken: bool, live: &Live, order: Order) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let file = |ending| folder.path().join(format!("{}.{ending}", live.run));
    let lock = std::fs::File::create(file("lock")).unwrap();
    lock.lock().unwrap();
    std::fs::write(file("json"), serde_json::to_vec(live).unwrap()).unwrap();
    let orders = Orders::of(folder.path(), &live.run);
    orders.add(order).unwrap();
    if taken {
        assert_eq!(orders.take(), [order]);
    }
    follow(folder.path(), live, &orders, order).await
}

#[tokio::test(start_paused = true)]
async fn an_order_is_done_overtaken_or_only_handed_over() {
    let (free, paused) = (run("r1", |_| ()), held(Holdup::Paused));
    let begun = Instant::now();
    assert_eq!(outcome(true, &paused, Order::Pause).await, Outcome::Done);
    assert_eq!(outcome(true, &free, Order::Pause).await, Outcome::Overtaken);
    assert!(begun.elapsed() < PATIENCE, "there is nothing to wait for");
    for live in [&free, &paused] {
        let outcome = outcome(false, live, Order::Pause).await;
        assert_eq!(outcome, Outcome::HandedOver, "whatever it shows");
    }
    let overtaken = said(Order::Pause, Outcome::Overtaken).unwrap();
    assert!(overtaken.contains("another order may have come"));
}
