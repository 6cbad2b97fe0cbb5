//! What the server says to a request.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::conversation::Conversation;
use super::fill::filled;
use super::marker::place;
use super::request::{Played, Request};
use super::script::{Answer, Script};
use super::{messages, responses};

/// Scripts by name.
pub(super) type Scripts = BTreeMap<String, Script>;

/// An answer on its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// Status and body.
    Json(u16, Value),
    /// A stream of events, each of which tells its type.
    Events(Vec<Value>),
}

/// Answers the request with this number, which is in every id that it makes.
pub(super) fn reply(
    request: &Request,
    number: usize,
    scripts: &Scripts,
) -> (Reply, Option<Played>) {
    let body = request.json();
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/messages") => match play(&messages::read(&body), scripts) {
            Ok((answer, played)) => (messages::write(&answer, &body, number), played),
            Err(why) => (messages::refuse(&why), None),
        },
        ("POST", "/v1/messages/count_tokens") => {
            let tokens = request.body.len().div_ceil(4);
            (Reply::Json(200, json!({"input_tokens": tokens})), None)
        }
        ("POST", "/v1/responses") => match play(&responses::read(&body), scripts) {
            Ok((answer, played)) => (responses::write(&answer, &body, number), played),
            Err(why) => (responses::refuse(&why), None),
        },
        ("GET", "/v1/models") => {
            let none = json!({"object": "list", "data": [], "models": []});
            (Reply::Json(200, none), None)
        }
        ("HEAD", _) => (Reply::Json(200, Value::Null), None),
        (method, path) => {
            let why = format!("nothing is scripted for {method} {path}");
            let body =
                json!({"type": "error", "error": {"type": "not_found_error", "message": why}});
            (Reply::Json(404, body), None)
        }
    }
}

/// The answer that comes next in a conversation, or why there is none.
fn play(
    conversation: &Conversation,
    scripts: &Scripts,
) -> Result<(Answer, Option<Played>), String> {
    if !conversation.tools {
        return Ok((Answer::new().text("Nothing to add."), None));
    }
    let place = place(conversation).ok_or("no prompt names a script: [script:NAME]")?;
    let (name, role, number) = (place.script, place.role, place.answer);
    let script = scripts
        .get(&name)
        .ok_or_else(|| format!("there is no script {name:?}"))?;
    let answer = script
        .answer(&role, number)
        .ok_or_else(|| format!("the script {name:?} has no answer {number} for role {role:?}"))?;
    let played = Played {
        script: name,
        role,
        answer: number,
    };
    Ok((filled(answer, &place.values), Some(played)))
}
