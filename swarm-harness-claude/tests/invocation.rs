//! The command line of every option.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::ffi::OsStr;
use std::time::Duration;

use swarm_core::agent_cli::{CliAgent, Invocation};
use swarm_core::model::{Cost, SessionId};
use swarm_core::ports::{HarnessErrorKind, TurnRequest};
use swarm_core::testing::streams::{self, turn};
use swarm_harness_claude::{ClaudeCode, Permissions};

const START: &str = "claude -p --output-format=stream-json --verbose";

fn line(agent: &ClaudeCode, turn: &TurnRequest) -> String {
    let call = agent.invocation(turn).unwrap();
    let mut words = vec![call.program];
    words.extend(call.args);
    words.join(OsStr::new(" ")).into_string().unwrap()
}

fn environment(call: &Invocation) -> Vec<String> {
    call.env
        .iter()
        .map(|(name, value)| format!("{}={}", name.display(), value.display()))
        .collect()
}

#[test]
fn each_option_has_its_argument() {
    let new = ClaudeCode::new;
    let skip = "--dangerously-skip-permissions";
    for (agent, args) in [
        (new(), skip.to_owned()),
        (new().model("opus"), format!("{skip} --model=opus")),
        (new().effort("high"), format!("{skip} --effort=high")),
        (
            new().fallback_model("a,b"),
            format!("{skip} --fallback-model=a,b"),
        ),
        (new().max_turns(3), format!("{skip} --max-turns=3")),
        (
            new().setting_sources("user"),
            format!("{skip} --setting-sources=user"),
        ),
        (
            new()
                .permissions(Permissions::AcceptEdits)
                .allowed_tools(["Bash(git *)", "Edit"]),
            "--permission-mode=acceptEdits --allowedTools=Bash(git *),Edit".to_owned(),
        ),
        (
            new().permissions(Permissions::AllowedOnly),
            "--permission-mode=dontAsk".to_owned(),
        ),
        (
            new()
                .model("m")
                .extra_args(["--betas", "x"])
                .extra_args(["-y"]),
            format!("{skip} --model=m --betas x -y"),
        ),
        (
            new().max_retries(0).request_timeout(Duration::from_secs(1)),
            skip.to_owned(),
        ),
    ] {
        assert_eq!(line(&agent, &turn()), format!("{START} {args}"));
    }
}

#[test]
fn an_agent_that_may_ask_is_told_its_prompt_as_a_message_and_then_listens() {
    let agent = ClaudeCode::new()
        .permissions(Permissions::Ask)
        .allowed_tools(["Bash(git *)"]);
    let args = "--permission-mode=default --permission-prompt-tool=stdio \
                --allowedTools=Bash(git *) --input-format=stream-json";
    let mut turn = turn();
    assert_eq!(line(&agent, &turn), format!("{START} {args}"));
    let call = agent.invocation(&turn).unwrap();
    let message = br#"{"type":"user","message":{"role":"user","content":"do it"}}"#;
    assert_eq!(call.stdin, [&message[..], b"\n"].concat());
    assert!(agent.transcript(&turn).listens());
    assert!(!ClaudeCode::new().transcript(&turn).listens());
    // Who may only read has nothing to ask.
    turn.read_only = true;
    assert_eq!(agent.invocation(&turn).unwrap().stdin, b"do it");
    assert!(!agent.transcript(&turn).listens());
}

#[test]
fn a_live_agent_stays_where_turns_have_no_limit_of_their_own() {
    let live = ClaudeCode::new().live(true);
    let args = "--dangerously-skip-permissions --input-format=stream-json";
    assert_eq!(line(&live, &turn()), format!("{START} {args}"));
    let stays = |agent: &ClaudeCode, turn: &TurnRequest| {
        let call = agent.invocation(turn).unwrap();
        assert_eq!(call.stays, call.stdin.starts_with(b"{"), "told by messages");
        call.stays
    };
    assert!(stays(&live, &turn()));
    assert!(!stays(&ClaudeCode::new(), &turn()));
    assert!(!stays(&live.clone().background_tasks(true), &turn()));
    let mut budgeted = turn();
    budgeted.budget = Some(Cost::from_usd(1.0));
    assert!(!stays(&live, &budgeted));
    let mut reading = turn();
    reading.read_only = true;
    assert!(!stays(&live, &reading));
}

