//! Texts with `{variables}`.

use std::borrow::Cow;

use super::{PromptInput, Request, blocks, planning, request, sign_off};
use crate::protocol::signals::plain;

/// The variables that every template can use, sorted. The last ones are whole
/// blocks, empty where there is nothing to tell.
///
/// `branch`, `nonce`, `role`, `run`, `task` (its id), `title`, `attempt`, `turn`
/// say what they are called (of a planner, which has no task, `task` and `title`
/// are its name); `rules` are what holds for every agent,
/// `task_text` the task between its marks with a word of warning,
/// `orientation`, `dependencies`, `pending` and `events` what there is to know
/// besides, `request` what the turn is for, `signals` how it must end.
pub const VARIABLES: [&str; 16] = [
    "attempt",
    "branch",
    "dependencies",
    "events",
    "nonce",
    "orientation",
    "pending",
    "request",
    "role",
    "rules",
    "run",
    "signals",
    "task",
    "task_text",
    "title",
    "turn",
];

/// The value of a built-in variable.
pub(super) fn value<'a>(
    name: &str,
    what: &PromptInput<'a>,
    orientation: usize,
) -> Option<Cow<'a, str>> {
    let around = &what.around;
    if let Request::Plan(ask) = what.ask {
        match name {
            "pending" => return Some(planning::known(&ask, what.nonce).into()),
            "rules" => return Some(planning::rules().into()),
            "signals" => return Some(planning::sign_off(around.form, what.nonce).into()),
            // It has none.
            "task_text" => return Some("".into()),
            _ => {}
        }
    }
    Some(match name {
        "attempt" => what.attempt.number.to_string().into(),
        "branch" => what.branch.into(),
        "dependencies" => blocks::dependencies(around.dependencies).into(),
        "events" => blocks::events(around.events).into(),
        "nonce" => what.nonce.as_str().into(),
        "orientation" => blocks::orientation(around.orientation, orientation, what.nonce).into(),
        "pending" => blocks::pending(around.pending).into(),
        "request" => request::request(what).into(),
        "role" => what.ask.role().as_str().into(),
        "rules" => blocks::rules(what).into(),
        "run" => what.attempt.run.as_str().into(),
        "signals" => {
            let words = what.ask.words(around.words);
            sign_off(words, what.ask.role(), around.form, what.nonce).into()
        }
        "task" => what.attempt.task.as_str().into(),
        "task_text" => blocks::introduced(what).into(),
        "title" => plain(&what.task.title, blocks::MAX_TITLE).into(),
        "turn" => what.turn.to_string().into(),
        _ => return None,
    })
}

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// `{name}`
    Variable(&'a str),
}

/// The parts of a template. A name has letters, digits and underscores;
/// `{{name}}` is the text `{name}`; every other brace is just a brace.
pub(super) fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        pieces.push(Piece::Text(before));
        let length = if let Some(name) = named(&from[1..]) {
            pieces.push(Piece::Variable(name));
            name.len() + 2
        } else if let Some(name) = from[1..].strip_prefix('{').and_then(named)
            && from[name.len() + 3..].starts_with('}')
        {
            pieces.push(Piece::Text(&from[1..name.len() + 3]));
            name.len() + 4
        } else {
            pieces.push(Piece::Text(&from[..1]));
            1
        };
        rest = &from[length..];
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// The name that a closing brace ends.
fn named(text: &str) -> Option<&str> {
    let length = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    (length > 0 && text[length..].starts_with('}')).then(|| &text[..length])
}
