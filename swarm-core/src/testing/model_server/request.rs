//! What was asked of the server.

use std::time::Duration;

use serde_json::Value;

use super::fault::Fault;

/// A request, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// When it had come as a whole, from the start of the server on; on one
    /// clock with [`ModelServer::elapsed`](super::ModelServer::elapsed).
    pub at: Duration,
    /// `GET`, `HEAD`, `POST` …
    pub method: String,
    /// The path without what follows a `?`.
    pub path: String,
    /// The headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// The scripted answer that was given; `None` if another one was.
    pub played: Option<Played>,
}

/// Which answer of which script.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Played {
    /// The script's name.
    pub script: String,
    /// The role of the turn.
    pub role: String,
    /// Counted from 0 in each turn.
    pub answer: usize,
    /// How often it had been asked for before.
    pub asked_before: usize,
    /// What went wrong with it, as scripted.
    pub fault: Option<Fault>,
}

impl Request {
    /// A header's value; the name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(known, _)| known == name)?;
        Some(value)
    }

    /// The agent's own id of the conversation, by which it can be resumed.
    pub fn session(&self) -> Option<&str> {
        ["x-claude-code-session-id", "session-id", "session_id"]
            .into_iter()
            .find_map(|name| self.header(name))
    }

    /// The body; null if it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
