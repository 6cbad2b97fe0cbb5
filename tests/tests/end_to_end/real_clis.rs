//! The agents' real command lines, against a scripted model.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use swarm_core::testing::model_server::{Answer, ModelServer, Request, Script};

use crate::agents::connect;
use crate::application::swarm;
use crate::checkout::{Checkout, leave_dirty};
use crate::processes::{Processes, assert_gone};
use crate::sandbox::Sandbox;

/// What [`Answer`] says an answer costs, in and out.
const COST: (u64, u64) = (100, 20);

/// The tasks: file name, front matter, script with its values, and how many
/// answers it takes.
const TASKS: [(&str, &str, &str, u64); 8] = [
    ("meet-1", "priority: 9", "meet", 2),
    ("meet-2", "priority: 9", "meet", 2),
    ("meet-3", "priority: 9", "meet", 2),
    ("meet-4", "priority: 9", "meet", 2),
    ("base", "", "write", 3),
    ("left", "depends_on: base", "extend need=base", 2),
    ("right", "depends_on: [base]", "leave", 2),
    ("top", "depends_on: [left, right]", "extend need=right", 2),
];

#[test]
fn claude_code_lands_eight_tasks() {
    lands_eight_tasks("claude");
}

#[test]
fn codex_lands_eight_tasks() {
    lands_eight_tasks("codex");
}

fn lands_eight_tasks(harness: &str) {
    let mut sandbox = Sandbox::new();
    let server = ModelServer::start(scripts(&sandbox)).expect("a server");
    connect(&mut sandbox, &server);
    write_tasks(&sandbox);
    leave_dirty(&sandbox);
    let before = Checkout::look(&sandbox);

    let args = ["run", "--jobs", "4", "--harness", harness, "--json"];
    let rules = ["--gate", "there=ls out/*.txt", "--completion", "strict"];
    let finished = swarm(&sandbox, &[&args[..], &rules].concat());
    let run = finished.report()["run"].as_str().map(str::to_owned);
    let run = run.expect("a run's id");
    assert_gone("something of the run", || Processes::with(&run));
    assert_gone("something of the test", || sandbox.processes());

    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert_eq!(Checkout::look(&sandbox), before);
    sandbox.check_integrity();
    check_report(&finished.report(), harness);
    check_history(&sandbox, &finished.report());
    check_nothing_left(&sandbox);
    check_requests(&server.requests());
    let left = sandbox.dir().join("left-behind");
    assert!(left.exists(), "no agent left a process behind");
}

/// What the model says. Each commits `out/<file>.txt`.
fn scripts(sandbox: &Sandbox) -> [Script; 4] {
    let dir = sandbox.dir();
    let (meeting, left) = (dir.join("meeting"), dir.join("left-behind"));
    let (meeting, left) = (meeting.display(), left.display());
    let text = "made by ${file}\n";
    let make = "mkdir -p out && echo 'made by ${file}' >out/${file}.txt";
    let commit = "git add out && git commit -q -m 'Add ${file}'";
    let done = || Answer::new().text("All is there.\n\nswarm:${nonce} DONE");
    // Four agents wait for each other: fewer at once would never get on.
    let meet = format!(
        "mkdir -p {meeting} && touch {meeting}/${{file}}; tries=0; \
         until [ $(ls {meeting} | wc -l) -ge 4 ]; do \
         tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; sleep 0.1; done; \
         {make} && {commit}"
    );
    let extend = format!("grep -q 'made by ${{need}}' out/${{need}}.txt && {make} && {commit}");
    let leave = format!(
        "setsid sleep 600 >/dev/null 2>&1 & nohup sleep 600 >/dev/null 2>&1 & \
         echo $! >{left}; {make} && {commit}"
    );
    [
        Script::new(
            "write",
            [
                Answer::new()
                    .text("I write a file.")
                    .write("out/${file}.txt", text),
                Answer::new().shell(commit),
                done(),
            ],
        ),
        Script::new("meet", [Answer::new().shell(meet), done()]),
        Script::new("extend", [Answer::new().shell(extend), done()]),
        Script::new("leave", [Answer::new().shell(leave), done()]),
    ]
}

