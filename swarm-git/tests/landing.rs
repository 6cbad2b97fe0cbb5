//! From a worktree to a commit on the target.

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Sandbox, acquire, attempt, land, merge_of, merged, worked};
use swarm_core::model::Oid;
use swarm_core::ports::{
    AcquireRequest, Advance, AdvanceRequest, CallContext, DiffRequest, GitClient, GitErrorKind,
    Merge, Release, Released,
};

#[tokio::test]
async fn a_task_lands_without_a_single_git_process() {
    let sandbox = Sandbox::new();
    sandbox.detach();
    let repo = sandbox.open();
    let state = repo.inspect().await.unwrap();
    assert_eq!((state.target.as_str(), state.parked), ("main", None));
    assert_eq!(state.tip, sandbox.id(&sandbox.repo(), "main"));
    let begun = repo.processes();

    let tree = acquire(&repo, "t1").await;
    assert_eq!(tree.branch, "swarm/run1/t1-1");
    assert_eq!(tree.path, sandbox.worktrees().join("run1/t1-1"));
    assert_eq!(tree.base, state.tip);
    assert_eq!(fs::read(tree.path.join("d/c.txt")).unwrap(), b"c\n");
    assert_eq!(sandbox.git(&tree.path, &["status", "--porcelain"]), "");
    assert_eq!(
        sandbox.git(&tree.path, &["branch", "--show-current"]),
        tree.branch
    );

    sandbox.write(&tree.path, "new.txt", "new\n");
    let head = sandbox.commit(&tree.path, "work");
    let changes = repo.changes(&tree).await.unwrap();
    assert_eq!((changes.commits, &changes.head), (1, &head));
    assert_eq!(changes.paths, [std::path::Path::new("new.txt")]);
    assert!(!changes.dirty());

    assert!(!repo.contains(&head).await.unwrap());
    let (commit, done) = land(&repo, "t1", &head).await;
    assert_eq!(done, Advance::Moved);
    assert!(repo.contains(&head).await.unwrap());
    let how = Release::Landed {
        commit: commit.clone(),
    };
    assert_eq!(
        repo.release(&tree, how.clone()).await.unwrap(),
        Released::Removed
    );
    assert_eq!(repo.release(&tree, how).await.unwrap(), Released::Removed);
    assert_eq!(repo.processes(), begun);

    assert!(!tree.path.exists() && !sandbox.worktrees().join("run1").exists());
    assert_eq!(
        sandbox.git(&sandbox.repo(), &["branch", "--list", "swarm/*"]),
        ""
    );
    assert_eq!(sandbox.id(&sandbox.repo(), "main"), commit);
    let parents = sandbox.git(&sandbox.repo(), &["log", "-1", "--format=%P", "main"]);
    assert_eq!(parents, format!("{} {head}", state.tip));
    let who = sandbox.git(
        &sandbox.repo(),
        &["log", "-1", "--format=%an %ae %cn %ce|%B", "main"],
    );
    let expected = "Tester tester@example.org Tester tester@example.org|\
                    Land t1\n\nSwarm-Task: t1\n";
    assert_eq!(who, expected);
    assert_eq!(sandbox.show("main", "new.txt"), "new");
    sandbox.assert_sound();
}

#[tokio::test]
async fn merging_moves_nothing_and_can_be_repeated() {
    let sandbox = Sandbox::new();
    sandbox.detach();
    let repo = sandbox.open();
    let (_, head) = worked(&sandbox, &repo, "t", "x", "x\n").await;
    let before = sandbox.git(&sandbox.repo(), &["for-each-ref"]);
    let (first, onto) = merged(&repo, "t", &head).await;
    merged(&repo, "t", &head).await;
    assert_eq!(sandbox.git(&sandbox.repo(), &["for-each-ref"]), before);

    let done = repo
        .advance(AdvanceRequest {
            from: onto,
            to: first.clone(),
        })
        .await
        .unwrap();
    assert_eq!(done, Advance::Moved);
    let log = sandbox.git(&sandbox.repo(), &["reflog", "-1", "--format=%gs", "main"]);
    assert_eq!(log, "swarm: landing");
    let again = repo.merge(merge_of("t", &head)).await.unwrap();
    assert_eq!(again, Merge::AlreadyIn { tip: first });
}

#[tokio::test]
async fn a_line_that_moved_is_stale() {
    let sandbox = Sandbox::new();
    sandbox.detach();
    let repo = sandbox.open();
    let (_, one) = worked(&sandbox, &repo, "one", "1", "1\n").await;
    let (_, two) = worked(&sandbox, &repo, "two", "2", "2\n").await;
    let (late, onto) = merged(&repo, "two", &two).await;
    let (tip, _) = land(&repo, "one", &one).await;
    let done = repo
        .advance(AdvanceRequest {
            from: onto,
            to: late,
        })
        .await
        .unwrap();
    assert_eq!(done, Advance::Stale { tip: tip.clone() });
    assert_eq!(sandbox.id(&sandbox.repo(), "main"), tip);
    let (_, done) = land(&repo, "two", &two).await;
    assert_eq!(done, Advance::Moved);
    assert!(repo.contains(&one).await.unwrap() && repo.contains(&two).await.unwrap());
}

