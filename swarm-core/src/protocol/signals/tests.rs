use proptest::prelude::*;

use super::*;

fn nonce() -> Nonce {
    Nonce::new("n1")
}

fn blocked(why: &str) -> Signal {
    Signal::Blocked { why: why.into() }
}

fn changes(findings: &[&str]) -> Said {
    let findings = findings.iter().map(|&finding| finding.into()).collect();
    Said::Changes { findings }
}

// tidy: table
// tidy: table
#[test]
fn what_a_worker_said() {
    let done = || Some(Signal::Done);
    let table = [
        ("nothing", "", None),
        ("alone", "swarm:n1 DONE", done()),
        ("after text", "All tests pass.\n\nswarm:n1 DONE\n", done()),
        ("before text", "swarm:n1 DONE\nThat was it.", done()),
        ("spaces after it", "swarm:n1 DONE  \t\n", done()),
        ("carriage returns", "Well.\r\nswarm:n1 DONE\r\n", done()),
        ("another nonce", "swarm:n2 DONE", None),
        ("a longer nonce", "swarm:n11 DONE", None),
        ("no nonce", "swarm: DONE", None),
        ("no word", "swarm:n1", None),
        ("an unknown word", "swarm:n1 FINISHED", None),
        ("small letters", "swarm:n1 done", None),
        ("text after it", "swarm:n1 DONE, I think", None),
        (
            "more words after it",
            "swarm:n1 DONE but for the tests",
            None,
        ),
        ("within a line", "I will say swarm:n1 DONE then", None),
        ("quoted", "> swarm:n1 DONE", None),
        ("in backticks", "`swarm:n1 DONE`", None),
        ("in a list", "- swarm:n1 DONE", None),
        ("indented", " swarm:n1 DONE", None),
        ("indented as code", "    swarm:n1 DONE", None),
        ("indented by a tab", "\tswarm:n1 DONE", None),
        ("fenced", "```\nswarm:n1 DONE\n```", None),
        ("fenced by tildes", "~~~\nswarm:n1 DONE\n~~~", None),
        ("fenced with a name", "```text\nswarm:n1 DONE\n```", None),
        ("fenced, indented", "   ```\nswarm:n1 DONE\n   ```", None),
        ("fence too deep", "    ```\nswarm:n1 DONE\n    ```", done()),
        ("fence never closed", "```\ncode\n\nswarm:n1 DONE", None),
        ("after a fence", "```\ncode\n```\nswarm:n1 DONE", done()),
        (
            "after a fence, CRLF",
            "```sh\r\ncode\r\n```\r\nswarm:n1 DONE",
            done(),
        ),
        (
            "fence closed by longer",
            "```\ncode\n````\nswarm:n1 DONE",
            done(),
        ),
        (
            "not closed by shorter",
            "````\n```\nswarm:n1 DONE\n````",
            None,
        ),
        ("not closed by other", "```\n~~~\nswarm:n1 DONE\n```", None),
        (
            "not closed by a name",
            "```\n```sh\nswarm:n1 DONE\n```",
            None,
        ),
        (
            "not closed when deep",
            "```\n    ```\nswarm:n1 DONE\n```",
            None,
        ),
        (
            "code within a line",
            "```a``` is code\nswarm:n1 DONE",
            done(),
        ),
        ("fence in a quotation", "> ```\nswarm:n1 DONE", done()),
        (
            "blocked",
            "swarm:n1 BLOCKED no network\n",
            Some(blocked("no network")),
        ),
        (
            "blocked without a word",
            "swarm:n1 BLOCKED",
            Some(blocked("")),
        ),
        ("last wins", "swarm:n1 BLOCKED x\nswarm:n1 DONE", done()),
        (
            "last wins, other way",
            "swarm:n1 DONE\nswarm:n1 BLOCKED x",
            Some(blocked("x")),
        ),
        (
            "last valid wins",
            "swarm:n1 DONE\nswarm:n1 WHAT\nswarm:n2 BLOCKED x",
            done(),
        ),
        ("a verdict is no signal", "swarm:n1 APPROVED", None),
        ("other line ends", "a\u{2028}swarm:n1 DONE", None),
    ];
    for (name, message, expected) in table {
        assert_eq!(worker(message, &nonce()), expected, "{name}");
    }
}

