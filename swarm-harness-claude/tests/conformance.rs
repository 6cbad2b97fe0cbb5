//! The adapter keeps what the port promises, whatever its program does.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use swarm_core::model::SessionId;
use swarm_core::testing::harness_suite::{CliFixture, Dialect, check};
use swarm_core::testing::streams::Recorded;
use swarm_harness_claude::{ClaudeCode, claude};

/// What Claude Code prints, as far as the adapter reads it.
struct Spoken;

const SESSION: &str = "0960d6f9-81f1-4da8-ae6b-29fec608a2db";

impl Dialect for Spoken {
    fn finishes(&self, message: &str) -> String {
        let result = json!({
            "type": "result", "subtype": "success", "is_error": false, "session_id": SESSION,
            "result": message, "num_turns": 1, "terminal_reason": "completed",
        });
        let init = json!({"type": "system", "subtype": "init", "session_id": SESSION});
        format!("{init}\n{}{result}\n", self.works(message))
    }

    fn works(&self, text: &str) -> String {
        let content = json!([{"type": "text", "text": text}]);
        let message = json!({"role": "assistant", "content": content});
        json!({"type": "assistant", "message": message, "session_id": SESSION}).to_string() + "\n"
    }

    fn looks(&self, at: &str) -> Option<String> {
        let call = json!({"type": "tool_use", "name": "Read", "input": {"file_path": at}});
        let message = json!({"role": "assistant", "content": [call]});
        let event = json!({"type": "assistant", "message": message, "session_id": SESSION});
        Some(format!("{event}\n"))
    }

    fn fails(&self) -> (String, i32) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/auth401");
        let stdout = Recorded::read(&folder).unwrap().stdout;
        (String::from_utf8(stdout).unwrap(), 1)
    }

    fn session(&self, args: &[String]) -> Option<SessionId> {
        let session = args.iter().find_map(|arg| arg.strip_prefix("--resume="));
        session.map(SessionId::new)
    }
}

#[tokio::test]
async fn it_keeps_every_clause() {
    let harness = |program: &Path| {
        let grace = Duration::from_millis(100);
        claude(ClaudeCode::new()).program(program).grace(grace)
    };
    let account = check(|| CliFixture::new(Spoken, harness)).await;
    account.assert_kept();
    assert_eq!(account.skipped, []);
}
