use super::*;
use crate::model::{Holder, Intent, Nonce, Outcome, Task};
use crate::protocol::lifecycle::fresh;
use crate::protocol::verdict::{Verdict, verdict};

const NOW: Timestamp = Timestamp(10_000);

/// A row with these dependencies, ready.
fn ready(id: &str, depends_on: &[&str]) -> TaskRow {
    let mut task = Task::new(id, "Do it.").expect("a good id");
    for other in depends_on {
        task = task.after(*other).expect("a good id");
    }
    fresh(task.into(), Timestamp(0))
}

fn with(id: &str, state: TaskState) -> TaskRow {
    TaskRow {
        state,
        ..ready(id, &[])
    }
}

fn draft(mut row: TaskRow) -> TaskRow {
    row.task.draft = true;
    row
}

fn after(row: TaskRow, not_before: u64, after: Setback) -> TaskRow {
    let state = TaskState::Ready {
        not_before: Some(Timestamp(not_before)),
        after: Some(after),
    };
    TaskRow { state, ..row }
}

fn why(reason: &str) -> String {
    reason.to_owned()
}

fn failed(id: &str) -> TaskRow {
    let reason = why("\ntests failed\nmore");
    with(id, TaskState::Failed { reason })
}

fn closed(id: &str) -> TaskRow {
    let reason = why("it is there already");
    with(id, TaskState::Closed { reason })
}

fn held(id: &str) -> TaskRow {
    let reason = why("a conflict");
    with(id, TaskState::Held { reason })
}

fn landed(id: &str) -> TaskRow {
    let commit = Oid::new("c0ffee");
    with(id, TaskState::Landed { commit, at: NOW })
}

fn holder(lease_until: u64) -> Holder {
    Holder {
        run: RunId::new("r2"),
        nonce: Nonce::new("n"),
        lease_until: Timestamp(lease_until),
        process: None,
    }
}

fn running(id: &str) -> TaskRow {
    let holder = holder(10_001);
    with(id, TaskState::Running { holder })
}

/// The standing of the last row, and what a report says of it.
fn of_last(rows: &[TaskRow]) -> (Standing, Option<Verdict>) {
    let row = rows.last().expect("a row");
    let all = standings(rows, NOW);
    let look = |id: &TaskId| rows.iter().find(|row| row.task.id == *id);
    let one = standing(row, look, NOW);
    assert_eq!(all[&row.task.id], one, "one by one or all at once");
    let verdict = verdict(row, &one);
    (one, verdict)
}

