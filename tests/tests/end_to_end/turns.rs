//! What the real command lines are told and say over the turns of one attempt:
//! silence, a nudge, a hand-off, a full conversation, a limit.

use std::thread;
use std::time::Duration;

use serde_json::json;
use swarm_core::model::Role;
use swarm_core::testing::model_server::{Answer, Fault, ModelServer, Request, Script};

use crate::agents::connect;
use crate::application::{Finished, swarm, told_why};
use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

#[test]
fn claude_code_is_asked_on_nudged_and_continued() {
    asked_on_nudged_and_continued("claude", &[]);
}

#[test]
fn claude_code_that_stays_alive_is_asked_on_nudged_and_continued() {
    asked_on_nudged_and_continued("claude", &["--live"]);
}

#[test]
fn codex_is_asked_on_nudged_and_continued() {
    asked_on_nudged_and_continued("codex", &[]);
}

fn done() -> Answer {
    Answer::new().text("Done.\n\nswarm:${nonce} DONE")
}

fn works() -> [Answer; 2] {
    let shell = "echo ${name} >${name}.txt && git add . && git commit -q -m 'Add ${name}'";
    [Answer::new().shell(shell), done()]
}

/// A turn that looks at something new, and says nothing of how the task stands.
fn reads(turn: u32) -> [Answer; 2] {
    let looks = Answer::new().shell(format!("ls; echo looked {turn}"));
    [looks, Answer::new().text("Still reading.")]
}

fn scripts() -> Vec<Script> {
    let silent = |name, turns| {
        let script = Script::new(name, works());
        (1..=turns).fold(script, |script, turn| script.turn(turn, reads(turn)))
    };
    let half = "echo half >half.txt && git add . && git commit -q -m 'Half of ${name}'";
    let note = "Half of it stands in half.txt.\n\nswarm:${nonce} HANDOFF";
    let hands_off = [Answer::new().shell(half), Answer::new().text(note)];
    let full = [Answer::new().fails(Fault::PromptTooLong)];
    let lies = Answer::new().shell("echo lies >lies.txt");
    let commit = Answer::new().shell("git add . && git commit -q -m 'Commit what lies'");
    let writes = Script::new("recovered", [lies, Answer::new().text("Written.")]);
    vec![
        writes.part(Role::Commit, [commit, done()]),
        silent("three", 3),
        silent("nudge", 5),
        Script::new("handoff", works()).turn(1, hands_off),
        Script::new("full", works()).turn(1, full),
    ]
}

fn run(sandbox: &Sandbox, harness: &str, options: &[&str], tasks: &[&str]) -> Finished {
    for task in tasks {
        let text = format!("Write your name down.\n\n[script:{task} name={task}]\n");
        sandbox.write(&format!("repo/tasks/{task}.md"), &text);
    }
    let args = ["run", "--jobs", "4", "--harness", harness, "--json"];
    let finished = swarm(sandbox, &[&args, options].concat());
    assert_gone("something of the test", || sandbox.processes());
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    finished
}

/// The prompts of a task's turns, in their order, as the agent passed them on.
fn last_requests<'a>(requests: &'a [Request], task: &str, turn: u32) -> Vec<&'a Request> {
    let tag = format!(" task={task} attempt=1 turn={turn} role=implement]");
    let of_turn = |request: &&Request| String::from_utf8_lossy(&request.body).contains(&tag);
    requests.iter().filter(of_turn).collect()
}

fn asked_on_nudged_and_continued(harness: &str, options: &[&str]) {
    let mut sandbox = Sandbox::new();
    let server = ModelServer::start(scripts()).expect("a server");
    connect(&mut sandbox, &server);
    let finished = run(
        &sandbox,
        harness,
        options,
        &["three", "nudge", "handoff", "full", "recovered"],
    );
    let report = finished.report();
    assert_eq!(report["totals"]["outcomes"], json!({"landed": 5}));
    assert_eq!(report["totals"]["attempts"], 5, "one each: {finished:#?}");

    let requests = server.requests();
    let told = |task: &str, turn| {
        let of_turn = last_requests(&requests, task, turn);
        let first = of_turn
            .first()
            .unwrap_or_else(|| panic!("{task} has no turn {turn}"));
        String::from_utf8_lossy(&first.body).into_owned()
    };
    for turn in 2..=4 {
        let text = told("three", turn);
        assert!(
            text.contains("Still reading."),
            "the conversation goes on: {text}"
        );
        assert!(!text.contains("three ways out"), "{text}");
    }
    assert!(told("nudge", 6).contains("three ways out"));
    let tag = " task=recovered attempt=1 turn=2 role=commit]";
    let commits = requests
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body));
    let told_to_commit = commits.into_iter().find(|body| body.contains(tag));
    let body = told_to_commit.expect("a turn for the commit alone");
    assert!(
        body.contains("Written."),
        "in the same conversation: {body}"
    );
    let continued = told("handoff", 2);
    assert!(continued.contains("Half of it stands in half.txt."));
    assert!(
        !continued.contains(" turn=1 "),
        "a new conversation: {continued}"
    );
    assert!(!told("full", 2).contains(" turn=1 "));
    sandbox.check_integrity();
}

#[test]
fn a_limit_parks_four_workers_of_claude_code_until_it_is_over() {
    a_limit_parks_four_workers("claude");
}

#[test]
fn a_limit_parks_four_workers_of_codex_until_it_is_over() {
    a_limit_parks_four_workers("codex");
}

fn a_limit_parks_four_workers(harness: &str) {
    let span = Duration::from_secs(5);
    let limited = [Answer::new().fails(Fault::UsageLimitFor { span })];
    let script = Script::new("limited", works()).turn(1, limited);
    let mut sandbox = Sandbox::new();
    let server = ModelServer::start([script]).expect("a server");
    connect(&mut sandbox, &server);
    for (name, value) in server.claude_login_env() {
        sandbox.set(&name.to_string_lossy(), value);
    }
    sandbox.unset("ANTHROPIC_API_KEY");
    let tasks = ["a", "b", "c", "d"];
    for name in tasks {
        let text = format!("Write your name down.\n\n[script:limited name={name}]\n");
        sandbox.write(&format!("repo/tasks/{name}.md"), &text);
    }
    let args = ["run", "--jobs", "4", "--harness", harness, "--json"];
    let finished = thread::scope(|scope| {
        let run = scope.spawn(|| swarm(&sandbox, &args));
        told_why(&sandbox, "d", "parked for another");
        run.join().expect("the run")
    });
    assert_gone("something of the test", || sandbox.processes());
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let totals = &finished.report()["totals"];
    assert_eq!(totals["attempts"], 4, "the limit costs none: {finished:#?}");

    // Both tell whole seconds or less, rounded down.
    let span = span.checked_sub(Duration::from_secs(1)).expect("more");
    // The second turn's requests hold the first one's prompt as well.
    let (mut limited, mut later) = (Vec::new(), Vec::new());
    let requests = server.requests();
    for task in tasks {
        let second = last_requests(&requests, task, 2);
        let of_second = |at| second.iter().any(|request| request.at == at);
        let all = last_requests(&requests, task, 1).into_iter();
        limited.extend(all.map(|request| request.at).filter(|at| !of_second(*at)));
        later.extend(second.iter().map(|request| request.at));
    }
    assert!(
        limited.len() >= 4 && later.len() >= 8,
        "{limited:?} {later:?}"
    );
    for at in later {
        let told = limited.iter().filter(|told| **told < at).max();
        let over = told.map(|told| *told + span);
        assert!(over.is_some_and(|over| over <= at), "{at:?}: {limited:?}");
    }
}
