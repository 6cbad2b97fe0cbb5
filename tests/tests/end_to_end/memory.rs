//! How much memory an orchestrator takes for agents that talk too much.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

/// Prints 100 MB as its task's text says, tells that it has, and waits until
/// everybody has.
const AGENT: &str = r#"
task=$(cat)
case $task in
    *"as lines"*) yes 'one of very many lines, as build tools print them' | head -c 100000000 ;;
    *"one line"*) head -c 100000000 /dev/zero | tr '\0' x ;;
    *"noise"*) head -c 100000000 /dev/urandom ;;
    *"one noisy line"*) head -c 100000000 /dev/urandom | tr '\n' x ;;
esac
echo "$SWARM_TASK_ID" >>"$STAGE/printed"
read go <"$STAGE/go"
"#;

/// Largest resident size that an orchestrator may ever have had, in KiB.
const MOST: u64 = 25 * 1024;

const LIMIT: Duration = Duration::from_secs(300);

#[test]
fn what_agents_print_is_not_kept_in_memory() {
    for (kind, text) in [
        ("lines", "Print as lines."),
        ("line", "Print one line."),
        ("noise", "Print noise."),
        ("noisy-line", "Print one noisy line."),
    ] {
        let peak = peak(kind, text);
        println!("{kind}: {peak} KiB");
        assert!(peak <= MOST, "{kind}: {peak} KiB, at most {MOST}");
    }
}

/// The largest resident size of an orchestrator with three such agents.
fn peak(kind: &str, text: &str) -> u64 {
    let mut sandbox = Sandbox::new();
    let dir = sandbox.dir();
    sandbox.set("STAGE", dir.join("stage"));
    sandbox.write("stage/printed", "");
    sandbox.write("agent.sh", AGENT);
    let go = dir.join("stage/go");
    let made = std::process::Command::new("mkfifo").arg(&go).status();
    assert!(made.expect("mkfifo").success());
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_small-orchestrator"));
    command.arg(&dir).arg(text);
    command.arg(format!("sh {}", dir.join("agent.sh").display()));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut run = command.spawn().expect("an orchestrator");
    let until = Instant::now() + LIMIT;
    loop {
        let printed = fs::read_to_string(dir.join("stage/printed")).expect("a file");
        if printed.lines().count() == 3 {
            break;
        }
        let ended = run.try_wait().expect("a child");
        assert!(
            ended.is_none(),
            "{kind}: {ended:?}, {printed:?} have printed"
        );
        assert!(Instant::now() < until, "{kind}: {printed:?} have printed");
        std::thread::sleep(Duration::from_millis(20));
    }
    let status = fs::read_to_string(format!("/proc/{}/status", run.id())).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.expect("a figure").trim().trim_end_matches(" kB");
    let peak = peak.parse().expect("a number");
    // What it started ends with it.
    run.kill().expect("killed");
    run.wait().expect("a child");
    assert_gone("an agent", || sandbox.processes());
    peak
}
