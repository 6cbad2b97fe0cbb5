use std::fs;

use super::begin;

#[test]
fn files_are_read_as_far_as_they_are_shown_and_never_outside() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("tree");
    fs::create_dir_all(root.join("docs")).expect("a tree");
    fs::write(folder.path().join("secret"), "x").expect("a file");
    fs::write(root.join("docs/a.md"), "é".repeat(50)).expect("a file");
    fs::write(root.join("odd"), [b'a', 0xff]).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink("docs/a.md", root.join("inner")).expect("a link");
        symlink("../secret", root.join("outer")).expect("a link");
    }
    let text = |path: &str| begin(&root, &path.into(), 10).map(|file| file.text);
    let whole = begin(&root, &"docs/a.md".into(), 10).expect("it is there");
    assert_eq!(
        (
            whole.text.chars().take(5).collect::<String>().as_str(),
            whole.size
        ),
        ("ééééé", 100)
    );
    assert!(whole.text.len() < 20, "no more is read than needed");
    assert_eq!(text("odd").as_deref(), Some("a\u{fffd}"));
    for path in ["docs", "gone", "../secret", "outer"] {
        assert_eq!(text(path), None, "{path}");
    }
    if cfg!(unix) {
        assert!(text("inner").is_some(), "a link that stays inside");
    }
}
