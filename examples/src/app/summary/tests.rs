use serde_json::json;
use swarm_core::RunReport;

use super::lines;

fn report(tasks: &serde_json::Value, parked: Option<&str>) -> RunReport {
    let report = json!({
        "schema": 1, "run": "r1", "reviewed": false, "stopped": false,
        "target": {"branch": "main", "before": "a".repeat(40), "after": "b".repeat(40), "parked": parked},
        "tasks": tasks,
        "totals": {
            "tasks": 2, "outcomes": {"landed": 1, "held": 1}, "attempts": 3,
            "usage": {"input": 1500, "output": 0, "cache_read": 0, "cache_write": 0, "reasoning": 0},
            "cost_usd": 0.25, "duration_ms": 65_000
        },
        "git_processes": 0
    });
    serde_json::from_value(report).unwrap()
}

fn task(id: &str, outcome: &str, more: &serde_json::Value) -> serde_json::Value {
    let mut task = json!({
        "id": id, "outcome": outcome, "clean": outcome == "landed", "attempts": 1,
        "commit": null, "reason": null, "cost_usd": 0.0, "duration_ms": 0,
        "usage": {"input": 0, "output": 0, "cache_read": 0, "cache_write": 0, "reasoning": 0},
        "worktree": null, "branch": null
    });
    for (key, value) in more.as_object().unwrap() {
        task[key] = value.clone();
    }
    task
}

#[test]
fn a_report_says_what_happened_and_what_to_do() {
    let landed = task(
        "a",
        "landed",
        &json!({"commit": "c".repeat(40), "cost_usd": 0.25}),
    );
    let held = json!({"attempts": 2, "reason": "conflict in x\nand more",
        "worktree": "/trees/b-1", "branch": "swarm/r1/b-1"});
    let held = task("it's b", "held", &held);
    let text = lines(&report(
        &json!([landed, held]),
        Some("refs/swarm/line/main"),
    ))
    .join("\n");
    let expected = r#"
task    outcome  attempts  commit      cost   reason
a       landed   1         cccccccccc  $0.25
it's b  held     2                            conflict in x

2 tasks: 1 landed, 1 held · 3 attempts · 1m05s at work · 1.5k tokens · $0.25
refs/swarm/line/main went from aaaaaaaaaa to bbbbbbbbbb
not reviewed: no --reviewer
the branch main itself stays behind, since your checkout is in the way; nothing of yours was touched.
  The work is on refs/swarm/line/main. Once your changes are committed or put aside: git merge refs/swarm/line/main
it's b: look at it, then have it tried again: swarm retry "it's b"
  its work is kept in /trees/b-1 (branch swarm/r1/b-1)"#;
    assert_eq!(text, expected);
}

#[test]
fn what_a_planner_used_stands_beside_the_sums_that_it_is_in() {
    let mut planned = serde_json::to_value(report(&json!([]), None)).unwrap();
    let usage = planned["totals"]["usage"].clone();
    planned["planning"] = json!({"plans": 1, "tasks": 2, "usage": usage, "cost_usd": 0.05});
    let text = lines(&serde_json::from_value(planned).unwrap());
    assert_eq!(
        text[2],
        "planning, in these sums: 2 tasks in 1 plan · 1.5k tokens · $0.05"
    );
}

#[test]
fn an_empty_folder_is_no_table() {
    let mut empty = report(&json!([]), None);
    empty.totals = swarm_core::report::Totals::default();
    let text = lines(&empty);
    assert_eq!(text[1], "no tasks");
}
