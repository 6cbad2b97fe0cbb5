//! What is done in a worktree, and what becomes of it.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::{Sandbox, acquire, attempt, land, worked};
use swarm_core::ports::{
    AcquireRequest, CallContext, GitClient, GitErrorKind, Release, Released, Stop, Worktree,
};
use swarm_git::Leftover;

fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

#[tokio::test]
async fn committed_uncommitted_and_untracked_are_told_apart() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.repo(), ".gitignore", "ignored\n");
    sandbox.commit(&sandbox.repo(), "ignore");
    let repo = sandbox.open();
    let tree = acquire(&repo, "t").await;
    let clean = repo.changes(&tree).await.unwrap();
    assert_eq!((clean.commits, clean.dirty()), (0, false));
    assert_eq!(clean.head, tree.base);

    sandbox.git(&tree.path, &["mv", "a.txt", "renamed.txt"]);
    sandbox.commit(&tree.path, "rename");
    fs::remove_file(tree.path.join("b.txt")).unwrap();
    sandbox.write(&tree.path, "d/c.txt", "changed\n");
    sandbox.write(&tree.path, "staged", "x\n");
    sandbox.git(&tree.path, &["add", "staged"]);
    sandbox.write(&tree.path, "deep/er/new", "x\n");
    sandbox.write(&tree.path, "ignored", "x\n");
    let changes = repo.changes(&tree).await.unwrap();
    assert_eq!(changes.commits, 1);
    assert_eq!(changes.paths, paths(&["a.txt", "renamed.txt"]));
    assert_eq!(changes.uncommitted, paths(&["b.txt", "d/c.txt", "staged"]));
    assert_eq!(changes.untracked, paths(&["deep/er/new"]));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn any_name_survives() {
    use std::os::unix::ffi::OsStrExt;
    let names: &[&[u8]] = &[
        b" leading",
        b"line\nbreak",
        b"\"quoted\"",
        b"\xff\xfe",
        b"tab\t",
        b"trailing ",
        b"-x",
        "日本".as_bytes(),
    ];
    for mode in ["plain", "sparse"] {
        let sandbox = Sandbox::new();
        if mode == "sparse" {
            // Then git itself is asked.
            sandbox.git(&sandbox.repo(), &["config", "core.sparseCheckout", "true"]);
        }
        let repo = sandbox.open();
        let tree = acquire(&repo, "t").await;
        let mut expected: Vec<_> = names
            .iter()
            .map(|n| PathBuf::from(OsStr::from_bytes(n)))
            .collect();
        expected.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
        for name in &expected {
            fs::write(tree.path.join(name), "x\n").unwrap();
        }
        assert_eq!(
            repo.changes(&tree).await.unwrap().untracked,
            expected,
            "{mode}"
        );
        sandbox.git(&tree.path, &["add", "-A"]);
        assert_eq!(
            repo.changes(&tree).await.unwrap().uncommitted,
            expected,
            "{mode}"
        );
        sandbox.commit(&tree.path, "names");
        let changes = repo.changes(&tree).await.unwrap();
        assert_eq!(
            (changes.paths, changes.uncommitted),
            (expected, Vec::new()),
            "{mode}"
        );
    }
}

#[tokio::test]
async fn what_others_landed_is_not_counted_as_ones_own() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    let idle = acquire(&repo, "idle").await;
    let (tree, _) = worked(&sandbox, &repo, "mine", "mine", "x\n").await;
    let (_, other) = worked(&sandbox, &repo, "other", "other", "x\n").await;
    land(&repo, "other", &other).await;
    assert_eq!(repo.changes(&idle).await.unwrap().commits, 0);
    let changes = repo.changes(&tree).await.unwrap();
    assert_eq!((changes.commits, changes.paths), (1, paths(&["mine"])));
}