struct Case(
    Vec<TaskRow>,
    /* the sentence */ &'static str,
    /* outcome, reason, clean */ Option<(Outcome, &'static str, bool)>,
);

fn check(cases: Vec<Case>) {
    for Case(rows, sentence, reported) in cases {
        let (standing, verdict) = of_last(&rows);
        assert_eq!(standing.to_string(), sentence);
        let verdict = verdict.map(|verdict| (verdict.outcome, verdict.reason, verdict.clean));
        let reported = reported.map(|(outcome, reason, clean)| (outcome, why(reason), clean));
        assert_eq!(verdict, reported, "{sentence}");
    }
}

// tidy: table
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_task_with_nothing_before_it() {
    use Outcome::{Blocked, Closed, Failed, Held, Interrupted, Landed, Rejected, Skipped};
    let never = "the run ended before it could start";
    let flaky = || Setback::Failed {
        reason: why("flaky"),
    };
    let stopped = || Setback::Interrupted {
        reason: why("stopped"),
    };
    let landing = TaskState::Landing {
        holder: holder(10_001),
        intent: Intent {
            base: Oid::new("b"),
            commit: Oid::new("c"),
        },
    };
    check(vec![
        Case(
            vec![landed("a")],
            "landed as c0ffee",
            Some((Landed, "", true)),
        ),
        Case(
            vec![held("a")],
            "held until a person looks: a conflict",
            Some((Held, "a conflict", false)),
        ),
        Case(
            vec![failed("a")],
            "failed: tests failed",
            Some((Failed, "\ntests failed\nmore", false)),
        ),
        Case(
            vec![with(
                "a",
                TaskState::Blocked {
                    reason: why("no key"),
                },
            )],
            "blocked: no key",
            Some((Blocked, "no key", false)),
        ),
        Case(
            vec![closed("a")],
            "nothing needed to be done: it is there already",
            Some((Closed, "it is there already", true)),
        ),
        Case(
            vec![closed("a"), running("b"), ready("z", &["a", "b"])],
            "waits for b",
            Some((Skipped, "the run ended first: waits for b", false)),
        ),
        Case(
            vec![with(
                "a",
                TaskState::Rejected {
                    reason: why("no tests"),
                },
            )],
            "rejected by its reviewers: no tests",
            Some((Rejected, "no tests", false)),
        ),
        Case(
            vec![with("a", TaskState::Removed)],
            "taken away by its author",
            None,
        ),
        Case(
            vec![running("a")],
            "run r2 is working on it",
            Some((Interrupted, "run r2 is working on it", false)),
        ),
        Case(
            vec![with("a", landing)],
            "run r2 is working on it",
            Some((Interrupted, "run r2 is working on it", false)),
        ),
        Case(
            vec![with(
                "a",
                TaskState::Running {
                    holder: holder(10_000),
                },
            )],
            "run r2 was working on it and fell silent; it can be taken over",
            Some((
                Interrupted,
                "run r2 was working on it and fell silent; it can be taken over",
                false,
            )),
        ),
        Case(
            vec![ready("a", &[])],
            "ready to start",
            Some((Skipped, never, false)),
        ),
        Case(
            vec![draft(ready("a", &["nobody"]))],
            "a draft: it starts when its author says so",
            Some((Skipped, "a draft: it starts when its author says so", true)),
        ),
        Case(
            vec![after(ready("a", &[]), 12_001, flaky())],
            "will be tried again in 3 s: flaky",
            Some((Failed, "flaky", false)),
        ),
        Case(
            vec![after(ready("a", &[]), 10_000, flaky())],
            "ready to start",
            Some((Failed, "flaky", false)),
        ),
        Case(
            vec![after(ready("a", &[]), 10_000, stopped())],
            "ready to start",
            Some((Interrupted, "stopped", false)),
        ),
    ]);
}

// tidy: table
#[test]
fn a_task_with_others_before_it() {
    use Outcome::{Blocked, Failed, Skipped};
    let blocked = |reason| Some((Blocked, reason, false));
    let flaky = Setback::Failed {
        reason: why("flaky"),
    };
    check(vec![
        Case(
            vec![landed("a"), ready("z", &["a"])],
            "ready to start",
            Some((Skipped, "the run ended before it could start", false)),
        ),
        Case(
            vec![
                landed("a"),
                running("b"),
                ready("c", &[]),
                ready("z", &["c", "a", "b"]),
            ],
            "waits for c, b",
            Some((Skipped, "the run ended first: waits for c, b", false)),
        ),
        Case(
            vec![running("b"), after(ready("z", &["b"]), 90_000, flaky)],
            "waits for b",
            Some((Failed, "flaky", false)),
        ),
        Case(
            vec![ready("z", &["nobody"])],
            "cannot start: it depends on nobody, which does not exist",
            blocked("cannot start: it depends on nobody, which does not exist"),
        ),
        Case(
            vec![failed("a"), ready("z", &["a"])],
            "cannot start: it depends on a, which is failed: tests failed",
            blocked("cannot start: it depends on a, which is failed: tests failed"),
        ),
        Case(
            vec![with("a", TaskState::Removed), ready("z", &["a"])],
            "cannot start: it depends on a, which is removed",
            blocked("cannot start: it depends on a, which is removed"),
        ),
        Case(
            vec![
                failed("a"),
                ready("b", &["a"]),
                ready("c", &["b"]),
                ready("z", &["c"]),
            ],
            "cannot start: it depends on c, which needs a, which is failed: tests failed",
            blocked("cannot start: it depends on c, which needs a, which is failed: tests failed"),
        ),
        Case(
            vec![held("a"), ready("z", &["a"])],
            "waits: it depends on a, which is held: a conflict",
            blocked("waits: it depends on a, which is held: a conflict"),
        ),
        Case(
            vec![
                draft(ready("a", &[])),
                ready("b", &["a"]),
                ready("z", &["b"]),
            ],
            "waits: it depends on b, which needs a, which is a draft",
            blocked("waits: it depends on b, which needs a, which is a draft"),
        ),
        // The worse of two obstacles is named, whatever their order.
        Case(
            vec![held("a"), failed("b"), ready("z", &["a", "b"])],
            "cannot start: it depends on b, which is failed: tests failed",
            blocked("cannot start: it depends on b, which is failed: tests failed"),
        ),
        // A draft that cannot land either is not the one to mend.
        Case(
            vec![failed("a"), draft(ready("b", &["a"])), ready("z", &["b"])],
            "cannot start: it depends on b, which needs a, which is failed: tests failed",
            blocked("cannot start: it depends on b, which needs a, which is failed: tests failed"),
        ),
    ]);
}

#[test]
fn cycles_end() {
    check(vec![
        Case(
            vec![ready("a", &["a"])],
            "cannot start: it depends on a, which depends on itself",
            Some((
                Outcome::Blocked,
                "cannot start: it depends on a, which depends on itself",
                false,
            )),
        ),
        Case(
            vec![draft(ready("a", &["a"])), ready("z", &["a"])],
            "cannot start: it depends on a, which depends on itself",
            Some((
                Outcome::Blocked,
                "cannot start: it depends on a, which depends on itself",
                false,
            )),
        ),
    ]);
    let rows = [ready("a", &["b"]), ready("b", &["c"]), ready("c", &["b"])];
    let all = standings(&rows, NOW);
    for row in &rows {
        let standing = &all[&row.task.id];
        assert!(matches!(standing, Standing::Unsatisfiable(_)), "{standing}");
    }
}

#[test]
fn a_very_long_chain_costs_neither_stack_nor_patience() {
    let name = |n: usize| format!("t{n:06}");
    let mut rows: Vec<TaskRow> = (1..100_000)
        .map(|n| ready(&name(n), &[&name(n - 1)]))
        .collect();
    rows.push(failed(&name(0)));
    let all = standings(&rows, NOW);
    let last = TaskId::new(name(99_999)).expect("a good id");
    assert_eq!(
        all[&last].to_string(),
        "cannot start: it depends on t099998, which needs t000000, which is failed: tests failed"
    );
}
