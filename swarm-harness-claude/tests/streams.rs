//! What the adapter makes of recorded runs of the real Claude Code.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::fmt::Write;

use common::{all, recorded, replay, turn};
use swarm_core::agent_cli::CliAgent;
use swarm_core::model::{Cost, EndReason, Killer, Limit, Timestamp};
use swarm_core::ports::{AgentEvent, Stop, TurnReport};
use swarm_core::process::{Exit, Line, Stream};
use swarm_harness_claude::ClaudeCode;

fn report(name: &str) -> TurnReport {
    recorded(name).replay(&ClaudeCode::new(), &turn()).1
}

#[test]
fn every_recorded_run_gets_its_end_reason() {
    let mut wrong = String::new();
    for run in all() {
        let (_, report) = run.replay(&ClaudeCode::new(), &turn());
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
        let (events, report) = run.replay(&ClaudeCode::new(), &turn());
        let usage = report.usage;
        writeln!(
            table,
            "{}: {}\n  session {}, {} events\n  in {} out {} read {} written {} thought {}, {}\n  says {:?}\n  {}",
            run.name,
            serde_json::to_string(&report.end).unwrap(),
            report.session.as_ref().map_or("none", |session| session.as_str()),
            events.len(),
            usage.input,
            usage.output,
            usage.cache_read,
            usage.cache_write,
            usage.reasoning,
            report.cost.map_or("no cost".to_owned(), |cost| format!("${}", cost.usd())),
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
        let (_, report) = run.replay(&ClaudeCode::new(), &turn());
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
    assert!(error("perm-dsp-root").contains("set IS_SANDBOX=1"));
    assert!(error("no-credentials").contains("set ANTHROPIC_API_KEY"));
    assert!(error("credit400").contains("add credit"));
    assert!(error("notfound404").contains("selected model"));
}

#[test]
fn a_usage_limit_says_until_when() {
    let retry_at = Some(Timestamp(1_795_222_807_000));
    assert_eq!(
        report("unified429-oauth").end,
        EndReason::RateLimited { retry_at }
    );
    let retry_at = None;
    assert_eq!(
        report("rate429-long-default-retries").end,
        EndReason::RateLimited { retry_at }
    );
}

#[test]
fn a_resumed_turn_reports_its_own_tokens_and_money() {
    // The first turn of this session read 200 tokens for $0.0016; the stream's
    // totals go on from there.
    let resumed = report("resume");
    assert_eq!(resumed.usage.input, 1234);
    assert_eq!(resumed.cost, Some(Cost(6274)));
    // The older version counts by process.
    let resumed = report("v197-resume");
    assert_eq!(resumed.usage.input, 1234);
    assert_eq!(resumed.cost, Some(Cost(8040)));
}

#[test]
fn several_results_of_one_process_add_up_and_the_last_message_counts() {
    let two = report("bg-finish");
    assert_eq!((two.usage.input, two.usage.output), (300, 60));
    assert_eq!(two.cost, Some(Cost(2400)));
    assert_eq!(two.message, "noticed the task ended");
}

#[test]
fn the_session_is_told_before_anything_else() {
    for run in all() {
        let (events, report) = run.replay(&ClaudeCode::new(), &turn());
        let Some(session) = report.session else {
            continue;
        };
        assert_eq!(events[0], AgentEvent::Session { session }, "{}", run.name);
    }
    assert_eq!(report("resume-unknown").session, None);
}

#[test]
fn events_tell_what_the_agent_does() {
    let (events, _) = recorded("success-commit").replay(&ClaudeCode::new(), &turn());
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
            "<Write>",
            "<Bash>",
            "Committed made.txt."
        ]
    );
}

#[test]
fn retries_and_denials_are_warnings() {
    let warnings = |name| -> Vec<String> {
        let (events, _) = recorded(name).replay(&ClaudeCode::new(), &turn());
        events
            .into_iter()
            .filter_map(|event| match event {
                AgentEvent::Warning { text } => Some(text),
                _ => None,
            })
            .collect()
    };
    assert_eq!(
        warnings("err500-retries1"),
        ["overloaded: try 1 of 1 follows"]
    );
    assert_eq!(warnings("v197-drop-early"), ["network: try 1 of 1 follows"]);
    assert_eq!(warnings("read-only")[0], "denied: Bash");
    assert_eq!(
        warnings("unified429-oauth")[0],
        "usage limit five_hour reached"
    );
}

