use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use serde_json::json;
use swarm_core::dispatch::{Activity, Holdup, PlannerActivity, Shut, Snapshot};
use swarm_core::model::{
    AccountId, HarnessName, Holder, Role, RunId, Setback, Source, Task, TaskId, TaskRow, TaskState,
    Timestamp,
};
use swarm_core::protocol::lifecycle::fresh;
use swarm_core::protocol::standing::standing;

use super::{Live, cut_short, look, of_run, why};

const NOW: Timestamp = Timestamp(1_000_000);

fn id(task: &str) -> TaskId {
    TaskId::new(task).unwrap()
}

fn run(change: impl FnOnce(&mut Snapshot)) -> Live {
    let agents = ["claude", "codex"].map(HarnessName::new).into();
    let (name, state) = (RunId::new("r1"), Path::new("/state.db"));
    let mut live = Live::new(name, state, Source("/tasks".to_owned()), agents);
    live.since = Timestamp(NOW.0 - 90_000);
    live.process = 12;
    live.now.jobs = 2;
    change(&mut live.now);
    live
}

fn row(name: &str, change: impl FnOnce(&mut TaskRow)) -> TaskRow {
    let mut task = Task::new(name, "Do it.").unwrap();
    task.source = Source("/tasks".to_owned());
    let mut row = fresh(task.into(), Timestamp(0));
    change(&mut row);
    row
}

/// Why the first of these rows is where it is.
fn said(rows: &[TaskRow], runs: &[Live]) -> String {
    let find = |id: &TaskId| rows.iter().find(|row| row.task.id == *id);
    why(&rows[0], &standing(&rows[0], find, NOW), runs, 10, NOW)
}

fn parked(account: &str) -> (AccountId, Shut) {
    let shut = Shut::Parked {
        until: Timestamp(NOW.0 + 72_000),
        why: "usage limit reached".to_owned(),
    };
    (AccountId::new(account), shut)
}

fn plans() -> PlannerActivity {
    PlannerActivity::Speaking {
        plan: 2,
        turn: 1,
        since: Timestamp(NOW.0 - 65_000),
    }
}

#[test]
fn a_ready_task_says_what_its_run_waits_for() {
    let ready = |live: Option<Live>| {
        let runs: Vec<Live> = live.into_iter().collect();
        said(&[row("a", |_| ())], &runs)
    };
    assert_eq!(ready(None), "ready to start: no run is under way");
    let cases: [(Live, &str); 7] = [
        (
            run(|_| ()),
            "ready: run r1 begins it as soon as there is room for it",
        ),
        (
            run(|now| now.taken = 2),
            "ready: it waits for a slot; 2 slots of run r1 are all taken",
        ),
        (
            run(|now| (now.jobs, now.taken, now.planner) = (1, 1, Some(plans()))),
            "ready: it waits for a slot; 1 slot of run r1 is taken (its planner has one: \
             planning for 1m05s: plan 2, turn 1)",
        ),
        (
            run(|now| now.holdup = Some(Holdup::Paused)),
            "ready: run r1 begins nothing new: it is paused",
        ),
        (
            run(|now| now.accounts = [parked("claude"), parked("codex")].into()),
            "ready: run r1 waits: parked for another 1m12s: account claude: usage limit reached",
        ),
        (
            // Codex stands in.
            run(|now| now.accounts = [parked("claude")].into()),
            "ready: run r1 begins it as soon as there is room for it",
        ),
        (
            // It works on another folder's tasks.
            Live {
                source: Source("/other".to_owned()),
                ..run(|_| ())
            },
            "ready to start: no run is under way",
        ),
    ];
    for (live, expected) in cases {
        assert_eq!(ready(Some(live)), expected);
    }
    // Nobody stands in for an agent that the task itself asks for.
    let own = row("a", |row| {
        row.task.harness = Some(HarnessName::new("codex"));
    });
    let live = run(|now| now.accounts = [parked("codex")].into());
    assert!(said(&[own], &[live]).contains("parked for another 1m12s: account codex"));
}

#[test]
fn a_live_task_says_what_is_done_with_it() {
    let claimed = |row: &mut TaskRow| {
        row.attempts = 2;
        let holder = json!({"run": "r1", "nonce": "n", "lease_until": NOW.0 + 60_000});
        let state = json!({"state": "running", "holder": holder});
        row.state = serde_json::from_value(state).unwrap();
    };
    let a = || row("a", claimed);
    let fixing = Activity::Working {
        turn: 3,
        role: Role::Fix,
    };
    let at_work = run(|now| now.tasks = BTreeMap::from([(id("a"), fixing)]));
    let runs = [at_work];
    assert_eq!(
        said(&[a()], &runs),
        "working: turn 3 (fix) (attempt 2, run r1)"
    );
    assert_eq!(said(&[a()], &[run(|_| ())]), "run r1 is working on it");
    let killed = "run r1 began it and tells no more: it was killed, or works on another machine";
    assert_eq!(said(&[a()], &[]), killed);
    let b = row("b", |row| row.task.depends_on = vec![id("a")]);
    let rows = [b, a()];
    assert_eq!(said(&rows, &runs), "waits for a (working: turn 3 (fix))");
    assert_eq!(said(&rows, &[]), "waits for a; no run is under way");
    let (account, _) = parked("claude");
    let waits = Activity::Parked {
        account,
        until: Timestamp(NOW.0 + 5_000),
        why: "slow down".to_owned(),
    };
    let live = run(|now| now.tasks = BTreeMap::from([(id("a"), waits)]));
    assert_eq!(
        said(&[a()], &[live]),
        "parked for another 5.0s: account claude: slow down (attempt 2, run r1)"
    );
}

