use std::process::{Command, Stdio};

use super::*;

/// A process of this machine that has ended, and was waited for.
fn dead() -> HostProcess {
    let mut child = Command::new("true").spawn().expect("a process");
    let pid = child.id();
    child.wait().expect("its end");
    let here = this_process().expect("Linux can tell");
    HostProcess {
        pid,
        started: here.started + 1,
        ..here
    }
}

#[test]
fn only_what_is_proved_is_dead() {
    let here = this_process().expect("Linux can tell");
    assert_eq!(this_process().as_ref(), Some(&here), "always the same");
    let other = |change: fn(&mut HostProcess)| {
        let mut process = dead();
        change(&mut process);
        process
    };
    let outermost = platform::is_whole_machine(&here.space);
    let table = [
        ("itself", here.clone(), false),
        ("no such number", dead(), true),
        (
            "its number used again",
            HostProcess {
                started: here.started + 1,
                ..here.clone()
            },
            true,
        ),
        ("another machine", other(|one| one.host.push('x')), false),
        ("another container", other(|one| one.space.push('1')), false),
        (
            "an earlier boot",
            other(|one| one.boot.push('x')),
            outermost,
        ),
        (
            "this number, an earlier boot",
            HostProcess {
                boot: "earlier".to_owned(),
                ..here.clone()
            },
            outermost,
        ),
        (
            "an earlier boot of another machine",
            other(|one| {
                one.boot.push('x');
                one.host.push('x');
            }),
            false,
        ),
    ];
    for (name, process, proved) in table {
        assert_eq!(is_dead(&process), proved, "{name}");
    }
}

#[test]
fn an_earlier_boot_proves_nothing_within_a_container() {
    let boot = |boot: &str, space: &str| HostProcess {
        host: "m/h".to_owned(),
        boot: boot.to_owned(),
        space: space.to_owned(),
        pid: 1,
        started: 1,
    };
    let machine = "4026531836";
    let of = |one: &HostProcess, other: &HostProcess| fate(one, other);
    assert_eq!(
        of(&boot("a", machine), &boot("b", machine)),
        Fate::BeforeBoot
    );
    assert_eq!(of(&boot("a", "7"), &boot("b", "7")), Fate::Unknown);
}

/// A program in the environment of one that `process` started, deaf or not.
fn left_by(process: &HostProcess, deaf: bool) -> std::process::Child {
    let mark = format!("outer:{}nonce", mark(process));
    let script = if deaf {
        "trap '' TERM; while :; do sleep 0.05; done"
    } else {
        "sleep 600 & wait"
    };
    Command::new("sh")
        .args(["-c", script])
        .env("SWARM_PROCESS", mark)
        .stdout(Stdio::null())
        .spawn()
        .expect("a process")
}

#[tokio::test]
async fn what_a_dead_process_left_is_ended_and_nothing_else() {
    let (dead, here) = (dead(), this_process().expect("Linux can tell"));
    let other = HostProcess {
        started: dead.started + 1,
        ..dead.clone()
    };
    let mut left = [left_by(&dead, false), left_by(&dead, true)];
    let mut kept = left_by(&other, false);
    assert!(!end_remains(&here).await, "it lives");
    assert!(left[0].try_wait().expect("a child").is_none());
    assert!(end_remains(&dead).await);
    for one in &mut left {
        let status = one.wait().expect("a child");
        assert_eq!(status.code(), None, "ended by a signal");
    }
    assert!(kept.try_wait().expect("a child").is_none(), "not its own");
    assert!(end_remains(&dead).await, "again, with nothing left");
    assert!(end_remains(&other).await);
    kept.wait().expect("a child");
}
