//! Answers in a structure instead of signals in a text. Pure.
//!
//! Where a harness makes its agent answer by a JSON schema, the answer says
//! the same things with the same words: it becomes the same types, and holds
//! the turn's nonce as a signal does. An answer that does not keep to its
//! schema, has another nonce, or says two things at once, counts for nothing.
//!
//! The schemas keep to what every service accepts in its strict mode: all
//! properties are required, nothing else is allowed, no formats and no bounds.

use serde::Deserialize;
use serde_json::{Value, json};

use super::signals::{MAX_NOTE, MAX_WHY, Readiness, Said, Signal, Word};
use super::signals::{claimed, findings_of, plain, reason};
use crate::model::Nonce;
use crate::protocol::digest::ends;

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// Says that nothing is to be signalled: the worker goes on, say.
const NONE: &str = "NONE";

/// The schema of a worker's answer, for the words that it may say.
///
/// ```
/// use swarm_core::model::Nonce;
/// use swarm_core::protocol::{schema, signals::{Signal, Word}};
/// let schema = schema::worker_schema(&[Word::Done, Word::Blocked]);
/// assert_eq!(schema["additionalProperties"], false);
/// let answer = r#"{"nonce": "n1", "signal": "DONE", "why": null, "claim": []}"#;
/// assert_eq!(schema::worker(answer, &Nonce::new("n1")), Some(Signal::Done));
/// ```
pub fn worker_schema(words: &[Word]) -> Value {
    let words = words.iter().filter(|word| Word::WORKER.contains(word));
    let words: Vec<_> = words.map(|word| word.as_str()).chain([NONE]).collect();
    object(&[
        ("nonce", nonce()),
        ("signal", json!({"type": "string", "enum": words})),
        (
            "why",
            text_or_null("The reason or, for HANDOFF, the note; else null."),
        ),
        ("claim", texts("For CLAIM: ids of tasks; else empty.")),
    ])
}

/// The schema of a validator's answer.
pub fn validator_schema() -> Value {
    object(&[
        ("nonce", nonce()),
        ("signal", one_of(Word::VALIDATOR)),
        (
            "why",
            text_or_null("The reason for BLOCKED or CLOSE; else null."),
        ),
        (
            "concerns",
            texts("For NOT_READY: what is missing; else empty."),
        ),
    ])
}

/// The schema of a reviewer's answer.
pub fn reviewer_schema() -> Value {
    object(&[
        ("nonce", nonce()),
        ("signal", one_of(Word::REVIEWER)),
        (
            "findings",
            texts("For CHANGES: what must be repaired, each with file and line; else empty."),
        ),
    ])
}

/// The schema of a planner's answer: how it is read is in
/// [`planned`](super::planned).
pub fn planner_schema() -> Value {
    let task = object(&[
        (
            "id",
            json!({"type": "string", "description": "A short name of its own."}),
        ),
        (
            "title",
            json!({"type": "string", "description": "One line for people."}),
        ),
        (
            "body",
            json!({"type": "string", "description": "What the agent is told."}),
        ),
        (
            "depends_on",
            texts("Ids of tasks that must have landed before; else empty."),
        ),
        (
            "priority",
            json!({"type": "integer", "description": "Higher goes first; usually 0."}),
        ),
        (
            "kind",
            text_or_null("The sort of work, such as bug or feature; else null."),
        ),
    ]);
    object(&[
        ("nonce", nonce()),
        (
            "tasks",
            json!({"type": "array", "items": task, "description": "The new tasks."}),
        ),
    ])
}

/// The worker's signal, if the answer is a valid one.
pub fn worker(answer: &str, nonce: &Nonce) -> Option<Signal> {
    let said: Worker = read(answer)?;
    if !proves(&said.nonce, nonce) {
        return None;
    }
    let why = || why_of(said.why.as_deref());
    match Word::read(&said.signal)? {
        Word::Done => Some(Signal::Done),
        Word::FollowUp => Some(Signal::FollowUp { why: why() }),
        Word::Blocked => Some(Signal::Blocked { why: why() }),
        Word::Close => Some(Signal::Close { why: why() }),
        Word::HandOff => Some(Signal::HandOff {
            note: ends(said.why.as_deref().unwrap_or_default().trim(), MAX_NOTE),
        }),
        Word::Claim => {
            let mut tasks = Vec::new();
            claimed(&mut tasks, said.claim.iter().map(String::as_str));
            (!tasks.is_empty()).then_some(Signal::Claim { tasks })
        }
        Word::Ready | Word::NotReady | Word::Approved | Word::Changes | Word::Tasks => None,
    }
}

