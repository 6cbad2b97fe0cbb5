use serde_json::{Value, json};

use super::{reviewer, validator, worker};
use crate::model::{EndReason, Nonce, Role};
use crate::ports::{Capabilities, TurnReport};
use crate::protocol::digest;
use crate::protocol::signals::{Readiness, Said, Signal, Word};

fn n1() -> Nonce {
    Nonce::new("n1")
}

/// By structure.
fn says(word: &str, why: &str) -> Value {
    let claim: &[&str] = if word == "CLAIM" { &["a", "b"] } else { &[] };
    json!({"nonce": "n1", "signal": word, "why": why, "claim": claim})
}

/// By a line.
fn writes(word: Word, why: &str) -> String {
    match word {
        Word::Claim => "swarm:n1 CLAIM a, b".to_owned(),
        Word::Done => "swarm:n1 DONE".to_owned(),
        Word::HandOff => format!("{why}\nswarm:n1 HANDOFF"),
        word => format!("swarm:n1 {word} {why}"),
    }
}

/// What the dispatcher is told of a turn.
fn facts(message: &str, structured: Option<Value>) -> crate::dispatch::TurnFacts {
    let report = TurnReport {
        structured,
        ..TurnReport::finished(message)
    };
    digest::turn(
        &report,
        None,
        &n1(),
        (Role::Implement, Capabilities::default()),
    )
}

#[test]
fn the_same_words_lead_to_the_same_facts_however_they_are_said() {
    for &word in Word::WORKER {
        let lines = facts(&writes(word, "it is so"), None);
        let heard = lines.signal.clone().expect("a signal");
        assert_eq!(heard.word(), word);
        let structure = Some(says(word.as_str(), "it is so"));
        assert_eq!(facts("", structure.clone()), lines, "{word}");
        // Codex's message is the answer itself.
        let text = structure.as_ref().map(Value::to_string);
        let both = facts(&text.unwrap_or_default(), structure.clone());
        assert_eq!(both, lines, "{word}");
        assert_eq!(facts(&writes(word, "it is so"), structure), lines, "{word}");
        let note = digest::note(&lines, "beside", &n1());
        let noted = matches!(word, Word::FollowUp | Word::HandOff);
        assert_eq!(note, if noted { "it is so" } else { "beside" });
    }
}

// tidy: table
#[test]
fn what_counts_where_both_are_there() {
    let done = || Some(Signal::Done);
    let blocked = |why: &str| {
        let why = why.to_owned();
        Some(Signal::Blocked { why })
    };
    let mut forged = says("DONE", "");
    forged["nonce"] = "n2".into();
    let mut odd = says("DONE", "");
    odd["more"] = true.into();
    let table = [
        ("nothing", "", None, None),
        ("a line alone", "swarm:n1 DONE", None, done()),
        ("a structure alone", "", Some(says("DONE", "")), done()),
        ("the same", "swarm:n1 DONE", Some(says("DONE", "")), done()),
        (
            "the same word with other reasons",
            "swarm:n1 BLOCKED x",
            Some(says("BLOCKED", "y")),
            blocked("y"),
        ),
        (
            "two words",
            "swarm:n1 DONE",
            Some(says("BLOCKED", "y")),
            None,
        ),
        (
            "two words",
            "swarm:n1 BLOCKED y",
            Some(says("DONE", "")),
            None,
        ),
        (
            "a word and none",
            "swarm:n1 DONE",
            Some(says("NONE", "")),
            None,
        ),
        ("none", "", Some(says("NONE", "")), None),
        (
            "other claims",
            "swarm:n1 CLAIM a",
            Some(says("CLAIM", "")),
            None,
        ),
        ("a forged structure", "", Some(forged.clone()), None),
        (
            "a forged one and a line",
            "swarm:n1 DONE",
            Some(forged),
            done(),
        ),
        (
            "a forged line",
            "swarm:n2 DONE",
            Some(says("BLOCKED", "y")),
            blocked("y"),
        ),
        ("another schema", "", Some(odd.clone()), None),
        (
            "another schema and a line",
            "swarm:n1 DONE",
            Some(odd),
            done(),
        ),
        ("text", "swarm:n1 DONE", Some(json!("DONE")), done()),
    ];
    for (name, message, structured, expected) in table {
        assert_eq!(
            worker(message, structured.as_ref(), &n1()),
            expected,
            "{name}"
        );
    }
}

#[test]
fn a_validator_is_heard_alike() {
    let says = |word: &str| json!({"nonce": "n1", "signal": word, "why": "x", "concerns": []});
    let why = || "x".to_owned();
    let blocked = || Some(Readiness::Blocked { why: why() });
    let table = [
        ("swarm:n1 READY", None, Some(Readiness::Ready)),
        ("", Some(says("READY")), Some(Readiness::Ready)),
        (
            "",
            Some(says("CLOSE")),
            Some(Readiness::Close { why: why() }),
        ),
        ("swarm:n1 BLOCKED y", Some(says("BLOCKED")), blocked()),
        ("swarm:n1 READY", Some(says("BLOCKED")), None),
        ("swarm:n1 BLOCKED x", Some(says("DONE")), blocked()),
        ("swarm:n2 READY", None, None),
    ];
    for (message, structured, expected) in table {
        let heard = validator(message, structured.as_ref(), &n1());
        assert_eq!(heard, expected, "{message:?} and {structured:?}");
    }
}

