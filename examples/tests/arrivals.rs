//! Task files that come, change and go while a run lasts.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

mod common;

use std::process::{Child, Command, Stdio};

use common::{WORKER, World, make_pipe};

/// Works as ever, and does more at its first task.
fn agent(more: &str) -> String {
    let more = format!("if [ \"$SWARM_TASK_ID\" = a ]; then\n{more}\nfi\ngit add --all");
    WORKER.replacen("git add --all", &more, 1)
}

#[test]
fn what_an_agent_writes_into_the_folder_lands_in_the_same_run() {
    let world = World::with_tasks(&["a"]);
    let more = "printf '%s\\n' --- 'depends_on: [a, c]' --- 'Do it.' >\"$SWARM_TASKS_DIR/b.md\"\n\
                echo 'Do it.' >\"$SWARM_TASKS_DIR/c.md\"";
    world.agent(&agent(more));
    let done = world.run(&["--json"]).code(0);
    for id in ["a", "b", "c"] {
        assert_eq!(done.outcomes()[id], "landed", "{id}");
    }
    assert!(done.stderr.contains("2 tasks new: b, c"), "{}", done.stderr);
}

#[test]
fn what_lands_in_the_folder_is_a_task_of_the_same_run() {
    let world = World::with_tasks(&["a"]);
    world.commit("Add the tasks");
    world.agent(&agent("echo 'Do it.' >tasks/b.md"));
    let done = world.run(&["--json"]).code(0);
    assert_eq!(done.outcomes()["b"], "landed");
}

#[test]
fn a_bad_file_is_told_once_and_ends_nothing() {
    let world = World::with_tasks(&["a", "b"]);
    let more = "printf '%s\\n' --- 'pririty: 1' --- 'Do it.' >\"$SWARM_TASKS_DIR/bad.md\"\n\
                echo 'Do it.' >\"$SWARM_TASKS_DIR/c.md\"";
    world.agent(&agent(more));
    for quiet in [false, true] {
        let flags: &[&str] = if quiet {
            &["--json", "--quiet"]
        } else {
            &["--json"]
        };
        let done = world.run(flags).code(0);
        assert_eq!(done.outcomes().len(), 2, "{:?}", done.outcomes());
        let told = done.stderr.matches("bad.md:2: unknown key").count();
        assert_eq!(told, 1, "{}", done.stderr);
        std::fs::remove_file(world.path("repo/tasks/bad.md")).unwrap();
        std::fs::remove_file(world.path("repo/tasks/c.md")).unwrap();
        world.git(&["reset", "--quiet", "--hard", "main~2"]);
        std::fs::remove_dir_all(world.path("repo/.git/swarm")).unwrap();
    }
}

#[test]
fn a_task_for_somebody_who_is_not_there_is_told() {
    let world = World::with_tasks(&["a"]);
    let more = "printf '%s\\n' --- 'harness: codex' --- 'Do it.' >\"$SWARM_TASKS_DIR/b.md\"";
    world.agent(&agent(more));
    let done = world.run(&["--json"]).code(0);
    assert_eq!(done.outcomes().len(), 1);
    let said = "a task asks for codex, which is not at work in this run";
    assert!(done.stderr.contains(said), "{}", done.stderr);
}

#[test]
fn a_file_that_is_taken_away_is_not_worked_on() {
    let world = World::with_tasks(&["a", "b", "c"]);
    world.task("c", "---\ndepends_on: b\n---\nDo it.\n");
    world.agent(&agent("rm \"$SWARM_TASKS_DIR/c.md\""));
    let done = world.run(&["--json"]).code(0);
    assert_eq!(done.outcomes().len(), 2, "{:?}", done.outcomes());
    assert!(
        done.stderr.contains("1 task taken away: c"),
        "{}",
        done.stderr
    );
}

/// A run that goes on until it is stopped.
fn watching(world: &World) -> Child {
    let mut call = world.swarm(&["run", "--watch", "--harness", "command", "--harness-cmd"]);
    call.arg(world.path("agent.sh"));
    call.stdout(Stdio::piped()).stderr(Stdio::null());
    call.spawn().unwrap()
}