// tidy: table
// tidy: table
#[test]
fn what_a_reviewer_said() {
    let approved = || Some(Said::Approved);
    let echo = "End with one of\nswarm:n1 APPROVED\nswarm:n1 CHANGES\n";
    let table = [
        ("approved", "Fine.\nswarm:n1 APPROVED".into(), approved()),
        ("not approved", "NOT APPROVED".into(), None),
        ("not approved, marked", "swarm:n1 NOT APPROVED".into(), None),
        (
            "cannot be approved",
            "swarm:n1 APPROVED once the test passes".into(),
            None,
        ),
        ("just the word", "APPROVED".into(), None),
        (
            "nothing to find",
            "swarm:n1 CHANGES".into(),
            Some(changes(&[])),
        ),
        (
            "a line each",
            "swarm:n1 CHANGES\na\n\n b\n".into(),
            Some(changes(&["a", "b"])),
        ),
        (
            "on its line",
            "swarm:n1 CHANGES fix it".into(),
            Some(changes(&["fix it"])),
        ),
        (
            "a list",
            "swarm:n1 CHANGES\n- a\n* b\n".into(),
            Some(changes(&["a", "b"])),
        ),
        (
            "a numbered list",
            "swarm:n1 CHANGES\n1. a\n12) b".into(),
            Some(changes(&["a", "b"])),
        ),
        (
            "a list with more lines",
            "swarm:n1 CHANGES\nThis:\n- a\n  more\n\n- b\n```\ncode\n```".into(),
            Some(changes(&["This:", "a\n  more", "b\n```\ncode\n```"])),
        ),
        (
            "no list",
            "swarm:n1 CHANGES\n-v is wrong\n2 times".into(),
            Some(changes(&["-v is wrong", "2 times"])),
        ),
        (
            "an empty item",
            "swarm:n1 CHANGES\n- \n- a".into(),
            Some(changes(&["a"])),
        ),
        (
            "an echo, then approved",
            format!("{echo}\nswarm:n1 APPROVED"),
            approved(),
        ),
        (
            "approved, then changes",
            "swarm:n1 APPROVED\nswarm:n1 CHANGES\n- a".into(),
            Some(changes(&["a"])),
        ),
        ("a signal is no verdict", "swarm:n1 DONE".into(), None),
    ];
    for (name, message, expected) in table {
        assert_eq!(reviewer(&message, &nonce()), expected, "{name}");
    }
}

#[test]
fn an_empty_nonce_proves_nothing() {
    for message in ["swarm: DONE", "swarm:DONE", "swarm:  DONE"] {
        assert_eq!(worker(message, &Nonce::new("")), None);
    }
}

#[test]
fn reasons_are_what_is_no_signal() {
    let message = "The test is wrong.\nswarm:n1 CHANGES\nswarm:n2 X\n";
    assert_eq!(
        without_signals(message, &nonce()),
        "The test is wrong.\nswarm:n2 X"
    );
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("swarm:n1 DONE"),
        Just("swarm:n1 CHANGES"),
        Just("swarm:n1 APPROVED"),
        Just("swarm:"),
        Just("n1"),
        Just("\n"),
        Just("\r\n"),
        Just("```"),
        Just("~~~~"),
        Just("    "),
        Just("> "),
        Just("- "),
        Just("1."),
        Just("€"),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_is_a_danger(message in prop_oneof![any::<String>(), pieces()]) {
        let _ = (worker(&message, &nonce()), reviewer(&message, &nonce()));
        without_signals(&message, &nonce());
    }

    #[test]
    fn nobody_speaks_without_the_nonce(message in prop_oneof![any::<String>(), pieces()]) {
        let other = Nonce::new("never-in-it");
        prop_assert_eq!(worker(&message, &other), None);
        prop_assert_eq!(reviewer(&message, &other), None);
    }

    #[test]
    fn a_plain_last_line_is_heard(text in "[a-z \n]{0,40}") {
        let message = format!("{text}\nswarm:n1 DONE");
        prop_assert_eq!(worker(&message, &nonce()), Some(Signal::Done));
    }
}