#[test]
fn a_run_says_how_it_is() {
    let live = run(|now| {
        now.taken = 1;
        now.accounts = [parked("claude")].into();
        now.holdup = Some(Holdup::Draining);
    });
    assert_eq!(
        of_run(&live, NOW),
        [
            "run r1 is under way (process 12, for 1m30s): 0 tasks at work, 1 of 2 slots taken",
            "  it begins nothing new: it only finishes what was begun",
            "  parked for another 1m12s: account claude: usage limit reached",
        ]
    );
}

#[test]
fn a_run_says_what_its_planner_is_doing() {
    let says = |planner| of_run(&run(|now| now.planner = Some(planner)), NOW)[1].clone();
    let (account, until) = (AccountId::new("claude"), Timestamp(NOW.0 + 72_000));
    let why = "slow down".to_owned();
    let parked = PlannerActivity::Parked {
        account,
        until,
        why,
    };
    let over = json!({"doing": "over", "why": {"because": "plans", "plans": 20}});
    let rests = json!({"doing": "resting", "until": "ended"});
    let [over, rests] = [over, rests].map(|json| serde_json::from_value(json).unwrap());
    let cases = [
        (plans(), "planning for 1m05s: plan 2, turn 1"),
        (
            parked,
            "parked for another 1m12s: account claude: slow down",
        ),
        (over, "over for this run: it has made 20 plans (max_plans)"),
        (rests, "resting until an attempt has ended"),
    ];
    for (planner, expected) in cases {
        assert_eq!(says(planner), format!("  its planner: {expected}"));
    }
}

#[test]
fn only_a_run_that_holds_its_lock_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let live = run(|_| ());
    fs::write(path("r1.json"), serde_json::to_vec(&live).unwrap()).unwrap();
    assert_eq!(look(folder.path()).unwrap(), [], "there is no lock");
    let lock = File::create(path("r1.lock")).unwrap();
    assert_eq!(look(folder.path()).unwrap(), [], "nobody holds it");
    lock.lock().unwrap();
    assert_eq!(look(folder.path()).unwrap(), [live]);
    fs::write(path("r1.json"), r#"{"schema":2,"run":"r1"}"#).unwrap();
    assert_eq!(look(folder.path()).unwrap(), [], "it has another form");
    assert_eq!(look(&path("missing")).unwrap(), []);
}

#[test]
fn how_often_a_task_was_cut_short_is_said_with_the_limit_of_its_run() {
    let ready = |times, after| {
        let not_before = None;
        let state = TaskState::Ready { not_before, after };
        row("a", |row| (row.cut_short, row.state) = (times, state))
    };
    let cut = |times| {
        let reason = "the run was stopped".to_owned();
        ready(times, Some(Setback::Interrupted { reason }))
    };
    let own = Live {
        max_restarts: 3,
        ..run(|_| ())
    };
    let other = Live {
        source: Source("/other".to_owned()),
        ..own.clone()
    };
    let runs = std::slice::from_ref(&own);
    assert_eq!(cut_short(&cut(0), runs, 10), None);
    let one = "the attempt before the latest was cut short (max_restarts: 3)";
    assert_eq!(cut_short(&cut(1), runs, 10).unwrap(), one);
    let two = "the 2 attempts before the latest were cut short (max_restarts: 10)";
    assert_eq!(cut_short(&cut(2), &[other], 10).unwrap(), two);
    let waits = format!("ready to start: no run is under way; {two}");
    assert_eq!(said(&[cut(2)], &[]), waits);
    let begun = |name: &str| {
        let holder = Holder {
            run: RunId::new(name),
            nonce: swarm_core::nonce(),
            lease_until: Timestamp(NOW.0 + 1),
            process: None,
        };
        let state = TaskState::Running { holder };
        row("a", |row| (row.cut_short, row.state) = (2, state))
    };
    assert!(said(&[begun("r1")], runs).contains("cut short (max_restarts: 3)"));
    assert!(said(&[begun("dead")], runs).ends_with("cut short (max_restarts: 10)"));
    let held = row("a", |row| {
        let reason = "look at it".to_owned();
        (row.cut_short, row.state) = (2, TaskState::Held { reason });
    });
    for over in [held, ready(2, None)] {
        assert!(!said(std::slice::from_ref(&over), &[]).contains("cut short"));
        let past = "the 2 attempts before the latest were cut short";
        assert_eq!(cut_short(&over, runs, 10).unwrap(), past, "of no limit now");
    }
}
