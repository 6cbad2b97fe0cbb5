use std::fs;
use std::path::Path;

use swarm_core::model::TaskId;

use crate::files::TaskFolder;

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(dir.join(name), text).expect("write");
    }
}

#[test]
fn every_markdown_file_is_a_task() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    write(
        dir,
        &[
            ("b.md", "B"),
            ("README.md", "Read me"),
            ("C.MD", "C"),
            (".hidden.md", "hidden"),
            ("notes.txt", "notes"),
            ("a.md~", "a backup"),
            ("日本.x y.md", "---\npriority: 1\n---\nwell"),
        ],
    );
    fs::create_dir(dir.join("folder.md")).expect("a folder");
    write(&dir.join("folder.md"), &[("deep.md", "deep")]);
    let folder = TaskFolder::read(dir).expect("a good folder");
    let full = dir.canonicalize().expect("it exists");
    assert_eq!(folder.source.0, full.to_str().expect("UTF-8"));
    let ids: Vec<&str> = folder
        .tasks
        .iter()
        .map(|new| new.task.id.as_str())
        .collect();
    assert_eq!(ids, ["C", "README", "b", "日本.x y"]);
    for new in &folder.tasks {
        assert_eq!(new.task.source, folder.source);
        assert_eq!(new.problem, None);
    }
}

#[test]
fn an_empty_folder_is_fine_and_a_missing_one_is_not() {
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(TaskFolder::read(dir.path()).expect("it is there").tasks, []);
    let nowhere = dir.path().join("tasks");
    let error = TaskFolder::read(&nowhere).expect_err("it is not there");
    assert_eq!(
        error.to_string(),
        format!("{}: there is no such folder of tasks", nowhere.display())
    );
    fs::write(&nowhere, "").expect("write");
    let error = TaskFolder::read(&nowhere).expect_err("it is a file");
    assert!(error.to_string().contains("cannot be read"), "{error}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    write(
        dir,
        &[
            ("a.md", "---\nid: same\n---\ntext"),
            ("b.md", "---\nid: same\n---\ntext"),
            ("c.md", "---\nprioritty: 1\nhello: 2\n---\ntext"),
            ("d.md", "---\nid: x/y\n---\ntext"),
            ("e.md", ""),
            ("f .md", "text"),
        ],
    );
    let error = TaskFolder::read(dir).expect_err("mistakes");
    let told = error
        .to_string()
        .replace(&format!("{}/", dir.display()), "");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 5, "{told}");
    assert_eq!(
        lines[0],
        format!(
            "b.md: the id \"same\" is also that of {}/a.md",
            dir.display()
        )
        .replace(&format!("{}/", dir.display()), "")
    );
    assert_eq!(
        lines[1],
        "c.md:2: unknown key \"prioritty\"; did you mean \"priority\"?"
    );
    assert!(
        lines[2].starts_with("c.md:3: unknown key \"hello\"; put it under"),
        "{told}"
    );
    assert!(
        lines[3].starts_with("d.md:2: \"x/y\" is no task id"),
        "{told}"
    );
    assert!(
        lines[4].starts_with("f .md: \"f \" is no task id"),
        "{told}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_a_task_with_a_problem() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    write(
        dir,
        &[
            ("good.md", "text"),
            ("yaml.md", "---\nid: named\ntitle: [\n---\ntext"),
        ],
    );
    fs::write(dir.join("bytes.md"), b"---\nid: latin\n---\ncaf\xe9").expect("write");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", dir.join("lost.md")).expect("a link");
    let folder = TaskFolder::read(dir).expect("the others can run");
    let problem = |id: &str| {
        let id = TaskId::new(id).expect("a good id");
        let new = folder.tasks.iter().find(|new| new.task.id == id);
        let problem = new.expect("it is listed").problem.clone();
        problem.map(|problem| problem.replace(&format!("{}/", dir.display()), ""))
    };
    assert_eq!(problem("good"), None);
    assert_eq!(
        problem("latin").as_deref(),
        Some("bytes.md: line 4 is no UTF-8 text")
    );
    let yaml = problem("named").expect("bad YAML");
    assert!(yaml.starts_with("yaml.md:"), "{yaml}");
    #[cfg(unix)]
    {
        let lost = problem("lost").expect("a broken link");
        assert!(lost.starts_with("lost.md: it cannot be read: "), "{lost}");
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_a_mistake() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().expect("a folder");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.md");
    if fs::write(dir.path().join(name), "text").is_err() {
        return; // This file system takes no such names.
    }
    let error = TaskFolder::read(dir.path()).expect_err("no id");
    assert!(
        error
            .to_string()
            .ends_with("its name is no UTF-8 text; rename it"),
        "{error}"
    );
}