#[tokio::test]
async fn an_error_is_never_no_changes() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    let tree = acquire(&repo, "t").await;
    // Git within it would now answer for whatever lies above.
    fs::remove_file(tree.path.join(".git")).unwrap();
    let error = repo.changes(&tree).await.unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Repository);
    sandbox.git(&tree.path, &["init", "-q"]);
    assert!(repo.changes(&tree).await.is_err());
    let kept = repo.release(&tree, Release::Unlanded).await.unwrap();
    assert_eq!(kept, Released::Kept);
    assert!(tree.path.join("a.txt").exists());
}

#[tokio::test]
async fn unlanded_work_is_kept_in_every_form() {
    type Work = fn(&Sandbox, &Worktree);
    let works: &[(&str, Work)] = &[
        ("commit", |s, t| {
            s.commit(&t.path, "work");
        }),
        ("edit", |s, t| s.write(&t.path, "a.txt", "x\n")),
        ("staged", |s, t| {
            s.write(&t.path, "new", "x\n");
            s.git(&t.path, &["add", "new"]);
        }),
        ("untracked", |s, t| s.write(&t.path, "new", "x\n")),
        ("detached", |s, t| {
            s.git(&t.path, &["checkout", "-q", "--detach"]);
            s.commit(&t.path, "work");
        }),
        ("other branch", |s, t| {
            s.git(&t.path, &["checkout", "-q", "-b", "own"]);
            s.commit(&t.path, "work");
        }),
        ("locked", |s, t| {
            s.git(&t.path, &["worktree", "lock", t.path.to_str().unwrap()]);
        }),
    ];
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    for (name, work) in works {
        let tree = acquire(&repo, name).await;
        work(&sandbox, &tree);
        let files = sandbox.files(&tree.path);
        let landed = Release::Landed {
            commit: tree.base.clone(),
        };
        for how in [Release::Unlanded, landed, Release::Keep] {
            assert_eq!(
                repo.release(&tree, how).await.unwrap(),
                Released::Kept,
                "{name}"
            );
        }
        assert_eq!(sandbox.files(&tree.path), files, "{name}");
        assert!(
            !sandbox
                .git(&sandbox.repo(), &["branch", "--list", &tree.branch])
                .is_empty()
        );
    }
    let left = repo.leftovers().unwrap();
    assert!(!left.iter().any(Leftover::removable), "{left:#?}");
    assert_eq!(left.len(), works.len());
    assert_eq!(left.iter().filter(|left| left.locked).count(), 1);
    assert_eq!(left.iter().filter(|left| left.dirty).count(), 3);
    assert_eq!(repo.sweep(&left).unwrap(), []);
}

#[tokio::test]
async fn an_idle_worktree_goes_with_its_branch() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.repo(), ".gitignore", "cache/\n");
    sandbox.commit(&sandbox.repo(), "ignore");
    let repo = sandbox.open();
    let tree = acquire(&repo, "t").await;
    // Ignored files do not count, and read-only folders do not stop it.
    sandbox.write(&tree.path, "cache/deep/file", "x\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(0o500);
        fs::set_permissions(tree.path.join("cache/deep"), mode).unwrap();
    }
    let released = repo.release(&tree, Release::Unlanded).await.unwrap();
    assert_eq!(released, Released::Removed);
    assert_eq!(fs::read_dir(sandbox.worktrees()).unwrap().count(), 0);
    assert!(repo.leftovers().unwrap().is_empty());
    sandbox.assert_sound();
}

#[tokio::test]
async fn only_what_is_ours_is_ever_removed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    let base = sandbox.id(&sandbox.repo(), "main");
    let mine = sandbox.dir().join("mine");
    sandbox.git(
        &sandbox.repo(),
        &[
            "worktree",
            "add",
            "-q",
            "-b",
            "mine",
            mine.to_str().unwrap(),
        ],
    );
    let sneaky = sandbox.worktrees().join("../mine");
    for (path, branch) in [
        (&mine, "mine"),
        (&mine, "swarm/x"),
        (&sneaky, "swarm/x"),
        (&sandbox.worktrees(), "swarm/x"),
        (&sandbox.worktrees().join("x"), "mine"),
    ] {
        let tree = Worktree {
            path: path.clone(),
            branch: branch.into(),
            base: base.clone(),
        };
        assert!(
            repo.release(&tree, Release::Unlanded).await.is_err(),
            "{tree:?}"
        );
    }
    assert!(repo.leftovers().unwrap().is_empty());
    assert!(mine.join("a.txt").exists());
}

