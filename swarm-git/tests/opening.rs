//! What is opened, and what is refused with a word on what to do.

#![allow(clippy::unwrap_used, reason = "tests share a function")]

mod common;

use std::fs;

use common::{Sandbox, acquire, land, merge_of, worked};
use swarm_core::error::Advice;
use swarm_core::ports::{Advance, GitClient, GitErrorKind, Release, Released};
use swarm_git::GitRepo;

#[tokio::test]
async fn each_of_these_is_a_clear_error() {
    let sandbox = Sandbox::new();
    let user = sandbox.repo();
    let outside = sandbox.dir().join("home");

    let error = sandbox.builder_at(&outside).build().unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Repository);
    assert!(error.to_string().contains("git init"), "{error}");
    let missing = sandbox.dir().join("missing");
    assert_eq!(
        *sandbox.builder_at(&missing).build().unwrap_err().kind(),
        GitErrorKind::Io
    );

    let error = sandbox
        .builder()
        .git_program("no-such-git")
        .build()
        .unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Command);
    assert!(error.to_string().contains("no-such-git"), "{error}");

    let inside = sandbox
        .builder()
        .worktrees(user.join("wt"))
        .build()
        .unwrap_err();
    assert_eq!(inside.advice(), Advice::FixConfiguration);

    let unknown = sandbox.builder().target("nope").build().unwrap();
    let error = unknown.inspect().await.unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Target);
    assert!(error.to_string().contains("there are: main"), "{error}");

    sandbox.detach();
    let error = sandbox.builder().build().unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Target);
    assert!(error.to_string().contains("detached"), "{error}");
    assert_eq!(sandbox.git(&user, &["status", "--porcelain"]), "");
}

#[tokio::test]
async fn a_branch_without_a_commit_is_told() {
    let sandbox = Sandbox::bare();
    sandbox.identify();
    fs::create_dir(sandbox.repo()).unwrap();
    sandbox.git(&sandbox.repo(), &["init", "-q", "-b", "trunk"]);
    let repo = sandbox.builder().build().unwrap();
    assert_eq!(repo.target(), "trunk");
    let error = repo.inspect().await.unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Target);
    assert!(error.to_string().contains("no commit yet"), "{error}");
}

#[tokio::test]
async fn nobody_without_a_name_gets_past_inspect() {
    let sandbox = Sandbox::new();
    let config = sandbox.dir().join("home/.gitconfig");
    fs::write(&config, "[user]\n\tuseConfigOnly = true\n").unwrap();
    let repo = sandbox.open();
    let error = repo.inspect().await.unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Identity);
    assert_eq!(error.advice(), Advice::FixConfiguration);
    assert!(error.to_string().contains("user.email"), "{error}");
    // Once it is set, the same object goes on.
    sandbox.identify();
    assert!(repo.inspect().await.is_ok());

    fs::write(&config, "").unwrap();
    let mut env = sandbox.env.clone();
    for who in ["AUTHOR", "COMMITTER"] {
        env.push((format!("GIT_{who}_NAME").into(), format!("{who} Ä").into()));
        env.push((format!("GIT_{who}_EMAIL").into(), "x@example.org".into()));
    }
    let repo = sandbox.builder().env(env).build().unwrap();
    let tree = acquire(&repo, "t").await;
    sandbox.identify();
    sandbox.write(&tree.path, "f", "f\n");
    let head = sandbox.commit(&tree.path, "work");
    land(&repo, "t", &head).await;
    let who = sandbox.git(&sandbox.repo(), &["log", "-1", "--format=%an|%cn", "main"]);
    assert_eq!(who, "AUTHOR Ä|COMMITTER Ä");
}

#[tokio::test]
async fn a_folder_deep_in_the_checkout_will_do() {
    let sandbox = Sandbox::new();
    let repo = sandbox
        .builder_at(&sandbox.repo().join("d"))
        .build()
        .unwrap();
    assert_eq!(repo.root(), Some(sandbox.repo().as_path()));
    assert_eq!(repo.target(), "main");
}

