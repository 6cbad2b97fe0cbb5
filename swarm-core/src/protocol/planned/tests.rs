use proptest::prelude::*;
use serde_json::json;

use super::{MAX_BODY, MAX_MISTAKES, MAX_PLAN, MAX_TASKS, Mistakes, answered, said, settled};
use crate::model::{Nonce, Oid, Origin, OriginKind, Source, Task, TaskState, Timestamp};
use crate::protocol::lifecycle::fresh;
use crate::testing::invariants;

fn nonce() -> Nonce {
    Nonce::new("n1")
}

fn plan(json: &str) -> String {
    format!("This is missing:\n\nswarm:n1 TASKS\n\n```json\n{json}\n```\nThat is all.")
}

fn ids(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.id.as_str()).collect()
}

/// What it says is wrong, or nothing.
fn wrong(read: Result<Vec<Task>, Mistakes>) -> Vec<String> {
    read.map_or_else(|mistakes| mistakes.lines().to_vec(), |_| Vec::new())
}

#[test]
fn a_plan_is_read_with_all_that_it_says() {
    let json = r#"[
        {"id": "a", "title": " First ", "body": "Do it.\n```\ncode\n```", "priority": -2, "kind": "bug"},
        {"id": "b", "body": "Then.", "depends_on": ["a", "a"], "title": null, "kind": null}
    ]"#;
    let tasks = said(&plan(json), &nonce()).unwrap();
    assert_eq!(ids(&tasks), ["a", "b"]);
    let (a, b) = (&tasks[0], &tasks[1]);
    assert_eq!((a.title.as_str(), a.priority), ("First", -2));
    assert_eq!(a.body, "Do it.\n```\ncode\n```");
    assert_eq!(a.kind.as_deref(), Some("bug"));
    assert_eq!((b.title.as_str(), b.priority), ("b", 0));
    assert_eq!(b.depends_on, std::slice::from_ref(&a.id), "each once");
    assert_eq!(b.kind, None);
}

// tidy: table
#[test]
fn where_a_plan_is_looked_for() {
    let list = "```\n[]\n```";
    let table = [
        ("plain", format!("swarm:n1 TASKS\n{list}"), true),
        (
            "words between",
            format!("swarm:n1 TASKS\nHere:\n\n{list}"),
            true,
        ),
        (
            "CRLF",
            "swarm:n1 TASKS\r\n```json\r\n[]\r\n```\r\n".into(),
            true,
        ),
        ("tildes", "swarm:n1 TASKS\n~~~\n[]\n~~~".into(), true),
        ("never closed", "swarm:n1 TASKS\n```\n[]".into(), true),
        (
            "the last one",
            format!("swarm:n1 TASKS\n```\n{{\n```\nswarm:n1 TASKS\n{list}"),
            true,
        ),
        ("nothing", String::new(), false),
        ("another nonce", format!("swarm:n2 TASKS\n{list}"), false),
        ("no nonce", format!("swarm: TASKS\n{list}"), false),
        ("quoted", format!("> swarm:n1 TASKS\n{list}"), false),
        ("fenced", format!("```\nswarm:n1 TASKS\n```\n{list}"), false),
        ("indented", format!(" swarm:n1 TASKS\n{list}"), false),
        (
            "text on its line",
            format!("swarm:n1 TASKS two\n{list}"),
            false,
        ),
        ("another word", format!("swarm:n1 DONE\n{list}"), false),
        (
            "the block before it",
            format!("{list}\nswarm:n1 TASKS"),
            false,
        ),
        ("no block", "swarm:n1 TASKS\n[]".into(), false),
        ("an object", plan("{}"), false),
        ("no JSON", plan("[}"), false),
        ("two values", plan("[] []"), false),
    ];
    for (name, message, good) in table {
        let read = said(&message, &nonce());
        assert_eq!(read.is_ok(), good, "{name}: {read:?}");
        assert!(
            good || !wrong(read).is_empty(),
            "{name}: it says what is wrong"
        );
    }
    assert!(said(&format!("swarm: TASKS\n{list}"), &Nonce::new("")).is_err());
}

// tidy: table
#[test]
fn every_mistake_is_told_at_once_and_nothing_is_kept() {
    let table = [
        (r"[1]", vec!["task 1: it must be an object"]),
        (
            r#"[{"id": "a"}, {"body": "x"}]"#,
            vec![
                "task 1 (a): \"body\" is missing",
                "task 2: \"id\" is missing",
            ],
        ),
        (r#"[{"id": "a/b", "body": "x"}]"#, vec!["task 1 (a/b): "]),
        (
            r#"[{"id": "a", "body": " "}]"#,
            vec!["task 1 (a): \"body\" is missing"],
        ),
        (
            r#"[{"id": "a", "body": "x", "harness": "y"}]"#,
            vec!["task 1 (a): unknown key \"harness\""],
        ),
        (
            r#"[{"id": "a", "body": "x", "priority": 1.5, "kind": 3, "title": []}]"#,
            vec![
                "task 1 (a): \"title\" must be a text",
                "task 1 (a): \"priority\" must be",
                "task 1 (a): \"kind\" must be a text",
            ],
        ),
        (
            r#"[{"id": "a", "body": "x", "depends_on": "b"}]"#,
            vec!["task 1 (a): \"depends_on\" must be an array"],
        ),
        (
            r#"[{"id": "a", "body": "x", "depends_on": ["b/", 1]}]"#,
            vec![
                "task 1 (a): \"depends_on\": ",
                "task 1 (a): \"depends_on\" must be an array",
            ],
        ),
        (
            r#"[{"id": "a", "body": "x"}, {"id": "a", "body": "y"}]"#,
            vec!["two tasks have the id a"],
        ),
    ];
    for (json, expected) in table {
        let mut told = wrong(said(&plan(json), &nonce()));
        told.sort();
        let mut expected = expected.clone();
        expected.sort_unstable();
        assert_eq!(told.len(), expected.len(), "{json}: {told:?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{json}: {told}");
        }
    }
}

