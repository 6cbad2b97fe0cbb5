//! Whatever is printed, reading it never panics and the report makes sense.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;

use swarm_core::agent_cli::Fields;
use swarm_core::testing::streams::{self, Recorded};
use swarm_harness_codex::Codex;

/// A few seconds; `SWARM_MUTATIONS` asks for more.
const USUAL: u64 = 1_000;

/// The line with which it says itself that it is done.
fn is_verdict(line: &str) -> bool {
    Fields::parse(line).text("type") == "turn.completed"
}

#[test]
fn broken_streams_are_read_without_a_panic_and_with_sense() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let streams = Recorded::read_all(&tests.join("fixtures")).unwrap();
    let corpus = tests.join("corpus");
    streams::mutate(&streams, &corpus, streams::seeds(USUAL), |stream| {
        let played = streams::check_sound(stream, Codex::new);
        streams::check_verdict(stream, &played, is_verdict);
        streams::check_noise(stream, Codex::new);
        streams::check_key_order(stream, 1, Codex::new);
    });
}