fn write_tasks(sandbox: &Sandbox) {
    for (name, front, script, _) in TASKS {
        let text = format!("---\n{front}\n---\n# Add {name}\n\n[script:{script} file={name}]\n");
        sandbox.write(&format!("repo/tasks/{name}.md"), &text);
    }
}

fn check_report(report: &Value, harness: &str) {
    assert_eq!(report["schema"], 1);
    assert_eq!(report["reviewed"], false);
    assert_eq!(report["target"]["branch"], "main");
    assert_eq!(report["target"]["parked"], Value::Null);
    assert_eq!(report["totals"]["outcomes"], json!({"landed": 8}));
    let tasks = report["tasks"].as_array().expect("tasks");
    assert_eq!(tasks.len(), TASKS.len());
    for (name, _, _, answers) in TASKS {
        let task = tasks.iter().find(|task| task["id"] == name);
        let task = task.unwrap_or_else(|| panic!("no task {name} in {report}"));
        assert_eq!(task["outcome"], "landed", "{task}");
        assert_eq!(task["attempts"], 1, "{task}");
        assert_eq!(task["usage"]["input"], answers * COST.0, "{task}");
        assert_eq!(task["usage"]["output"], answers * COST.1, "{task}");
        // Codex tells no costs.
        let cost = task["cost_usd"].as_f64().expect("a cost");
        assert_eq!(cost > 0.0, harness == "claude", "{task}");
    }
}

/// Every task landed once, on the line that the report names, after what it
/// depends on, with its own file.
fn check_history(sandbox: &Sandbox, report: &Value) {
    let target = report["target"]["after"].as_str();
    assert_eq!(Some(sandbox.git(&["rev-parse", "main"]).trim()), target);
    let format = "--format=%H %(trailers:key=Swarm-Task,valueonly)";
    let log = sandbox.git(&["log", "--first-parent", "--reverse", "main", format]);
    let landings = log.lines().filter_map(|line| line.split_once(' '));
    let landings: Vec<_> = landings.filter(|(_, task)| !task.is_empty()).collect();
    let commits: BTreeMap<_, _> = landings
        .iter()
        .map(|(commit, task)| (*task, *commit))
        .collect();
    assert_eq!((landings.len(), commits.len()), (TASKS.len(), TASKS.len()));
    for task in report["tasks"].as_array().expect("tasks") {
        let (id, commit) = (task["id"].as_str(), task["commit"].as_str());
        assert_eq!(id.and_then(|id| commits.get(id).copied()), commit);
    }
    let order = |task: &str| landings.iter().position(|(_, landed)| *landed == task);
    for (first, then) in [
        ("base", "left"),
        ("base", "right"),
        ("left", "top"),
        ("right", "top"),
    ] {
        assert!(order(first) < order(then), "{landings:?}");
    }
    for (name, ..) in TASKS {
        let file = sandbox.git(&["show", &format!("main:out/{name}.txt")]);
        assert_eq!(file, format!("made by {name}\n"));
    }
}

/// Neither worktrees nor branches nor refs.
fn check_nothing_left(sandbox: &Sandbox) {
    let worktrees = sandbox.git(&["worktree", "list", "--porcelain"]);
    assert_eq!(worktrees.matches("worktree ").count(), 1, "{worktrees}");
    let refs = sandbox.git(&["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/heads/main\n");
    // One folder a repository; it may stay.
    let kept = sandbox.dir().join("home/.cache/swarm/worktrees");
    let repositories = fs::read_dir(kept).into_iter().flatten().flatten();
    let trees = repositories.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten());
    let trees: Vec<_> = trees.flatten().map(|tree| tree.path()).collect();
    assert_eq!(trees, [] as [PathBuf; 0]);
}

/// Every script was played to its end, and nothing else was asked for.
fn check_requests(requests: &[Request]) {
    let expected = TASKS.iter().map(|(.., answers)| answers).sum::<u64>();
    let played = requests
        .iter()
        .filter_map(|request| request.played.as_ref());
    assert_eq!(played.count() as u64, expected);
    let odd: BTreeSet<_> = requests
        .iter()
        .filter(|request| request.played.is_none())
        .map(|request| (request.method.as_str(), request.path.as_str()))
        .filter(|(method, path)| (*method, *path) != ("HEAD", "/"))
        .collect();
    assert!(odd.is_empty(), "also asked for: {odd:?}");
}
