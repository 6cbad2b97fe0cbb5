//! The command line of every option.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::ffi::OsStr;
use std::time::Duration;

use swarm_core::agent_cli::{CliAgent, Invocation};
use swarm_core::model::{Cost, SessionId};
use swarm_core::ports::{HarnessErrorKind, TurnRequest};
use swarm_core::testing::streams::{self, turn};
use swarm_harness_codex::{Codex, Sandbox};

const START: &str = "codex exec --json";
const OFF: &str = "--dangerously-bypass-approvals-and-sandbox";
const QUIET: &str = "-c analytics.enabled=false -c features.plugins=false";

fn line(agent: &Codex, turn: &TurnRequest) -> String {
    let call = agent.invocation(turn).unwrap();
    let mut words = vec![call.program];
    words.extend(call.args);
    words.join(OsStr::new(" ")).into_string().unwrap()
}

#[test]
fn each_option_has_its_argument() {
    let new = Codex::new;
    for (agent, args) in [
        (new(), format!("{OFF} {QUIET}")),
        (new().model("gpt-5"), format!("{OFF} --model=gpt-5 {QUIET}")),
        (
            new().effort("high"),
            format!("{OFF} -c model_reasoning_effort=\"high\" {QUIET}"),
        ),
        (
            new().analytics(true),
            format!("{OFF} -c features.plugins=false"),
        ),
        (
            new().plugins(true),
            format!("{OFF} -c analytics.enabled=false"),
        ),
        (
            new().sandbox(Sandbox::ReadOnly).writable_roots(["/x"]),
            format!("--sandbox=read-only {QUIET}"),
        ),
        (
            new().sandbox(Sandbox::WorkspaceWrite),
            format!("--sandbox=workspace-write {QUIET}"),
        ),
        (
            new()
                .sandbox(Sandbox::WorkspaceWrite)
                .writable_roots(["/a b", "/\"q\""]),
            format!(
                r#"--sandbox=workspace-write -c sandbox_workspace_write.writable_roots=["/a b","/\"q\""] {QUIET}"#
            ),
        ),
        (
            new().config("model_provider", "\"p\"").retries("p", 0),
            format!(
                "{OFF} {QUIET} -c model_provider=\"p\" -c model_providers.p.request_max_retries=0 -c model_providers.p.stream_max_retries=0"
            ),
        ),
        (
            new().stream_timeout("p", Duration::from_secs(9)),
            format!("{OFF} {QUIET} -c model_providers.p.stream_idle_timeout_ms=9000"),
        ),
        (
            new()
                .extra_args(["--disable", "plugins"])
                .extra_args(["-x"]),
            format!("{OFF} {QUIET} --disable plugins -x"),
        ),
    ] {
        assert_eq!(line(&agent, &turn()), format!("{START} {args} -"));
    }
}

#[test]
fn the_request_decides_over_the_options() {
    let mut turn = turn();
    turn.model = Some("-m".to_owned());
    turn.session = Some(SessionId::new("01a1"));
    // It has no option for that.
    turn.budget = Some(Cost::from_usd(1.25));
    assert_eq!(
        line(&Codex::new().model("gpt-5").extra_args(["-y"]), &turn),
        format!("{START} {OFF} --model=-m {QUIET} -y resume 01a1 -")
    );
}

#[test]
fn in_the_sandbox_an_agent_can_commit_unless_it_is_told_otherwise() {
    let mut turn = turn();
    turn.git_folders = vec!["/r/.git/worktrees/w".into(), "/r/.git/refs".into()];
    let agent = Codex::new()
        .sandbox(Sandbox::WorkspaceWrite)
        .writable_roots(["/x"]);
    let roots = "-c sandbox_workspace_write.writable_roots=";
    assert_eq!(
        line(&agent, &turn),
        format!(
            "{START} --sandbox=workspace-write \
             {roots}[\"/x\",\"/r/.git/worktrees/w\",\"/r/.git/refs\"] {QUIET} -"
        )
    );
    assert_eq!(
        line(&agent.protect_git(true), &turn),
        format!("{START} --sandbox=workspace-write {roots}[\"/x\"] {QUIET} -")
    );
    for sandbox in [Sandbox::Off, Sandbox::ReadOnly] {
        let line = line(&Codex::new().sandbox(sandbox), &turn);
        assert!(!line.contains("/r/.git"), "{line}");
    }
}

#[test]
fn a_schema_is_a_file_that_comes_before_the_session() {
    let mut turn = turn();
    turn.schema = Some(serde_json::json!({"type": "object"}));
    turn.session = Some(SessionId::new("01a1"));
    let call = Codex::new().invocation(&turn).unwrap();
    let text = b"{\"type\":\"object\"}".to_vec();
    assert_eq!(call.files, [("schema.json".to_owned(), text)]);
    let path = format!("--output-schema={}/schema.json", Invocation::FOLDER);
    assert_eq!(
        line(&Codex::new(), &turn),
        format!("{START} {OFF} {QUIET} {path} resume 01a1 -")
    );
}

#[test]
fn a_read_only_turn_is_never_without_a_sandbox() {
    let mut turn = turn();
    turn.read_only = true;
    for sandbox in [Sandbox::Off, Sandbox::WorkspaceWrite, Sandbox::ReadOnly] {
        let agent = Codex::new().sandbox(sandbox).writable_roots(["/x"]);
        assert_eq!(
            line(&agent, &turn),
            format!("{START} --sandbox=read-only {QUIET} -")
        );
    }
}

#[test]
fn the_prompt_goes_to_standard_input_and_nowhere_else() {
    for prompt in ["--help", "-", "", "a\0b\nÜ", &"x".repeat(2_000_000)] {
        let mut turn = turn();
        turn.prompt = prompt.to_owned();
        let call = Codex::new().invocation(&turn).unwrap();
        assert_eq!(call.stdin, prompt.as_bytes());
        assert_eq!(
            call.args,
            Codex::new().invocation(&streams::turn()).unwrap().args
        );
        assert!(call.env.is_empty());
    }
}

#[test]
fn an_id_that_would_be_an_option_is_refused() {
    for id in ["", "--last", "-"] {
        let mut turn = turn();
        turn.session = Some(SessionId::new(id));
        let error = Codex::new().invocation(&turn).unwrap_err();
        assert_eq!(*error.kind(), HarnessErrorKind::Unsupported, "{id}");
    }
}
