//! Turns before the work and claims of further tasks, with the real command
//! lines.

use serde_json::json;
use swarm_core::model::Role;
use swarm_core::testing::model_server::{Answer, ModelServer, Script};

use crate::agents::connect;
use crate::application::swarm;
use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

#[test]
fn claude_code_claims_and_resumes() {
    claims_and_resumes("claude");
}

#[test]
fn codex_claims_and_resumes() {
    claims_and_resumes("codex");
}

#[test]
fn claude_code_validates_and_decides() {
    validates_and_decides("claude");
}

#[test]
fn codex_validates_and_decides() {
    validates_and_decides("codex");
}

fn says(text: &str) -> Answer {
    Answer::new().text(text)
}

/// Two further tasks are asked for: one of them is to be had.
fn claims_and_resumes(harness: &str) {
    let mut sandbox = Sandbox::new();
    let work = "echo a >a.txt && echo b >b.txt && git add . && git commit -q -m 'Add a and b'";
    let host = Script::new(
        "host",
        [
            Answer::new().shell(work),
            says("Both done.\n\nswarm:${nonce} DONE"),
        ],
    );
    let host = host.turn(
        1,
        [says("There is more.\n\nswarm:${nonce} CLAIM b, nobody")],
    );
    let server = ModelServer::start([host]).expect("a server");
    connect(&mut sandbox, &server);
    let text = "---\npriority: 5\n---\nWrite a.\n\n[script:host name=a]\n";
    sandbox.write("repo/tasks/a.md", text);
    sandbox.write("repo/tasks/b.md", "Write b down.\n");
    let options = ["run", "--claims", "2", "--harness", harness, "--json"];
    let finished = swarm(&sandbox, &options);
    assert_gone("something of the test", || sandbox.processes());
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let report = finished.report();
    assert_eq!(report["totals"]["outcomes"], json!({"landed": 2}));
    let commits: Vec<_> = (0..2).map(|at| &report["tasks"][at]["commit"]).collect();
    assert!(
        commits[0].is_string() && commits[0] == commits[1],
        "{report:#}"
    );

    let bodies: Vec<String> = server
        .requests()
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    let second = bodies
        .iter()
        .find(|body| body.contains(" attempt=1 turn=2 "));
    let second = second.expect("a turn that tells what was claimed");
    assert!(
        second.contains("There is more."),
        "the conversation goes on"
    );
    for told in ["now yours", "Write b down.", "not to be had", "nobody"] {
        assert!(second.contains(told), "{told}: {second}");
    }
    let message = sandbox.git(&["log", "-1", "--format=%B", "main"]);
    assert!(
        message.contains("Swarm-Task: a\nSwarm-Task: b\n"),
        "{message}"
    );
    sandbox.check_integrity();
}

/// One conversation of three roles; what a validator closes is not worked on.
fn validates_and_decides(harness: &str) {
    let mut sandbox = Sandbox::new();
    let work = "echo ok >ok.txt && git add . && git commit -q -m 'Add ok'";
    let ready = Script::new(
        "ready",
        [
            Answer::new().shell(work),
            says("Done.\n\nswarm:${nonce} DONE"),
        ],
    );
    let ready = ready
        .part(Role::Validate, [says("Clear.\n\nswarm:${nonce} READY")])
        .part(Role::Decide, [says("Colour: blue.\n\nswarm:${nonce} DONE")]);
    let close = Script::new("close", [says("swarm:${nonce} DONE")]).part(
        Role::Validate,
        [says("swarm:${nonce} CLOSE it is there already")],
    );
    let server = ModelServer::start([ready, close]).expect("a server");
    connect(&mut sandbox, &server);
    for name in ["ready", "close"] {
        let text = format!("Do it.\n\n[script:{name} name={name}]\n");
        sandbox.write(&format!("repo/tasks/{name}.md"), &text);
    }
    let options = [
        "run",
        "--validate",
        "--decide",
        "--harness",
        harness,
        "--json",
    ];
    let finished = swarm(&sandbox, &options);
    assert_gone("something of the test", || sandbox.processes());
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let report = finished.report();
    assert_eq!(
        report["totals"]["outcomes"],
        json!({"closed": 1, "landed": 1}),
        "{report:#}"
    );
    let requests = server.requests();
    let mut bodies = requests
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body));
    let work = bodies.find(|body| body.contains(" task=ready attempt=1 turn=3 role=implement]"));
    let work = work.expect("the work is the third turn");
    assert!(
        work.contains("Colour: blue."),
        "in one conversation: {work}"
    );
    sandbox.check_integrity();
}
