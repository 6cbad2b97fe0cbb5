use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::TaskId;

fn n1() -> Nonce {
    Nonce::new("n1")
}

fn answer(signal: &str, why: &Value, claim: &Value) -> String {
    json!({"nonce": "n1", "signal": signal, "why": why, "claim": claim}).to_string()
}

// tidy: table
#[test]
fn what_a_worker_answered() {
    let none = json!([]);
    let why = || "x".to_owned();
    let done = answer("DONE", &Value::Null, &none);
    let table = [
        ("done", done.clone(), Some(Signal::Done)),
        (
            "a reason that nobody asked for",
            answer("DONE", &json!("fine"), &none),
            Some(Signal::Done),
        ),
        (
            "white space around",
            format!(" {done}\n"),
            Some(Signal::Done),
        ),
        (
            "blocked",
            answer("BLOCKED", &json!("x"), &none),
            Some(Signal::Blocked { why: why() }),
        ),
        (
            "follow-up",
            answer("FOLLOWUP", &json!("x"), &none),
            Some(Signal::FollowUp { why: why() }),
        ),
        (
            "close",
            answer("CLOSE", &json!(" x\n"), &none),
            Some(Signal::Close { why: why() }),
        ),
        (
            "hand-off",
            answer("HANDOFF", &json!("a\nb"), &none),
            Some(Signal::HandOff {
                note: "a\nb".to_owned(),
            }),
        ),
        (
            "hand-off without a note",
            answer("HANDOFF", &Value::Null, &none),
            Some(Signal::HandOff {
                note: String::new(),
            }),
        ),
        (
            "no reason",
            answer("BLOCKED", &Value::Null, &none),
            Some(Signal::Blocked {
                why: "no reason was given".to_owned(),
            }),
        ),
        (
            "claims, valid and once each",
            answer("CLAIM", &Value::Null, &json!(["a", "b/c", " a", "d, e"])),
            Some(Signal::Claim {
                tasks: ["a", "d, e"]
                    .map(|id| TaskId::new(id).expect("a good id"))
                    .into(),
            }),
        ),
        (
            "claims of nothing",
            answer("CLAIM", &Value::Null, &json!(["/"])),
            None,
        ),
        ("nothing to say", answer("NONE", &Value::Null, &none), None),
        ("a verdict", answer("APPROVED", &Value::Null, &none), None),
        ("small letters", answer("done", &Value::Null, &none), None),
        ("another nonce", done.replace("n1", "n2"), None),
        ("the wrong type", done.replace("[]", "\"\""), None),
        (
            "a field too few",
            r#"{"nonce":"n1","signal":"DONE"}"#.into(),
            None,
        ),
        ("a field too many", done.replace('{', r#"{"x":1,"#), None),
        (
            "a field twice",
            done.replace('{', r#"{"signal":"DONE","#),
            None,
        ),
        ("two answers", format!("{done}{done}"), None),
        ("words before it", format!("Here: {done}"), None),
        ("in a fence", format!("```json\n{done}\n```"), None),
        ("nothing", String::new(), None),
        (
            "too long",
            answer("DONE", &json!("x".repeat(MAX_ANSWER)), &none),
            None,
        ),
    ];
    for (name, answer, expected) in table {
        assert_eq!(worker(&answer, &n1()), expected, "{name}");
    }
    let unmarked = done.replace("n1", "");
    assert_eq!(worker(&unmarked, &Nonce::new("")), None);
}

#[test]
fn what_a_validator_answered() {
    let answer = |signal: &str, concerns: &[&str]| {
        json!({"nonce": "n1", "signal": signal, "why": "x", "concerns": concerns}).to_string()
    };
    let why = || "x".to_owned();
    let concerns = |concerns: &[&str]| Readiness::NotReady {
        concerns: concerns.iter().map(|&text| text.to_owned()).collect(),
    };
    for (answer, expected) in [
        (answer("READY", &[]), Some(Readiness::Ready)),
        (answer("READY", &["but"]), None),
        (
            answer("NOT_READY", &["a", " b"]),
            Some(concerns(&["a", "b"])),
        ),
        (answer("NOT_READY", &[]), Some(concerns(&["x"]))),
        (
            answer("BLOCKED", &[]),
            Some(Readiness::Blocked { why: why() }),
        ),
        (answer("CLOSE", &[]), Some(Readiness::Close { why: why() })),
        (answer("DONE", &[]), None),
        (answer("READY", &[]).replace("n1", "n2"), None),
    ] {
        assert_eq!(validator(&answer, &n1()), expected, "{answer}");
    }
}

#[test]
fn what_a_reviewer_answered() {
    let answer = |signal: &str, findings: &[&str]| {
        json!({"nonce": "n1", "signal": signal, "findings": findings}).to_string()
    };
    let changes = |findings: &[&str]| {
        let findings = findings.iter().map(|&text| text.to_owned()).collect();
        Some(Said::Changes { findings })
    };
    for (answer, expected) in [
        (answer("APPROVED", &[]), Some(Said::Approved)),
        (answer("APPROVED", &["but"]), None),
        (answer("CHANGES", &["a", "", "b"]), changes(&["a", "b"])),
        (answer("CHANGES", &[]), changes(&[])),
        (answer("READY", &[]), None),
        (answer("APPROVED", &[]).replace("n1", "n2"), None),
    ] {
        assert_eq!(reviewer(&answer, &n1()), expected, "{answer}");
    }
}

#[test]
fn findings_have_a_limit_and_say_so() {
    let long = "é".repeat(MAX_ANSWER / 4);
    let answer = json!({"nonce": "n1", "signal": "CHANGES", "findings": ["a", long]});
    let Some(Said::Changes { findings }) = reviewer(&answer.to_string(), &n1()) else {
        panic!("a verdict");
    };
    assert!(findings.iter().map(String::len).sum::<usize>() < 65 * 1024);
    assert!(
        findings
            .last()
            .is_some_and(|last| last.contains("left out"))
    );
}

/// What strict modes demand: every object closed, every property required.
fn strict(schema: &Value) {
    if schema["type"] == "object" {
        assert_eq!(schema["additionalProperties"], false, "{schema}");
        let properties = schema["properties"].as_object().expect("properties");
        let mut required: Vec<_> = schema["required"].as_array().expect("a list").clone();
        required.sort_by_key(Value::to_string);
        let names: Vec<_> = properties.keys().map(|name| json!(name)).collect();
        assert_eq!(required, names);
        properties.values().for_each(strict);
    }
    let keys = schema.as_object().expect("a schema").keys();
    for key in keys {
        let known = [
            "type",
            "additionalProperties",
            "required",
            "properties",
            "enum",
            "items",
            "description",
        ];
        assert!(known.contains(&key.as_str()), "{key}");
    }
}

#[test]
fn the_schemas_keep_to_strict_modes() {
    for schema in [
        worker_schema(Word::WORKER),
        validator_schema(),
        reviewer_schema(),
        planner_schema(),
    ] {
        strict(&schema);
    }
    let words = &worker_schema(&[Word::Done, Word::Ready])["properties"]["signal"]["enum"];
    assert_eq!(words, &json!(["DONE", "NONE"]));
}

proptest! {
    #[test]
    fn no_answer_is_a_danger(answer in any::<String>()) {
        prop_assert_eq!(worker(&answer, &n1()), None);
        prop_assert_eq!(validator(&answer, &n1()), None);
        prop_assert_eq!(reviewer(&answer, &n1()), None);
    }
}
