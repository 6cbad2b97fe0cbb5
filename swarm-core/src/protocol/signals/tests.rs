use proptest::prelude::*;

use super::*;
use crate::testing::invariants;

fn nonce() -> Nonce {
    Nonce::new("n1")
}

fn blocked(why: &str) -> Signal {
    Signal::Blocked { why: why.into() }
}

#[allow(clippy::unnecessary_wraps, reason = "tables expect options")]
fn follow_up(why: &str) -> Option<Signal> {
    Some(Signal::FollowUp { why: why.into() })
}

#[allow(clippy::unnecessary_wraps, reason = "tables expect options")]
fn close(why: &str) -> Option<Signal> {
    Some(Signal::Close { why: why.into() })
}

#[allow(clippy::unnecessary_wraps, reason = "tables expect options")]
fn hand_off(note: &str) -> Option<Signal> {
    Some(Signal::HandOff { note: note.into() })
}

#[allow(clippy::unnecessary_wraps, reason = "tables expect options")]
fn claim(tasks: &[&str]) -> Option<Signal> {
    let tasks = tasks.iter().map(|&id| TaskId::new(id).expect("a good id"));
    Some(Signal::Claim {
        tasks: tasks.collect(),
    })
}

fn changes(findings: &[&str]) -> Said {
    let findings = findings.iter().map(|&finding| finding.into()).collect();
    Said::Changes { findings }
}

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
#[test]
fn what_each_word_says() {
    let table = [
        (
            "blocked",
            "swarm:n1 BLOCKED no network\n",
            Some(blocked("no network")),
        ),
        (
            "blocked without a word",
            "swarm:n1 BLOCKED",
            Some(blocked("no reason was given")),
        ),
        (
            "blocked, the reason before it",
            "No network.\n\nswarm:n1 BLOCKED",
            Some(blocked("No network.")),
        ),
        (
            "blocked, the reason after it",
            "swarm:n1 BLOCKED\nNo network.",
            Some(blocked("No network.")),
        ),
        ("to follow up", "swarm:n1 FOLLOWUP x", follow_up("x")),
        (
            "to follow up, no reason",
            "swarm:n1 FOLLOWUP",
            follow_up("no reason was given"),
        ),
        ("to close", "swarm:n1 CLOSE x y", close("x y")),
        ("to close, no reason", "Why?\nswarm:n1 CLOSE", close("Why?")),
        ("hand-off", "swarm:n1 HANDOFF", hand_off("")),
        (
            "hand-off, the note before it",
            "a\n\n- b\nswarm:n1 HANDOFF",
            hand_off("a\n\n- b"),
        ),
        (
            "hand-off, the note around it",
            "a\nswarm:n1 HANDOFF\nb",
            hand_off("a\nb"),
        ),
        (
            "hand-off, the note on it",
            "swarm:n1 HANDOFF a",
            hand_off("a"),
        ),
        (
            "hand-off, on it and besides",
            "b\nswarm:n1 HANDOFF a",
            hand_off("a\n\nb"),
        ),
        (
            "a reason's control characters",
            "swarm:n1 BLOCKED a\u{1b}[1mb",
            Some(blocked("a [1mb")),
        ),
        (
            "a reason of control characters",
            "swarm:n1 BLOCKED \u{1b}",
            Some(blocked("no reason was given")),
        ),
        ("claim", "swarm:n1 CLAIM a", claim(&["a"])),
        (
            "claim of two",
            "swarm:n1 CLAIM a, b c,d",
            claim(&["a", "b c", "d"]),
        ),
        (
            "claims join",
            "swarm:n1 CLAIM b\nand\nswarm:n1 CLAIM a, b",
            claim(&["b", "a"]),
        ),
        (
            "claim of the same twice",
            "swarm:n1 CLAIM a,a, a",
            claim(&["a"]),
        ),
        ("claim of nothing", "swarm:n1 CLAIM", None),
        ("claim of commas", "swarm:n1 CLAIM , ,", None),
        ("claim of no id", "swarm:n1 CLAIM a/b", None),
        (
            "claim of an id and no id",
            "swarm:n1 CLAIM a/b, c",
            claim(&["c"]),
        ),
        (
            "claim, then nonsense",
            "swarm:n1 CLAIM a\nswarm:n1 OH",
            claim(&["a"]),
        ),
        ("a validator's word", "swarm:n1 READY", None),
    ];
    for (name, message, expected) in table {
        assert_eq!(worker(message, &nonce()), expected, "{name}");
    }
}

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
fn what_a_validator_said() {
    let why = |why: &str| why.to_owned();
    let not_ready = |concerns: &[&str]| {
        let concerns = concerns.iter().map(|&text| text.into()).collect();
        Some(Readiness::NotReady { concerns })
    };
    let ready = || Some(Readiness::Ready);
    for (message, expected) in [
        ("Well.\nswarm:n1 READY", ready()),
        ("swarm:n1 READY I guess", None),
        ("swarm:n2 READY", None),
        ("swarm:n1 NOT_READY x", not_ready(&["x"])),
        ("swarm:n1 NOT_READY\n- a\n- b", not_ready(&["a", "b"])),
        ("No.\nswarm:n1 NOT_READY", not_ready(&["No."])),
        ("swarm:n1 NOT_READY", not_ready(&["no reason was given"])),
        (
            "swarm:n1 BLOCKED x",
            Some(Readiness::Blocked { why: why("x") }),
        ),
        ("swarm:n1 CLOSE x", Some(Readiness::Close { why: why("x") })),
        ("swarm:n1 NOT_READY x\nswarm:n1 READY", ready()),
        ("swarm:n1 READY\nswarm:n1 NOT_READY x", not_ready(&["x"])),
        ("swarm:n1 READY\nswarm:n1 DONE", ready()),
        ("swarm:n1 DONE", None),
    ] {
        assert_eq!(validator(message, &nonce()), expected, "{message:?}");
    }
}

