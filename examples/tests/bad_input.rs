//! Bad usage, configuration and input: exit code 2, a message that names the
//! place and what to do, and nothing changed, neither in the repository nor
//! beside it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

mod common;

use std::fs;
use std::process::Command;

use common::{Done, World};

/// `swarm run` with the scripted agent must refuse, saying all of this.
#[track_caller]
fn refused(world: &World, args: &[&str], said: &[&str]) {
    let agent = world.path("agent.sh");
    let mut all = vec!["run", "--harness", "command", "--harness-cmd"];
    all.push(agent.to_str().unwrap());
    all.extend(args);
    refused_call(world, &mut world.swarm(&all), said);
}

#[track_caller]
fn refused_call(world: &World, command: &mut Command, said: &[&str]) {
    let before = world.snapshot();
    let done = Done::of(command).code(2);
    for said in said {
        assert!(
            done.stderr.contains(said),
            "{said:?} is not in:\n{}",
            done.stderr
        );
    }
    assert_eq!(done.stdout, "");
    let after = world.snapshot();
    let names = |seen: &std::collections::BTreeMap<_, _>| -> Vec<std::path::PathBuf> {
        seen.keys().cloned().collect()
    };
    assert_eq!(names(&before), names(&after));
    assert!(before == after, "a file has changed");
}

#[test]
fn no_repository() {
    let world = World::with_tasks(&["a"]);
    fs::create_dir(world.path("nowhere")).unwrap();
    let place = world.path("nowhere");
    refused(
        &world,
        &["--repo", place.to_str().unwrap()],
        &["nowhere is in no git repository", "git init"],
    );
    refused(&world, &["--repo", "missing"], &["repo/missing"]);
}

#[test]
fn unknown_target_branch() {
    let world = World::with_tasks(&["a"]);
    refused(&world, &["--target", "nope"], &["nope", "--target"]);
}

#[test]
fn a_target_without_a_commit() {
    let world = World::with_tasks(&["a"]);
    world.git(&["symbolic-ref", "HEAD", "refs/heads/fresh"]);
    refused(&world, &[], &["no branch fresh", "main", "--target"]);
    fs::create_dir(world.path("empty")).unwrap();
    world.git_in(world.path("empty"), &["init", "--quiet"]);
    let place = world.path("empty");
    refused(&world, &["--repo", place.to_str().unwrap()], &["commit"]);
}

#[test]
fn no_branch_is_checked_out() {
    let world = World::with_tasks(&["a"]);
    world.git(&["checkout", "--quiet", "--detach"]);
    refused(&world, &[], &["HEAD", "--target"]);
}

#[test]
fn nobody_to_commit_as() {
    let world = World::with_tasks(&["a"]);
    for key in ["user.name", "user.email"] {
        world.git(&["config", "--unset", key]);
    }
    world.git(&["config", "user.useConfigOnly", "true"]);
    refused(&world, &[], &["user.name", "user.email"]);
}

#[test]
fn unknown_harness() {
    let world = World::with_tasks(&["a"]);
    let mut call = world.swarm(&["run", "--harness", "gpt"]);
    let said = ["'gpt'", "--harness", "claude, codex, command"];
    refused_call(&world, &mut call, &said);
    world.task("a", "---\nharness: gpt\n---\nDo it.\n");
    refused(
        &world,
        &[],
        &["tasks/a.md", "\"gpt\"", "claude, codex or command"],
    );
    world.task("a", "Do it.\n");
    world.write("repo/swarm.toml", "jobs = 2\nharness = 'gpt'\n");
    refused(&world, &[], &["swarm.toml:2", "`gpt`", "`codex`"]);
}

#[test]
fn missing_binary() {
    use std::os::unix::fs::symlink;
    let world = World::with_tasks(&["a"]);
    fs::create_dir(world.path("bin")).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&path).map(|folder| folder.join("git"));
    let git = git.into_iter().find(|git| git.exists()).unwrap();
    symlink(git, world.path("bin/git")).unwrap();
    for (harness, product) in [
        ("claude", "install Claude Code"),
        ("codex", "install Codex"),
    ] {
        let mut call = world.swarm(&["run", "--harness", harness]);
        call.env("PATH", world.path("bin"));
        let said = [harness, "on PATH", product, "--harness"];
        refused_call(&world, &mut call, &said);
    }
    let command = [
        "run",
        "--harness",
        "command",
        "--harness-cmd",
        "./no-agent -v",
    ];
    let said = ["--harness-cmd", "repo/./no-agent", "install it"];
    refused_call(&world, &mut world.swarm(&command), &said);
    let mut call = world.swarm(&["run", "--harness", "command"]);
    refused_call(&world, &mut call, &["--harness-cmd 'PROGRAM"]);
    let unused = ["run", "--harness-cmd", "sh"];
    world.program("bin/claude", "#!/bin/sh\n");
    let mut call = world.swarm(&unused);
    let all = std::env::join_paths(
        [world.path("bin")]
            .into_iter()
            .chain(std::env::split_paths(&path)),
    );
    call.env("PATH", all.unwrap());
    refused_call(&world, &mut call, &["add --harness command"]);
    refused(
        &world,
        &["--reviewer", "command:no-judge"],
        &["--reviewer", "no-judge"],
    );
}