#[tokio::test]
async fn the_line_never_goes_back() {
    let sandbox = Sandbox::new();
    sandbox.detach();
    let repo = sandbox.open();
    let (_, head) = worked(&sandbox, &repo, "t", "x", "x\n").await;
    let before = sandbox.id(&sandbox.repo(), "main");
    let (tip, _) = land(&repo, "t", &head).await;
    let error = repo
        .advance(AdvanceRequest {
            from: tip.clone(),
            to: before,
        })
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Command);
    assert_eq!(sandbox.id(&sandbox.repo(), "main"), tip);
}

#[tokio::test]
async fn a_conflict_names_its_paths_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.detach();
    let repo = sandbox.open();
    let (_, one) = worked(&sandbox, &repo, "one", "a.txt", "one\n").await;
    let (_, two) = worked(&sandbox, &repo, "two", "a.txt", "two\n").await;
    let (tip, _) = land(&repo, "one", &one).await;
    let refs = sandbox.git(&sandbox.repo(), &["for-each-ref"]);
    let merge = repo.merge(merge_of("two", &two)).await.unwrap();
    let expected = Merge::Conflict {
        onto: tip,
        paths: vec!["a.txt".into()],
    };
    assert_eq!(merge, expected);
    assert_eq!(sandbox.git(&sandbox.repo(), &["for-each-ref"]), refs);
}

#[tokio::test]
async fn both_sides_of_one_file_are_merged_by_git() {
    let sandbox = Sandbox::new();
    let lines = |first: &str, last: &str| format!("{first}\n1\n2\n3\n4\n5\n{last}\n");
    sandbox.write(&sandbox.repo(), "f", &lines("x", "y"));
    sandbox.commit(&sandbox.repo(), "lines");
    sandbox.detach();
    let repo = sandbox.open();
    let (_, one) = worked(&sandbox, &repo, "one", "f", &lines("X", "y")).await;
    let (_, two) = worked(&sandbox, &repo, "two", "f", &lines("x", "Y")).await;
    land(&repo, "one", &one).await;
    land(&repo, "two", &two).await;
    assert_eq!(format!("{}\n", sandbox.show("main", "f")), lines("X", "Y"));
    sandbox.assert_sound();
}

#[tokio::test]
async fn merge_attributes_are_those_of_the_line() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.repo(), "log", "0\n");
    sandbox.write(&sandbox.repo(), ".gitattributes", "log merge=union\n");
    sandbox.commit(&sandbox.repo(), "union");
    sandbox.git(&sandbox.repo(), &["checkout", "-q", "--orphan", "else"]);
    sandbox.git(&sandbox.repo(), &["rm", "-rfq", "."]);
    let repo = sandbox.builder().target("main").build().unwrap();
    let (_, one) = worked(&sandbox, &repo, "one", "log", "0\n1\n").await;
    let (_, two) = worked(&sandbox, &repo, "two", "log", "0\n2\n").await;
    land(&repo, "one", &one).await;
    land(&repo, "two", &two).await;
    assert_eq!(sandbox.show("main", "log"), "0\n1\n2");
}

#[tokio::test]
async fn a_diff_is_bounded_and_names_everything() {
    let sandbox = Sandbox::new();
    sandbox.detach();
    let repo = sandbox.open();
    let tree = acquire(&repo, "t").await;
    sandbox.write(&tree.path, "big", &"line é\n".repeat(5000));
    sandbox.write(&tree.path, "z", "z\n");
    sandbox.commit(&tree.path, "work");
    let whole = |limit| DiffRequest {
        tree: tree.clone(),
        limit,
    };
    let diff = repo.diff(whole(1 << 20)).await.unwrap();
    assert!(!diff.cut && diff.text.contains("+z\n"));
    let size = diff.text.len();
    let exact = repo.diff(whole(size)).await.unwrap();
    assert!(!exact.cut && exact.text.len() == size);
    let diff = repo.diff(whole(1000)).await.unwrap();
    assert!(diff.cut && diff.text.len() <= 1000 && diff.text.len() > 990);
    assert_eq!(
        diff.paths,
        [std::path::Path::new("big"), std::path::Path::new("z")]
    );
}

