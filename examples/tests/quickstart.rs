//! The quickstart, on a machine whose user has told git nothing.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

use std::process::Command;

#[test]
fn six_tasks_land_whatever_the_user_told_git() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".gitconfig"), "[init\nbroken").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_quickstart"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("6 tasks: 6 landed"), "{stdout}");
    assert!(
        stderr.contains("hours.txt"),
        "there was a conflict: {stderr}"
    );
    assert!(stderr.contains("gate \"spelling\" failed"), "{stderr}");
    assert_eq!(stdout.matches(" Land ").count(), 6, "{stdout}");
}
