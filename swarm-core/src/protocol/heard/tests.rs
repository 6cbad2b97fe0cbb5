use serde_json::{Value, json};

use super::{validator, worker};
use crate::model::{EndReason, Nonce, Role};
use crate::ports::{Capabilities, TurnReport};
use crate::protocol::digest;
use crate::protocol::signals::{Readiness, Signal, Word};

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
