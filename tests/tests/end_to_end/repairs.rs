//! Agents that are called again in a conversation of theirs: a gate fails, and
//! what landed meanwhile is in conflict.

use std::collections::BTreeSet;

use serde_json::json;
use swarm_core::model::Role;
use swarm_core::testing::model_server::{Answer, ModelServer, Request, Script};

use crate::agents::connect;
use crate::application::swarm;
use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

const TASKS: [&str; 2] = ["left", "right"];

#[test]
fn claude_code_mends_and_resolves() {
    mends_and_resolves("claude");
}

#[test]
fn codex_mends_and_resolves() {
    mends_and_resolves("codex");
}

fn mends_and_resolves(harness: &str) {
    let mut sandbox = Sandbox::new();
    let server = ModelServer::start([script(&sandbox)]).expect("a server");
    connect(&mut sandbox, &server);
    for task in TASKS {
        let text = format!("Write your name down.\n\n[script:clash name={task}]\n");
        sandbox.write(&format!("repo/tasks/{task}.md"), &text);
    }
    let gate = "mended=ls mended-*.txt";
    let args = ["run", "--jobs", "2", "--harness", harness, "--json"];
    let finished = swarm(&sandbox, &[&args[..], &["--gate", gate]].concat());
    assert_gone("something of the test", || sandbox.processes());

    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let report = finished.report();
    assert_eq!(report["totals"]["outcomes"], json!({"landed": 2}));
    assert_eq!(report["totals"]["attempts"], 2);
    let names = sandbox.git(&["show", "main:names.txt"]);
    let names: BTreeSet<&str> = names.lines().collect();
    assert_eq!(names, BTreeSet::from(TASKS));
    sandbox.check_integrity();
    check_turns(&server.requests());
}

/// Both write to one file, neither passes the gate at first, and the one that
/// comes second has to take in the other.
fn script(sandbox: &Sandbox) -> Script {
    let meeting = sandbox.dir().join("meeting");
    let meeting = meeting.display();
    let write = format!(
        "mkdir -p {meeting} && touch {meeting}/${{name}}; tries=0; \
         until [ $(ls {meeting} | wc -l) -ge 2 ]; do \
         tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; sleep 0.1; done; \
         echo ${{name}} >names.txt && git add . && git commit -q -m 'Add ${{name}}'"
    );
    let mend = "touch mended-${name}.txt && git add . && git commit -q -m 'Mend ${name}'";
    let resolve = "git merge -q $SWARM_ONTO; git checkout -q --ours names.txt && \
         git show $SWARM_ONTO:names.txt >>names.txt && git add . && git commit -q --no-edit";
    let done = || Answer::new().text("Done.\n\nswarm:${nonce} DONE");
    Script::new("clash", [Answer::new().shell(write), done()])
        .part(Role::Fix, [Answer::new().shell(mend), done()])
        .part(Role::Resolve, [Answer::new().shell(resolve), done()])
}

/// Who was asked for what, and that later turns know of the earlier ones.
fn check_turns(requests: &[Request]) {
    let roles = requests
        .iter()
        .filter_map(|request| request.played.as_ref());
    let mut roles: Vec<_> = roles.map(|played| played.role.as_str()).collect();
    roles.sort_unstable();
    let expected = [["fix"; 4], ["implement"; 4]].concat();
    let expected = [&expected[..], &["resolve"; 2]].concat();
    assert_eq!(roles, expected);
    for request in requests {
        let text = String::from_utf8_lossy(&request.body);
        let played = request.played.as_ref().map(|played| played.role.as_str());
        let earlier: &[&str] = match played {
            Some("fix") => &["implement"],
            Some("resolve") => &["implement", "fix"],
            _ => &[],
        };
        for role in earlier {
            assert!(text.contains(&format!(" role={role}]")), "{text}");
        }
    }
}
