//! The user's own checkout of the target, which somebody works in.

mod common;

use std::fs;

use common::{Sandbox, acquire, attempt, land, merge_of, merged, worked};
use swarm_core::ports::{
    AcquireRequest, Advance, AdvanceRequest, CallContext, GitClient, GitErrorKind, Merge, Release,
    Released,
};

/// Edits, stages and adds files beside what the tasks touch.
fn make_dirty(sandbox: &Sandbox) {
    let repo = sandbox.repo();
    sandbox.write(&repo, "a.txt", "edited\n");
    sandbox.write(&repo, "b.txt", "staged\n");
    sandbox.git(&repo, &["add", "b.txt"]);
    sandbox.write(&repo, "b.txt", "staged and edited\n");
    sandbox.write(&repo, "notes", "untracked\n");
}

fn state(sandbox: &Sandbox) -> String {
    sandbox.git(&sandbox.repo(), &["status", "--porcelain=v2", "-uall"])
}

const LINE: &str = "refs/swarm/line/main";

#[tokio::test]
async fn a_dirty_checkout_comes_forward_and_keeps_every_byte() {
    let sandbox = Sandbox::new();
    make_dirty(&sandbox);
    let (files, status) = (sandbox.files(&sandbox.repo()), state(&sandbox));
    let repo = sandbox.open();
    let (tree, head) = worked(&sandbox, &repo, "t", "new/f", "f\n").await;
    let (commit, done) = land(&repo, "t", &head).await;
    assert_eq!(done, Advance::Moved);
    assert_eq!(sandbox.id(&sandbox.repo(), "HEAD"), commit);
    let mut expected = files;
    expected.insert("new/f".into(), b"f\n".to_vec());
    assert_eq!(sandbox.files(&sandbox.repo()), expected);
    assert_eq!(state(&sandbox), status);
    let released = repo
        .release(&tree, Release::Landed { commit })
        .await
        .unwrap();
    assert_eq!(released, Released::Removed);
    sandbox.assert_sound();
}

#[tokio::test]
async fn what_would_overwrite_the_users_work_is_parked() {
    for (name, file) in [
        ("edited", "a.txt"),
        ("staged", "b.txt"),
        ("untracked", "notes"),
    ] {
        let sandbox = Sandbox::new();
        make_dirty(&sandbox);
        // An option of the user's must not make git tidy up first.
        sandbox.git(&sandbox.repo(), &["config", "merge.autoStash", "true"]);
        let (files, status) = (sandbox.files(&sandbox.repo()), state(&sandbox));
        let before = sandbox.id(&sandbox.repo(), "main");
        let repo = sandbox.open();
        let (tree, head) = worked(&sandbox, &repo, name, file, "from the task\n").await;
        let (commit, done) = land(&repo, name, &head).await;
        let Advance::Parked { line, because } = done else {
            panic!("{name}: {done:?}")
        };
        assert_eq!(line, LINE);
        assert!(because.contains(file), "{because}");
        assert_eq!(sandbox.files(&sandbox.repo()), files, "{name}");
        assert_eq!(state(&sandbox), status, "{name}");
        assert_eq!(sandbox.id(&sandbox.repo(), "main"), before);

        let now = repo.inspect().await.unwrap();
        assert_eq!(
            (now.tip, now.parked.as_deref()),
            (commit.clone(), Some(LINE))
        );
        assert!(repo.contains(&head).await.unwrap());
        let released = repo
            .release(&tree, Release::Landed { commit })
            .await
            .unwrap();
        assert_eq!(released, Released::Removed);
        sandbox.assert_sound();
    }
}

#[tokio::test]
async fn the_target_catches_up_once_it_can() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.repo(), "a.txt", "edited\n");
    let repo = sandbox.open();
    let (_, one) = worked(&sandbox, &repo, "one", "a.txt", "one\n").await;
    let (first, done) = land(&repo, "one", &one).await;
    assert!(matches!(done, Advance::Parked { .. }), "{done:?}");

    // A second one, still parked, builds on the line.
    let (tree, two) = worked(&sandbox, &repo, "two", "2", "2\n").await;
    assert_eq!(tree.base, first);
    let (second, done) = land(&repo, "two", &two).await;
    assert!(matches!(done, Advance::Parked { .. }), "{done:?}");
    assert_eq!(sandbox.id(&sandbox.repo(), LINE), second);

    sandbox.git(&sandbox.repo(), &["checkout", "-q", "a.txt"]);
    let (_, head) = worked(&sandbox, &repo, "three", "3", "3\n").await;
    let (third, done) = land(&repo, "three", &head).await;
    assert_eq!(done, Advance::Moved);
    assert_eq!(sandbox.id(&sandbox.repo(), "HEAD"), third);
    assert_eq!(state(&sandbox), "");
    assert_eq!(
        sandbox.git(&sandbox.repo(), &["for-each-ref", "refs/swarm"]),
        ""
    );
    assert_eq!(repo.inspect().await.unwrap().parked, None);
}

