//! What the adapters ask of the real command lines beyond a plain turn.

use std::path::{Path, PathBuf};

use serde_json::json;
use swarm_core::agent_cli::CliHarness;
use swarm_core::model::{AttemptId, Check, EndReason, RunId, TaskId};
use swarm_core::ports::{CallContext, Harness, PreflightRequest, TurnReport, TurnRequest};
use swarm_core::testing::model_server::{Answer, ModelServer, Script};
use swarm_harness_claude::{ClaudeCode, claude};
use swarm_harness_codex::{Codex, Sandbox as Lock, codex};

use crate::agents::connect;
use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

fn turn(directory: &Path, script: &str) -> TurnRequest {
    let attempt = AttemptId {
        run: RunId::new("r1"),
        task: TaskId::new("only").expect("a plain word"),
        number: 1,
    };
    TurnRequest::new(attempt, format!("[script:{script}]"), directory)
}

async fn run(harness: CliHarness, turn: TurnRequest, sandbox: &Sandbox) -> TurnReport {
    let harness = harness.environment(sandbox.env().to_vec());
    let report = harness.run(turn, CallContext::detached()).await;
    assert_gone("something of the test", || sandbox.processes());
    let report = report.expect("a turn");
    assert_eq!(report.end, EndReason::Finished, "{report:?}");
    report
}

fn worktree(sandbox: &Sandbox) -> PathBuf {
    let tree = sandbox.dir().join("tree");
    let path = tree.to_string_lossy();
    sandbox.git(&["worktree", "add", "-q", "-b", "work", &path]);
    tree
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_commits_from_within_its_sandbox() {
    let mut sandbox = Sandbox::new();
    let commit = "echo x >a.txt && git add a.txt && git commit -q -m 'Add a'; \
                  echo x >>$(git rev-parse --git-common-dir)/config";
    let answers = [Answer::new().shell(commit), Answer::new().text("Done.")];
    let script = Script::new("commit", answers);
    let server = ModelServer::start([script]).expect("a server");
    connect(&mut sandbox, &server);
    let tree = worktree(&sandbox);
    let config = std::fs::read(sandbox.repo().join(".git/config")).expect("a file");

    // The test's folder lies where Codex's sandbox lets everybody write.
    let locked = Codex::new()
        .sandbox(Lock::WorkspaceWrite)
        .config("sandbox_workspace_write.exclude_slash_tmp", "true")
        .config("sandbox_workspace_write.exclude_tmpdir_env_var", "true");
    let harness = || codex(locked.clone());
    let checks = harness().environment(sandbox.env().to_vec());
    let checks = checks.preflight(PreflightRequest::default()).await;
    let works = checks.contains(&Check::fine("codex sandbox", "it works"));
    run(harness(), turn(&tree, "commit"), &sandbox).await;
    let log = sandbox.git(&["log", "--format=%s", "work"]);
    // Where the system allows no sandbox, no command runs, and that was told.
    assert_eq!(log.starts_with("Add a\n"), works, "{checks:?} {log}");
    let after = std::fs::read(sandbox.repo().join(".git/config")).expect("a file");
    assert_eq!(after, config, "the sandbox is open");
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_answers_by_a_schema() {
    let mut sandbox = Sandbox::new();
    let script = Script::new("answer", [Answer::new().text(r#"{"sum": 3}"#)]);
    let server = ModelServer::start([script]).expect("a server");
    connect(&mut sandbox, &server);
    let mut asked = turn(&worktree(&sandbox), "answer");
    asked.schema = Some(json!({
        "type": "object",
        "properties": {"sum": {"type": "integer"}},
        "required": ["sum"],
        "additionalProperties": false,
    }));
    let report = run(codex(Codex::new()), asked.clone(), &sandbox).await;
    assert_eq!(report.structured, Some(json!({"sum": 3})));
    let request = server.requests().into_iter().find(|r| r.played.is_some());
    let request = request.expect("a request").json();
    let schema = &request["text"]["format"]["schema"];
    assert_eq!(Some(schema), asked.schema.as_ref(), "{}", request["text"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_clis_pass_only_when_they_are_logged_in() {
    let mut sandbox = Sandbox::new();
    let server = ModelServer::start([]).expect("a server");
    connect(&mut sandbox, &server);
    let look = PreflightRequest {
        repository: Some(sandbox.repo()),
        ..PreflightRequest::default()
    };
    for (harness, key) in [
        (claude(ClaudeCode::new()), "ANTHROPIC_API_KEY"),
        (codex(Codex::new()), "OPENAI_API_KEY"),
    ] {
        let mut env = sandbox.env().to_vec();
        let well = harness.clone().environment(env.clone());
        let well = well.preflight(look.clone()).await;
        assert!(
            well.len() >= 2 && !well.iter().any(Check::is_broken),
            "{well:?}"
        );
        env.retain(|(name, _)| name != key);
        let ill = harness.environment(env).preflight(look.clone()).await;
        let broken: Vec<_> = ill.iter().filter(|check| check.is_broken()).collect();
        assert_eq!(broken.len(), 1, "{ill:?}");
        assert!(broken[0].subject.ends_with(" login"), "{ill:?}");
    }
    assert_gone("something of the test", || sandbox.processes());
    let asked = server.requests();
    assert!(asked.is_empty(), "{asked:?}");
}
