use super::*;
use crate::model::{Holder, Nonce, Oid, RunId, Task};
use crate::protocol::lifecycle::fresh;

const NOW: Timestamp = Timestamp(10_000);

fn task(id: &str, depends_on: &[&str]) -> Task {
    let task = Task::new(id, "Do it.").expect("a good id");
    let add = |task: Task, other: &&str| task.after(*other).expect("a good id");
    depends_on.iter().fold(task, add)
}

fn ready(id: &str, depends_on: &[&str]) -> TaskRow {
    fresh(task(id, depends_on).into(), Timestamp(0))
}

fn state(row: TaskRow, state: TaskState) -> TaskRow {
    TaskRow { state, ..row }
}

fn landed(row: TaskRow) -> TaskRow {
    let commit = Oid::new("c");
    state(row, TaskState::Landed { commit, at: NOW })
}

fn running(row: TaskRow, lease_until: u64) -> TaskRow {
    let holder = Holder {
        run: RunId::new("r1"),
        nonce: Nonce::new("n"),
        lease_until: Timestamp(lease_until),
        process: None,
    };
    state(row, TaskState::Running { holder })
}

fn failed(row: TaskRow) -> TaskRow {
    let reason = "tests".to_owned();
    state(row, TaskState::Failed { reason })
}

fn found(rows: &[TaskRow]) -> Vec<String> {
    check(rows).iter().map(Problem::to_string).collect()
}

// tidy: table
#[test]
fn problems_by_rows() {
    let cycle = |way: &str| format!("tasks depend on each other in a cycle: {way}");
    let table: Vec<(Vec<TaskRow>, Vec<String>)> = vec![
        (vec![], vec![]),
        (
            vec![ready("a", &[]), ready("b", &["a"]), ready("c", &["a", "b"])],
            vec![],
        ),
        (
            vec![ready("a", &["a", "a"])],
            vec!["a depends on itself".to_owned()],
        ),
        (
            vec![ready("a", &["x", "b"]), ready("b", &["y"])],
            vec![
                "a depends on x, which does not exist".to_owned(),
                "b depends on y, which does not exist".to_owned(),
            ],
        ),
        (
            vec![ready("a", &["b"]), ready("b", &["a"])],
            vec![cycle("a → b → a")],
        ),
        // Whoever only waits for a cycle is not in it.
        (
            vec![
                ready("0", &["q"]),
                ready("q", &["r"]),
                ready("r", &["p", "z"]),
                ready("p", &["q"]),
                ready("z", &[]),
            ],
            vec![cycle("p → q → r → p")],
        ),
        // Two knots are two problems; of one knot the shortest way is named.
        (
            vec![
                ready("a", &["b"]),
                ready("b", &["c", "a"]),
                ready("c", &["a"]),
                ready("m", &["n"]),
                ready("n", &["m"]),
            ],
            vec![cycle("a → b → a"), cycle("m → n → m")],
        ),
        // What has landed or was taken away is past caring, but is known.
        (
            vec![
                landed(ready("a", &["b", "nobody"])),
                ready("b", &["a", "gone"]),
                state(ready("gone", &["b", "gone"]), TaskState::Removed),
            ],
            vec![],
        ),
        // What failed, runs or is held still needs its dependencies.
        (
            vec![failed(ready("a", &["b"])), running(ready("b", &["a"]), 0)],
            vec![cycle("a → b → a")],
        ),
    ];
    for (mut rows, expected) in table {
        assert_eq!(found(&rows), expected);
        rows.reverse();
        assert_eq!(found(&rows), expected, "the order of rows does not matter");
    }
}

#[test]
fn a_hundred_thousand_tasks_are_checked_without_recursion() {
    let name = |n: usize| format!("t{n:06}");
    let count = 100_000;
    let mut rows: Vec<TaskRow> = (1..count)
        .map(|n| ready(&name(n), &[&name(n - 1), &name(n / 2)]))
        .collect();
    rows.push(ready(&name(0), &[]));
    assert_eq!(check(&rows), []);
    let plan = order(&rows, NOW);
    let expected: Vec<TaskId> = (0..count)
        .map(|n| TaskId::new(name(n)).expect("a good id"))
        .collect();
    assert_eq!(plan.start, expected);
    rows.pop();
    rows.push(ready(&name(0), &[&name(count - 1)]));
    let problems = check(&rows);
    assert_eq!(problems.len(), 1);
    let Problem::Cycle { tasks } = &problems[0] else {
        panic!("{}", problems[0]);
    };
    assert_eq!(tasks[0], expected[0]);
    assert!(tasks.len() > 2);
}

fn names(ids: &[TaskId]) -> Vec<&str> {
    ids.iter().map(TaskId::as_str).collect()
}

#[test]
fn the_order_is_dependencies_then_priority_then_id() {
    let urgent = fresh(task("z", &["b"]).priority(9).into(), Timestamp(0));
    let high = fresh(task("y", &[]).priority(5).into(), Timestamp(0));
    let rows = [
        urgent,
        high,
        ready("c", &[]),
        ready("b", &["old"]),
        landed(ready("old", &[])),
        ready("a", &["z"]),
    ];
    let plan = order(&rows, NOW);
    assert_eq!(names(&plan.start), ["y", "b", "z", "a", "c"]);
    assert_eq!(plan.rest, []);
}

#[test]
fn what_would_not_start_says_why() {
    let mut draft = ready("draft", &[]);
    draft.task.draft = true;
    let backing_off = TaskState::Ready {
        not_before: Some(Timestamp(99_000)),
        after: None,
    };
    let blocked = TaskState::Blocked {
        reason: "no key".to_owned(),
    };
    let held = TaskState::Held {
        reason: "look".to_owned(),
    };
    let rows = [
        draft,
        ready("after-draft", &["draft"]),
        state(ready("held", &[]), held),
        ready("after-held", &["held"]),
        state(ready("blocked", &[]), blocked),
        ready("after-blocked", &["after-failed", "blocked"]),
        failed(ready("failed", &[])),
        ready("after-failed", &["failed"]),
        failed(ready("failed-late", &["after-draft"])),
        running(ready("running", &[]), 10_001),
        ready("after-running", &["running"]),
        running(ready("silent", &[]), 10_000),
        state(ready("pausing", &[]), backing_off),
        state(ready("gone", &[]), TaskState::Removed),
    ];
    let plan = order(&rows, NOW);
    assert_eq!(
        names(&plan.start),
        [
            "after-running",
            "failed",
            "after-failed",
            "pausing",
            "silent"
        ]
    );
    let rest: Vec<String> = plan
        .rest
        .iter()
        .map(|(id, standing)| format!("{id}: {standing}"))
        .collect();
    assert_eq!(
        rest,
        [
            "after-blocked: cannot start: it depends on blocked, which is blocked: no key",
            "after-draft: waits: it depends on draft, which is a draft",
            "after-held: waits: it depends on held, which is held: look",
            "blocked: blocked: no key",
            "draft: a draft: it starts when its author says so",
            "failed-late: waits: it depends on after-draft, which needs draft, which is a draft",
            "held: held until a person looks: look",
            "running: run r1 is working on it",
        ]
    );
}
