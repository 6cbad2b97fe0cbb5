use std::collections::BTreeSet;
use std::path::Path;

use swarm_core::model::{AttemptId, RunId, TaskId};

use super::{names, slug};

#[test]
fn plain_ids_stay_as_they_are() {
    for id in ["a", "fix-login", "1", "x-2-3", "task-12345"] {
        assert_eq!(slug(id), id);
    }
}

#[test]
fn what_was_lost_is_hashed() {
    let head = |id| slug(id).rsplit_once('-').map(|(head, _)| head.to_owned());
    for (id, expected) in [
        ("a b", "a-b"),
        ("日本", "task"),
        ("-rf", "rf"),
        ("x.lock", "x-lock"),
        ("x..y", "x-y"),
        ("Case", "case"),
        ("a--b", "a-b"),
        ("con", "con"),
        ("lpt1", "lpt1"),
        ("`touch x` '\"$(y)", "touch-x-y"),
        ("a-0123456789", "a-0123456789"),
    ] {
        assert_eq!(head(id).as_deref(), Some(expected), "{id}");
    }
}

#[test]
fn distinct_ids_have_distinct_slugs() {
    let long = "a".repeat(180);
    let ids = [
        "a b",
        "a-b",
        "A b",
        "a.b",
        "a_b",
        "a--b",
        "-a-b",
        "a-b-",
        "日本",
        "本日",
        "con",
        "CON",
        &long,
        &long[1..],
        &long[..40],
        "x..y",
        "x.y",
        "`x`",
        "'x'",
        "\"x\"",
        "x",
    ];
    let mut slugs: BTreeSet<String> = ids.iter().map(|id| slug(id)).collect();
    assert_eq!(slugs.len(), ids.len());
    // The slug of one id, taken as another's id.
    let copied = slug("a b");
    assert!(slugs.insert(slug(&copied)));
    assert!(slugs.iter().all(|slug| slug.len() <= 51));
}

#[test]
fn names_are_a_function_of_the_attempt() {
    let attempt = |task: &str, number| AttemptId {
        run: RunId::new("r1"),
        task: TaskId::new(task).unwrap(),
        number,
    };
    let first = names(Path::new("/w"), &attempt("x", 1), 0);
    assert_eq!(first.branch, "swarm/r1/x-1");
    assert_eq!(first.path, Path::new("/w/r1/x-1"));
    let again = names(Path::new("/w"), &attempt("x", 1), 1);
    assert_eq!(again.branch, "swarm/r1/x-1.2");
    assert_ne!(again, names(Path::new("/w"), &attempt("x-1", 2), 0));
}
