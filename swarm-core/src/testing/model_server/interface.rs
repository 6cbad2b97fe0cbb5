//! The two interfaces by which an agent can ask.

use serde_json::{Value, json};

use super::conversation::Conversation;
use super::fault::Fault;
use super::reply::Reply;
use super::script::Answer;
use super::{messages, responses};

/// Whose interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interface {
    /// Anthropic's, which Claude Code uses.
    Messages,
    /// OpenAI's, which Codex uses.
    Responses,
}

/// An answer as the interface words it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Worded {
    /// At once.
    Whole(Value),
    /// As a stream of events, each of which tells its type.
    Events(Vec<Value>),
}

/// What sort of error a status stands for.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    /// The interface's own word for it.
    pub(super) kind: &'static str,
    /// A finer one; only Responses has it.
    pub(super) code: Option<&'static str>,
    pub(super) message: String,
}

impl Interface {
    pub(super) fn read(self, body: &Value) -> Conversation {
        match self {
            Self::Messages => messages::read(body),
            Self::Responses => responses::read(body),
        }
    }

    /// Words an answer; `number` is in every id.
    pub(super) fn word(
        self,
        answer: &Answer,
        fault: Option<&Fault>,
        body: &Value,
        number: usize,
    ) -> Worded {
        match self {
            Self::Messages => messages::write(answer, fault, body, number),
            Self::Responses => responses::write(answer, fault, body, number),
        }
    }

    /// Words a refusal.
    pub(super) fn refuse(self, refusal: Refusal) -> Reply {
        let Refusal {
            kind,
            code,
            message,
            ..
        } = refusal;
        let body = match self {
            Self::Messages => {
                json!({"type": "error", "error": {"type": kind, "message": message}})
            }
            Self::Responses => json!({
                "error": {"message": message, "type": kind, "param": null, "code": code},
            }),
        };
        Reply::Json {
            status: refusal.status,
            headers: refusal.headers,
            body,
        }
    }

    /// An error that an agent does not try to get over.
    pub(super) fn object(self, why: &str) -> Reply {
        self.refuse(Refusal {
            status: 400,
            headers: Vec::new(),
            kind: "invalid_request_error",
            code: None,
            message: why.to_owned(),
        })
    }
}
