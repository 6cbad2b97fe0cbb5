//! Repositories with hooks and signatures.

#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::{Sandbox, acquire, land, merge_of, worked};
use swarm_core::ports::{Advance, GitClient, GitErrorKind, Merge};

#[tokio::test]
async fn a_hook_that_refuses_is_no_conflict() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    let (_, head) = worked(&sandbox, &repo, "t", "f", "f\n").await;
    for hook in ["pre-merge-commit", "commit-msg"] {
        sandbox.hook(hook, "echo not on my watch >&2; exit 1");
        let error = repo.merge(merge_of("t", &head)).await.unwrap_err();
        assert_eq!(*error.kind(), GitErrorKind::Hook, "{hook}: {error}");
        assert!(error.to_string().contains("not on my watch"), "{error}");
        sandbox.hook(hook, "true");
    }
    assert!(matches!(
        repo.merge(merge_of("t", &head)).await.unwrap(),
        Merge::Commit { .. }
    ));
    let listed = sandbox.git(&sandbox.repo(), &["worktree", "list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    sandbox.assert_sound();
}

#[tokio::test]
async fn hooks_see_the_merge_and_may_add_to_its_message() {
    let sandbox = Sandbox::new();
    let seen = sandbox.dir().join("seen");
    sandbox.hook("commit-msg", "echo 'Change-Id: 1' >> \"$1\"");
    sandbox.hook("pre-merge-commit", &format!("ls > {}", seen.display()));
    let repo = sandbox.open();
    let (_, head) = worked(&sandbox, &repo, "t", "f", "f\n").await;
    let (_, done) = land(&repo, "t", &head).await;
    assert_eq!(done, Advance::Moved);
    let message = sandbox.git(&sandbox.repo(), &["log", "-1", "--format=%B", "main"]);
    assert!(
        message.starts_with("Land t\n") && message.contains("Change-Id: 1"),
        "{message}"
    );
    assert_eq!(fs::read_to_string(seen).unwrap(), "a.txt\nb.txt\nd\nf\n");
    let parents = sandbox.git(&sandbox.repo(), &["log", "-1", "--format=%P", "main"]);
    assert!(parents.ends_with(head.as_str()), "{parents}");
}

#[tokio::test]
async fn with_hooks_too_a_conflict_is_a_conflict() {
    let sandbox = Sandbox::new();
    sandbox.hook("commit-msg", "exit 1");
    let repo = sandbox.open();
    let tree = acquire(&repo, "t").await;
    sandbox.write(&tree.path, "a.txt", "theirs\n");
    sandbox.git(&tree.path, &["commit", "-qanm", "work"]);
    let head = sandbox.id(&tree.path, "HEAD");
    sandbox.write(&sandbox.repo(), "a.txt", "ours\n");
    sandbox.git(&sandbox.repo(), &["commit", "-qanm", "own"]);
    let Merge::Conflict { paths, .. } = repo.merge(merge_of("t", &head)).await.unwrap() else {
        panic!("no conflict");
    };
    assert_eq!(paths, [std::path::Path::new("a.txt")]);
}

#[tokio::test]
async fn hooks_at_other_steps_run_too() {
    let sandbox = Sandbox::new();
    sandbox.git(&sandbox.repo(), &["config", "core.hooksPath", "~/hooks"]);
    let hooks = sandbox.dir().join("home/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for name in ["post-checkout", "reference-transaction"] {
        sandbox.hook(
            name,
            &format!("echo \"$@\" >> {}/{name}.log", hooks.display()),
        );
        let made = sandbox.repo().join(".git/hooks").join(name);
        fs::rename(made, hooks.join(name)).unwrap();
    }
    let repo = sandbox.open();
    assert_eq!(repo.hooks(), ["post-checkout", "reference-transaction"]);
    acquire(&repo, "t").await;
    assert!(
        fs::read_to_string(hooks.join("post-checkout.log"))
            .unwrap()
            .ends_with(" 1\n")
    );
    let moves = fs::read_to_string(hooks.join("reference-transaction.log")).unwrap();
    assert!(moves.contains("committed"), "{moves}");
}

#[tokio::test]
async fn a_landing_is_signed_if_commits_are() {
    let sandbox = Sandbox::new();
    let signer = sandbox.dir().join("signer");
    fs::write(
        &signer,
        "#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n\
         echo '-----BEGIN PGP SIGNATURE-----'\necho '-----END PGP SIGNATURE-----'\n",
    )
    .unwrap();
    fs::set_permissions(&signer, fs::Permissions::from_mode(0o755)).unwrap();
    let repo = sandbox.open();
    let (_, head) = worked(&sandbox, &repo, "t", "f", "f\n").await;
    let user = sandbox.repo();
    sandbox.git(&user, &["config", "commit.gpgSign", "true"]);
    sandbox.git(&user, &["config", "gpg.program", signer.to_str().unwrap()]);
    let repo = sandbox.open();
    let (commit, _) = land(&repo, "t", &head).await;
    let raw = sandbox.git(&user, &["cat-file", "commit", commit.as_str()]);
    assert!(
        raw.contains("gpgsig -----BEGIN PGP SIGNATURE-----"),
        "{raw}"
    );
    assert!(raw.contains("Swarm-Task: t"), "{raw}");
}
