//! Machines on which an agent cannot work, and what is said about them; and
//! turns that are recorded and explained.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Done, World};
use serde_json::Value;

/// Answers like Claude Code; its turns end well and leave a commit.
const CLAUDE: &str = r#"#!/bin/sh
case "$1" in
--version) echo '2.1.329 (Claude Code)'; exit ;;
auth) echo '{"loggedIn": false, "authMethod": "none"}'; exit 1 ;;
esac
cat >/dev/null
echo x >"work-$SWARM_ATTEMPT.txt"
git add --all
git commit --quiet --message Work
echo '{"type":"system","subtype":"init","session_id":"5f3a"}'
echo 'something went by' >&2
echo '{"type":"result","subtype":"success","is_error":false,"result":"Did it.","total_cost_usd":0.25,"usage":{"input_tokens":7,"output_tokens":3}}'
"#;

/// `swarm` with a program named `claude` before all others.
fn with_claude(world: &World, script: &str, args: &[&str]) -> Command {
    world.program("bin/claude", script);
    let mut call = world.swarm(args);
    let path = std::env::var("PATH").unwrap();
    call.env("PATH", format!("{}:{path}", world.path("bin").display()));
    call
}

/// `swarm` where there is git, and nothing else.
fn bare(world: &World, args: &[&str]) -> Command {
    let folder = world.path("bare");
    if !folder.exists() {
        fs::create_dir(&folder).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let mut git = std::env::split_paths(&path).map(|folder| folder.join("git"));
        let git = git.find(|git| git.exists()).unwrap();
        std::os::unix::fs::symlink(git, folder.join("git")).unwrap();
    }
    let mut call = world.swarm(args);
    call.env("PATH", folder);
    call
}

fn has_line(done: &Done, parts: &[&str]) {
    let mut lines = done.stdout.lines().chain(done.stderr.lines());
    assert!(
        lines.any(|line| parts.iter().all(|part| line.contains(part))),
        "{parts:?}\n{}{}",
        done.stdout,
        done.stderr
    );
}

#[test]
fn a_machine_without_agents() {
    let world = World::with_tasks(&["a"]);
    for (harness, package) in [
        ("claude", "npm install -g @anthropic-ai/claude-code"),
        ("codex", "npm install -g @openai/codex"),
    ] {
        let mut call = bare(&world, &["doctor", "--harness", harness]);
        let done = Done::of(&mut call).code(1);
        has_line(&done, &["fail  ", harness, "on PATH", package]);
    }
}

#[test]
fn nothing_is_begun_without_a_login() {
    let world = World::with_tasks(&["a"]);
    let mut doctor = with_claude(&world, CLAUDE, &["doctor"]);
    doctor.env("IS_SANDBOX", "1");
    let done = Done::of(&mut doctor).code(1);
    has_line(&done, &["fail  claude login: not logged in", "/login"]);

    let before = world.snapshot();
    let mut run = with_claude(&world, CLAUDE, &["run"]);
    run.env("IS_SANDBOX", "1");
    let done = Done::of(&mut run).code(2);
    has_line(&done, &["claude login: not logged in", "/login"]);
    has_line(&done, &["--skip-preflight"]);
    assert_eq!(done.stdout, "");
    assert!(before == world.snapshot(), "something was changed");

    let mut skip = with_claude(&world, CLAUDE, &["run", "--json", "--skip-preflight"]);
    let done = Done::of(skip.env("IS_SANDBOX", "1")).code(0);
    assert_eq!(done.outcomes()["a"], "landed");
}

#[test]
fn root_is_told_what_to_do() {
    let world = World::with_tasks(&["a"]);
    let root = {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(world.path("home")).unwrap().uid() == 0
    };
    let mut doctor = with_claude(&world, CLAUDE, &["doctor"]);
    let done = Done::of(doctor.env("ANTHROPIC_API_KEY", "x"));
    assert_eq!(done.code, Some(i32::from(root)), "{}", done.stdout);
    assert_eq!(
        done.stdout.contains("fail  claude as root"),
        root,
        "{}",
        done.stdout
    );
    let mut doctor = with_claude(&world, CLAUDE, &["doctor"]);
    doctor.env("ANTHROPIC_API_KEY", "x").env("IS_SANDBOX", "1");
    Done::of(&mut doctor).code(0);
}

#[test]
fn a_wrong_version_is_doubtful_and_no_version_is_broken() {
    let world = World::with_tasks(&["a"]);
    for (said, code, line) in [
        ("1.0.35 (Claude Code)", 0, &["warn", "older", "2.1.329"][..]),
        ("9.0.0 (Claude Code)", 0, &["warn", "newer", "2.1.329"]),
        ("claude 1.2", 1, &["fail", "does not tell its version"]),
    ] {
        let script = format!("#!/bin/sh\necho '{said}'\n");
        let mut call = with_claude(&world, &script, &["doctor"]);
        call.env("ANTHROPIC_API_KEY", "x").env("IS_SANDBOX", "1");
        has_line(&Done::of(&mut call).code(code), line);
    }
}