#[tokio::test]
async fn gc_finds_what_a_dead_run_left() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    let (tree, head) = worked(&sandbox, &repo, "landed", "f", "f\n").await;
    land(&repo, "landed", &head).await;
    let (open, _) = worked(&sandbox, &repo, "open", "g", "g\n").await;
    let gone = acquire(&repo, "gone").await;
    fs::remove_dir_all(&gone.path).unwrap();
    sandbox.git(&sandbox.repo(), &["branch", "swarm/run0/old-1"]);
    sandbox.git(&sandbox.repo(), &["branch", "mine"]);

    // Killed while its files were being written.
    let half = acquire(&repo, "half").await;
    let admin = sandbox.git(&half.path, &["rev-parse", "--absolute-git-dir"]);
    fs::write(Path::new(&admin).join("locked"), "initializing\n").unwrap();
    fs::remove_file(Path::new(&admin).join("index")).unwrap();
    fs::remove_file(half.path.join("a.txt")).unwrap();

    let left = repo.leftovers().unwrap();
    assert_eq!(left.len(), 5);
    let removed = repo.sweep(&left).unwrap();
    assert_eq!(removed.len(), 4);
    let left = repo.leftovers().unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].branch.as_deref(), Some(open.branch.as_str()));
    assert!(left[0].unlanded && !left[0].dirty);
    assert!(open.path.exists() && !tree.path.exists());
    assert_eq!(
        sandbox.git(&sandbox.repo(), &["branch", "--list", "mine"]),
        "  mine"
    );
    sandbox.assert_sound();
}

