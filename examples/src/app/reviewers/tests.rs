use std::path::Path;

use super::{Chosen, HarnessKind, ReviewerChoice, ReviewerTable, choose};
use crate::app::host::Host;

fn host() -> Host {
    Host {
        env: Vec::new(),
        directory: "/here".into(),
        terminal: false,
        supervisor: None,
    }
}

fn tables(text: &str) -> Vec<ReviewerTable> {
    #[derive(serde::Deserialize)]
    struct File {
        reviewers: Vec<ReviewerTable>,
    }
    toml::from_str::<File>(text).unwrap().reviewers
}

const TWO: &str = r#"
    [[reviewers]]
    name = "strict"
    harness = "codex"
    model = "large"
    args = ["-v"]
    prompt = "review.md"
    diff-limit = 9

    [[reviewers]]
    name = "house"
    harness = "command"
    command = "./judge --fast"
"#;

fn chosen(flags: &[&str], named: &[&str], file: &[ReviewerTable]) -> Result<Vec<Chosen>, String> {
    let choices = |texts: &[&str]| -> Vec<ReviewerChoice> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    choose(
        &choices(flags),
        &choices(named),
        file,
        &host(),
        Path::new("/repo"),
    )
    .map_err(|refusal| refusal.to_string())
}

fn names(chosen: &[Chosen]) -> Vec<(&str, HarnessKind)> {
    let chosen = chosen.iter();
    chosen.map(|one| (one.name.as_str(), one.harness)).collect()
}

#[test]
fn tables_say_who_reviews_unless_somebody_chooses() {
    use HarnessKind::{Claude, Codex, Command};
    let two = tables(TWO);
    for (flags, named, expected) in [
        (
            &[][..],
            &[][..],
            vec![("strict", Codex), ("house", Command)],
        ),
        (&[], &["house"], vec![("house", Command)]),
        (
            &["claude", "strict"],
            &["house"],
            vec![("claude", Claude), ("strict", Codex)],
        ),
        (&["command:x y"], &[], vec![("x y", Command)]),
    ] {
        let chosen = chosen(flags, named, &two).unwrap();
        assert_eq!(names(&chosen), expected);
    }
    let all = chosen(&[], &[], &two).unwrap();
    let strict = &all[0];
    assert_eq!(strict.model.as_deref(), Some("large"));
    assert_eq!(
        (&strict.args[..], strict.diff_limit),
        (&["-v".to_owned()][..], Some(9))
    );
    assert_eq!(strict.prompt.as_deref(), Some(Path::new("/repo/review.md")));
    let house = all[1].command.as_ref().unwrap();
    assert_eq!(house.program(), "/repo/./judge");
}

#[test]
fn a_table_may_take_the_name_of_an_agent() {
    let own = tables("[[reviewers]]\nname = 'codex'\nharness = 'codex'\nmodel = 'm'\n");
    let chosen = chosen(&["codex"], &[], &own).unwrap();
    assert_eq!(chosen[0].model.as_deref(), Some("m"));
}

#[test]
fn paths_are_where_they_were_written() {
    for (flags, named, program) in [
        (&["command:./j"][..], &[][..], "/here/./j"),
        (&[], &["command:./j"], "/repo/./j"),
    ] {
        let chosen = chosen(flags, named, &[]).unwrap();
        assert_eq!(chosen[0].command.as_ref().unwrap().program(), program);
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    let twice = "[[reviewers]]\nname = 'a'\nharness = 'codex'\n".repeat(2);
    let table = |rest: &str| format!("[[reviewers]]\nname = 'a'\n{rest}");
    for (flags, file, expected) in [
        (
            &["me"][..],
            TWO.to_owned(),
            "--reviewer me: there is no reviewer",
        ),
        (
            &["command"],
            TWO.to_owned(),
            "write claude, codex, command:CMD",
        ),
        (&["command:'x"], TWO.to_owned(), "a quote in this command"),
        (&[], twice, "two [[reviewers]] are named \"a\""),
        (&[], table("harness = 'command'"), "needs command = "),
        (
            &[],
            table("harness = 'claude'\ncommand = 'x'"),
            "[[reviewers]] \"a\": command is for",
        ),
        (
            &[],
            "[[reviewers]]\nname = ' '\nharness = 'codex'".to_owned(),
            "it needs a name",
        ),
    ] {
        let error = chosen(flags, &[], &tables(&file)).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    for bad in ["command:", "command: ", "", " "] {
        assert!(bad.parse::<ReviewerChoice>().is_err(), "{bad:?}");
    }
}
