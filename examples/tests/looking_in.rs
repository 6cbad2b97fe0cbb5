//! What `swarm why` and `swarm status` tell while another process runs the
//! tasks.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

mod common;

use std::fs;
use std::process::{Child, Stdio};

use common::{WORKER, World, make_pipe};

/// Says that it is there, works when it is told to, and commits.
const PATIENT: &str = r#"#!/bin/sh
set -eu
cat >/dev/null
echo there >"$HOME/there"
cat "$HOME/go" >/dev/null
echo work >"work-$SWARM_TASK_ID"
git add --all
git commit --quiet --message Work
"#;

/// A run whose first agent is at work, and waits.
fn begun(world: &World, args: &[&str]) -> Child {
    make_pipe(world, "home/there");
    make_pipe(world, "home/go");
    world.agent(PATIENT);
    let agent = world.path("agent.sh");
    let mut call = world.swarm(&["run", "--harness", "command", "--harness-cmd"]);
    call.arg(&agent).args(args);
    call.stdout(Stdio::null()).stderr(Stdio::null());
    let run = call.spawn().unwrap();
    // Opening the pipe waits for the agent.
    assert_eq!(world.read("home/there"), "there\n");
    run
}

/// Asks until it is told so. A run writes what it does just after it did it.
#[track_caller]
fn told(world: &World, args: &[&str], expected: &str) -> String {
    let mut said = String::new();
    for _ in 0..200 {
        said = world.call(args).code(0).stdout;
        if said.contains(expected) {
            return said;
        }
    }
    panic!("{expected:?} is not in:\n{said}");
}

#[test]
fn a_run_in_another_process_says_what_it_does_until_it_ends() {
    let world = World::with_tasks(&["a", "b"]);
    world.task("c", "---\ndepends_on: a\n---\nDo it.\n");
    let mut run = begun(&world, &[]);
    let why = told(&world, &["why", "a"], "working");
    let of_run = why.strip_prefix("a: working: turn 1 (implement) (attempt 1, run ");
    let name = of_run.unwrap().trim_end().trim_end_matches(')').to_owned();
    let why = world.call(&["why", "b"]).code(0).stdout;
    let slot = format!("b: ready: it waits for a slot; 1 slot of run {name} is taken\n");
    assert_eq!(why, slot);
    let why = world.call(&["why", "c"]).code(0).stdout;
    assert_eq!(why, "c: waits for a (working: turn 1 (implement))\n");
    let status = world.call(&["status"]).code(0).stdout;
    let begin = format!("run {name} is under way (process {}, for ", run.id());
    assert!(status.contains(&begin), "{status}");
    assert!(
        status.ends_with("1 task at work, 1 of 1 slot taken\n"),
        "{status}"
    );
    let status = world.call(&["status", "--json"]).code(0).json();
    assert_eq!(status["tasks"][0]["activity"]["doing"], "working");
    assert_eq!(status["runs"][0]["now"]["taken"], 1);

    // Each of the others is there in its turn, and may go on.
    world.write("home/go", "");
    for _ in ["b", "c"] {
        assert_eq!(world.read("home/there"), "there\n");
        world.write("home/go", "");
    }
    assert!(run.wait().unwrap().success());
    let left = fs::read_dir(world.path("repo/.git/swarm/live")).unwrap();
    assert_eq!(left.count(), 0, "a run that ended takes its files along");
    let status = world.call(&["status"]).code(0).stdout;
    assert!(status.ends_with("no run is under way\n"), "{status}");
}

#[test]
fn a_run_that_was_killed_is_not_believed() {
    let world = World::with_tasks(&["a", "b"]);
    let mut run = begun(&world, &[]);
    told(&world, &["why", "a"], "working");
    run.kill().unwrap();
    run.wait().unwrap();
    let left = || fs::read_dir(world.path("repo/.git/swarm/live")).unwrap();
    assert_eq!(left().count(), 2, "nobody took its files along");
    let why = world.call(&["why", "a"]).code(0).stdout;
    assert!(why.contains("began it and tells no more"), "{why}");
    let why = world.call(&["why", "b"]).code(0).stdout;
    assert_eq!(why, "b: ready to start: no run is under way\n");
    assert_eq!(left().count(), 2, "looking changes nothing");
    world.agent(WORKER);
    // With state of its own: the task of the dead run has a lease.
    let state = world.path("other.db");
    world.run(&["--state", state.to_str().unwrap()]).code(0);
    assert_eq!(left().count(), 0, "the next run cleans up");
}
