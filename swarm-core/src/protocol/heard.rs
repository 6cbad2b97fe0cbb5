//! What an agent has said, in a structure, by lines, or both. Pure.
//!
//! An agent that was to answer by a schema and answers in text is heard all the
//! same. Each of the two counts only with the turn's nonce. Where both say
//! something, they must agree: who says two things has said nothing.

use std::mem::discriminant;

use serde_json::Value;

use super::schema;
use super::signals::{self, Readiness, Said, Signal};
use crate::model::Nonce;

/// The worker's signal. `structured` is its answer by
/// [`worker_schema`](schema::worker_schema), if it gave one. Where both are the
/// same word, the structure's reason or note stands.
///
/// ```
/// use serde_json::json;
/// use swarm_core::{model::Nonce, protocol::{heard, signals::Signal}};
/// let nonce = Nonce::new("n1");
/// let says = |word| json!({"nonce": "n1", "signal": word, "why": null, "claim": []});
/// let text = "All good.\nswarm:n1 DONE";
/// assert_eq!(heard::worker("", Some(&says("DONE")), &nonce), Some(Signal::Done));
/// assert_eq!(heard::worker(text, None, &nonce), Some(Signal::Done));
/// assert_eq!(heard::worker(text, Some(&says("BLOCKED")), &nonce), None);
/// ```
pub fn worker(message: &str, structured: Option<&Value>, nonce: &Nonce) -> Option<Signal> {
    let answer = structured.map(Value::to_string).unwrap_or_default();
    let lines = signals::worker(message, nonce);
    match (schema::worker(&answer, nonce), lines) {
        (Some(answer), Some(line)) => agree(&answer, &line).then_some(answer),
        // That nothing is to be signalled is a word, too.
        (None, Some(_)) if schema::declines(&answer, nonce) => None,
        (answer, line) => answer.or(line),
    }
}

/// The validator's answer; `structured` is the one by
/// [`validator_schema`](schema::validator_schema). As for [`worker`].
pub fn validator(message: &str, structured: Option<&Value>, nonce: &Nonce) -> Option<Readiness> {
    let answer = structured.map(Value::to_string).unwrap_or_default();
    let lines = signals::validator(message, nonce);
    match (schema::validator(&answer, nonce), lines) {
        (Some(answer), Some(line)) => {
            (discriminant(&answer) == discriminant(&line)).then_some(answer)
        }
        (answer, line) => answer.or(line),
    }
}

/// The reviewer's verdict; `structured` is its answer by
/// [`reviewer_schema`](schema::reviewer_schema). As for [`worker`]. Who wants
/// changes must say which: without a finding there is no verdict.
pub fn reviewer(message: &str, structured: Option<&Value>, nonce: &Nonce) -> Option<Said> {
    let answer = structured.map(Value::to_string).unwrap_or_default();
    let said = match (schema::reviewer(&answer, nonce), written(message, nonce)) {
        (Some(answer), Some(line)) if discriminant(&answer) != discriminant(&line) => return None,
        // What it finds may stand in either.
        (Some(answer), Some(line)) if finds_nothing(&answer) => line,
        (None, Some(_)) if schema::wavers(&answer, nonce) => return None,
        (answer, line) => answer.or(line)?,
    };
    (!finds_nothing(&said)).then_some(said)
}

/// The verdict of a line, with what it finds.
fn written(message: &str, nonce: &Nonce) -> Option<Said> {
    let said = signals::reviewer(message, nonce)?;
    if !finds_nothing(&said) || signals::names_approval(message, nonce) {
        // Who names both verdicts and no finding only repeats what it was told.
        return Some(said);
    }
    // Some give their reasons first and the verdict last.
    let reasons = signals::without_signals(message, nonce);
    let findings = Some(reasons).filter(|reasons| !reasons.is_empty());
    Some(Said::Changes {
        findings: findings.into_iter().collect(),
    })
}

/// Whether it wants changes and names none.
fn finds_nothing(said: &Said) -> bool {
    matches!(said, Said::Changes { findings } if findings.is_empty())
}

/// Reasons and notes may be put differently; which tasks are claimed may not.
fn agree(one: &Signal, other: &Signal) -> bool {
    match (one, other) {
        (Signal::Claim { tasks }, Signal::Claim { tasks: others }) => tasks == others,
        (one, other) => one.word() == other.word(),
    }
}

#[cfg(test)]
mod tests;