/// The whole way, on a repository that is special in some way.
async fn whole_way(sandbox: &Sandbox, repo: &GitRepo) {
    repo.inspect().await.unwrap();
    let (tree, one) = worked(sandbox, repo, "one", "1", "1\n").await;
    assert!(!repo.changes(&tree).await.unwrap().dirty());
    assert_eq!(repo.changes(&tree).await.unwrap().commits, 1);
    let (other, two) = worked(sandbox, repo, "two", "1", "2\n").await;
    let (commit, done) = land(repo, "one", &one).await;
    assert_eq!(done, Advance::Moved);
    let conflict = repo.merge(merge_of("two", &two)).await.unwrap();
    assert!(
        matches!(conflict, swarm_core::ports::Merge::Conflict { .. }),
        "{conflict:?}"
    );
    assert!(repo.contains(&one).await.unwrap() && !repo.contains(&two).await.unwrap());
    let how = Release::Landed { commit };
    assert_eq!(repo.release(&tree, how).await.unwrap(), Released::Removed);
    assert_eq!(
        repo.release(&other, Release::Unlanded).await.unwrap(),
        Released::Kept
    );
    assert_eq!(repo.leftovers().unwrap().len(), 1);
    sandbox.assert_sound();
}

#[cfg(unix)]
#[tokio::test]
async fn a_bare_repository_works() {
    let sandbox = Sandbox::new();
    let bare = sandbox.dir().join("bare.git");
    let (from, to) = (sandbox.repo(), bare.to_str().unwrap().to_owned());
    sandbox.git(&from, &["clone", "-q", "--bare", ".", &to]);
    fs::rename(&from, sandbox.dir().join("origin")).unwrap();
    std::os::unix::fs::symlink(&bare, &from).unwrap();
    let repo = sandbox.builder().copy(".env").build().unwrap();
    assert_eq!((repo.root(), repo.target()), (None, "main"));
    whole_way(&sandbox, &repo).await;
}

#[cfg(unix)]
#[tokio::test]
async fn worktrees_around_a_bare_repository_work() {
    let sandbox = Sandbox::new();
    let user = sandbox.repo();
    sandbox.detach();
    sandbox.git(&user, &["worktree", "add", "-q", "-b", "side", "../linked"]);
    sandbox.git(&user, &["config", "core.bare", "true"]);
    fs::remove_file(user.join(".git/index")).unwrap();
    let linked = sandbox.dir().join("linked");
    let repo = sandbox.builder_at(&linked).target("main").build().unwrap();
    whole_way(&sandbox, &repo).await;
}

#[tokio::test]
async fn the_repository_may_be_repacked_meanwhile() {
    let sandbox = Sandbox::new();
    sandbox.detach();
    let repo = sandbox.open();
    for (task, other) in [("one", "x"), ("two", "y")] {
        let (tree, head) = worked(&sandbox, &repo, task, task, "1\n").await;
        worked(&sandbox, &repo, other, "z", "2\n").await;
        sandbox.git(&sandbox.repo(), &["gc", "-q", "--prune=now"]);
        let (commit, done) = land(&repo, task, &head).await;
        assert_eq!(done, Advance::Moved);
        sandbox.git(&sandbox.repo(), &["pack-refs", "--all"]);
        assert!(repo.contains(&commit).await.unwrap());
        let how = Release::Landed { commit };
        assert_eq!(repo.release(&tree, how).await.unwrap(), Released::Removed);
        assert_eq!(
            sandbox.git(&sandbox.repo(), &["branch", "--list", &tree.branch]),
            ""
        );
    }
    sandbox.assert_sound();
}

#[tokio::test]
async fn formats_that_only_git_reads_work() {
    for (format, config) in [
        (&["--object-format=sha256"][..], None),
        (&["--ref-format=reftable"], None),
        (&[], Some("core.sparseCheckout")),
        (&[], Some("extensions.worktreeConfig")),
    ] {
        let sandbox = Sandbox::bare();
        sandbox.identify();
        let user = sandbox.repo();
        fs::create_dir(&user).unwrap();
        let mut init = vec!["init", "-q", "-b", "main"];
        init.extend(format);
        if !sandbox.try_git(&user, &init).status.success() {
            // An older git has no reftable.
            assert!(format[0].contains("reftable"), "{format:?}");
            continue;
        }
        if let Some(config) = config {
            sandbox.git(&user, &["config", config, "true"]);
        }
        sandbox.write(&user, "a.txt", "a\n");
        sandbox.commit(&user, "first");
        let repo = sandbox.open();
        assert_eq!(repo.needs_git(), !format.is_empty());
        whole_way(&sandbox, &repo).await;
        assert_eq!(
            sandbox.git(&user, &["status", "--porcelain"]),
            "",
            "{format:?}"
        );
    }
}

