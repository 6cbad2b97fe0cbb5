//! What the adapter makes of recorded runs of the real Codex.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "../../swarm-harness-claude/tests/common/mod.rs"]
mod common;

use std::fmt::Write;

use common::{all, recorded, replay, turn};
use swarm_core::agent_cli::CliAgent;
use swarm_core::model::{EndReason, Killer, Limit, SessionId, Usage};
use swarm_core::ports::{AgentEvent, Stop, TurnReport};
use swarm_core::process::{Exit, Line, Stream};
use swarm_harness_codex::Codex;

fn report(name: &str) -> TurnReport {
    recorded(name).replay(&Codex::new(), &turn()).1
}

#[test]
fn every_recorded_run_gets_its_end_reason() {
    let mut wrong = String::new();
    for run in all() {
        let (_, report) = run.replay(&Codex::new(), &turn());
        if !run.end.iter().any(|end| end == report.end.as_str()) {
            writeln!(wrong, "{}: {report:?}, not {:?}", run.name, run.end).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn reports_as_a_whole() {
    let mut table = String::new();
    for run in all() {
        let (events, report) = run.replay(&Codex::new(), &turn());
        let usage = report.usage;
        writeln!(
            table,
            "{}: {}\n  session {}, {} events\n  in {} out {} read {} written {} thought {}\n  says {:?}\n  {}",
            run.name,
            // Not the time: it depends on the zone that the test runs in.
            report.end.as_str(),
            report.session.as_ref().map_or("none", |session| session.as_str()),
            events.len(),
            usage.input,
            usage.output,
            usage.cache_read,
            usage.cache_write,
            usage.reasoning,
            report.message.chars().take(60).collect::<String>(),
            report.error.as_deref().unwrap_or("no error"),
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_bad_end_is_explained_in_one_short_line() {
    for run in all() {
        let (_, report) = run.replay(&Codex::new(), &turn());
        let error = report.error.unwrap_or_default();
        assert_eq!(
            error.is_empty(),
            report.end == EndReason::Finished,
            "{}",
            run.name
        );
        assert!(
            error.chars().count() <= 400 && !error.contains('\n'),
            "{}",
            run.name
        );
    }
}

#[test]
fn what_a_person_can_do_is_said() {
    let error = |name| report(name).error.unwrap();
    assert!(error("no-key").contains("let it through to the agent"));
    assert!(error("auth401").contains("codex login"));
    assert!(error("quota").contains("check the plan"));
    assert!(error("not-a-repo").contains("in a git repository"));
    // The service's JSON is not for people.
    assert!(error("credit400").starts_with("Your credit balance is too low"));
}

#[test]
fn a_usage_limit_says_until_when() {
    // The zone is this machine's: the time is somewhere in these two days.
    match report("codex-usage-limit").end {
        EndReason::RateLimited { retry_at: Some(at) } => {
            let day = 86_400_000;
            let utc = 1_795_222_380_000;
            assert!(at.0.abs_diff(utc) < day, "{at:?}");
        }
        end => panic!("{end:?}"),
    }
    assert_eq!(
        report("rate429").end,
        EndReason::RateLimited { retry_at: None }
    );
}

#[test]
fn a_turn_reports_its_own_tokens() {
    let agent = Codex::new();
    let first = recorded("success-commit").replay(&agent, &turn()).1;
    let mut next = turn();
    next.session = first.session;
    // Its totals: 6223 read, 1689 of them from the cache, 176 written.
    let resumed = recorded("resume").replay(&agent, &next).1;
    assert_eq!(
        resumed.usage,
        Usage {
            input: 1234,
            output: 56,
            cache_read: 789,
            ..Usage::default()
        }
    );
    // A clone knows what the agent knows; a stranger knows no beginning and
    // says nothing.
    let third = recorded("resume-flags-before")
        .replay(&agent.clone(), &next)
        .1;
    assert_eq!(third.usage, resumed.usage);
    let stranger = Codex::new();
    let unknown = recorded("resume").replay(&stranger, &next).1;
    assert_eq!(unknown.usage, Usage::default());
    let known = recorded("resume-flags-before").replay(&stranger, &next).1;
    assert_eq!(known.usage, resumed.usage);
}

#[test]
fn the_session_is_told_before_anything_else() {
    for run in all() {
        let (events, report) = run.replay(&Codex::new(), &turn());
        let Some(session) = report.session else {
            continue;
        };
        assert_eq!(events[0], AgentEvent::Session { session }, "{}", run.name);
    }
    assert_eq!(report("resume-unknown").session, None);
    let session = SessionId::new("01a1fb72-0512-76d1-9c19-558e2b834abc");
    assert_eq!(report("resume").session, Some(session));
}

#[test]
fn events_tell_what_the_agent_does() {
    let (events, _) = recorded("success-commit").replay(&Codex::new(), &turn());
    let told: Vec<String> = events
        .into_iter()
        .filter_map(|event| match event {
            AgentEvent::Message { text } => Some(text),
            AgentEvent::Tool { name } => Some(format!("<{name}>")),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            "I will create the file.",
            "<file_change>",
            "<command_execution>",
            "Committed made.txt."
        ]
    );
}

#[test]
fn a_reconnection_is_a_warning_and_not_the_end() {
    let (events, report) = recorded("drop-once").replay(&Codex::new(), &turn());
    assert_eq!(report.end, EndReason::Finished);
    let warned = |event: &AgentEvent| matches!(event, AgentEvent::Warning { text } if text.starts_with("Reconnecting... 1/5"));
    assert!(events.iter().any(warned));
}

#[test]
fn what_we_end_ourselves_is_so_reported_unless_codex_was_done_or_stuck() {
    let ended = |name: &str, exit| {
        let run = recorded(name);
        replay(&Codex::new(), &turn(), &run.stdout, &run.stderr, exit)
            .1
            .end
    };
    let idle = Exit::StoppedByUs(Stop::Limit(Limit::Idle));
    let swarm = EndReason::Killed { by: Killer::Swarm };
    assert_eq!(
        ended("hang-sigkill", Exit::StoppedByUs(Stop::Gently)),
        swarm
    );
    assert_eq!(
        ended("hang-sigkill", idle),
        EndReason::TimedOut { limit: Limit::Idle }
    );
    assert_eq!(ended("text", idle), EndReason::Finished);
    // It would have slept for as long as the service wanted it to.
    assert_eq!(
        ended("rate429-long", idle),
        EndReason::RateLimited { retry_at: None }
    );
    assert_eq!(ended("rate429-long", Exit::StoppedByUs(Stop::Now)), swarm);
    assert_eq!(ended("no-network", idle), EndReason::Network);
}

#[test]
fn the_last_word_is_said_when_the_turn_is_completed_or_failed() {
    let over = |text: &str| {
        let mut transcript = Codex::new().transcript(&turn());
        let (stream, cut) = (Stream::Stdout, false);
        for text in text.lines() {
            transcript.on_line(Line { stream, text, cut });
        }
        transcript.is_over()
    };
    for name in ["text", "err500"] {
        let run = recorded(name);
        assert!(over(&run.stdout), "{name}");
        let last = run.stdout.trim_end().rfind('\n').unwrap();
        assert!(
            !over(&run.stdout[..last]),
            "{name}: an error is not the end"
        );
        let again = format!("{}\n{{\"type\":\"turn.started\"}}", run.stdout);
        assert!(!over(&again), "{name}");
    }
}

#[test]
fn noise_and_the_order_of_keys_do_not_matter() {
    let run = recorded("success-commit");
    let clean = run.replay(&Codex::new(), &turn());
    let mut noisy = String::from("\u{feff}warming up\n");
    for line in run.stdout.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        writeln!(
            noisy,
            "{value}\n[]\n{{\"type\":7}}\n{{\"type\":\"new.kind\"}}\n\n{{"
        )
        .unwrap();
    }
    let (events, report) = replay(&Codex::new(), &turn(), &noisy, "", Exit::Code(0));
    assert_eq!((events, report), clean);
}

#[test]
fn a_line_that_was_cut_is_not_believed() {
    let mut transcript = Codex::new().transcript(&turn());
    let text = r#"{"type":"turn.completed","usage":{}}"#;
    let (stream, cut) = (Stream::Stdout, true);
    assert!(transcript.on_line(Line { stream, text, cut }).is_empty());
    assert_eq!(transcript.finish(Exit::Code(0)).end, EndReason::Crashed);
}
