//! What was asked of the server.

use serde_json::Value;

/// A request, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Played {
    /// The script's name.
    pub script: String,
    /// The role of the turn.
    pub role: String,
    /// Counted from 0 in each turn.
    pub answer: usize,
}

impl Request {
    /// A header's value; the name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(known, _)| known == name)?;
        Some(value)
    }

    /// The body; null if it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