#[test]
fn the_request_decides_over_the_options() {
    let mut turn = turn();
    turn.model = Some("-m".to_owned());
    turn.session = Some(SessionId::new("5f3a"));
    turn.budget = Some(Cost::from_usd(1.25));
    assert_eq!(
        line(&ClaudeCode::new().model("opus").extra_args(["-y"]), &turn),
        format!(
            "{START} --dangerously-skip-permissions --model=-m --max-budget-usd=1.25 --resume=5f3a -y"
        )
    );
}

#[test]
fn the_budget_is_a_decimal_number_above_zero() {
    for (micros, text) in [
        (0, "0.000001"),
        (500_000, "0.5"),
        (12_000_000, "12"),
        (1, "0.000001"),
    ] {
        let mut turn = turn();
        turn.budget = Some(Cost(micros));
        let line = line(&ClaudeCode::new(), &turn);
        assert!(
            line.ends_with(&format!("--max-budget-usd={text}")),
            "{line}"
        );
    }
}

#[test]
fn a_read_only_turn_never_skips_permissions() {
    let mut turn = turn();
    turn.read_only = true;
    let reading = "--permission-mode=dontAsk --tools=Read,Grep,Glob,Bash";
    let agent = ClaudeCode::new().allowed_tools(["Edit"]);
    assert_eq!(
        line(&agent, &turn),
        format!("{START} {reading} --setting-sources=user")
    );
    let agent = ClaudeCode::new().setting_sources("user,project");
    assert_eq!(
        line(&agent, &turn),
        format!("{START} {reading} --setting-sources=user,project")
    );
}

#[test]
fn the_prompt_goes_to_standard_input_and_nowhere_else() {
    for prompt in ["--help", "-", "", "a\0b\nÜ", &"x".repeat(2_000_000)] {
        let mut turn = turn();
        turn.prompt = prompt.to_owned();
        let call = ClaudeCode::new().invocation(&turn).unwrap();
        assert_eq!(call.stdin, prompt.as_bytes());
        assert_eq!(
            call.args,
            ClaudeCode::new().invocation(&streams::turn()).unwrap().args
        );
    }
}

#[test]
fn commands_stay_in_the_worktree_and_in_the_foreground() {
    let stay = "CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR=1";
    let call = |agent: ClaudeCode| environment(&agent.invocation(&turn()).unwrap());
    let foreground = "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS=1";
    assert_eq!(call(ClaudeCode::new()), [stay, foreground]);
    assert_eq!(call(ClaudeCode::new().background_tasks(true)), [stay]);
    assert_eq!(
        call(ClaudeCode::new().compaction(false)),
        [stay, foreground, "DISABLE_AUTO_COMPACT=1"]
    );
    assert_eq!(
        call(
            ClaudeCode::new()
                .max_retries(2)
                .streaming_only(true)
                .request_timeout(Duration::from_secs(90))
        ),
        [
            stay,
            foreground,
            "CLAUDE_CODE_MAX_RETRIES=2",
            "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK=1",
            "API_TIMEOUT_MS=90000"
        ]
    );
}

#[test]
fn a_schema_is_one_argument_and_a_huge_one_is_refused() {
    let mut turn = turn();
    turn.schema = Some(serde_json::json!({"type": "object"}));
    assert_eq!(
        line(&ClaudeCode::new().extra_args(["-y"]), &turn),
        format!("{START} --dangerously-skip-permissions --json-schema={{\"type\":\"object\"}} -y")
    );
    turn.schema = Some(serde_json::json!({"description": "x".repeat(200_000)}));
    let error = ClaudeCode::new().invocation(&turn).unwrap_err();
    assert_eq!(*error.kind(), HarnessErrorKind::Unsupported);
}

#[test]
fn an_empty_session_id_is_refused_since_it_would_start_a_new_session() {
    let mut turn = turn();
    turn.session = Some(SessionId::new(""));
    let error = ClaudeCode::new().invocation(&turn).unwrap_err();
    assert_eq!(*error.kind(), HarnessErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "cannot resume a session: its id is empty"
    );
}

#[test]
fn the_latest_session_is_never_guessed() {
    for session in [None, Some(SessionId::new("s"))] {
        let mut turn = turn();
        turn.session = session;
        let line = line(&ClaudeCode::new(), &turn);
        assert!(
            !line.contains("--continue") && !line.contains(" -c"),
            "{line}"
        );
    }
}
