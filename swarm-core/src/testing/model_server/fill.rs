//! Putting values into a script's texts.

use std::collections::BTreeMap;

use super::script::{Answer, Call};

/// Values by name.
pub(super) type Values = BTreeMap<String, String>;

/// The answer with its values.
pub(super) fn filled(answer: &Answer, values: &Values) -> Answer {
    let mut answer = answer.clone();
    let texts = answer.text.iter_mut();
    let calls = answer.calls.iter_mut().flat_map(|call| match call {
        Call::Shell(text) | Call::Structured(text) => vec![text],
        Call::Write { path, content } => vec![path, content],
    });
    for text in texts.chain(calls) {
        *text = fill(text, values);
    }
    answer
}

/// Replaces each `${name}` that has a value; a value is not looked into.
pub(super) fn fill(text: &str, values: &Values) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let known = after
            .split_once('}')
            .and_then(|(name, after)| Some((values.get(name)?, after)));
        filled.push_str(before);
        if let Some((value, after)) = known {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push_str("${");
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}