/// Whether a worker's valid answer says that nothing is to be signalled.
pub(in crate::protocol) fn declines(answer: &str, nonce: &Nonce) -> bool {
    let said: Option<Worker> = read(answer);
    said.is_some_and(|said| proves(&said.nonce, nonce) && said.signal == NONE)
}

/// The validator's answer, if it is a valid one.
pub fn validator(answer: &str, nonce: &Nonce) -> Option<Readiness> {
    let said: Validator = read(answer)?;
    if !proves(&said.nonce, nonce) {
        return None;
    }
    let why = || why_of(said.why.as_deref());
    match Word::read(&said.signal)? {
        Word::Ready => said.concerns.is_empty().then_some(Readiness::Ready),
        Word::Blocked => Some(Readiness::Blocked { why: why() }),
        Word::Close => Some(Readiness::Close { why: why() }),
        Word::NotReady => {
            let mut concerns = findings_of(said.concerns);
            if concerns.is_empty() {
                concerns.push(why_of(said.why.as_deref()));
            }
            Some(Readiness::NotReady { concerns })
        }
        Word::Done
        | Word::Claim
        | Word::FollowUp
        | Word::HandOff
        | Word::Approved
        | Word::Changes
        | Word::Tasks => None,
    }
}

/// The reviewer's verdict, if the answer is a valid one. An approval with
/// findings is none.
pub fn reviewer(answer: &str, nonce: &Nonce) -> Option<Said> {
    let said: Reviewer = read(answer)?;
    if !proves(&said.nonce, nonce) {
        return None;
    }
    match Word::read(&said.signal)? {
        Word::Approved => said.findings.is_empty().then_some(Said::Approved),
        Word::Changes => Some(Said::Changes {
            findings: findings_of(said.findings),
        }),
        Word::Done
        | Word::Claim
        | Word::FollowUp
        | Word::Blocked
        | Word::HandOff
        | Word::Close
        | Word::Ready
        | Word::NotReady
        | Word::Tasks => None,
    }
}

/// Whether a reviewer approves in a valid answer, and yet finds something.
pub(in crate::protocol) fn wavers(answer: &str, nonce: &Nonce) -> bool {
    let said: Option<Reviewer> = read(answer);
    said.is_some_and(|said| {
        let approves = said.signal == Word::Approved.as_str();
        proves(&said.nonce, nonce) && approves && !said.findings.is_empty()
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Worker {
    nonce: String,
    signal: String,
    why: Option<String>,
    claim: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Validator {
    nonce: String,
    signal: String,
    why: Option<String>,
    concerns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reviewer {
    nonce: String,
    signal: String,
    findings: Vec<String>,
}

fn read<'a, T: Deserialize<'a>>(answer: &'a str) -> Option<T> {
    (answer.len() <= MAX_ANSWER)
        .then(|| serde_json::from_str(answer).ok())
        .flatten()
}

/// Without a nonce anybody could say anything.
pub(super) fn proves(said: &str, nonce: &Nonce) -> bool {
    !nonce.as_str().is_empty() && said == nonce.as_str()
}

fn why_of(why: Option<&str>) -> String {
    reason(&plain(why.unwrap_or_default(), MAX_WHY))
}

fn object(properties: &[(&str, Value)]) -> Value {
    let names: Vec<_> = properties.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<_, _> = properties
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": names,
        "properties": properties,
    })
}

fn nonce() -> Value {
    json!({"type": "string", "description": "The nonce of this turn, as the prompt tells it."})
}

fn one_of(words: &[Word]) -> Value {
    let words: Vec<_> = words.iter().map(|word| word.as_str()).collect();
    json!({"type": "string", "enum": words})
}

fn text_or_null(about: &str) -> Value {
    json!({"type": ["string", "null"], "description": about})
}

fn texts(about: &str) -> Value {
    json!({"type": "array", "items": {"type": "string"}, "description": about})
}

#[cfg(test)]
mod tests;