#[tokio::test]
async fn a_line_that_the_user_merged_counts_no_more() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.repo(), "a.txt", "edited\n");
    let repo = sandbox.open();
    let (_, one) = worked(&sandbox, &repo, "one", "a.txt", "one\n").await;
    land(&repo, "one", &one).await;
    sandbox.git(&sandbox.repo(), &["checkout", "-q", "a.txt"]);
    sandbox.git(&sandbox.repo(), &["merge", "-q", LINE]);
    let own = sandbox.commit(&sandbox.repo(), "the user's own");
    let state = repo.inspect().await.unwrap();
    assert_eq!((state.tip, state.parked), (own, None));

    // Parked again, and this time the user makes room.
    sandbox.write(&sandbox.repo(), "a.txt", "edited\n");
    let (_, two) = worked(&sandbox, &repo, "two", "a.txt", "two\n").await;
    let (commit, done) = land(&repo, "two", &two).await;
    assert!(matches!(done, Advance::Parked { .. }), "{done:?}");
    assert_eq!(sandbox.id(&sandbox.repo(), LINE), commit);
    sandbox.git(&sandbox.repo(), &["checkout", "-q", "a.txt"]);
    sandbox.git(&sandbox.repo(), &["merge", "-q", LINE]);
    let (_, last) = worked(&sandbox, &repo, "last", "l", "l\n").await;
    assert_eq!(land(&repo, "last", &last).await.1, Advance::Moved);
    assert_eq!(
        sandbox.git(&sandbox.repo(), &["for-each-ref", "refs/swarm"]),
        ""
    );
}

#[tokio::test]
async fn the_line_takes_in_what_the_target_got_meanwhile() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.repo(), "a.txt", "edited\n");
    let repo = sandbox.open();
    let (_, one) = worked(&sandbox, &repo, "one", "a.txt", "one\n").await;
    let (first, _) = land(&repo, "one", &one).await;
    sandbox.git(&sandbox.repo(), &["checkout", "-q", "a.txt"]);
    sandbox.write(&sandbox.repo(), "own", "own\n");
    let own = sandbox.commit(&sandbox.repo(), "the user's own");

    let (_, two) = worked(&sandbox, &repo, "two", "2", "2\n").await;
    let (commit, onto) = merged(&repo, "two", &two).await;
    assert_eq!(onto, first);
    let what = AdvanceRequest {
        from: onto,
        to: commit.clone(),
    };
    assert_eq!(repo.advance(what).await.unwrap(), Advance::Moved);
    for part in [&first, &own, &two] {
        assert!(repo.contains(part).await.unwrap());
    }
    assert_eq!(sandbox.id(&sandbox.repo(), "main"), commit);
    assert_eq!(state(&sandbox), "");
    assert_eq!(sandbox.show("main", "own"), "own");
    sandbox.assert_sound();
}

#[tokio::test]
async fn a_target_that_cannot_be_taken_in_is_an_error_that_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.repo(), "a.txt", "edited\n");
    let repo = sandbox.open();
    let (_, one) = worked(&sandbox, &repo, "one", "a.txt", "one\n").await;
    land(&repo, "one", &one).await;
    sandbox.commit(&sandbox.repo(), "the user's own");
    let (_, two) = worked(&sandbox, &repo, "two", "2", "2\n").await;
    let error = repo.merge(merge_of("two", &two)).await.unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Target);
    assert!(error.to_string().contains("a.txt"), "{error}");
}

#[tokio::test]
async fn what_is_under_way_in_the_checkout_is_not_disturbed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    let (_, one) = worked(&sandbox, &repo, "one", "1", "1\n").await;
    let user = sandbox.repo();

    // A rebase of the target itself, stopped in the middle.
    sandbox.write(&user, "own", "own\n");
    sandbox.commit(&user, "own");
    let edit = [("GIT_SEQUENCE_EDITOR".into(), "sed -i s/pick/edit/".into())];
    let mut with_editor = Sandbox::bare();
    with_editor.env = sandbox.env.iter().cloned().chain(edit).collect();
    with_editor.git(&user, &["rebase", "-q", "-i", "HEAD~1"]);
    let (_, done) = land(&repo, "one", &one).await;
    let Advance::Parked { because, .. } = done else {
        panic!("{done:?}")
    };
    assert!(because.contains("rebase"), "{because}");
    sandbox.git(&user, &["rebase", "--continue"]);
    let (_, two) = worked(&sandbox, &repo, "two", "2", "2\n").await;
    assert_eq!(land(&repo, "two", &two).await.1, Advance::Moved);
    assert_eq!(state(&sandbox), "");
    assert_eq!(sandbox.show("main", "own"), "own");
}