#[test]
fn hooks_that_will_run_are_named() {
    let world = World::with_tasks(&["a"]);
    world.program("repo/.git/hooks/pre-commit", "#!/bin/sh\n");
    world.write("repo/.claude/settings.json", r#"{"hooks": {"Stop": []}}"#);
    let mut call = with_claude(&world, CLAUDE, &["doctor"]);
    call.env("ANTHROPIC_API_KEY", "x").env("IS_SANDBOX", "1");
    let done = Done::of(&mut call).code(0);
    has_line(&done, &["warn  git hooks of agents", "pre-commit"]);
    has_line(
        &done,
        &["warn  claude hooks", "at Stop", "--setting-sources=user"],
    );
}

/// The folders that hold a record, in order.
fn records(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.join("meta.json").is_file() {
            found.push(path);
        } else if path.is_dir() {
            found.extend(records(&path));
        }
    }
    found.sort();
    found
}

#[test]
fn turns_are_recorded_and_can_be_explained() {
    let world = World::with_tasks(&["a.b"]);
    world.program(
        "judge.sh",
        "#!/bin/sh\ncat >/dev/null\necho \"swarm:$SWARM_NONCE APPROVED\"\n",
    );
    let args = [
        "run",
        "--json",
        "--record",
        "../kept",
        "--reviewer",
        "command:../judge.sh",
        "--harness-arg=--api-key=sesame",
    ];
    let mut run = with_claude(&world, CLAUDE, &args);
    run.env("ANTHROPIC_API_KEY", "sk-open")
        .env("IS_SANDBOX", "1");
    Done::of(&mut run).code(0);
    let kept = world.path("kept");
    let attempt = kept.join("a_2eb/attempt-1");
    let work = attempt.join("turn-1-implement");
    assert_eq!(
        records(&kept),
        [work.clone(), attempt.join("turn-1-review")]
    );

    let meta: Value =
        serde_json::from_str(&fs::read_to_string(work.join("meta.json")).unwrap()).unwrap();
    assert_eq!(meta["version"], "2.1.329");
    assert_eq!(meta["exit_code"], 0);
    assert_eq!(meta["end_reason"], "finished");
    let all = meta.to_string();
    assert!(all.contains("--api-key=[hidden]"), "{all}");
    assert!(!all.contains("sesame") && !all.contains("sk-open"), "{all}");
    let stderr = fs::read_to_string(work.join("stderr.txt")).unwrap();
    assert_eq!(stderr, "something went by\n");

    let explain = ["explain", "--harness", "claude"];
    let stdout = work.join("stdout.jsonl");
    for path in [&work, &stdout] {
        let done = world.call(&[&explain[..], &[path.to_str().unwrap()]].concat());
        assert_eq!(
            done.code(0).stdout,
            "{\"end_reason\":\"finished\",\"retry_at\":null,\"session_id\":\"5f3a\",\
             \"final_message\":\"Did it.\",\"usage\":{\"input\":7,\"output\":3,\
             \"cache_read\":0,\"cache_write\":0,\"reasoning\":0},\"cost_usd\":0.25,\
             \"error\":null}\n"
        );
    }
}

#[test]
fn a_stream_means_what_its_end_says() {
    let world = World::new();
    world.write(
        "cut.jsonl",
        "{\"type\":\"thread.started\",\"thread_id\":\"t1\"}\n",
    );
    world.write("said.txt", "error: unexpected argument '--x' found\n");
    world.write("nothing.jsonl", "");
    for (args, end) in [
        (&["../cut.jsonl"][..], "crashed"),
        (&["../cut.jsonl", "--signal", "9"], "killed"),
        (&["../cut.jsonl", "--exit", "-9"], "killed"),
        (&["../cut.jsonl", "--exit", "143"], "killed"),
        (&["../cut.jsonl", "--timed-out"], "timed_out"),
        (&["../cut.jsonl", "--stopped"], "killed"),
        (
            &["../nothing.jsonl", "--stderr", "../said.txt", "--exit", "2"],
            "config",
        ),
    ] {
        let done = world.call(&[&["explain", "--harness", "codex"], args].concat());
        assert_eq!(done.code(0).json()["end_reason"], end, "{args:?}");
    }
    for (args, said) in [
        (&["codex", "nowhere.jsonl"][..], "nowhere.jsonl"),
        (&["codex", "."], "stdout.jsonl"),
        (&["command", "../cut.jsonl"], "claude or codex"),
        (
            &["codex", "../cut.jsonl", "--exit", "1", "--signal", "9"],
            "--signal",
        ),
    ] {
        let done = world.call(&[&["explain", "--harness"], args].concat());
        has_line(&done.code(2), &[said]);
    }
}
