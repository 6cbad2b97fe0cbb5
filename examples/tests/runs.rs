//! Whole runs of the application on real git, with scripted agents.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use common::{WORKER, World, make_pipe};

#[test]
fn odd_ids_land_and_nothing_in_them_is_executed() {
    let long = "l".repeat(180);
    let odd = [
        "a b",
        "日本",
        "-rf",
        "x.lock",
        "x..y",
        &long,
        "it's \"quoted\" `touch pwned` $(touch pwned)",
        "; touch pwned #",
        "@{-1}",
        "HEAD",
        "%2e%2e%2f",
    ];
    let world = World::with_tasks(&odd);
    // Gates and setup run in a shell: nothing of an id may reach it.
    let flags = ["--jobs", "4", "--gate", "test=true", "--setup", "true"];
    let flags: Vec<&str> = flags.into_iter().chain(["--json"]).collect();
    let done = world.run(&flags).code(0);
    let outcomes = done.outcomes();
    for id in odd {
        assert_eq!(outcomes[id], "landed", "{id}");
        let subject = format!("--grep=Swarm-Task: {id}");
        let found = world.git(&["log", "--fixed-strings", &subject, "--format=%s", "main"]);
        assert_eq!(found.lines().count(), 1, "{id}: {found}");
        let why = world.call(&["why", id]).code(0);
        assert!(why.stdout.contains("landed as"), "{}", why.stdout);
    }
    let executed = |path: &&std::path::PathBuf| path.ends_with("pwned");
    assert_eq!(world.snapshot().keys().find(executed), None);
    assert_eq!(
        world.git(&["branch", "--format=%(refname)"]),
        "refs/heads/main\n"
    );
    assert_eq!(world.git(&["worktree", "list"]).lines().count(), 1);
    world.git(&["fsck", "--strict"]);
}

#[test]
fn a_gate_that_fails_sends_the_agent_back_with_its_output() {
    let world = World::with_tasks(&["a"]);
    world.agent(
        r#"#!/bin/sh
set -eu
cat >"$HOME/prompt-$SWARM_TURN-$SWARM_ROLE"
case $SWARM_ROLE in
implement) echo teh >text ;;
fix) echo the >text ;;
esac
git add --all && git commit --quiet --message work
"#,
    );
    let gate = "spelling=! grep -n teh text";
    let done = world.run(&["--gate", gate, "--json"]).code(0);
    assert_eq!(done.outcomes()["a"], "landed");
    assert_eq!(world.git(&["show", "main:text"]), "the\n");
    let told = world.read("home/prompt-2-fix");
    assert!(told.contains("1:teh"), "{told}");
    assert!(done.stderr.contains("gate \"spelling\" failed"));
    let show = world.call(&["show", "a"]).code(0);
    for file in ["turn-1.log", "turn-2.log", "spelling.log"] {
        assert!(show.stdout.contains(file), "{}", show.stdout);
    }
}

/// Both agents of a conflict begin before one of them ends.
const MEETING: &str = r#"#!/bin/sh
set -eu
cat >/dev/null
case $SWARM_ROLE in
implement)
    # Each waits for the other one: opening a pipe takes two.
    case $SWARM_TASK_ID in
    a) echo >"$HOME/a"; read -r _ <"$HOME/b" ;;
    b) read -r _ <"$HOME/a"; echo >"$HOME/b" ;;
    esac
    echo "$SWARM_TASK_ID" >line
    ;;
resolve)
    git merge --quiet "$SWARM_ONTO" || true
    printf 'a\nb\n' >line
    ;;
esac
git add --all && git commit --quiet --message work
"#;

#[test]
fn a_conflict_is_resolved_by_the_agent_from_the_new_tip() {
    let world = World::with_tasks(&["a", "b"]);
    make_pipe(&world, "home/a");
    make_pipe(&world, "home/b");
    world.agent(MEETING);
    let done = world.run(&["--jobs", "2", "--json"]).code(0);
    assert!(done.stderr.contains("conflicts with what has landed"));
    assert_eq!(world.git(&["show", "main:line"]), "a\nb\n");
    let merges = world.git(&["log", "--first-parent", "--merges", "--format=%s", "main"]);
    assert_eq!(merges.lines().count(), 2, "{merges}");
}

