//! The real command lines plan tasks, and work on them in the same run.

use serde_json::{Value, json};
use swarm_core::model::Role;
use swarm_core::testing::model_server::{Answer, ModelServer, Script};

use crate::agents::connect;
use crate::application::swarm;
use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

#[test]
fn claude_code_fills_an_empty_store() {
    fills_an_empty_store("claude");
}

#[test]
fn codex_fills_an_empty_store() {
    fills_an_empty_store("codex");
}

fn answer(tasks: &Value) -> Answer {
    let answer = json!({"nonce": "${nonce}", "tasks": tasks});
    Answer::new().structured(answer.to_string())
}

fn scripts() -> [Script; 2] {
    let task = |id: &str, after: &[&str], need: &str| {
        json!({
            "id": id,
            "title": format!("Build the {id}"),
            "body": format!("Build it.\n\n[script:build name={id} need={need}]"),
            "depends_on": after,
            "priority": 0,
            "kind": "feature",
        })
    };
    let two = json!([
        task("roof", &["walls"], "walls.txt"),
        task("walls", &[], "README.md")
    ]);
    let shell = "test -f ${need} && echo ${name} >${name}.txt && git add . && \
                 git commit -q -m 'Build ${name}'";
    let done = Answer::new().text("Done.\n\nswarm:${nonce} DONE");
    [
        // Asked again when all is built, it says the same: that is refused, and
        // then it has nothing to say.
        Script::new("plan", [])
            .part(Role::Plan, [answer(&two)])
            .turn(2, [answer(&json!([]))]),
        Script::new("build", [Answer::new().shell(shell), done]),
    ]
}

fn fills_an_empty_store(harness: &str) {
    let mut sandbox = Sandbox::new();
    let server = ModelServer::start(scripts()).expect("a server");
    connect(&mut sandbox, &server);
    sandbox.write("repo/tasks/notes.txt", "No tasks yet.\n");
    sandbox.write("plan.txt", "Plan a house.\n\n[script:plan]\n");
    let plan = sandbox.dir().join("plan.txt");
    let finished = swarm(
        &sandbox,
        &[
            "run",
            "--jobs",
            "2",
            "--harness",
            harness,
            "--planner",
            harness,
            "--plan-prompt",
            &plan.to_string_lossy(),
            "--json",
        ],
    );
    assert_gone("something of the test", || sandbox.processes());
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let report = finished.report();
    assert_eq!(report["totals"]["outcomes"], json!({"landed": 2}));
    assert_eq!(report["totals"]["attempts"], 2, "one each: {finished:#?}");
    let planning = &report["planning"];
    assert_eq!(
        (&planning["plans"], &planning["tasks"]),
        (&json!(2), &json!(2))
    );
    let log = sandbox.git(&["log", "--first-parent", "--format=%s", "main"]);
    let landed: Vec<&str> = log.lines().collect();
    assert!(
        landed[0].contains("roof") && landed[1].contains("walls"),
        "{log}"
    );

    let requests = server.requests();
    let bodies = requests
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned());
    let planner: Vec<_> = bodies.filter(|body| body.contains(" role=plan]")).collect();
    assert!(planner.len() >= 3, "two plans, and one more turn");
    let repo = sandbox.repo().to_string_lossy().into_owned();
    for body in planner {
        // Both tell the model where they are.
        let elsewhere = !body.contains(&format!("<cwd>{repo}</cwd>"))
            && !body.contains(&format!("working directory: {repo}\\n"));
        assert!(elsewhere, "not in the checkout: {body}");
    }
    sandbox.check_integrity();
}
