use std::ffi::OsString;

use super::{Git, Limit, environment};

fn env(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(n, v)| (n.into(), v.into())).collect()
}

#[test]
fn children_never_see_the_variables_of_another_repository() {
    let given = env(&[
        ("GIT_DIR", "/elsewhere"),
        ("GIT_INDEX_FILE", "x"),
        ("GIT_AUTHOR_NAME", "A"),
        ("HOME", "/h"),
    ]);
    let kept = environment(&given);
    assert!(kept.contains(&("GIT_AUTHOR_NAME".into(), "A".into())));
    assert!(kept.contains(&("HOME".into(), "/h".into())));
    assert!(
        !kept
            .iter()
            .any(|(name, _)| name == "GIT_DIR" || name == "GIT_INDEX_FILE")
    );
}

#[test]
fn messages_are_english_and_the_character_set_stays() {
    let kept = environment(&env(&[("LC_ALL", "de_DE.UTF-8"), ("LC_MESSAGES", "de")]));
    let of = |name: &str| -> Vec<_> { kept.iter().filter(|(n, _)| n == name).collect() };
    assert!(of("LC_ALL").is_empty());
    assert_eq!(of("LC_CTYPE")[0].1, "de_DE.UTF-8");
    assert_eq!(of("LC_MESSAGES").len(), 1);
    assert_eq!(of("LC_MESSAGES")[0].1, "C");
}

#[cfg(target_os = "linux")]
#[test]
fn a_git_that_hangs_is_ended_with_all_that_it_started() {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("git");
    std::fs::write(&program, "#!/bin/sh\nsleep 1000 & echo $! > child; wait\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let git = Git::new(
        program.into(),
        &[("PATH".into(), std::env::var_os("PATH").unwrap())],
    );
    let call = git
        .at(directory.path())
        .args(["merge-tree", "x"])
        .limit(Limit(Duration::from_millis(200)));
    let child = directory.path().join("child");
    let error = loop {
        // The limit is long enough once the script came to write the file.
        let error = call.run("merge").unwrap_err();
        if std::fs::read_to_string(&child).is_ok_and(|id| id.ends_with('\n')) {
            break error;
        }
    };
    assert!(
        error
            .to_string()
            .contains("`git merge-tree x` took too long"),
        "{error}"
    );
    let id = std::fs::read_to_string(child).unwrap();
    // Gone, or dead and not yet buried by its new parent.
    let stat = format!("/proc/{}/stat", id.trim());
    while std::fs::read_to_string(&stat).is_ok_and(|state| !state.contains(") Z ")) {
        std::thread::yield_now();
    }
    assert!(git.started() > 0);
}
