use std::os::unix::process::ExitStatusExt;

use super::*;

#[test]
fn a_name_cannot_fake_its_fields() {
    let stat = "77 (a) R 1 2) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 424242 23 24";
    let expected = Process {
        id: Id {
            pid: 77,
            started: 424_242,
        },
        parent: 4,
        group: 5,
        dead: false,
        kernel: false,
    };
    assert_eq!(parse(77, stat), Some(expected));
    assert!(parse(77, &stat.replace(" S ", " Z ")).is_some_and(|process| process.dead));
    assert_eq!(parse(77, "77 (a"), None);
    assert_eq!(parse(77, "77 (a) S 1 2"), None);
    assert_eq!(parse(77, ""), None);
}

#[test]
fn a_reused_number_is_not_signalled() {
    let mut child = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let real = look_at(pid).unwrap().id;
    let older = Id {
        started: real.started - 1,
        ..real
    };
    send(older, Signal::KILL);
    send(real, Signal::TERM);
    assert_eq!(child.wait().unwrap().signal(), Some(15));
}

#[test]
fn a_process_without_an_environment_is_doubted_for_a_while() {
    let spawn = |command: &mut std::process::Command| command.env_clear().spawn().unwrap();
    let mut root = spawn(&mut std::process::Command::new("/bin/true"));
    let mut tree = Tree::new(Some(root.id()), "no-such-mark".into());
    root.wait().unwrap();
    let mut blank = spawn(std::process::Command::new("/bin/sleep").arg("60"));
    assert!(!tree.is_gone());
    for _ in 0..LOOKS {
        tree.living().unwrap();
    }
    let looks = tree.unclear.values().max();
    assert_eq!(looks, Some(&LOOKS));
    blank.kill().unwrap();
    blank.wait().unwrap();
}