#[tokio::test]
async fn copies_are_there_and_do_not_count() {
    let sandbox = Sandbox::new();
    let user = sandbox.repo();
    sandbox.write(&user, ".env", "secret\n");
    sandbox.write(&user, "local/deep/settings", "s\n");
    sandbox.write(&user, "d/extra", "x\n");
    sandbox.write(&user, "a.txt", "edited by the user\n");
    let outside = sandbox.dir().join("outside");
    sandbox.write(&outside, "passwd", "p\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&outside, user.join("way-out")).unwrap();
    let repo = sandbox
        .builder()
        .copy(".env")
        .copy("local")
        .copy("d")
        .copy("a.txt")
        .copy("missing")
        .copy("../outside/passwd")
        .copy("way-out/passwd")
        .copy(outside.join("passwd"))
        .build()
        .unwrap();
    let before = sandbox.files(&user);
    let tree = acquire(&repo, "t").await;
    let files = sandbox.files(&tree.path);
    assert_eq!(files[Path::new(".env")], b"secret\n");
    assert_eq!(files[Path::new("local/deep/settings")], b"s\n");
    assert_eq!(files[Path::new("d/extra")], b"x\n");
    assert_eq!(
        files[Path::new("a.txt")],
        b"a\n",
        "tracked: as in the commit"
    );
    assert!(!files.keys().any(|path| path.ends_with("passwd")));
    assert!(!repo.changes(&tree).await.unwrap().dirty());

    sandbox.write(&tree.path, "local/new", "x\n");
    assert_eq!(
        repo.changes(&tree).await.unwrap().untracked,
        paths(&["local/new"])
    );
    fs::remove_file(tree.path.join("local/new")).unwrap();
    let released = repo.release(&tree, Release::Unlanded).await.unwrap();
    assert_eq!(released, Released::Removed);
    assert_eq!(sandbox.files(&user), before);
}

#[tokio::test]
async fn setup_runs_once_in_order_and_is_logged() {
    let sandbox = Sandbox::new();
    let logs = sandbox.dir().join("logs");
    let repo = sandbox
        .builder()
        .setup("echo hello; echo one >> made; test -f a.txt")
        .setup("cat made; echo two >> made")
        .build()
        .unwrap();
    let what = AcquireRequest {
        attempt: attempt("t", 1),
        logs: Some(logs.clone()),
        earlier: None,
    };
    let tree = repo.acquire(what, CallContext::detached()).await.unwrap();
    assert_eq!(
        fs::read_to_string(tree.path.join("made")).unwrap(),
        "one\ntwo\n"
    );
    assert_eq!(
        fs::read_to_string(logs.join("setup.log")).unwrap(),
        "hello\n"
    );
    assert_eq!(
        fs::read_to_string(logs.join("setup-2.log")).unwrap(),
        "one\n"
    );
    assert!(!repo.changes(&tree).await.unwrap().dirty());
}

#[tokio::test]
async fn a_failed_setup_says_why_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let build = |command: &str, limit| {
        sandbox
            .builder()
            .setup(command)
            .setup("touch never")
            .setup_timeout(limit)
            .build()
            .unwrap()
    };
    let minute = Duration::from_secs(60);
    let nothing_left = || {
        assert_eq!(
            sandbox.git(&sandbox.repo(), &["branch", "--list", "swarm/*"]),
            ""
        );
        assert!(!sandbox.worktrees().join("run1").exists());
        sandbox.assert_sound();
    };
    let what = AcquireRequest {
        attempt: attempt("t", 1),
        logs: None,
        earlier: None,
    };
    let repo = build("echo the reason; exit 3", minute);
    let error = repo
        .acquire(what.clone(), CallContext::detached())
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Setup);
    assert!(error.to_string().contains("the reason"), "{error}");
    nothing_left();

    let repo = build("sleep 1000", Duration::from_millis(50));
    let error = repo
        .acquire(what.clone(), CallContext::detached())
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), GitErrorKind::Setup);
    nothing_left();

    let begun = sandbox.dir().join("begun");
    let repo = build(
        &format!("mkfifo {0}; cat {0}; sleep 1000", begun.display()),
        minute,
    );
    let (stopper, context) = CallContext::stoppable();
    let stop = tokio::task::spawn_blocking(move || {
        while !begun.exists() {
            std::thread::yield_now();
        }
        stopper.stop(Stop::Now);
    });
    let error = repo.acquire(what, context).await.unwrap_err();
    stop.await.unwrap();
    assert_eq!(*error.kind(), GitErrorKind::Stopped);
    nothing_left();
}

#[tokio::test]
async fn another_repository_in_the_environment_is_left_alone() {
    let sandbox = Sandbox::new();
    let foreign = Sandbox::new();
    let git_dir = foreign.repo().join(".git");
    let before = foreign.git(&foreign.repo(), &["for-each-ref"]);
    let mut env = sandbox.env.clone();
    env.push(("GIT_DIR".into(), git_dir.clone().into()));
    env.push(("GIT_INDEX_FILE".into(), git_dir.join("index").into()));
    env.push(("GIT_WORK_TREE".into(), foreign.repo().into()));
    let repo = sandbox
        .builder()
        .env(env)
        .setup("git rev-parse --git-dir > said")
        .build()
        .unwrap();
    assert_eq!(repo.common_dir(), sandbox.repo().join(".git"));
    let tree = acquire(&repo, "t").await;
    let said = fs::read_to_string(tree.path.join("said")).unwrap();
    assert!(
        said.contains("/repo/.git/worktrees/") && said.starts_with(sandbox.dir().to_str().unwrap())
    );
    sandbox.write(&tree.path, "f", "f\n");
    sandbox.git(&tree.path, &["add", "f"]);
    sandbox.git(&tree.path, &["commit", "-qm", "work"]);
    let head = sandbox.id(&tree.path, "HEAD");
    land(&repo, "t", &head).await;
    assert!(repo.contains(&head).await.unwrap());
    assert_eq!(foreign.git(&foreign.repo(), &["for-each-ref"]), before);
    assert_eq!(foreign.git(&foreign.repo(), &["status", "--porcelain"]), "");
}

