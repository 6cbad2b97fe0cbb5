//! A stream of events, and all that can be wrong with it.

use std::time::Duration;

use serde_json::{Value, json};

use super::fault::Fault;

/// What is sent, piece by piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    pub(super) pieces: Vec<String>,
    /// Before each piece.
    pub(super) pause: Duration,
    pub(super) end: End,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The end, in good order.
    Good,
    /// The connection is closed.
    Drop,
    /// Nothing, until the client leaves.
    Hang,
}

/// The events of an answer, with what the fault does to them.
pub(super) fn stream(mut events: Vec<Value>, fault: Option<&Fault>) -> Stream {
    let mut end = End::Good;
    let mut pause = Duration::ZERO;
    match fault {
        Some(Fault::DropInStream) => end = End::Drop,
        Some(Fault::HangInStream) => end = End::Hang,
        Some(Fault::Slow { pause: each }) => pause = *each,
        Some(Fault::EmptyStream) => events.clear(),
        Some(Fault::TruncatedEvent) => events.truncate(2),
        Some(Fault::NoLastEvent) => drop(events.pop()),
        Some(Fault::UnknownEvent) => {
            let unknown = json!({"type": "swarm.nobody_knows_this", "x": [1, null]});
            events.insert(1.min(events.len()), unknown);
        }
        _ => {}
    }
    if end != End::Good {
        events.truncate(events.len().div_ceil(2));
    }
    let mut pieces: Vec<String> = events.iter().map(encoded).collect();
    match (fault, pieces.get_mut(1)) {
        (Some(Fault::TruncatedEvent), Some(piece)) => {
            let begun = piece.find("data: {").map_or(0, |at| at + "data: {\"".len());
            piece.truncate(begun);
        }
        (Some(Fault::MalformedEvent), Some(piece)) => {
            *piece = format!("event: {}\ndata: {{this is ]no JSON\n\n", name(&events[1]));
        }
        _ => {}
    }
    Stream { pieces, pause, end }
}

fn encoded(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", name(event))
}

fn name(event: &Value) -> &str {
    event["type"].as_str().unwrap_or_default()
}
