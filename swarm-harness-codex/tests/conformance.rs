//! The adapter keeps what the port promises, whatever its program does.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use swarm_core::model::SessionId;
use swarm_core::testing::harness_suite::{CliFixture, Dialect, check};
use swarm_core::testing::streams::Recorded;
use swarm_harness_codex::{Codex, codex};

/// What Codex prints, as far as the adapter reads it.
struct Spoken;

const SESSION: &str = "01a1fb72-0512-76d1-9c19-558e2b834abc";

impl Dialect for Spoken {
    fn finishes(&self, message: &str) -> String {
        let thread = json!({"type": "thread.started", "thread_id": SESSION});
        let over = json!({"type": "turn.completed", "usage": {"output_tokens": 56}});
        format!("{thread}\n{}{over}\n", self.works(message))
    }

    fn works(&self, text: &str) -> String {
        let item = json!({"id": "item_0", "type": "agent_message", "text": text});
        json!({"type": "item.completed", "item": item}).to_string() + "\n"
    }

    fn looks(&self, at: &str) -> Option<String> {
        let item = json!({"id": "item_0", "type": "command_execution", "command": at});
        Some(json!({"type": "item.completed", "item": item}).to_string() + "\n")
    }

    fn fails(&self) -> (String, i32) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/auth401");
        let stdout = Recorded::read(&folder).unwrap().stdout;
        (String::from_utf8(stdout).unwrap(), 1)
    }

    fn session(&self, args: &[String]) -> Option<SessionId> {
        let at = args.iter().position(|arg| arg == "resume")?;
        args.get(at + 1).map(SessionId::new)
    }
}

#[tokio::test]
async fn it_keeps_every_clause() {
    let harness = |program: &Path| {
        let grace = Duration::from_millis(100);
        codex(Codex::new()).program(program).grace(grace)
    };
    let account = check(|| CliFixture::new(Spoken, harness)).await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
}