#[test]
fn a_plan_has_limits() {
    let many = |count: usize| {
        let tasks: Vec<_> = (0..count)
            .map(|n| json!({"id": format!("t{n}"), "body": "x"}))
            .collect();
        plan(&json!(tasks).to_string())
    };
    assert_eq!(said(&many(MAX_TASKS), &nonce()).unwrap().len(), MAX_TASKS);
    assert!(said(&many(MAX_TASKS + 1), &nonce()).is_err());
    let body = |length| plan(&json!([{"id": "a", "body": "x".repeat(length)}]).to_string());
    assert!(said(&body(MAX_BODY), &nonce()).is_ok());
    assert!(said(&body(MAX_BODY + 1), &nonce()).is_err());
    let long = wrong(said(&body(MAX_PLAN), &nonce()));
    assert!(long[0].contains("plan fewer tasks"), "{long:?}");
    let bad: Vec<_> = (0..MAX_TASKS).map(|_| json!({"x": 1})).collect();
    let told = wrong(said(&plan(&json!(bad).to_string()), &nonce()));
    assert_eq!(told.len(), MAX_MISTAKES + 1, "the rest is counted");
}

#[test]
fn an_answer_by_the_schema_says_the_same() {
    let tasks = json!([{
        "id": "a", "title": "A", "body": "x", "depends_on": [], "priority": 0, "kind": null
    }]);
    let answer = json!({"nonce": "n1", "tasks": tasks});
    assert_eq!(ids(&answered(&answer, &nonce()).unwrap()), ["a"]);
    for bad in [
        json!({"nonce": "n2", "tasks": []}),
        json!({"tasks": []}),
        json!({"nonce": "n1"}),
        json!([]),
    ] {
        assert!(answered(&bad, &nonce()).is_err(), "{bad}");
    }
    let nobody = Nonce::new("");
    assert!(answered(&json!({"nonce": "", "tasks": []}), &nobody).is_err());
    let huge = json!({"nonce": "n1", "tasks": [{"id": "a", "body": "x".repeat(MAX_PLAN)}]});
    assert!(answered(&huge, &nonce()).is_err());
}

#[test]
fn a_plan_must_fit_to_the_tasks_that_are_there() {
    let task = |id: &str, after: &[&str]| {
        let task = Task::new(id, "x").unwrap();
        after
            .iter()
            .fold(task, |task, other| task.after(*other).unwrap())
    };
    let row = |id: &str, after: &[&str]| fresh(task(id, after).into(), Timestamp(0));
    let mut landed = row("landed", &[]);
    landed.state = TaskState::Landed {
        commit: Oid::new("c"),
        at: Timestamp(1),
    };
    // What was wrong before is not the planner's.
    let rows = || vec![row("lost", &["nowhere"]), landed.clone(), row("open", &[])];
    let origin = Origin::new(OriginKind::Planner, "r1/planner-1", Timestamp(5)).unwrap();
    let source = Source("here".to_owned());
    let settle = |tasks: Vec<Task>| settled(tasks, rows(), &origin, &source);

    let good = settle(vec![task("b", &["a", "landed"]), task("a", &["open"])]).unwrap();
    for new in &good {
        assert_eq!((&new.task.source, &new.task.origin), (&source, &origin));
    }
    for (tasks, expected) in [
        (vec![task("landed", &[])], "there is a task landed already"),
        (
            vec![task("a", &["b"])],
            "a depends on b, which does not exist",
        ),
        (vec![task("a", &["a"])], "a depends on itself"),
        (
            vec![task("a", &["b"]), task("b", &["a"])],
            "in a cycle: a → b → a",
        ),
    ] {
        let told = settle(tasks).unwrap_err();
        assert_eq!(told.lines().len(), 1, "{told}");
        assert!(told.to_string().contains(expected), "{told}");
    }
    assert_eq!(settle(Vec::new()).unwrap(), []);
}

#[test]
fn what_an_agent_wrote_cannot_spoil_a_terminal() {
    let told = wrong(said(&plan(r#"[{"id": "\u001b[2J", "body": 1}]"#), &nonce()));
    assert!(told.iter().all(|line| !line.contains('\u{1b}')), "{told:?}");
}

/// Pieces of plans.
fn noise() -> impl Strategy<Value = String> {
    let mark = format!("swarm:{} TASKS\n", invariants::NONCE);
    let pieces = [
        mark.as_str(),
        "```\n",
        "\n```\n",
        "~~~\n",
        "[",
        "]",
        "{\"id\": \"a\"",
        ", \"body\": \"x\"",
        ", \"depends_on\": [\"a\", \"b\"]",
        ", \"priority\": 99999999999",
        "}",
        ",",
        "{}",
        "\"",
        "\\u0000",
        "> ",
        "é",
        "\r\n",
    ];
    let pieces = proptest::sample::select(pieces.map(str::to_owned).to_vec());
    let pieces = proptest::collection::vec(pieces, 0..24);
    let whole = pieces
        .clone()
        .prop_map(move |pieces| format!("{mark}```\n{}\n```", pieces.concat()));
    prop_oneof![
        any::<String>(),
        pieces.prop_map(|pieces| pieces.concat()),
        whole
    ]
}

proptest! {
    #[test]
    fn no_plan_is_a_danger(message in noise()) {
        invariants::plans(&message);
    }
}