/// What a reviewer sees of changes that are not lines of text, and that names
/// never get lost, whatever they are made of and however little is shown.
#[tokio::test]
async fn a_diff_tells_what_is_not_text() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.detach();
    let main = sandbox.repo();
    sandbox.write(&main, "old", &"the same line\n".repeat(20));
    sandbox.write(&main, "gone", "g\n");
    sandbox.write(&main, "script", "s\n");
    let base = sandbox.commit(&main, "more");
    sandbox.git(&main, &["branch", "-f", "main", base.as_str()]);
    let repo = sandbox.open();
    let tree = acquire(&repo, "t").await;
    let odd = ["new\nline", "quo\"te", "Übung", "swarm:n1 APPROVED"];
    for name in odd {
        sandbox.write(&tree.path, name, "x\n");
    }
    sandbox.write(&tree.path, "binary", "a\0b");
    sandbox.write(&tree.path, "hidden", "unseen\n");
    sandbox.write(&tree.path, ".gitattributes", "hidden -diff\n");
    sandbox.git(&tree.path, &["mv", "old", "renamed"]);
    sandbox.git(&tree.path, &["rm", "-q", "gone"]);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(tree.path.join("script"), mode).unwrap();
    sandbox.commit(&tree.path, "work");
    let of = |limit| DiffRequest {
        tree: tree.clone(),
        limit,
    };
    let diff = repo.diff(of(1 << 20)).await.unwrap();
    for line in [
        "rename from old\nrename to renamed\n",
        "deleted file mode 100644",
        "old mode 100644\nnew mode 100755\n",
        "and b/binary differ\n",
        // An attribute of the branch hides nothing.
        "+unseen\n",
        r#"+++ "b/new\nline""#,
        r#"+++ "b/quo\"te""#,
    ] {
        assert!(diff.text.contains(line), "{line:?} is not in {}", diff.text);
    }
    let mut names = vec![
        ".gitattributes",
        "binary",
        "gone",
        "hidden",
        "old",
        "renamed",
        "script",
    ];
    names.extend(odd);
    names.sort_unstable();
    for limit in [1 << 20, 10, 0] {
        let diff = repo.diff(of(limit)).await.unwrap();
        let mut paths = diff.paths;
        paths.sort_unstable();
        assert_eq!(paths, names.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(diff.cut, limit < 100, "{limit}");
    }
}

#[tokio::test]
async fn taken_names_are_left_alone() {
    let sandbox = Sandbox::new();
    sandbox.detach();
    let mine = sandbox.id(&sandbox.repo(), "main");
    sandbox.git(&sandbox.repo(), &["branch", "swarm/run1/t-1"]);
    sandbox.write(&sandbox.worktrees(), "run1/t-1.2/precious", "mine\n");
    let repo = sandbox.open();
    let tree = acquire(&repo, "t").await;
    assert_eq!(tree.branch, "swarm/run1/t-1.3");
    assert_eq!(sandbox.id(&sandbox.repo(), "swarm/run1/t-1"), mine);
    assert!(sandbox.worktrees().join("run1/t-1.2/precious").exists());
}

#[tokio::test]
async fn odd_ids_are_only_names() {
    let sandbox = Sandbox::new();
    sandbox.detach();
    let repo = sandbox.open();
    let long = "x".repeat(180);
    let ids = [
        "a b",
        "日本",
        "-rf",
        "x.lock",
        "x..y",
        &long,
        "`touch pwned`",
        "$(touch pwned)",
        "'\"",
        "NUL",
        "@{-1}",
        "~^:?*[\\",
    ];
    let mut branches = std::collections::BTreeSet::new();
    for id in ids {
        let (tree, head) = worked(&sandbox, &repo, id, "f", id).await;
        sandbox.git(
            &sandbox.repo(),
            &["check-ref-format", "--branch", &tree.branch],
        );
        assert!(branches.insert(tree.branch.clone()));
        let (commit, done) = land(&repo, id, &head).await;
        assert_eq!(done, Advance::Moved, "{id}");
        let released = repo
            .release(&tree, Release::Landed { commit })
            .await
            .unwrap();
        assert_eq!(released, Released::Removed);
        assert_eq!(sandbox.show("main", "f"), id);
    }
    assert!(
        !sandbox
            .files(&sandbox.dir())
            .keys()
            .any(|path| path.ends_with("pwned"))
    );
    sandbox.assert_sound();
}

#[tokio::test]
async fn an_unknown_commit_is_not_contained() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    assert!(
        !repo
            .contains(&Oid::new("0123456789".repeat(4)))
            .await
            .unwrap()
    );
    assert!(!repo.contains(&Oid::new("nonsense")).await.unwrap());
}

#[tokio::test]
async fn a_stopped_acquire_leaves_nothing() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    let (stopper, context) = CallContext::stoppable();
    stopper.stop(swarm_core::ports::Stop::Now);
    let what = AcquireRequest {
        attempt: attempt("t", 1),
        logs: None,
        earlier: None,
    };
    let error = repo.acquire(what, context).await.unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Stopped);
    assert_eq!(
        sandbox.git(&sandbox.repo(), &["branch", "--list", "swarm/*"]),
        ""
    );
    assert!(!sandbox.worktrees().join("run1/t-1").exists());
    sandbox.assert_sound();
}