#[test]
fn a_dirty_checkout_is_unharmed_and_the_parked_line_is_told() {
    let world = World::with_tasks(&["a"]);
    world.write("repo/staged", "old\n");
    world.commit("More");
    // The agent changes what lies edited here: the checkout is in the way.
    world.agent(
        "#!/bin/sh\nset -eu\ncat >/dev/null\necho theirs >README.md\n\
         git commit --quiet --all --message work\n",
    );
    world.write("repo/README.md", "mine, edited\n");
    world.write("repo/staged", "mine, staged\n");
    world.git(&["add", "staged"]);
    world.write("repo/staged", "mine, staged and edited\n");
    world.write("repo/untracked", "mine, untracked\n");
    let before = (
        world.checkout(),
        status(&world),
        world.git(&["rev-parse", "main"]),
    );
    let done = world.run(&["--json"]).code(0);
    let after = (
        world.checkout(),
        status(&world),
        world.git(&["rev-parse", "main"]),
    );
    assert_eq!(before, after);
    let report = done.json();
    assert_eq!(report["target"]["parked"], "refs/swarm/line/main");
    assert!(done.stderr.contains("git merge refs/swarm/line/main"));
    let line = world.git(&["show", "refs/swarm/line/main:README.md"]);
    assert_eq!(line, "theirs\n");
    // And what it says helps.
    world.git(&["checkout", "--quiet", "--force", "main"]);
    world.git(&["merge", "--quiet", "refs/swarm/line/main"]);
    assert_eq!(world.read("repo/README.md"), "theirs\n");
}

fn status(world: &World) -> String {
    world.git(&["status", "--porcelain=v2", "--untracked-files=all"])
}

#[test]
fn a_dirty_checkout_that_is_not_in_the_way_comes_forward() {
    let world = World::with_tasks(&["a"]);
    world.write("repo/README.md", "mine, edited\n");
    world.write("repo/untracked", "mine, untracked\n");
    let before = status(&world);
    let done = world.run(&["--json"]).code(0);
    assert_eq!(done.json()["target"]["parked"], serde_json::Value::Null);
    assert_eq!(status(&world), before);
    assert_eq!(world.git(&["rev-list", "--count", "main"]), "3\n");
}

/// Commits, leaves something uncommitted, tells that it is there, and goes on
/// until it is told to end.
const ENDLESS: &str = r#"#!/bin/sh
set -eu
cat >/dev/null
echo one >committed
git add --all && git commit --quiet --message work
echo two >uncommitted
echo there >"$HOME/there"
sleep 600
"#;