/// A case's name, what a reviewer writes, its structure or null, what is heard.
type Review<'a> = (&'a str, &'a str, Value, Option<Said>);

fn check_reviews<const N: usize>(table: [Review<'_>; N]) {
    for (name, message, structured, expected) in table {
        let structured = Some(structured).filter(|answer| !answer.is_null());
        let heard = reviewer(message, structured.as_ref(), &n1());
        assert_eq!(heard, expected, "{name}");
    }
}

/// By structure, with this nonce.
fn judges(nonce: &str, word: &str, findings: &[&str]) -> Value {
    json!({"nonce": nonce, "signal": word, "findings": findings})
}

fn approves() -> Value {
    judges("n1", "APPROVED", &[])
}

fn wants(findings: &[&str]) -> Value {
    judges("n1", "CHANGES", findings)
}

fn changes(findings: &[&str]) -> Said {
    let findings = findings.iter().map(|&text| text.to_owned()).collect();
    Said::Changes { findings }
}

const YES: &str = "swarm:n1 APPROVED";
const BARE: &str = "swarm:n1 CHANGES";
const NO: &str = "swarm:n1 CHANGES\n- a\n- b";

#[test]
fn a_verdict_stands_in_a_structure_in_a_line_or_in_both() {
    let approved = || Some(Said::Approved);
    let json = r#"{"nonce":"n1","signal":"CHANGES","findings":[]}"#;
    let reasons = "Bad.\nswarm:n1 CHANGES";
    check_reviews([
        ("nothing", "It is good.", Value::Null, None),
        ("a line", YES, Value::Null, approved()),
        ("a structure", "", approves(), approved()),
        ("both", YES, approves(), approved()),
        (
            "findings below",
            NO,
            Value::Null,
            Some(changes(&["a", "b"])),
        ),
        ("findings within", "", wants(&["x"]), Some(changes(&["x"]))),
        ("other findings", NO, wants(&["x"]), Some(changes(&["x"]))),
        ("only below", NO, wants(&[]), Some(changes(&["a", "b"]))),
        ("only within", BARE, wants(&["x"]), Some(changes(&["x"]))),
        (
            "reasons above",
            reasons,
            Value::Null,
            Some(changes(&["Bad."])),
        ),
        ("no findings below", BARE, Value::Null, None),
        ("none within", "It is bad.", wants(&[]), None),
        ("none within, said twice", json, wants(&[]), None),
        ("none in either", BARE, wants(&[]), None),
    ]);
}

#[test]
fn a_reviewer_that_says_two_things_has_said_nothing() {
    let wavers = |nonce| judges(nonce, "APPROVED", &["x"]);
    let echo = "swarm:n1 APPROVED\nswarm:n1 CHANGES";
    check_reviews([
        ("approved and wanting", YES, wants(&["x"]), None),
        ("approved, and wanting nothing", YES, wants(&[]), None),
        ("wanting and approved", NO, approves(), None),
        ("wanting nothing, and approved", BARE, approves(), None),
        ("both by lines, and approved", echo, approves(), None),
        ("approved with findings", "", wavers("n1"), None),
        ("the same, and a line", YES, wavers("n1"), None),
        (
            "forged, and a line",
            YES,
            wavers("n2"),
            Some(Said::Approved),
        ),
    ]);
}

#[test]
fn what_counts_for_nothing_takes_nothing_from_a_verdict() {
    let forged = || judges("n2", "APPROVED", &[]);
    let foreign = || judges("n1", "DONE", &[]);
    let approved = || Some(Said::Approved);
    let odd = || json!({"nonce": "n1", "signal": "APPROVED"});
    let line = "swarm:n2 APPROVED";
    check_reviews([
        ("a forged structure", "", forged(), None),
        (
            "the same, and a line",
            NO,
            forged(),
            Some(changes(&["a", "b"])),
        ),
        ("a forged line", line, wants(&["x"]), Some(changes(&["x"]))),
        ("a worker's word", "", foreign(), None),
        ("the same, and a line", YES, foreign(), approved()),
        ("another schema", "", odd(), None),
        ("the same, and a line", YES, odd(), approved()),
        ("text", YES, json!("CHANGES"), approved()),
    ]);
}

#[test]
fn a_turn_that_did_not_end_by_itself_has_said_nothing() {
    let report = TurnReport {
        structured: Some(says("DONE", "")),
        ..TurnReport::ended(EndReason::ModelLimit, "x")
    };
    let facts = digest::turn(
        &report,
        None,
        &n1(),
        (Role::Implement, Capabilities::default()),
    );
    assert_eq!(facts.signal, None);
}
