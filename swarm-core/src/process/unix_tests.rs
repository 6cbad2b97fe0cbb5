use std::process::{Child, Command};

use super::*;

fn process(pid: i32, parent: i32, group: i32, started: u64) -> Process {
    Process {
        pid,
        parent,
        group,
        dead: false,
        marked: false,
        started,
    }
}

#[test]
fn a_line_of_ps_is_read() {
    let line = "  812     1   812 Ss   Sat Nov 21 11:53:06 2026";
    let one = parse(line, None).unwrap();
    assert_eq!(
        (one.pid, one.parent, one.group, one.dead),
        (812, 1, 812, false)
    );
    let later = parse("812 1 812 Z+ Sun Nov 22 00:00:00 2026", None).unwrap();
    assert!(later.dead);
    assert_eq!(later.started - one.started, 12 * 3600 + 6 * 60 + 54);
    assert_eq!(parse("812 1 812 Ss Sat Foo 21 11:53:06 2026", None), None);
    assert_eq!(parse("812 1 812", None), None);
    assert_eq!(parse("", None), None);
    assert!(!one.marked);
    let carries = |rest: &str| {
        parse(&format!("{line} {rest}"), Some("c0ffee"))
            .unwrap()
            .marked
    };
    assert!(carries("sh -c x HOME=/ SWARM_PROCESS=outer:c0ffee"));
    assert!(!carries("sh -c x HOME=/ SWARM_PROCESS=outer"));
}

#[test]
fn who_was_seen_once_is_known_without_its_parent() {
    let mut tree = Tree::new(Some(10), String::new());
    let shell = process(10, 1, 10, 100);
    let tool = process(11, 10, 11, 101);
    let daemon = process(12, 11, 12, 102);
    let other = process(13, 1, 13, 103);
    assert_eq!(
        tree.learn(&[other, daemon, tool, shell]),
        [10, 11, 12].into()
    );
    // Its parents are gone; its own children join through it.
    let orphan = process(12, 1, 12, 103);
    let child = process(14, 12, 14, 104);
    assert_eq!(tree.learn(&[child, orphan, other]), [12, 14].into());
    // All numbers were given to others meanwhile.
    let reused = [10, 11, 12, 14].map(|pid| process(pid, 1, pid, 900));
    assert_eq!(tree.learn(&reused), BTreeSet::new());
}

#[test]
fn its_group_belongs_to_it_as_long_as_it_lives() {
    let mut tree = Tree::new(Some(10), String::new());
    let shell = process(10, 1, 10, 100);
    let grouped = process(11, 1, 10, 101);
    assert_eq!(tree.learn(&[shell, grouped]), [10, 11].into());
    let foreign = process(12, 1, 10, 500);
    assert_eq!(tree.learn(&[grouped, foreign]), [11].into());
}

/// A child in a group of its own, and its tree.
fn start(script: &str) -> (Child, Tree) {
    use std::os::unix::process::CommandExt;
    let child = Command::new("sh")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let tree = Tree::new(Some(child.id()), String::new());
    (child, tree)
}

/// Reads the process number that a script prints when it is set up.
fn told(child: &mut Child) -> i32 {
    use std::io::BufRead;
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    io::BufReader::new(stdout).read_line(&mut line).unwrap();
    line.trim().parse().unwrap()
}

#[test]
fn a_daemon_that_was_seen_is_ended_after_its_parents() {
    let script = "env -i setsid sh -c 'trap \"\" TERM; echo $$; read stay; exec sleep 600' <fifo & \
                  exec 3>fifo; read go";
    let folder = tempfile::TempDir::new().unwrap();
    let script = format!("cd {}; mkfifo fifo; {script}", folder.path().display());
    let (mut child, mut tree) = start(&script);
    let daemon = told(&mut child);
    assert!(!tree.is_gone());
    // The shell ends; its daemon now belongs to nobody.
    child.stdin.take();
    child.wait().unwrap();
    assert_eq!(tree.survivors(), [daemon.unsigned_abs()]);
    tree.signal(Force::Kill);
    while !tree.is_gone() {
        std::thread::yield_now();
    }
}

#[test]
fn whoever_has_started_something_that_lives_is_not_alone() {
    use std::io::Write;
    let script = "sleep 600 & echo $!; read go; kill $!; wait; echo 0; read stay";
    let (mut child, mut tree) = start(script);
    told(&mut child);
    assert!(!tree.is_alone(None));
    child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    told(&mut child);
    assert!(tree.is_alone(None));
    child.stdin.take();
    child.wait().unwrap();
    assert!(!tree.is_alone(None), "it is gone itself");
}

#[test]
fn a_like_named_process_is_left_alone() {
    let script = "echo $$; exec sleep 600";
    let (mut ours, mut tree) = start(script);
    let (mut other, _) = start(script);
    told(&mut ours);
    told(&mut other);
    tree.signal(Force::Ask);
    ours.wait().unwrap();
    assert!(tree.is_gone());
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_daemon_that_nobody_saw_is_found_by_its_mark() {
    use std::os::unix::process::CommandExt;
    let mut child = Command::new("sh")
        .args(["-c", "(setsid sh -c 'echo $$; exec sleep 600' &)"])
        .env("SWARM_PROCESS", "4a0b-unlike-any-other")
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut tree = Tree::new(Some(child.id()), "4a0b-unlike-any-other".into());
    let daemon = told(&mut child);
    child.wait().unwrap();
    assert_eq!(tree.survivors(), [daemon.unsigned_abs()]);
    tree.signal(Force::Ask);
    while !tree.is_gone() {
        std::thread::yield_now();
    }
}