#[test]
fn no_jobs() {
    let world = World::with_tasks(&["a"]);
    refused(&world, &["--jobs", "0"], &["--jobs", "at least 1"]);
    refused(&world, &["--max-attempts", "0"], &["at least 1"]);
    world.write("repo/swarm.toml", "jobs = 0\n");
    refused(&world, &[], &["swarm.toml:1", "at least 1"]);
}

#[test]
fn impossible_limits() {
    let world = World::with_tasks(&["a"]);
    let table = [
        ("turn-timeout", "0s", "0", "longer than 0"),
        ("idle-timeout", "soon", "'soon'", "write 90s"),
        ("max-wait", "0", "0", "longer than 0"),
        ("backoff", "-1", "true", "duration"),
        ("max-cost", "nan", "nan", "dollars"),
        ("harness-jobs", "codex", "{ codex = 0 }", ""),
        ("harness-jobs", "codex=0", "{ codex = 0 }", "at least 1"),
        ("kind-jobs", "=2", "2", ""),
        ("ageing", "0", "0", "longer than 0"),
        ("breaker", "-1", "-1", "at least 0"),
        ("max-turns", "0", "0", "at least 1"),
        ("silent-turns", "1.5", "-2", "at least 0"),
        ("hand-off-at", "101", "-1", "from 0 to 100"),
        ("follow-ups", "many", "-1", "at least 0"),
        ("continuations", "", "-1", "at least 0"),
        ("gate-rounds", "4294967296", "4294967296", "at least 0"),
        ("review-rounds", "0", "0", "at least 1"),
        ("completion", "maybe", "'maybe'", "strict"),
        ("large-diff", "skip", "'skip'", "hold"),
    ];
    for (key, flag, value, said) in table {
        let option = format!("--{key}={flag}");
        refused(&world, &[&option], &[&format!("--{key} "), said]);
        world.write("repo/swarm.toml", &format!("\n{key} = {value}\n"));
        let place = format!("swarm.toml:2: {key}: ");
        refused(&world, &[], &[&place, said]);
        world.write("repo/swarm.toml", "");
    }
}

#[test]
fn a_limit_for_nobody() {
    let world = World::with_tasks(&["a"]);
    let said = ["harness-jobs", "\"gpt\"", "claude, codex or command"];
    refused(&world, &["--harness-jobs", "gpt=2"], &said);
    world.write("repo/swarm.toml", "[harness-jobs]\ngpt = 2\n");
    refused(&world, &[], &said);
}

#[test]
fn nobody_to_take_over() {
    let world = World::with_tasks(&["a"]);
    for (fallback, said) in [
        ("gpt", "claude, codex, command"),
        ("command", "fallback command: it is the agent itself"),
    ] {
        refused(&world, &["--fallback", fallback], &[said]);
    }
    world.write("repo/swarm.toml", "fallback = ['codex', 'codex']\n");
    refused(&world, &[], &["fallback codex", "given twice"]);
    // A program that is not there takes over from nobody.
    let mut call = world.swarm(&["run", "--harness", "command", "--harness-cmd", "sh"]);
    call.args(["--fallback", "claude"])
        .env("PATH", only_git(&world));
    refused_call(&world, &mut call, &["no program claude", "install Claude"]);
}

/// A folder of programs with nothing but git and a shell.
fn only_git(world: &World) -> std::path::PathBuf {
    use std::os::unix::fs::symlink;
    fs::create_dir(world.path("only")).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for program in ["git", "sh"] {
        let mut found = std::env::split_paths(&path).map(|folder| folder.join(program));
        let found = found.find(|program| program.exists()).unwrap();
        symlink(found, world.path("only").join(program)).unwrap();
    }
    world.path("only")
}

#[test]
fn a_cycle() {
    let world = World::new();
    world.task("a", "---\ndepends_on: b\n---\nDo it.\n");
    world.task("b", "---\ndepends_on: a\n---\nDo it.\n");
    refused(&world, &[], &["repo/tasks", "cycle: a → b → a"]);
}

