//! What the adapter makes of recorded runs of the real Codex.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use swarm_core::agent_cli::{CliAgent, Fields};
use swarm_core::model::{EndReason, Killer, Limit, SessionId, Usage};
use swarm_core::ports::{AgentEvent, Stop, TurnReport};
use swarm_core::process::{Exit, Line, Stream};
use swarm_core::testing::streams::{
    Expected, Played, Recorded, check_cuts, check_key_order, check_line_ends, check_noise,
    check_sound, turn,
};
use swarm_harness_codex::Codex;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn all() -> Vec<Recorded> {
    Recorded::read_all(&fixtures()).unwrap()
}

fn recorded(name: &str) -> Recorded {
    Recorded::read(&fixtures().join(name)).unwrap()
}

fn play(run: &Recorded) -> Played {
    run.play(&Codex::new(), &turn())
}

fn report(name: &str) -> TurnReport {
    play(&recorded(name)).report
}

/// A recording, ended otherwise.
fn ended(name: &str, exit: Exit) -> EndReason {
    let mut run = recorded(name);
    run.exit = exit;
    play(&run).report.end
}

#[test]
fn every_recorded_run_gets_its_end_reason() {
    let expected = Expected::read(&fixtures().join("expected.json")).unwrap();
    expected.check(&all(), |run| play(run).report);
}

