use std::path::Path;
use std::time::Duration;

use serde_json::json;
use swarm_core::model::{HarnessName, Task, TaskId};

use crate::files::text::heading;
use crate::files::{Problem, Unusable, parse, parse_duration};

fn path() -> &'static Path {
    Path::new("tasks/x.md")
}

fn read(text: &str) -> Task {
    parse("x", path(), text).unwrap_or_else(|why| panic!("{text:?}: {why:?}"))
}

#[test]
fn every_key_is_understood() {
    let task = read(
        "---
id: fix `it`
title: \"Fix: it\"
depends_on: [a, 'b c', 12]
priority: -5
kind: bug
harness: claude
model: opus
gates: [test, lint]
timeout: 1h30m
max_attempts: 2
draft: true
meta:
  ticket: 0x1F
  deep: [1.5, {yes: no, off: null}, \"7\"]
---

  Indented text.

# Heading
",
    );
    let mut expected = Task::new("fix `it`", "  Indented text.\n\n# Heading").expect("a good id");
    for other in ["a", "b c", "12"] {
        expected = expected.after(other).expect("a good id");
    }
    "Fix: it".clone_into(&mut expected.title);
    expected.priority = -5;
    expected.kind = Some("bug".to_owned());
    expected.harness = Some(HarnessName::new("claude"));
    expected.model = Some("opus".to_owned());
    expected.gates = Some(vec!["test".to_owned(), "lint".to_owned()]);
    expected.timeout = Some(Duration::from_secs(5400));
    expected.max_attempts = Some(2);
    expected.draft = true;
    expected.meta = [
        ("ticket".to_owned(), json!(31)),
        (
            "deep".to_owned(),
            json!([1.5, {"yes": "no", "off": null}, "7"]),
        ),
    ]
    .into();
    assert_eq!(task, expected);
}

#[test]
fn everything_but_a_text_is_optional() {
    for text in [
        "Do it.",
        "Do it.\r\n",
        "\u{feff}Do it.",
        "---\n---\nDo it.\n",
        "\n\nDo it.\n\n",
    ] {
        assert_eq!(
            read(text),
            Task::new("x", "Do it.").expect("a good id"),
            "{text:?}"
        );
    }
    let null = "---\nid:\ntitle: null\ndepends_on: ~\nmeta:\n# a comment\n---\nDo it.";
    assert_eq!(read(null), Task::new("x", "Do it.").expect("a good id"));
}

#[test]
fn byte_order_marks_and_windows_line_ends_are_no_text() {
    let task =
        read("\u{feff}---\r\nid: y\r\ndepends_on:\r\n- a\r\n---\r\n# Title\r\n\r\nDo it.\r\n");
    assert_eq!(task.id.as_str(), "y");
    assert_eq!(task.title, "Title");
    assert_eq!(task.body, "# Title\n\nDo it.");
    assert_eq!(task.depends_on, [TaskId::new("a").expect("a good id")]);
}

#[test]
fn plain_values_are_the_text_that_was_written() {
    for (value, expected) in [("007", "007"), ("1.0", "1.0"), ("yes", "yes"), ("'~'", "~")] {
        let task = read(&format!(
            "---\nid: {value}\ntitle: {value}\ndepends_on: {value}\n---\nText"
        ));
        assert_eq!(task.id.as_str(), expected);
        assert_eq!(task.title, expected);
        assert_eq!(task.depends_on[0].as_str(), expected);
    }
}

#[test]
fn the_title_is_the_first_heading() {
    let cases = [
        ("# One\n# Two", Some("One")),
        ("text\n\n### Three ###\n", Some("Three")),
        ("#no heading\n####### nor this\n# \n#\tyes", Some("yes")),
        ("# C#", Some("C#")),
        ("```sh\n# a comment\n```\n## After", Some("After")),
        ("~~~\n```\n# inside\n~~~\n# out", Some("out")),
        ("no heading", None),
    ];
    for (body, expected) in cases {
        assert_eq!(heading(body), expected, "{body:?}");
    }
}

/// Problems of a text, one a line; those that only block it after a `!`.
fn wrong(text: &str) -> String {
    match parse("x", path(), text) {
        Ok(task) => format!("fine: {task:?}"),
        Err(Unusable::Mistakes(problems)) => {
            let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
            lines.join("\n")
        }
        Err(Unusable::Unreadable { id, problem }) => {
            format!("!{} {problem}", id.as_ref().map_or("-", TaskId::as_str))
        }
    }
}

#[test]
fn mistakes_name_line_and_remedy() {
    let cases = [
        (
            "---\nid: a\ndependson: b\nDepends-On: c\nprio: 1\n---\ntext",
            "tasks/x.md:3: unknown key \"dependson\"; did you mean \"depends_on\"?\n\
             tasks/x.md:4: unknown key \"Depends-On\"; did you mean \"depends_on\"?\n\
             tasks/x.md:5: unknown key \"prio\"; did you mean \"priority\"?",
        ),
        (
            "---\n# why\n\nassignee: me\n---\ntext",
            "tasks/x.md:4: unknown key \"assignee\"; put it under \"meta\", or use one of id, \
             title, depends_on, priority, kind, harness, model, gates, timeout, max_attempts, \
             draft, meta",
        ),
        (
            "---\r\ntitle: t\r\nid: a/b\r\nx: y\r\n---\r\n",
            "tasks/x.md:3: \"a/b\" is no task id: it contains a slash; use another character\n\
             tasks/x.md:4: unknown key \"x\"; put it under \"meta\", or use one of id, \
             title, depends_on, priority, kind, harness, model, gates, timeout, max_attempts, \
             draft, meta",
        ),
        (
            "---\ndepends_on:\n  - good\n  - a/b\n---\ntext",
            "tasks/x.md:4: \"a/b\" is no task id: it contains a slash; use another character",
        ),
        // A mistake weighs more than what only blocks the task.
        (
            "---\ndraft: maybe\nmodle: opus\n---\n",
            "tasks/x.md:3: unknown key \"modle\"; did you mean \"model\"?",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(wrong(text), expected, "{text}");
    }
}

// tidy: table
#[test]
fn what_cannot_be_understood_names_its_line_and_keeps_its_id() {
    let cases = [
        (
            "",
            "!x tasks/x.md:1: it is empty; write down what is to be done",
        ),
        (
            "---\nid: y\n---\n \n",
            "!y tasks/x.md:1: it is empty; write down what is to be done",
        ),
        (
            "---\nid: y\ntext",
            "!y tasks/x.md:1: the front matter that begins here has no end; close it by a line of ---",
        ),
        (
            "---\n- a\n---\ntext",
            "!x tasks/x.md:2: the front matter must be lines of `key: value`",
        ),
        (
            "---\nid: [y]\n---\ntext",
            "!x tasks/x.md:2: id must be a text",
        ),
        (
            "---\ntitle:\n- t\n---\ntext",
            "!x tasks/x.md:2: title must be a text",
        ),
        (
            "---\nid: y\npriority: high\n---\ntext",
            "!y tasks/x.md:3: priority must be a whole number",
        ),
        (
            "---\npriority: \"5\"\n---\ntext",
            "!x tasks/x.md:2: priority must be a whole number",
        ),
        (
            "---\npriority: 9999999999\n---\ntext",
            "!x tasks/x.md:2: priority must be a whole number",
        ),
        (
            "---\nmax_attempts: 0\n---\ntext",
            "!x tasks/x.md:2: max_attempts must be a whole number from 1",
        ),
        (
            "---\ndraft: yes\n---\ntext",
            "!x tasks/x.md:2: draft must be true or false",
        ),
        (
            "---\ngates: {a: b}\n---\ntext",
            "!x tasks/x.md:2: gates must be a list of gate names",
        ),
        (
            "---\nmeta: 5\n---\ntext",
            "!x tasks/x.md:2: meta must be a mapping of anything",
        ),
        (
            "---\n\ntimeout: soon\n---\ntext",
            "!x tasks/x.md:3: timeout must be a duration such as 90s, 10m, 1h30m or a number of seconds",
        ),
        (
            "---\ndepends_on: {a: b}\n---\ntext",
            "!x tasks/x.md:2: depends_on must be an id or a list of ids",
        ),
        (
            "---\nkind: a\nkind: b\n---\ntext",
            "!x tasks/x.md:3: the key kind is here twice",
        ),
        (
            "---\nkind: *all\n---\ntext",
            "!x tasks/x.md:2: while parsing node, found unknown anchor",
        ),
        (
            "---\nkind: &a b\n---\ntext",
            "!x tasks/x.md:2: YAML anchors (&name) are not allowed here; quote it",
        ),
        (
            "---\nkind: !b c\n---\ntext",
            "!x tasks/x.md:2: YAML tags (!name) are not allowed here; quote it",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(wrong(text), expected, "{text}");
    }
    let broken = wrong("---\nid: 'y'\ntitle: a: b\n---\ntext");
    assert!(broken.starts_with("!y tasks/x.md:3: "), "{broken}");
    let deep = format!(
        "---\nmeta: {}1{}\n---\ntext",
        "[".repeat(99),
        "]".repeat(99)
    );
    assert_eq!(wrong(&deep), "!x tasks/x.md:2: it is nested too deeply");
}

#[test]
fn durations() {
    let good = [
        ("0", 0),
        ("90", 90_000),
        ("90s", 90_000),
        ("10m", 600_000),
        ("1h30m", 5_400_000),
        ("2h5s", 7_205_000),
        ("500ms", 500),
        ("1m1ms", 60_001),
        (" 5s ", 5000),
    ];
    for (text, millis) in good {
        assert_eq!(
            parse_duration(text),
            Ok(Duration::from_millis(millis)),
            "{text}"
        );
    }
    let bad = [
        "",
        " ",
        "s",
        "-1s",
        "+5",
        "1x",
        "1.5h",
        "1s1m",
        "5 m",
        "1m 5s",
        "h",
        "99999999999999999999",
    ];
    for text in bad {
        assert!(parse_duration(text).is_err(), "{text}");
    }
    assert!(parse_duration("9999999999999999h").is_err(), "too long");
}
