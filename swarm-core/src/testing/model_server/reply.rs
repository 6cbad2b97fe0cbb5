//! What the server says to a request.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::fault::Fault;
use super::fill::filled;
use super::interface::{Interface, Worded};
use super::marker::{Place, place};
use super::refusals::refusal;
use super::request::{Played, Request};
use super::script::{Answer, Script};
use super::stream::{End, Stream, stream};

/// Scripts by name.
pub(super) type Scripts = BTreeMap<String, Script>;

/// An answer on its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// Status, headers beside the usual ones, and body.
    Json {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Value,
    },
    /// For people.
    Page(&'static str),
    /// Events.
    Stream(Stream),
    /// Not even a status.
    Nothing(End),
    /// After this time, the other.
    Late(Duration, Box<Self>),
}

/// How often an answer was asked for, in which turn.
pub(super) type Turn = (Option<String>, usize, String, String, usize);

const LOGIN: &str = "<!DOCTYPE html><html><body>Log in to this network.</body></html>\n";

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self::Json {
            status: 200,
            headers: Vec::new(),
            body,
        }
    }
}

/// Answers the request with this number, which is in every id that it makes.
/// `count` tells how often it was called for a turn before.
pub(super) fn reply(
    request: &Request,
    number: usize,
    scripts: &Scripts,
    count: impl FnOnce(Turn) -> usize,
) -> (Reply, Option<Played>) {
    let interface = match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/messages") => Interface::Messages,
        ("POST", "/v1/responses") => Interface::Responses,
        _ => return (aside(request), None),
    };
    let body = request.json();
    let conversation = interface.read(&body);
    if !conversation.tools {
        let answer = Answer::new().text("Nothing to add.");
        return (answered(interface, &answer, None, &body, number), None);
    }
    let found = place(&conversation).ok_or_else(|| NO_SCRIPT.to_owned());
    let found = found.and_then(|place| Ok((scripted(&place, scripts)?, place)));
    let (answer, place) = match found {
        Ok(found) => found,
        Err(why) => return (interface.object(&why), None),
    };
    let answer = filled(answer, &place.values);
    let asked_before = count((
        request.session().map(str::to_owned),
        place.prompt,
        place.script.clone(),
        place.role.clone(),
        place.answer,
    ));
    let fault = answer.fault(asked_before);
    let reply = answered(interface, &answer, fault, &body, number);
    let played = Played {
        script: place.script,
        role: place.role,
        answer: place.answer,
        asked_before,
        fault: fault.cloned(),
    };
    (reply, Some(played))
}

const NO_SCRIPT: &str = "no prompt names a script: [script:NAME]";

/// What is no question to the model.
fn aside(request: &Request) -> Reply {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/messages/count_tokens") => {
            let tokens = request.body.len().div_ceil(4);
            Reply::ok(json!({"input_tokens": tokens}))
        }
        ("GET", "/v1/models") => Reply::ok(json!({"object": "list", "data": [], "models": []})),
        ("HEAD", _) => Reply::ok(Value::Null),
        (method, path) => {
            let why = format!("nothing is scripted for {method} {path}");
            let error = json!({"type": "not_found_error", "message": why});
            Reply::Json {
                status: 404,
                headers: Vec::new(),
                body: json!({"type": "error", "error": error}),
            }
        }
    }
}

/// The answer that comes next in a conversation, or why there is none.
fn scripted<'a>(place: &Place, scripts: &'a Scripts) -> Result<&'a Answer, String> {
    let (name, role, number) = (&place.script, &place.role, place.answer);
    let script = scripts
        .get(name)
        .ok_or_else(|| format!("there is no script {name:?}"))?;
    script
        .answer(role, place.turn, number)
        .ok_or_else(|| format!("the script {name:?} has no answer {number} for role {role:?}"))
}

/// The answer with what goes wrong with it.
fn answered(
    interface: Interface,
    answer: &Answer,
    fault: Option<&Fault>,
    body: &Value,
    number: usize,
) -> Reply {
    match fault {
        Some(Fault::DropBeforeHeaders) => return Reply::Nothing(End::Drop),
        Some(Fault::HangBeforeHeaders) => return Reply::Nothing(End::Hang),
        Some(Fault::Page) => return Reply::Page(LOGIN),
        _ => {}
    }
    let model = body["model"].as_str().unwrap_or_default();
    if let Some(refused) = fault.and_then(|fault| refusal(fault, interface, model)) {
        return refused;
    }
    let reply = match interface.word(answer, fault, body, number) {
        Worded::Whole(body) => Reply::ok(body),
        Worded::Events(events) => Reply::Stream(stream(events, fault)),
    };
    match fault {
        Some(Fault::Late { by }) => Reply::Late(*by, Box::new(reply)),
        _ => reply,
    }
}