#[test]
fn ctrl_c_keeps_the_work() {
    for (signal, second) in [("-INT", None), ("-TERM", None), ("-INT", Some("-INT"))] {
        let world = World::with_tasks(&["a", "b"]);
        make_pipe(&world, "home/there");
        // Who is to be ended at once must not have ended before.
        let deaf = ENDLESS.replace("set -eu", "set -eu\ntrap '' TERM");
        world.agent(if second.is_some() { &deaf } else { ENDLESS });
        let agent = world.path("agent.sh");
        let args = ["run", "--harness", "command", "--json", "--harness-cmd"];
        let mut call = world.swarm(&args);
        call.arg(&agent)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = call.spawn().unwrap();
        // Opening the pipe waits for the agent.
        assert_eq!(world.read("home/there"), "there\n");
        let pid = child.id().to_string();
        let send = |signal: &str| {
            let sent = Command::new("kill").args([signal, &pid]).status();
            assert!(sent.unwrap().success());
        };
        send(signal);
        if let Some(second) = second {
            let stderr = child.stderr.take().unwrap();
            let mut lines = BufReader::new(stderr).lines().map(Result::unwrap);
            let mut said = |what: &str| lines.any(|line| line.contains(what));
            assert!(said("stopping: agents are asked to end"));
            send(second);
            assert!(said("stopping at once"));
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        let stdout = String::from_utf8(output.stdout).unwrap();
        let report: serde_json::Value =
            serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
        assert_eq!(report["tasks"][0]["outcome"], "interrupted");
        assert_eq!(report["tasks"][1]["outcome"], "skipped");
        let kept = report["tasks"][0]["worktree"].as_str().unwrap();
        assert_eq!(world.read(format!("{kept}/uncommitted")), "two\n");
        assert_eq!(world.read(format!("{kept}/committed")), "one\n");

        // What was kept is nobody's to remove.
        let gc = world.call(&["gc", "--apply"]).code(0);
        assert!(gc.stdout.contains("not committed"), "{}", gc.stdout);
        assert_eq!(world.read(format!("{kept}/uncommitted")), "two\n");

        // The next run goes on in the same worktree.
        world.agent(WORKER);
        let done = world.run(&["--json"]).code(0);
        assert_eq!(done.outcomes()["a"], "landed");
        assert_eq!(done.outcomes()["b"], "landed");
        for (file, text) in [("committed", "one\n"), ("uncommitted", "two\n")] {
            assert_eq!(world.git(&["show", &format!("main:{file}")]), text);
        }
        let gc = world.call(&["gc", "--apply"]).code(0);
        assert_eq!(gc.stdout, "nothing is left of earlier runs\n");
    }
}

#[test]
fn a_broken_file_blocks_its_dependents_and_nobody_else() {
    let world = World::with_tasks(&["fine"]);
    world.task("broken", "---\nmeta: [\n---\nDo it.\n");
    world.task("after", "---\ndepends_on: broken\n---\nDo it.\n");
    let done = world.run(&["--json"]).code(1);
    let outcomes = done.outcomes();
    assert_eq!(outcomes["fine"], "landed");
    assert_eq!(outcomes["broken"], "blocked");
    assert_eq!(outcomes["after"], "blocked");
    let line = done.stderr.lines().find(|line| line.starts_with("swarm: "));
    let line = line.unwrap();
    let place = line.split_once("tasks/broken.md:").unwrap().1;
    assert!(place.starts_with(['2', '3']), "{line}");
    let why = world.call(&["why", "after"]).code(0);
    assert!(why.stdout.contains("broken"), "{}", why.stdout);
    // Mended, both run.
    world.task("broken", "Do it.\n");
    let done = world.run(&["--json"]).code(0);
    assert_eq!(done.outcomes()["after"], "landed");
}

#[test]
fn a_held_task_waits_for_retry() {
    let world = World::with_tasks(&["a"]);
    world.agent(&WORKER.replacen("git add", "echo \"$SWARM_ATTEMPT\" >loose\ngit add", 1));
    // Nobody can judge its work.
    let done = world.run(&["--json", "--reviewer", "command:false"]);
    let done = done.code(1);
    assert_eq!(done.outcomes()["a"], "held");
    assert!(done.stderr.contains("swarm retry a"), "{}", done.stderr);
    let kept = done.json()["tasks"][0]["worktree"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(world.read(format!("{kept}/loose")), "1\n");

    world.agent(WORKER);
    let done = world.run(&["--json"]).code(1);
    assert_eq!(done.outcomes()["a"], "held", "a run does not touch it");
    assert_eq!(done.json()["tasks"][0]["attempts"], 1);
    let show = world.call(&["show", "a"]).code(0);
    assert!(show.stdout.contains(&kept), "{}", show.stdout);
    assert!(show.stdout.contains("turn-1.log"), "{}", show.stdout);

    world.call(&["retry", "a"]).code(0);
    let again = world.call(&["retry", "a"]).code(2);
    assert!(
        again.stderr.contains("cannot be tried again"),
        "{}",
        again.stderr
    );
    let done = world.run(&["--json"]).code(0);
    assert_eq!(done.outcomes()["a"], "landed");
    assert_eq!(world.read(format!("{kept}/loose")), "1\n");
    let landed = world.call(&["retry", "a"]).code(2);
    assert!(landed.stderr.contains("landed"), "{}", landed.stderr);
}

#[test]
fn a_failed_task_is_tried_again_by_the_next_run() {
    let world = World::with_tasks(&["a"]);
    world.agent("#!/bin/sh\ncat >/dev/null\necho 'no luck' >&2\nexit 3\n");
    let flags = ["--max-attempts", "2", "--backoff", "0", "--json"];
    let done = world.run(&flags).code(1);
    let task = &done.json()["tasks"][0];
    assert_eq!(task["outcome"], "failed");
    assert_eq!(task["attempts"], 2);
    let reason = task["reason"].as_str().unwrap();
    assert!(reason.contains("no luck"), "{reason}");
    world.agent(WORKER);
    world.run(&flags).code(0);
}

#[test]
fn a_dry_run_does_nothing() {
    let world = World::with_tasks(&["b", "draft"]);
    world.task("a", "---\ndepends_on: b\n---\nDo it.\n");
    world.task("draft", "---\ndraft: true\n---\nDo it.\n");
    world.task("urgent", "---\npriority: 3\n---\nDo it.\n");
    let before = world.snapshot();
    let events = world.path("events.jsonl");
    let flags = ["--dry-run", "--events", events.to_str().unwrap()];
    let done = world.run(&flags).code(0);
    assert_eq!(before, world.snapshot());
    let places = [
        "1. urgent",
        "2. b",
        "3. a  (after b)",
        "would not run:",
        "draft: ",
    ];
    let found: Vec<usize> = places
        .iter()
        .map(|place| {
            done.stdout
                .find(place)
                .unwrap_or_else(|| panic!("{}", done.stdout))
        })
        .collect();
    assert!(found.is_sorted(), "{}", done.stdout);
    let json = world.run(&["--dry-run", "--json"]).code(0).json();
    assert_eq!(json["start"], serde_json::json!(["urgent", "b", "a"]));
    assert_eq!(before, world.snapshot());
}

#[test]
fn a_second_run_has_nothing_to_do_and_reports_all() {
    let world = World::with_tasks(&["a", "b"]);
    world.task("draft", "---\ndraft: true\n---\nDo it.\n");
    let first = world.run(&["--json"]).code(0).json();
    assert_eq!(first["schema"], 1);
    assert_eq!(first["reviewed"], false);
    assert_eq!(first["target"]["branch"], "main");
    let second = world.run(&["--json"]).code(0);
    let report = second.json();
    assert_eq!(report["target"]["before"], report["target"]["after"]);
    assert_eq!(report["tasks"].as_array().unwrap().len(), 3);
    assert_eq!(report["tasks"][0]["commit"], first["tasks"][0]["commit"]);
    assert_eq!(second.outcomes()["draft"], "skipped");
    assert!(second.stderr.contains("not reviewed: no --reviewer"));
}

#[test]
fn standard_output_is_the_report_and_quiet_is_quiet() {
    let world = World::with_tasks(&["a"]);
    let done = world.run(&["--json", "--quiet"]).code(0);
    assert_eq!(done.stdout.lines().count(), 1, "{}", done.stdout);
    assert_eq!(done.stderr, "");
    world.task("b", "Do it.\n");
    let done = world.run(&["--quiet"]).code(0);
    assert_eq!(done.stderr, "");
    assert!(done.stdout.contains("b     landed"), "{}", done.stdout);
}

#[test]
fn events_are_a_line_each_and_count_up() {
    let world = World::with_tasks(&["a"]);
    let events = world.path("logs/events.jsonl");
    let flags = ["--events", events.to_str().unwrap()];
    world.run(&flags).code(0);
    let text = fs::read_to_string(&events).unwrap();
    let names: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(place, line)| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(event["seq"], place as u64 + 1);
            event["event"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(names.first().unwrap(), "run_started");
    assert_eq!(names.last().unwrap(), "run_ended");
    assert!(names.contains(&"landed".to_owned()));
    // A disk that is full ends the events, not the run.
    world.task("b", "Do it.\n");
    if std::path::Path::new("/dev/full").exists() {
        let done = world.run(&["--events", "/dev/full"]).code(0);
        assert!(done.stderr.contains("the run goes on"), "{}", done.stderr);
    }
}

#[test]
fn a_reviewer_has_a_say() {
    let world = World::with_tasks(&["a"]);
    world.program(
        "judge.sh",
        r#"#!/bin/sh
cat >"$HOME/asked"
[ "$SWARM_ROLE" = review ] || exit 1
if [ -e "$HOME/again" ]; then
    echo "swarm:$SWARM_NONCE APPROVED"
else
    touch "$HOME/again"
    printf 'swarm:%s CHANGES\n- Say more.\n' "$SWARM_NONCE"
fi
"#,
    );
    world.agent(
        "#!/bin/sh\nset -eu\ncat >\"$HOME/told-$SWARM_ROLE\"\necho \"$SWARM_ROLE\" >>text\n\
         git add --all && git commit --quiet --message work\n",
    );
    let judge = format!("command:{}", world.path("judge.sh").display());
    let done = world.run(&["--reviewer", &judge, "--json"]).code(0);
    assert_eq!(done.json()["reviewed"], true);
    assert!(world.read("home/told-fix").contains("Say more."));
    assert_eq!(world.git(&["show", "main:text"]), "implement\nfix\n");
}

#[test]
fn reviewers_of_the_settings_file_are_asked_in_their_order() {
    let world = World::with_tasks(&["a"]);
    world.program("repo/down.sh", "#!/bin/sh\necho 'no login' >&2\nexit 7\n");
    world.program(
        "repo/judge.sh",
        "#!/bin/sh\ncat >\"$HOME/asked\"\necho \"swarm:$SWARM_NONCE APPROVED\"\n",
    );
    world.write("repo/review.md", "Approve what rhymes.\n");
    world.write(
        "repo/swarm.toml",
        r#"
        [[reviewers]]
        name = "down"
        harness = "command"
        command = "./down.sh"

        [[reviewers]]
        name = "poet"
        harness = "command"
        command = "./judge.sh"
        prompt = "review.md"
        "#,
    );
    let done = world.run(&["--json"]).code(0);
    let reviews = &done.json()["tasks"][0]["reviews"];
    assert_eq!(reviews[0]["reviewer"], "down");
    let why = reviews[0]["verdict"]["unavailable"].as_str().unwrap();
    assert!(why.starts_with("crashed"), "{why}");
    assert_eq!(reviews[1]["reviewer"], "poet");
    assert_eq!(reviews[1]["verdict"], "approved");
    let asked = world.read("home/asked");
    assert!(asked.contains("\nApprove what rhymes.\n"), "{asked}");
    let shown = world.swarm(&["show", "a"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    for line in [
        "reviews    round 1, down: no judgement: crashed",
        "round 1, poet: approved · ",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    // The command line chooses among them.
    world.task("b", "Do it.\n");
    let done = world.run(&["--json", "--reviewer", "down"]).code(1);
    let task = &done.json()["tasks"][1];
    assert_eq!(task["outcome"], "held");
    let reason = task["reason"].as_str().unwrap();
    let begin = "no reviewer could judge it: down: crashed";
    assert!(reason.starts_with(begin), "{reason}");
}

#[test]
fn a_reviewer_that_writes_has_judged_nothing() {
    let world = World::with_tasks(&["a"]);
    world.program(
        "judge.sh",
        "#!/bin/sh\ncat >/dev/null\necho evil >evil && git add evil && git commit -q -m evil\n\
         echo \"swarm:$SWARM_NONCE APPROVED\"\n",
    );
    let judge = format!("command:{}", world.path("judge.sh").display());
    let done = world.run(&["--reviewer", &judge, "--json"]).code(1);
    let task = &done.json()["tasks"][0];
    assert_eq!(task["outcome"], "held");
    let reason = task["reason"].as_str().unwrap();
    assert!(
        reason.contains("its verdict counts for nothing"),
        "{reason}"
    );
    assert!(
        !world
            .git(&["ls-tree", "--name-only", "main"])
            .contains("evil")
    );
}

#[test]
fn what_needs_no_review_lands_without() {
    let world = World::with_tasks(&["a"]);
    world.agent(
        "#!/bin/sh\nset -eu\ncat >/dev/null\nmkdir -p docs\necho text >docs/text\n\
         git add docs && git commit --quiet --message work\n",
    );
    let flags = [
        "--reviewer",
        "command:false",
        "--unreviewed",
        "docs",
        "--json",
    ];
    let done = world.run(&flags).code(0);
    assert_eq!(done.json()["tasks"][0]["reviews"], serde_json::json!([]));
    assert!(
        done.stderr
            .contains("not reviewed: it changes nothing that must be")
    );
}

#[test]
fn copies_setup_and_strict_completion_are_used() {
    let world = World::with_tasks(&["a"]);
    world.write("repo/.gitignore", "secret\nmade\n");
    world.commit("Ignore");
    world.write("repo/secret", "s\n");
    world.agent(
        "#!/bin/sh\nset -eu\ncat >/dev/null\ncat secret made >text\n\
         git add text && git commit --quiet --message work\n\
         echo \"swarm:$SWARM_NONCE DONE\"\n",
    );
    let flags = ["--copy", "secret", "--setup", "echo m >made"];
    let strict = ["--completion", "strict"];
    let flags: Vec<&str> = flags.into_iter().chain(strict).collect();
    world.run(&flags).code(0);
    assert_eq!(world.git(&["show", "main:text"]), "s\nm\n");
}

#[test]
fn the_settings_file_is_enough() {
    let world = World::new();
    world.write("repo/work/a.md", "Do it.\n");
    world.write(
        "repo/swarm.toml",
        "tasks = 'work'\nharness = 'command'\nharness-cmd = '../agent.sh'\n\
         state = '../state.db'\nworktrees = '../trees'\n[gates]\ntest = 'test -e work-*.txt'\n",
    );
    let mut call = world.swarm(&["run", "--json", "--repo", "../repo/work"]);
    let done = common::Done::of(&mut call).code(0);
    assert_eq!(done.outcomes()["a"], "landed");
    assert!(world.path("state.db").exists());
    assert!(!world.path("home/.cache").exists());
}

#[test]
fn a_linked_worktree_and_a_bare_repository_work() {
    let world = World::with_tasks(&["a"]);
    world.commit("Tasks");
    let linked = world.path("linked");
    let linked = linked.to_str().unwrap();
    world.git(&["worktree", "add", "--quiet", "-b", "feature", linked]);
    let done = world.run(&["--repo", linked, "--json"]).code(0);
    assert_eq!(done.json()["target"]["branch"], "feature");
    assert_eq!(world.git(&["rev-list", "--count", "main..feature"]), "2\n");
    assert_eq!(world.git_in(linked, &["status", "--porcelain"]), "");

    // Within another checkout, whose settings are none of its business.
    world.write("repo/swarm.toml", "target = 'nope'\n");
    let bare = world.path("repo/bare.git");
    let bare = bare.to_str().unwrap();
    world.git(&["clone", "--quiet", "--bare", ".", bare]);
    for (key, value) in [("user.name", "Tester"), ("user.email", "t@example.com")] {
        world.git_in(bare, &["config", key, value]);
    }
    let refused = world.run(&["--repo", bare]).code(2);
    assert!(refused.stderr.contains("--tasks"), "{}", refused.stderr);
    let done = world
        .run(&["--repo", bare, "--tasks", "tasks", "--json"])
        .code(0);
    assert_eq!(done.outcomes()["a"], "landed");
    let landed = world.git_in(bare, &["log", "-1", "--format=%s", "main"]);
    assert_eq!(landed, "Land a\n");
}

#[test]
fn status_tells_tasks_that_never_ran_and_those_that_did() {
    let world = World::with_tasks(&["a"]);
    world.task("b", "---\ndepends_on: a\n---\n# Second\nDo it.\n");
    let before = world.snapshot();
    let status = world.call(&["status"]).code(0);
    assert!(
        status
            .stdout
            .contains("b     waiting  0         waits for a")
    );
    let why = world.call(&["why", "a"]).code(0);
    assert_eq!(why.stdout, "a: ready to start: no run is under way\n");
    assert_eq!(before, world.snapshot());
    world.run(&[]).code(0);
    let json = world.call(&["status", "--json"]).code(0).json();
    assert_eq!(json["tasks"][1]["title"], "Second");
    assert_eq!(json["tasks"][1]["state"], "landed");
}

#[test]
fn gc_lists_first_and_removes_only_what_has_landed() {
    let world = World::with_tasks(&["a"]);
    world.run(&[]).code(0);
    let nothing = world.call(&["gc"]).code(0);
    assert!(
        nothing.stdout.contains("nothing is left"),
        "{}",
        nothing.stdout
    );
    world.git(&["branch", "swarm/old/landed-1", "main"]);
    let unlanded = world.git(&["commit-tree", "-m", "x", "main^{tree}", "-p", "main"]);
    world.git(&["branch", "swarm/old/unlanded-1", unlanded.trim()]);
    let listed = world.call(&["gc"]).code(0);
    assert!(
        listed.stdout.contains("swarm gc --apply"),
        "{}",
        listed.stdout
    );
    assert_eq!(
        world.git(&["branch", "--list", "swarm/*"]).lines().count(),
        2
    );
    world.call(&["gc", "--apply"]).code(0);
    let left = world.git(&["branch", "--list", "swarm/*", "--format=%(refname:short)"]);
    assert_eq!(left, "swarm/old/unlanded-1\n");
}

#[test]
fn doctor_names_what_to_mend() {
    let world = World::with_tasks(&["a"]);
    let flags = [
        "doctor",
        "--harness",
        "command",
        "--harness-cmd",
        "../agent.sh",
    ];
    let before = world.snapshot();
    let well = world.call(&flags).code(0);
    for line in [
        "ok    git: ",
        "ok    target branch main",
        "ok    1 task in ",
        "warn  not reviewed",
    ] {
        assert!(well.stdout.contains(line), "{line}:\n{}", well.stdout);
    }
    let ill = world.call(&["doctor", "--harness", "command", "--harness-cmd", "./nope"]);
    let ill = ill.code(1);
    assert!(ill.stdout.contains("fail  --harness-cmd"), "{}", ill.stdout);
    assert_eq!(before, world.snapshot());
    world.program("repo/.git/hooks/pre-merge-commit", "#!/bin/sh\n");
    let hooks = world.call(&flags).code(0);
    assert!(
        hooks.stdout.contains("pre-merge-commit"),
        "{}",
        hooks.stdout
    );
}

#[test]
fn doctor_lists_the_variables_that_agents_do_not_see() {
    let world = World::with_tasks(&["a"]);
    world.program("bin/claude", "#!/bin/sh\necho '2.1.329 (Claude Code)'\n");
    let path = std::env::var("PATH").unwrap();
    let mut call = world.swarm(&["doctor", "--env", "LET_THROUGH"]);
    call.env("PATH", format!("{}:{path}", world.path("bin").display()))
        .env("ANTHROPIC_API_KEY", "x")
        .env("IS_SANDBOX", "1")
        .env("DB_PASSWORD", "x")
        .env("LET_THROUGH", "x");
    let done = common::Done::of(&mut call).code(0);
    assert!(
        done.stdout.contains("bin/claude 2.1.329"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("DB_PASSWORD"), "{}", done.stdout);
    assert!(!done.stdout.contains("LET_THROUGH"), "{}", done.stdout);
}