/// Every worker's line, and what it says alone.
fn said() -> [(&'static str, Option<Signal>); 8] {
    [
        ("", None),
        ("swarm:n1 DONE", Some(Signal::Done)),
        ("swarm:n1 CLAIM a", claim(&["a"])),
        ("swarm:n1 FOLLOWUP x", follow_up("x")),
        ("swarm:n1 BLOCKED x", Some(blocked("x"))),
        ("swarm:n1 HANDOFF x", hand_off("x")),
        ("swarm:n1 CLOSE x", close("x")),
        ("swarm:n2 DONE", None),
    ]
}

#[test]
fn every_two_signals() {
    let is_claim = |signal: &Option<Signal>| matches!(signal, Some(Signal::Claim { .. }));
    for (first, one) in said() {
        for (second, two) in said() {
            // Written by hand: a claim yields to any other word; of two other
            // words the second stands; two claims are one.
            let expected = match (one.clone(), two.clone()) {
                (one, None) => one,
                (None, two) => two,
                (one, two) if is_claim(&two) && !is_claim(&one) => one,
                (_, two) => two,
            };
            let heard = worker(&format!("{first}\n{second}"), &nonce());
            // The other line of no turn is part of a hand-off's note.
            let heard = match (heard, &expected) {
                (Some(Signal::HandOff { note }), Some(Signal::HandOff { .. })) => {
                    assert!(note.starts_with('x'), "{note}");
                    hand_off("x")
                }
                (heard, _) => heard,
            };
            assert_eq!(heard, expected, "{first} + {second}");
        }
    }
}

#[test]
fn everything_said_has_a_limit() {
    let long = "é".repeat(100_000);
    let ids: Vec<_> = (0..1_000).map(|n| n.to_string()).collect();
    let line = |rest: &str| worker(&format!("swarm:n1 {rest}"), &nonce());
    let Some(Signal::Claim { tasks }) = line(&format!("CLAIM {}", ids.join(","))) else {
        panic!("a claim");
    };
    assert_eq!(tasks.len(), MAX_CLAIMS);
    for (rest, limit) in [
        (format!("BLOCKED {long}"), MAX_WHY),
        (format!("BLOCKED\n{long}"), MAX_WHY),
        (format!("FOLLOWUP {long}"), MAX_WHY),
        (format!("HANDOFF {long}"), MAX_NOTE),
        (format!("HANDOFF\n{long}"), MAX_NOTE),
        (format!("HANDOFF {long}\n{long}"), MAX_NOTE),
    ] {
        let Some(
            Signal::Blocked { why: text }
            | Signal::FollowUp { why: text }
            | Signal::HandOff { note: text },
        ) = line(&rest)
        else {
            panic!("a signal");
        };
        assert!(text.len() <= limit + 64, "{} of {limit}", text.len());
        assert!(text.contains('…'), "a cut text says so");
    }
    let said = reviewer(&format!("swarm:n1 CHANGES\n- {long}\n- {long}"), &nonce());
    let Some(Said::Changes { findings }) = said else {
        panic!("a verdict");
    };
    let size: usize = findings.iter().map(String::len).sum();
    assert!(size <= MAX_FINDINGS + 64, "{size}");
    assert!(
        findings
            .last()
            .is_some_and(|last| last.contains("left out"))
    );
}

#[test]
fn an_empty_nonce_proves_nothing() {
    for message in ["swarm: DONE", "swarm:DONE", "swarm:  DONE"] {
        assert_eq!(worker(message, &Nonce::new("")), None);
    }
}

#[test]
fn reasons_are_what_is_no_signal() {
    let message = "The test is wrong.\nswarm:n1 CHANGES\nswarm:n2 X\nswarm:n1 X";
    assert_eq!(
        without_signals(message, &nonce()),
        "The test is wrong.\nswarm:n2 X"
    );
}

/// Pieces of what agents write, with and without the turn's mark.
fn noise() -> impl Strategy<Value = String> {
    let mark = format!("swarm:{}", invariants::NONCE);
    let signals = Word::ALL.map(|word| format!("\n{mark} {word} a, b\n"));
    let alone = Word::ALL.map(|word| format!("\n{mark} {word}\n"));
    let texts = [
        "swarm:",
        invariants::NONCE,
        "\n",
        "\r\n",
        "```",
        "~~~~",
        "    ",
        "> ",
        "- ",
        "1.",
        "\t",
        "€",
        "\u{2028}",
        "DONE",
        " ",
        "swarm:n2 DONE",
        "\u{1b}[0m",
        "x, y/z",
    ];
    let texts = texts.map(str::to_owned).into_iter();
    let pieces: Vec<_> = texts.chain(signals).chain(alone).collect();
    let piece = proptest::sample::select(pieces);
    let pieces = proptest::collection::vec(piece, 0..24);
    prop_oneof![any::<String>(), pieces.prop_map(|pieces| pieces.concat())]
}

proptest! {
    #[test]
    fn nothing_said_is_a_danger(message in noise()) {
        invariants::signals(&message);
        invariants::verdicts(&message);
        invariants::answers(&message);
    }

    #[test]
    fn nobody_speaks_without_the_nonce(message in noise()) {
        let other = Nonce::new("never-in-it");
        prop_assert_eq!(worker(&message, &other), None);
        prop_assert_eq!(validator(&message, &other), None);
        prop_assert_eq!(reviewer(&message, &other), None);
    }

    #[test]
    fn one_wrong_character_is_another_nonce(at in 0..32_usize, c in "[ -~]") {
        let mut wrong = invariants::NONCE.to_owned();
        wrong.replace_range(at..=at, &c);
        prop_assume!(wrong != invariants::NONCE);
        let message = format!("swarm:{wrong} DONE");
        prop_assert_eq!(worker(&message, &Nonce::new(invariants::NONCE)), None);
    }

    #[test]
    fn a_plain_last_line_is_heard(text in "[a-z \n]{0,40}") {
        let message = format!("{text}\nswarm:n1 DONE");
        prop_assert_eq!(worker(&message, &nonce()), Some(Signal::Done));
    }
}