/// Asks for the task until it is in this state.
#[track_caller]
fn becomes(world: &World, task: &str, state: &str) {
    let mut said = String::new();
    for _ in 0..1000 {
        said = world.call(&["status"]).code(0).stdout;
        let mut lines = said.lines().map(|line| line.split_whitespace());
        if lines.any(|mut words| words.next() == Some(task) && words.next() == Some(state)) {
            return;
        }
    }
    panic!("{task} is not {state}:\n{said}");
}

#[test]
fn a_watching_run_works_on_what_comes_and_ends_when_it_is_told_to() {
    let world = World::with_tasks(&["a"]);
    let mut run = watching(&world);
    becomes(&world, "a", "landed");
    world.task("bad", "---\npririty: 1\n---\nDo it.\n");
    world.task("b", "Do it.\n");
    // Nothing counts before all is well.
    world.task("bad", "---\npriority: 1\ndraft: true\n---\nDo it.\n");
    becomes(&world, "b", "landed");
    becomes(&world, "bad", "draft");
    assert_eq!(run.try_wait().unwrap(), None, "it goes on");
    let pid = run.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.unwrap().success());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("3 tasks: 2 landed, 1 skipped"), "{table}");
}

#[test]
fn a_run_that_waited_long_enough_for_tasks_ends_well() {
    let world = World::with_tasks(&["a"]);
    let done = world.run(&["--watch-for", "1s", "--json"]).code(0);
    assert_eq!(done.outcomes()["a"], "landed");
    assert_eq!(done.json()["ended"]["end"], "quiet");
    let said = "the run ended: nothing came to do";
    assert!(done.stderr.contains(said), "{}", done.stderr);
}

/// Says that it is there and works for ever, unless its task is b or is to be
/// done well.
const STUCK: &str = r#"#!/bin/sh
set -eu
if grep -q 'Do it well.' || [ "$SWARM_TASK_ID" = b ]; then
  echo well >well.txt
  git add --all
  git commit --quiet --message Well
  exit
fi
echo begun >begun.txt
echo there >"$HOME/there"
sleep 600
"#;

/// A watching run whose agent works for ever.
fn stuck(world: &World) -> Child {
    make_pipe(world, "home/there");
    world.agent(STUCK);
    let run = watching(world);
    assert_eq!(world.read("home/there"), "there\n");
    run
}

#[test]
fn a_task_that_is_edited_while_it_runs_begins_anew_with_the_new_text() {
    let world = World::with_tasks(&["a"]);
    let mut run = stuck(&world);
    world.task("a", "Do it well.\n");
    becomes(&world, "a", "landed");
    assert_eq!(world.git(&["show", "main:well.txt"]), "well\n");
    run.kill().unwrap();
    run.wait().unwrap();
}

#[test]
fn a_task_can_be_cancelled_whether_a_run_works_on_it_or_not() {
    let world = World::with_tasks(&["a", "b"]);
    let mut run = stuck(&world);
    let cancel = world.call(&["cancel", "b"]).code(0).stdout;
    assert_eq!(cancel, "b: held; `swarm retry b` has it tried again\n");
    let cancel = world.call(&["cancel", "a"]).code(0).stdout;
    assert!(
        cancel.contains("ends its agent and keeps its work"),
        "{cancel}"
    );
    becomes(&world, "a", "held");
    let why = world.call(&["why", "a"]).code(0).stdout;
    assert_eq!(why, "a: held until a person looks: cancelled by a person\n");
    let again = world.call(&["cancel", "a"]).code(2).stderr;
    assert!(again.contains("a cannot be cancelled: held"), "{again}");
    let show = world.call(&["show", "a"]).code(0).stdout;
    let kept = show.lines().find_map(|line| line.strip_prefix("worktree"));
    let kept = std::path::Path::new(kept.unwrap().trim()).join("begun.txt");
    assert_eq!(world.read(kept), "begun\n");
    // Nor does a run need to be begun anew to have one tried again.
    let retry = world.call(&["retry", "b"]).code(0).stdout;
    assert!(retry.contains("tries it again"), "{retry}");
    assert!(!retry.contains("swarm run"), "{retry}");
    becomes(&world, "b", "landed");
    run.kill().unwrap();
    run.wait().unwrap();
}