#[tokio::test]
async fn a_branch_that_git_has_packed_goes_and_the_others_stay() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    sandbox.git(&sandbox.repo(), &["tag", "v1"]);
    let tree = acquire(&repo, "a").await;
    sandbox.git(&sandbox.repo(), &["pack-refs", "--all"]);
    let released = repo.release(&tree, Release::Unlanded).await.unwrap();
    assert_eq!(released, Released::Removed);
    let refs = sandbox.git(&sandbox.repo(), &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/heads/main\nrefs/tags/v1");
}

#[tokio::test]
async fn what_a_dead_process_locked_does_not_keep_the_rest() {
    let sandbox = Sandbox::new();
    let repo = sandbox.open();
    let stuck = acquire(&repo, "a").await;
    let free = acquire(&repo, "b").await;
    let lock = format!("refs/heads/{}.lock", stuck.branch);
    fs::write(repo.common_dir().join(lock), "").unwrap();
    let left = repo.leftovers().unwrap();
    let gone = repo.sweep(&left).unwrap();
    let gone: Vec<_> = gone.into_iter().filter_map(|one| one.branch).collect();
    assert_eq!(gone, [free.branch]);
}

/// Whatever step of making a worktree a process died at, the next one gets on,
/// and a sweep leaves nothing of it.
#[tokio::test]
async fn a_worktree_whose_maker_died_is_in_nobodys_way() {
    let none = "0".repeat(40);
    let locked = ("locked", "initializing\n");
    let linked = ("gitdir", "LINK");
    // What is in the entry, in the order in which it is written.
    let moments: [&[(&str, &str)]; 7] = [
        &[],
        &[locked],
        &[locked, ("gitdir", "")],
        &[locked, linked, ("HEAD", "")],
        &[locked, linked, ("HEAD", &none)],
        &[locked, linked, ("commondir", "")],
        &[locked, linked, ("HEAD", &none), ("commondir", "")],
    ];
    // Alone, and beside another that has not even a name: then git is called.
    for (files, beside) in moments
        .into_iter()
        .flat_map(|files| [(files, false), (files, true)])
    {
        let sandbox = Sandbox::new();
        let repo = sandbox.open();
        let half = acquire(&repo, "half").await;
        let admin = sandbox.git(&half.path, &["rev-parse", "--absolute-git-dir"]);
        let admin = PathBuf::from(admin);
        let link = fs::read_to_string(admin.join("gitdir")).unwrap();
        fs::remove_dir_all(&admin).unwrap();
        fs::create_dir(&admin).unwrap();
        for (name, text) in files {
            fs::write(admin.join(name), text.replace("LINK", &link)).unwrap();
        }
        let nameless = admin.with_file_name("nameless");
        if beside {
            fs::create_dir(&nameless).unwrap();
        }
        let long_ago = SystemTime::now() - Duration::from_secs(600);
        for dead in [&admin, &nameless].into_iter().filter(|dead| dead.exists()) {
            let dead = fs::File::open(dead).unwrap();
            dead.set_modified(long_ago).unwrap();
        }

        let tree = acquire(&repo, "next").await;
        assert_eq!(
            fs::read(tree.path.join("a.txt")).unwrap(),
            b"a\n",
            "{files:?}"
        );
        let left = repo.leftovers().unwrap();
        let next = |one: &Leftover| one.path.as_ref() == Some(&tree.path);
        let left: Vec<_> = left.into_iter().filter(|one| !next(one)).collect();
        assert_eq!(repo.sweep(&left).unwrap(), left, "{files:?}");
        assert!(!admin.exists() && !nameless.exists(), "{files:?}");
        let left = repo.leftovers().unwrap();
        assert!(left.iter().all(next), "{files:?}: {left:?}");
        sandbox.assert_sound();
    }
}