#[tokio::test]
async fn a_lock_of_the_users_git_parks_the_landing() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    let (_, one) = worked(&sandbox, &repo, "one", "1", "1\n").await;
    let lock = sandbox.repo().join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let (_, done) = land(&repo, "one", &one).await;
    let Advance::Parked { because, .. } = done else {
        panic!("{done:?}")
    };
    assert!(because.contains("index.lock"), "{because}");
    assert!(lock.exists());
}

#[tokio::test]
async fn a_linked_worktree_can_be_the_root_and_hold_the_target() {
    let sandbox = Sandbox::new();
    let linked = sandbox.dir().join("linked");
    let path = linked.to_str().unwrap();
    sandbox.git(
        &sandbox.repo(),
        &["worktree", "add", "-q", "-b", "side", path],
    );
    sandbox.write(&linked, "secret", "s\n");
    sandbox.write(&sandbox.repo(), ".git/info/exclude", "secret\n");
    let repo = sandbox.builder_at(&linked).copy("secret").build().unwrap();
    assert_eq!(repo.target(), "side");
    assert_eq!(repo.root(), Some(linked.as_path()));
    assert_eq!(repo.common_dir(), sandbox.repo().join(".git"));
    let (tree, head) = worked(&sandbox, &repo, "t", "f", "f\n").await;
    assert!(tree.path.join("secret").exists());
    let (commit, done) = land(&repo, "t", &head).await;
    assert_eq!(done, Advance::Moved);
    assert_eq!(sandbox.id(&linked, "HEAD"), commit);
    assert_eq!(sandbox.git(&linked, &["status", "--porcelain"]), "");
    assert!(linked.join("f").exists());
    sandbox.assert_sound();
}

#[tokio::test]
async fn a_checkout_that_is_gone_stands_in_nobodys_way() {
    let sandbox = Sandbox::new();
    let linked = sandbox.dir().join("linked");
    let path = linked.to_str().unwrap();
    sandbox.git(
        &sandbox.repo(),
        &["worktree", "add", "-q", "-b", "side", path],
    );
    let repo = sandbox.builder().target("side").build().unwrap();
    fs::remove_dir_all(&linked).unwrap();
    let (_, head) = worked(&sandbox, &repo, "t", "f", "f\n").await;
    let (commit, done) = land(&repo, "t", &head).await;
    assert_eq!(done, Advance::Moved);
    assert_eq!(sandbox.id(&sandbox.repo(), "side"), commit);
}

#[tokio::test]
async fn many_land_at_once_and_none_is_lost() {
    let sandbox = Sandbox::new();
    make_dirty(&sandbox);
    let files = sandbox.files(&sandbox.repo());
    let repos = [sandbox.open(), sandbox.open()];
    let mut tasks = tokio::task::JoinSet::new();
    let sandbox = std::sync::Arc::new(sandbox);
    for number in 0..16_usize {
        let repo = repos[number % 2].clone();
        let sandbox = std::sync::Arc::clone(&sandbox);
        tasks.spawn(async move {
            let task = format!("t{number}");
            let what = AcquireRequest {
                attempt: attempt(&task, 1),
                logs: None,
                earlier: None,
            };
            let tree = repo.acquire(what, CallContext::detached()).await.unwrap();
            sandbox.write(&tree.path, &task, "x\n");
            let head = sandbox.commit(&tree.path, &task);
            let (commit, done) = land(&repo, &task, &head).await;
            assert_eq!(done, Advance::Moved);
            let how = Release::Landed { commit };
            assert_eq!(repo.release(&tree, how).await.unwrap(), Released::Removed);
            task
        });
    }
    let mut expected = files;
    while let Some(task) = tasks.join_next().await {
        expected.insert(task.unwrap().into(), b"x\n".to_vec());
    }
    assert_eq!(sandbox.files(&sandbox.repo()), expected);
    assert_eq!(
        sandbox.git(
            &sandbox.repo(),
            &["rev-list", "--count", "--merges", "main"]
        ),
        "16"
    );
    assert_eq!(
        sandbox.git(&sandbox.repo(), &["branch", "--list", "swarm/*"]),
        ""
    );
    sandbox.assert_sound();
}

#[tokio::test]
async fn two_that_want_one_name_get_two() {
    let sandbox = Sandbox::new();
    let repos = [sandbox.open(), sandbox.open()];
    let (one, two) = tokio::join!(acquire(&repos[0], "t"), acquire(&repos[1], "t"));
    assert_ne!(one.path, two.path);
    assert_ne!(one.branch, two.branch);
    for tree in [one, two] {
        assert_eq!(
            sandbox.git(&tree.path, &["branch", "--show-current"]),
            tree.branch
        );
    }
    let merge = repos[0]
        .merge(merge_of("t", &sandbox.id(&sandbox.repo(), "main")))
        .await
        .unwrap();
    assert!(matches!(merge, Merge::AlreadyIn { .. }));
    sandbox.assert_sound();
}
