//! An orchestrator that is killed while its agent waits for the model: the next
//! one goes on with the same conversation, in the same worktree.

use std::fs::{self, File};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use swarm_core::testing::model_server::{Answer, Fault, ModelServer, Request, Script};

use crate::agents::connect;
use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

/// After this, something hangs. The lease of the killed run takes longer: who
/// waits for it fails.
const LIMIT: Duration = Duration::from_secs(100);

#[test]
fn claude_code_goes_on_after_a_kill() {
    goes_on_after_a_kill("claude");
}

#[test]
fn codex_goes_on_after_a_kill() {
    goes_on_after_a_kill("codex");
}

fn scripts() -> [Script; 1] {
    let half = "echo half >half.txt && git add . && git commit -q -m Half && echo open >open.txt";
    let hangs = [
        Answer::new().shell(half),
        Answer::new().fails(Fault::HangBeforeHeaders),
    ];
    let rest = "echo rest >rest.txt && git add . && git commit -q -m Rest";
    let works = [
        Answer::new().shell(rest),
        Answer::new().text("Done.\n\nswarm:${nonce} DONE"),
    ];
    [Script::new("warm", works).turn(1, hangs)]
}

fn goes_on_after_a_kill(harness: &str) {
    let mut sandbox = Sandbox::new();
    let server = ModelServer::start(scripts()).expect("a server");
    connect(&mut sandbox, &server);
    sandbox.write("repo/tasks/warm.md", "Write two files.\n\n[script:warm]\n");

    let mut first = start(&sandbox, harness);
    // Once for the command, and once with what came of it.
    let hangs = |requests: &[Request]| of_turn(requests, 1, 1).len() == 2;
    assert!(server.wait_for(LIMIT, hangs), "the model is not asked");
    first.kill().expect("killed");
    first.wait().expect("a child");

    let mut second = start(&sandbox, harness);
    let until = Instant::now() + LIMIT;
    while second.try_wait().expect("a child").is_none() {
        assert!(Instant::now() < until, "no end: {}", said(&sandbox));
        sleep(Duration::from_millis(20));
    }
    assert_gone("something of the test", || sandbox.processes());
    let report = report(&sandbox);
    assert_eq!(report["totals"]["outcomes"], json!({"landed": 1}));

    let requests = server.requests();
    let (before, after) = (of_turn(&requests, 1, 1), of_turn(&requests, 2, 2));
    let session = before[0].session().expect("a conversation has an id");
    let resumed = after.first().expect("a second turn");
    assert_eq!(resumed.session(), Some(session));
    let told = String::from_utf8_lossy(&resumed.body).into_owned();
    for text in [" attempt=1 turn=1 ", "You were interrupted", "half.txt"] {
        assert!(told.contains(text), "without {text:?}: {told}");
    }
    assert!(!told.contains("This is a new worktree"), "{told}");

    // What was committed before the kill, what lay there uncommitted, and the rest.
    let files = sandbox.git(&["ls-tree", "--name-only", "main"]);
    for file in ["half.txt", "open.txt", "rest.txt"] {
        assert!(files.lines().any(|line| line == file), "{file}: {files}");
    }
    let trees = sandbox.git(&["worktree", "list"]);
    assert_eq!(trees.lines().count(), 1, "a worktree is left: {trees}");
    sandbox.check_integrity();
}

/// The requests of a turn, the first one of it first.
fn of_turn(requests: &[Request], attempt: u32, turn: u32) -> Vec<&Request> {
    let tag = format!(" task=warm attempt={attempt} turn={turn} role=");
    let later = format!(" task=warm attempt={} turn={} role=", attempt + 1, turn + 1);
    let holds = |request: &&Request| {
        let body = String::from_utf8_lossy(&request.body);
        body.contains(&tag) && !body.contains(&later)
    };
    requests.iter().filter(holds).collect()
}

fn start(sandbox: &Sandbox, harness: &str) -> Child {
    let file = |name: &str| File::create(sandbox.dir().join(name)).expect("a file");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_swarm-under-test"));
    command.args(["run", "--harness", harness, "--json"]);
    command.stdin(Stdio::null());
    command.stdout(file("stdout")).stderr(file("stderr"));
    command.spawn().expect("the application")
}

fn said(sandbox: &Sandbox) -> String {
    let read = |name: &str| fs::read_to_string(sandbox.dir().join(name)).unwrap_or_default();
    format!("{}\n{}", read("stdout"), read("stderr"))
}

/// The report: the last line.
fn report(sandbox: &Sandbox) -> Value {
    let stdout = fs::read_to_string(sandbox.dir().join("stdout")).expect("a file");
    let last = stdout.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {}", said(sandbox)))
}