#[tokio::test]
async fn a_shallow_clone_works() {
    let sandbox = Sandbox::new();
    sandbox.commit(&sandbox.repo(), "second");
    let origin = sandbox.dir().join("origin");
    fs::rename(sandbox.repo(), &origin).unwrap();
    let url = format!("file://{}", origin.display());
    sandbox.git(&sandbox.dir(), &["clone", "-q", "--depth=1", &url, "repo"]);
    let repo = sandbox.open();
    assert!(repo.needs_git());
    whole_way(&sandbox, &repo).await;
}

#[tokio::test]
async fn filters_submodules_and_line_ends_are_as_git_has_them() {
    let sandbox = Sandbox::new();
    let user = sandbox.repo();
    sandbox.git(&user, &["config", "filter.up.smudge", "tr a-z A-Z"]);
    sandbox.git(&user, &["config", "filter.up.clean", "tr A-Z a-z"]);
    sandbox.write(
        &user,
        ".gitattributes",
        "*.up filter=up\n*.crlf text eol=crlf\n",
    );
    sandbox.write(&user, "x.up", "X\n");
    sandbox.write(&user, "x.crlf", "x\n");
    sandbox.commit(&user, "attributes");
    let repo = sandbox.open();
    let tree = acquire(&repo, "t").await;
    assert_eq!(fs::read(tree.path.join("x.up")).unwrap(), b"X\n");
    assert_eq!(fs::read(tree.path.join("x.crlf")).unwrap(), b"x\r\n");
    assert!(!repo.changes(&tree).await.unwrap().dirty());

    sandbox.write(&user, ".gitattributes", "*.crlf text eol=crlf\n");
    sandbox.commit(&user, "no filter");
    let begun = repo.processes();
    let tree = acquire(&repo, "plain").await;
    assert_eq!(fs::read(tree.path.join("x.crlf")).unwrap(), b"x\r\n");
    assert!(!repo.changes(&tree).await.unwrap().dirty());
    assert_eq!(repo.processes(), begun);
    assert_eq!(sandbox.git(&tree.path, &["status", "--porcelain"]), "");
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_written_as_git_writes_them() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let user = sandbox.repo();
    std::os::unix::fs::symlink("d/c.txt", user.join("link")).unwrap();
    sandbox.write(&user, "run.sh", "#!/bin/sh\n");
    fs::set_permissions(user.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.commit(&user, "kinds");
    sandbox.git(&user, &["config", "--global", "core.autocrlf", "true"]);
    let repo = sandbox.open();
    let begun = repo.processes();
    let tree = acquire(&repo, "t").await;
    assert_eq!(fs::read(tree.path.join("a.txt")).unwrap(), b"a\r\n");
    assert!(tree.path.join("link").is_symlink());
    let mode = fs::metadata(tree.path.join("run.sh"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o111, 0o111);
    assert!(!repo.changes(&tree).await.unwrap().dirty());
    assert_eq!(repo.processes(), begun);
    assert_eq!(sandbox.git(&tree.path, &["status", "--porcelain"]), "");
}

#[tokio::test]
async fn the_users_own_ignore_file_counts() {
    for key in [None, Some("~/my-ignores")] {
        let sandbox = Sandbox::new();
        match key {
            None => sandbox.write(&sandbox.dir(), "home/.config/git/ignore", "*.swp\n"),
            Some(path) => {
                sandbox.git(
                    &sandbox.repo(),
                    &["config", "--global", "core.excludesFile", path],
                );
                sandbox.write(&sandbox.dir(), "home/my-ignores", "*.swp\n");
            }
        }
        let repo = sandbox.open();
        let tree = acquire(&repo, "t").await;
        sandbox.write(&tree.path, "x.swp", "x\n");
        assert!(!repo.changes(&tree).await.unwrap().dirty(), "{key:?}");
    }
}

#[test]
fn hooks_and_version_are_told() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    assert!(repo.hooks().is_empty());
    sandbox.hook("commit-msg", "true");
    sandbox.hook("pre-push", "true");
    assert_eq!(repo.hooks(), ["commit-msg"]);
    assert!(
        repo.git_version()
            .unwrap()
            .starts_with(|c: char| c.is_ascii_digit())
    );
}