#[test]
fn a_missing_dependency() {
    let world = World::new();
    world.task("a", "---\ndepends_on: b\n---\nDo it.\n");
    refused(
        &world,
        &[],
        &["repo/tasks", "a depends on b, which does not exist"],
    );
}

#[test]
fn a_self_dependency() {
    let world = World::new();
    world.task("a", "---\ndepends_on: a\n---\nDo it.\n");
    refused(&world, &[], &["repo/tasks", "a depends on itself"]);
}

#[test]
fn two_files_with_one_id() {
    let world = World::with_tasks(&["a"]);
    world.task("b", "---\nid: a\n---\nDo it.\n");
    refused(&world, &[], &["tasks/b.md", "tasks/a.md", "\"a\""]);
}

#[test]
fn an_id_with_a_slash() {
    let world = World::new();
    world.task("a", "---\nid: a/b\n---\nDo it.\n");
    refused(&world, &[], &["tasks/a.md:2", "slash"]);
}

#[test]
fn a_gate_without_a_command() {
    let world = World::with_tasks(&["a"]);
    for gate in ["test", "test=", "test= "] {
        refused(&world, &["--gate", gate], &["--gate", "--gate 'test="]);
    }
    refused(&world, &["--gate", "=true"], &["has no name"]);
    world.write("repo/swarm.toml", "[gates]\ntest = \"\"\n");
    refused(&world, &[], &["swarm.toml", "\"test\"", "COMMAND"]);
    world.write("repo/swarm.toml", "");
    world.task("a", "---\ngates: [test]\n---\nDo it.\n");
    refused(
        &world,
        &["--gate", "lint=true"],
        &["tasks/a.md", "no gate \"test\"", "--gate 'test=COMMAND'"],
    );
}

#[test]
fn an_unwritable_state_file() {
    let world = World::with_tasks(&["a"]);
    let deep = "README.md/deep/state.db";
    refused(&world, &["--state", deep], &["README.md/deep", "--state"]);
    refused(&world, &["--state", "README.md"], &["README.md", "--state"]);
    refused(&world, &["--state", "tasks"], &["tasks", "--state"]);
    if cfg!(target_os = "linux") {
        // Nobody can write there, and that shows late: what was made before
        // goes.
        let events = world.path("beside/events.jsonl");
        let flags = ["--state", "/proc/none/state.db", "--events"];
        let flags: Vec<&str> = flags.into_iter().chain(events.to_str()).collect();
        refused(&world, &flags, &["/proc/none", "--state"]);
    }
}

#[test]
fn an_unwritable_events_file() {
    let world = World::with_tasks(&["a"]);
    refused(&world, &["--events", "tasks"], &["repo/tasks", "--events"]);
    refused(
        &world,
        &["--events", "README.md/events"],
        &["README.md/events", "--events"],
    );
}

#[test]
fn no_tasks_folder() {
    let world = World::new();
    refused(&world, &[], &["repo/tasks", "make it", "--tasks"]);
    world.write("repo/tasks", "No folder.\n");
    refused(&world, &[], &["repo/tasks"]);
}

#[test]
fn an_unknown_key() {
    let world = World::with_tasks(&["a"]);
    world.task("b", "---\ndepend_on: a\n---\nDo it.\n");
    refused(&world, &[], &["tasks/b.md:2", "depend_on", "depends_on"]);
    fs::remove_file(world.path("repo/tasks/b.md")).unwrap();
    world.write("repo/swarm.toml", "[gates]\n[revuers]\n");
    refused(
        &world,
        &[],
        &["swarm.toml:2", "\"revuers\"", "did you mean \"reviewers\"?"],
    );
}

#[test]
fn an_unknown_option() {
    let world = World::with_tasks(&["a"]);
    refused(&world, &["--job", "2"], &["--job", "--jobs"]);
}

#[test]
fn worktrees_within_the_repository() {
    let world = World::with_tasks(&["a"]);
    refused(
        &world,
        &["--worktrees", "trees"],
        &["repo/trees", "outside"],
    );
}

#[test]
fn a_task_that_nobody_knows() {
    let world = World::with_tasks(&["fix-login"]);
    for verb in ["why", "show"] {
        let mut call = world.swarm(&[verb, "fix-lgoin"]);
        let said = ["no task \"fix-lgoin\"", "did you mean \"fix-login\"?"];
        refused_call(&world, &mut call, &said);
    }
    let mut call = world.swarm(&["retry", "fix-login"]);
    refused_call(
        &world,
        &mut call,
        &["swarm/state.db", "nothing has run yet"],
    );
}