#[test]
fn only_a_rejection_makes_a_limit_hard() {
    let limit = |status: &str| {
        let stdout = format!(
            r#"{{"type":"rate_limit_event","rate_limit_info":{{"status":"{status}","resetsAt":5}}}}
{{"type":"result","subtype":"success","is_error":false,"result":"ok"}}"#
        );
        replay(&ClaudeCode::new(), &turn(), &stdout, "", Exit::Code(0))
    };
    for (status, warnings) in [("allowed", 0), ("allowed_warning", 1), ("brand_new", 1)] {
        let (events, report) = limit(status);
        assert_eq!(report.end, EndReason::Finished);
        let is_warning = |event: &&AgentEvent| matches!(event, AgentEvent::Warning { .. });
        assert_eq!(
            events.iter().filter(is_warning).count(),
            warnings,
            "{status}"
        );
    }
}

#[test]
fn what_we_end_ourselves_is_so_reported_unless_the_agent_was_done() {
    let ended = |name: &str, exit| {
        let run = recorded(name);
        replay(&ClaudeCode::new(), &turn(), &run.stdout, &run.stderr, exit)
            .1
            .end
    };
    let wall = Exit::StoppedByUs(Stop::Limit(Limit::Wall));
    let swarm = EndReason::Killed { by: Killer::Swarm };
    assert_eq!(
        ended("hang-sigkill", Exit::StoppedByUs(Stop::Gently)),
        swarm
    );
    assert_eq!(ended("hang-sigkill", Exit::StoppedByUs(Stop::Now)), swarm);
    assert_eq!(
        ended("hang-sigkill", wall),
        EndReason::TimedOut { limit: Limit::Wall }
    );
    // It printed its result and then waited for a background task.
    assert_eq!(ended("left-bgtool-ceiling3s", wall), EndReason::Finished);
    // A limit that ends endless retries names their cause; a stop is a stop.
    let run = recorded("over529-default-retries");
    let retries = run.stdout.split("{\"type\":\"assistant\"").next().unwrap();
    let ended = |exit| replay(&ClaudeCode::new(), &turn(), retries, "", exit).1.end;
    assert_eq!(ended(wall), EndReason::Overloaded);
    assert_eq!(ended(Exit::StoppedByUs(Stop::Gently)), swarm);
}

#[test]
fn the_last_word_is_said_with_the_result_and_taken_back_by_a_new_turn() {
    let run = recorded("bg-finish");
    let mut transcript = ClaudeCode::new().transcript(&turn());
    let mut words = Vec::new();
    let (stream, cut) = (Stream::Stdout, false);
    for text in run.stdout.lines() {
        transcript.on_line(Line { stream, text, cut });
        if words.last() != Some(&transcript.is_over()) {
            words.push(transcript.is_over());
        }
    }
    // It waits for its background task in between.
    assert_eq!(words, [false, true, false, true]);
}

#[test]
fn a_second_turn_that_is_cut_off_is_not_finished() {
    let run = recorded("bg-finish");
    let end = run.stdout.rfind("{\"type\":\"assistant\"").unwrap();
    let cut_off = |exit| replay(&ClaudeCode::new(), &turn(), &run.stdout[..end], "", exit).1;
    let wall = Exit::StoppedByUs(Stop::Limit(Limit::Wall));
    let limit = Limit::Wall;
    assert_eq!(cut_off(wall).end, EndReason::TimedOut { limit });
    let by = Killer::Other;
    assert_eq!(cut_off(Exit::Signal(9)).end, EndReason::Killed { by });
    // Where it ended by itself, there was nothing more to say.
    assert_eq!(cut_off(Exit::Code(0)).end, EndReason::Finished);
}

#[test]
fn noise_and_the_order_of_keys_do_not_matter() {
    let run = recorded("success-commit");
    let clean = run.replay(&ClaudeCode::new(), &turn());
    let mut noisy = String::from("\u{feff}warming up\n");
    for line in run.stdout.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        // Sorted by name, so `type` comes last or nearly so.
        writeln!(
            noisy,
            "{value}\n[]\n{{\"type\":7}}\n{{\"type\":\"new_kind\"}}\n\n{{"
        )
        .unwrap();
    }
    let (events, report) = replay(&ClaudeCode::new(), &turn(), &noisy, "", Exit::Code(0));
    assert_eq!((events, report), clean);
}

#[test]
fn a_line_that_was_cut_is_not_believed() {
    let mut transcript = swarm_core::agent_cli::CliAgent::transcript(&ClaudeCode::new(), &turn());
    let text = r#"{"type":"result","subtype":"success","is_error":false,"result":"ok"}"#;
    let (stream, cut) = (Stream::Stdout, true);
    assert!(transcript.on_line(Line { stream, text, cut }).is_empty());
    assert_eq!(transcript.finish(Exit::Code(0)).end, EndReason::Crashed);
}