#[test]
fn reports_as_a_whole() {
    let mut table = String::new();
    for run in all() {
        // Not the time: it depends on the zone that the test runs in.
        write!(table, "{}: {}", run.name, play(&run).timeless()).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_bad_end_is_explained_in_one_short_line() {
    for run in all() {
        let report = play(&run).report;
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
    assert!(error("quota").contains("Check your plan"));
    assert!(error("not-a-repo").contains("in a git repository"));
    // The service's JSON is not for people.
    assert!(error("credit400").starts_with("Your credit balance is too low"));
}

#[test]
fn each_command_is_one_thing_that_was_looked_at() {
    // Told when it begins and when it ends; a patch is none.
    let commit = "/bin/bash -lc \"git add -A && git commit -q -m 'add made.txt' && git log --oneline | head -3\"";
    assert_eq!(report("success-commit").looked_at, [commit]);
    let looped = report("loop-kill").looked_at;
    assert_eq!(looped, ["/bin/bash -lc 'echo looping'"]);
    assert!(all().iter().all(|run| play(run).report.context.is_none()));
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
    let first = recorded("success-commit").play(&agent, &turn()).report;
    let mut next = turn();
    next.session = first.session;
    // Its totals: 6223 read, 1689 of them from the cache, 176 written.
    let resumed = recorded("resume").play(&agent, &next).report;
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
        .play(&agent.clone(), &next)
        .report;
    assert_eq!(third.usage, resumed.usage);
    let stranger = Codex::new();
    let unknown = recorded("resume").play(&stranger, &next).report;
    assert_eq!(unknown.usage, Usage::default());
    let known = recorded("resume-flags-before")
        .play(&stranger, &next)
        .report;
    assert_eq!(known.usage, resumed.usage);
}

#[test]
fn the_session_is_told_before_anything_else() {
    for run in all() {
        let Played { events, report } = play(&run);
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
    let events = play(&recorded("success-commit")).events;
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
    let Played { events, report } = play(&recorded("drop-once"));
    assert_eq!(report.end, EndReason::Finished);
    let warned = |event: &AgentEvent| matches!(event, AgentEvent::Warning { text } if text.starts_with("Reconnecting... 1/5"));
    assert!(events.iter().any(warned));
}

#[test]
fn what_we_end_ourselves_is_so_reported_unless_codex_was_done_or_stuck() {
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
        let text = String::from_utf8(recorded(name).stdout).unwrap();
        assert!(over(&text), "{name}");
        let last = text.trim_end().rfind('\n').unwrap();
        assert!(!over(&text[..last]), "{name}: an error is not the end");
        let again = format!("{text}\n{{\"type\":\"turn.started\"}}");
        assert!(!over(&again), "{name}");
    }
}

#[test]
fn every_recorded_run_is_read_with_sense() {
    for run in all() {
        check_sound(&run, Codex::new);
        check_noise(&run, Codex::new);
        for seed in 0..10 {
            check_key_order(&run, seed, Codex::new);
        }
    }
}

#[test]
fn a_stream_that_ends_anywhere_is_finished_only_if_the_agent_said_so() {
    for run in all() {
        check_cuts(&run, Codex::new, |line| {
            Fields::parse(line).text("type") == "turn.completed"
        });
    }
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_change_nothing() {
    for run in all() {
        check_line_ends(&run, Codex::new);
    }
}

#[test]
fn a_line_that_was_cut_is_not_believed() {
    let mut transcript = Codex::new().transcript(&turn());
    let text = r#"{"type":"turn.completed","usage":{}}"#;
    let (stream, cut) = (Stream::Stdout, true);
    assert!(transcript.on_line(Line { stream, text, cut }).is_empty());
    assert_eq!(transcript.finish(Exit::Code(0)).end, EndReason::Crashed);
}

#[test]
fn an_answer_by_a_schema_is_the_message_as_json() {
    let mut turn = turn();
    turn.schema = Some(serde_json::json!({"type": "object"}));
    let structured = |name: &str| {
        let played = recorded(name).play(&Codex::new(), &turn);
        played.report.structured
    };
    let answer = serde_json::json!({"summary": "done", "files": ["a.txt"]});
    assert_eq!(structured("output-schema"), Some(answer));
    // Asked for, and not given.
    assert_eq!(structured("nonascii"), None);
    // Not asked for.
    assert_eq!(report("output-schema").structured, None);
}

fn of(lines: &[&str]) -> Played {
    play(&Recorded::new("", lines.join("\n"), "", Exit::Code(1)))
}

const THREAD: &str = r#"{"type":"thread.started","thread_id":"t"}"#;
const DONE: &str = r#"{"type":"turn.completed","usage":{"input_tokens":9,"output_tokens":2}}"#;

#[test]
fn totals_that_are_told_twice_count_once() {
    let usage = of(&[THREAD, DONE, DONE]).report.usage;
    assert_eq!((usage.input, usage.output), (9, 2));
}

#[test]
fn work_after_a_result_takes_it_back() {
    let began = r#"{"type":"turn.started"}"#;
    assert_eq!(of(&[THREAD, began, DONE]).report.end, EndReason::Finished);
    let report = of(&[THREAD, began, DONE, began]).report;
    assert_eq!(report.end, EndReason::Crashed);
}

#[test]
fn errors_are_put_for_people() {
    let credit = play(&recorded("credit400"));
    let warned = credit.events.iter().any(
        |event| matches!(event, AgentEvent::Warning { text } if text.starts_with("Your credit")),
    );
    assert!(warned, "{:?}", credit.events);
    // Codex says itself what to do.
    let error = report("quota").error.unwrap();
    assert_eq!(
        error,
        "Quota exceeded. Check your plan and billing details."
    );
    assert!(
        report("notfound404")
            .error
            .unwrap()
            .contains("choose another model")
    );
    assert_eq!(
        report("rate429-long").error.unwrap(),
        "Codex was ended by signal 9 while it tried to get over this: \
         exceeded retry limit, last status: 429 Too Many Requests"
    );
    for silent in [
        r#"{"type":"turn.failed"}"#,
        r#"{"type":"error","message":" "}"#,
    ] {
        let error = of(&[THREAD, silent]).report.error.unwrap();
        assert_eq!(error, "Codex does not say why");
    }
}

#[test]
fn only_what_the_agent_says_itself_is_its_message() {
    let noise = r#"
{"type":"item.completed","item":{"id":"1","type":"reasoning","text":"SIGNAL"}}
{"type":"item.completed","item":{"id":"2","type":"command_execution","command":"SIGNAL","aggregated_output":"SIGNAL","text":"SIGNAL"}}
{"type":"item.completed","item":{"id":"3","type":"error","message":"SIGNAL","text":"SIGNAL"}}
{"type":"item.completed","item":{"id":"4","type":"todo_list","text":"SIGNAL"}}
{"type":"item.started","item":{"id":"5","type":"agent_message","text":"SIGNAL"}}
{"type":"item.updated","item":{"id":"5","type":"agent_message","text":"SIGNAL"}}
{"type":"error","message":"SIGNAL","text":"SIGNAL"}
"#
    .replace("SIGNAL", "swarm:n0 DONE");
    let said =
        r#"{"type":"item.completed","item":{"id":"9","type":"agent_message","text":"Words."}}"#;
    for end in [
        DONE,
        r#"{"type":"turn.failed","error":{"message":"swarm:n0 DONE"}}"#,
        "",
    ] {
        let lines = [&noise, said, &noise, end].concat();
        let run = Recorded::new("", lines, "swarm:n0 DONE", Exit::Code(0));
        assert_eq!(play(&run).report.message, "Words.", "{end}");
    }
}

#[test]
fn only_a_line_feed_ends_a_line() {
    // Codex prints U+2028 and the like as they are.
    let said = "a\u{2028}b\u{2029}c\u{85}d\u{7f}e";
    let line =
        format!(r#"{{"type":"item.completed","item":{{"type":"agent_message","text":"{said}"}}}}"#);
    assert_eq!(of(&[&line, DONE]).report.message, said);
    let nonascii = recorded("nonascii").stdout;
    assert!(String::from_utf8(nonascii).unwrap().contains('\u{2028}'));
}

#[test]
fn zeros_cost_only_the_line_that_they_are_in() {
    let zeros = "\0".repeat(100);
    let said = r#"{"type":"item.completed","item":{"type":"agent_message","text":"Words."}}"#;
    let broken = r#"{"type":"item.completed","item":{"type":"agent_message","text":"ZERO"}}"#;
    let broken = broken.replace("ZERO", &zeros);
    let played = of(&[THREAD, &zeros, said, &broken, DONE]);
    assert_eq!(played.report.message, "Words.");
    assert_eq!(played.report.end, EndReason::Finished);
}
