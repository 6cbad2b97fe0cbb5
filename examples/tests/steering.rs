//! A run in another process does as it is told.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

mod common;

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use common::{World, make_pipe};

/// Says which task it works on, and goes on when it is told to.
const PATIENT: &str = r#"#!/bin/sh
set -eu
cat >/dev/null
echo "$SWARM_TASK_ID" >"$HOME/there"
cat "$HOME/go-$SWARM_TASK_ID" >/dev/null
echo work >"work-$SWARM_TASK_ID"
git add --all
git commit --quiet --message Work
"#;

/// Gone when its test is over, also when that fails.
struct Run(Child);

impl Drop for Run {
    fn drop(&mut self) {
        // Most have ended by themselves.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A run with one slot, whose agent is at its first task and waits.
fn begun(world: &World) -> Run {
    begun_with(world, PATIENT)
}

fn begun_with(world: &World, agent: &str) -> Run {
    make_pipe(world, "home/there");
    // One for each: to open a pipe lets everybody go on who waits there.
    for task in ["a", "b"] {
        make_pipe(world, &format!("home/go-{task}"));
    }
    world.agent(agent);
    let run = beside(world, &[]);
    assert_eq!(world.read("home/there"), "a\n");
    run
}

/// A run whose agents wait at the same pipes.
fn beside(world: &World, args: &[&str]) -> Run {
    let mut call = world.swarm(&["run", "--harness", "command", "--harness-cmd"]);
    call.arg(world.path("agent.sh")).args(args);
    call.stdout(Stdio::piped()).stderr(Stdio::null());
    Run(call.spawn().unwrap())
}

#[track_caller]
fn says(world: &World, args: &[&str], expected: &str) {
    let said = world.call(args).code(0).stdout;
    assert!(said.contains(expected), "{args:?}: {said}");
}

fn table(mut run: Run) -> (Option<i32>, String) {
    let mut text = String::new();
    let mut told = run.0.stdout.take().unwrap();
    told.read_to_string(&mut text).unwrap();
    (run.0.wait().unwrap().code(), text)
}

#[test]
fn a_run_is_paused_widened_resumed_and_drained() {
    let world = World::with_tasks(&["a", "b", "c", "d"]);
    let run = begun(&world);
    says(&world, &["pause"], "is paused");
    says(&world, &["jobs", "2"], "has 2 slots from now on");
    says(&world, &["status"], "it begins nothing new: it is paused");
    says(&world, &["status"], "1 of 2 slots taken");
    says(&world, &["resume"], "goes on");
    assert_eq!(world.read("home/there"), "b\n", "there is room for it now");
    says(&world, &["drain"], "takes no further task");
    let refused = world.call(&["pause"]).code(2).stderr;
    assert!(
        refused.contains("it can be stopped, neither paused nor resumed"),
        "{refused}"
    );
    for task in ["a", "b"] {
        world.write(format!("home/go-{task}"), "");
    }
    let (code, table) = table(run);
    assert_eq!(code, Some(1), "not all was done: {table}");
    assert!(table.contains("4 tasks: 2 landed, 2 skipped"), "{table}");
    let left = std::fs::read_dir(world.path("repo/.git/swarm/live")).unwrap();
    assert_eq!(left.count(), 0, "it takes its files along");
}

/// Tells that it is there, and later whether it was asked to end.
const ASKED: &str = r#"#!/bin/sh
trap 'echo yes >"$HOME/asked"; exit 1' TERM
cat >/dev/null
echo "$SWARM_TASK_ID" >"$HOME/there"
cat "$HOME/go-$SWARM_TASK_ID" >/dev/null
"#;

#[test]
fn a_run_is_stopped_and_its_work_is_kept() {
    for (how, asked) in [(&["stop"][..], true), (&["stop", "--now"], false)] {
        let world = World::with_tasks(&["a", "b"]);
        let run = begun_with(&world, ASKED);
        world.call(how).code(0);
        let (code, table) = table(run);
        assert_eq!(code, Some(130), "{how:?}");
        assert!(table.contains("the next run goes on with it"), "{table}");
        assert_eq!(world.path("home/asked").exists(), asked, "{how:?}");
    }
}

#[test]
fn how_often_a_task_was_cut_short_is_shown_with_the_limit_of_its_run() {
    let world = World::with_tasks(&["a"]);
    let run = begun(&world);
    world.call(&["stop"]).code(0);
    assert_eq!(table(run).0, Some(130));
    let run = beside(&world, &["--max-restarts", "4"]);
    assert_eq!(world.read("home/there"), "a\n");
    let said = "the attempt before the latest was cut short (max_restarts: 4)";
    says(&world, &["show", "a"], &format!("attempts   2; {said}"));
    says(&world, &["why", "a"], said);
    world.call(&["stop"]).code(0);
    assert_eq!(table(run).0, Some(130));
}

#[test]
fn without_a_run_nothing_is_handed_over() {
    let world = World::with_tasks(&["a"]);
    for args in [&["pause"][..], &["jobs", "2"], &["stop"]] {
        let said = world.call(args).code(2).stderr;
        assert!(said.contains("no run is under way"), "{said}");
    }
    let said = world.call(&["drain", "--run", "r1"]).code(2).stderr;
    assert!(said.contains("--run r1: no run is under way"), "{said}");
    assert!(!world.path("repo/.git/swarm/live").exists());
    for none in ["0", "-1", "some"] {
        let said = world.call(&["jobs", "--", none]).code(2).stderr;
        assert!(said.contains("a whole number, at least 1"), "{said}");
    }
}

#[test]
fn nobody_else_may_steer_a_run() {
    let world = World::with_tasks(&["a"]);
    let folder = world.path("repo/.git/swarm/live");
    std::fs::create_dir_all(&folder).unwrap();
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(&folder, open).unwrap();
    let run = begun(&world);
    says(&world, &["stop"], "");
    let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(table(run).0, Some(130));
}

#[test]
fn where_nobody_can_look_nothing_is_said_of_runs() {
    let world = World::with_tasks(&["a"]);
    world.run(&[]).code(0);
    std::fs::remove_dir(world.path("repo/.git/swarm/live")).unwrap();
    // The superuser may look into any folder, but not into a file.
    world.write("repo/.git/swarm/live", "");
    for args in [&["pause"][..], &["status"], &["why", "a"]] {
        let said = world.call(args).code(2).stderr;
        assert!(said.contains("by the user who began them"), "{said}");
    }
}

#[test]
fn of_several_runs_one_must_be_named() {
    let world = World::with_tasks(&["a", "b"]);
    let first = begun(&world);
    let second = beside(&world, &[]);
    assert_eq!(world.read("home/there"), "b\n");
    let said = world.call(&["pause"]).code(2).stderr;
    let (_, names) = said.split_once("several runs are under way: ").unwrap();
    let (names, _) = names.split_once(';').unwrap();
    let names: Vec<&str> = names.split(", ").collect();
    assert_eq!(names.len(), 2, "{said}");
    for name in &names {
        says(&world, &["stop", "--run", name], name);
    }
    assert_eq!((table(first).0, table(second).0), (Some(130), Some(130)));
}

#[test]
fn a_run_that_can_tell_nobody_names_the_place_and_works() {
    let world = World::with_tasks(&["a"]);
    world.write("repo/.git/swarm/live", "");
    let said = world.run(&[]).code(0).stderr;
    let place = world.path("repo/.git/swarm/live").display().to_string();
    assert!(said.contains(&place), "{said}");
    assert!(said.contains("cannot be steered"), "{said}");
}
