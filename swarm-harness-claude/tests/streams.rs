//! What the adapter makes of recorded runs of the real Claude Code.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use swarm_core::agent_cli::{CliAgent, Fields};
use swarm_core::model::{ContextUse, Cost, EndReason, Killer, Limit, Timestamp, Usage, Wait};
use swarm_core::ports::{AgentEvent, Stop, TurnReport};
use swarm_core::process::{Exit, Line, Stream};
use swarm_core::testing::streams::{
    Expected, Played, Recorded, check_cuts, check_key_order, check_line_ends, check_noise,
    check_sound, turn,
};
use swarm_harness_claude::ClaudeCode;

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
    run.play(&ClaudeCode::new(), &turn())
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
        write!(table, "{}: {}", run.name, play(&run)).unwrap();
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
fn each_turn_of_a_live_process_tells_its_own() {
    let newer = [(100, 800, false), (200, 1600, true), (100, 800, false)];
    // The older version has totals of its process only.
    let older = [(100, 1000, false), (200, 2000, true), (100, 1000, false)];
    for (name, each) in [
        ("live-three-turns", newer),
        ("v197-live-three-turns", older),
    ] {
        let turns = recorded(name).play_turns(&ClaudeCode::new().live(true), &turn());
        let told = turns.iter().map(|Played { report, .. }| {
            assert_eq!(report.end, EndReason::Finished, "{name}: {report:?}");
            assert_eq!(report.session, turns[0].report.session);
            let micros = report.cost.map(|cost| cost.0).unwrap();
            (report.usage.input, micros, !report.looked_at.is_empty())
        });
        assert_eq!(told.collect::<Vec<_>>(), each, "{name}");
        assert!(turns[0].report.session.is_some());
        // Named once: the run knows it since.
        let names = |played: &Played| {
            let session = |event: &&AgentEvent| matches!(event, AgentEvent::Session { .. });
            played.events.iter().filter(session).count()
        };
        assert_eq!(turns.iter().map(names).collect::<Vec<_>>(), [1, 0, 0]);
    }
}

#[test]
fn however_a_process_is_cut_into_turns_nothing_is_counted_twice_or_lost() {
    for run in all() {
        let whole = play(&run).report;
        let turns = run.play_turns(&ClaudeCode::new().live(true), &turn());
        let (mut usage, mut cost) = (Usage::default(), Cost::default());
        for Played { report, .. } in turns {
            usage += report.usage;
            cost += report.cost.unwrap_or_default();
        }
        assert_eq!(usage, whole.usage, "{}", run.name);
        assert_eq!(cost, whole.cost.unwrap_or_default(), "{}", run.name);
    }
}

#[test]
fn a_live_process_that_ends_in_mid_turn_tells_nothing_of_the_turn_before() {
    let mut run = recorded("live-three-turns");
    let results: Vec<usize> = run
        .stdout
        .split_inclusive(|byte| *byte == b'\n')
        .scan(0, |at, line| {
            *at += line.len();
            Some((
                *at,
                line.windows(15).any(|part| part == b"\"type\":\"result\""),
            ))
        })
        .filter_map(|(at, is_result)| is_result.then_some(at))
        .collect();
    let second = run.stdout[results[0]..]
        .iter()
        .position(|byte| *byte == b'\n');
    run.stdout.truncate(results[0] + second.unwrap() + 1);
    run.exit = Exit::Signal(9);
    let turns = run.play_turns(&ClaudeCode::new().live(true), &turn());
    let last = &turns[1].report;
    assert_eq!(turns.len(), 2);
    assert_eq!(last.end, EndReason::Killed { by: Killer::Other });
    assert_eq!((last.message.as_str(), last.usage.input), ("", 0));
    assert!(last.session.is_some());
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
            "<Write>",
            "<Bash>",
            "Committed made.txt."
        ]
    );
}

#[test]
fn retries_and_denials_are_warnings() {
    let warnings = |name| -> Vec<String> {
        let events = play(&recorded(name)).events;
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
fn what_it_waits_for_is_told() {
    let waits = |name| -> Vec<Wait> {
        let events = play(&recorded(name)).events.into_iter();
        let wait = |event| match event {
            AgentEvent::Waits { wait } => Some(wait),
            _ => None,
        };
        events.filter_map(wait).collect()
    };
    let ms = |span| Wait::For(Duration::from_millis(span));
    assert_eq!(waits("rate429-once"), [ms(1150), ms(1129)]);
    assert_eq!(
        waits("unified429-oauth"),
        [Wait::Until(Timestamp(1_795_222_807_000))]
    );
    // A warning of a limit is none yet.
    assert_eq!(waits("unified-warning-apikey"), []);
}

#[test]
fn only_a_rejection_makes_a_limit_hard() {
    let limit = |status: &str| {
        let stdout = format!(
            r#"{{"type":"rate_limit_event","rate_limit_info":{{"status":"{status}","resetsAt":5}}}}
{{"type":"result","subtype":"success","is_error":false,"result":"ok"}}"#
        );
        play(&Recorded::new("", stdout, "", Exit::Code(0)))
    };
    for (status, warnings) in [("allowed", 0), ("allowed_warning", 1), ("brand_new", 1)] {
        let Played { events, report } = limit(status);
        assert_eq!(report.end, EndReason::Finished);
        let is_warning = |event: &&AgentEvent| matches!(event, AgentEvent::Warning { .. });
        let waits = |event: &&AgentEvent| matches!(event, AgentEvent::Waits { .. });
        assert_eq!(events.iter().filter(waits).count(), 0, "{status}");
        assert_eq!(
            events.iter().filter(is_warning).count(),
            warnings,
            "{status}"
        );
    }
}

#[test]
fn what_we_end_ourselves_is_so_reported_unless_the_agent_was_done() {
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
    let mut run = recorded("over529-default-retries");
    let text = String::from_utf8(run.stdout.clone()).unwrap();
    run.stdout
        .truncate(text.find("{\"type\":\"assistant\"").unwrap());
    let mut ended = |exit| {
        run.exit = exit;
        play(&run).report.end
    };
    assert_eq!(ended(wall), EndReason::Overloaded);
    assert_eq!(ended(Exit::StoppedByUs(Stop::Gently)), swarm);
}

#[test]
fn what_is_looked_at_again_and_again_is_one_thing() {
    let read = |part: usize| {
        format!(
            r#"{{"type":"assistant","message":{{"id":"m{part}","content":[{{"type":"tool_use","name":"Read","input":{{"file_path":"/w/a.rs","offset":{part}}}}}]}}}}"#
        )
    };
    let mut lines: Vec<String> = (0..100).map(read).collect();
    // A subagent looks for the one who called it; what writes is seen by git.
    lines.push(r#"{"type":"assistant","parent_tool_use_id":"t","message":{"content":[{"type":"tool_use","name":"Grep","input":{"pattern":"fn"}}]}}"#.to_owned());
    lines.push(r#"{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Write","input":{"file_path":"/w/b.rs"}}]}}"#.to_owned());
    let report = play(&Recorded::new("", lines.join("\n"), "", Exit::Code(0))).report;
    assert_eq!(report.looked_at, ["Grep fn", "Read /w/a.rs"]);
}

#[test]
fn how_full_a_conversation_is_comes_from_its_last_message() {
    let context = |used, limit| Some(ContextUse { used, limit });
    // Three messages; their sum is in the result.
    assert_eq!(report("success-commit").context, context(1601, 1_000_000));
    assert_eq!(report("compaction-off").context, context(195_001, 200_000));
    // Shortened, and then asked again.
    assert_eq!(report("too-long-midway").context, context(101, 1_000_000));
    assert_eq!(report("no-credentials").context, None);
    // Whoever is stopped in its work tells no limit.
    assert_eq!(report("tool-sigquit-pid").context.unwrap().limit, 0);

    let message = |id, read, of| {
        format!(
            r#"{{"type":"assistant"{of},"message":{{"id":"{id}","model":"m","usage":{{"input_tokens":{read},"cache_read_input_tokens":5,"cache_creation_input_tokens":3,"output_tokens":1}}}}}}"#
        )
    };
    let shortened = r#"{"type":"system","subtype":"compact_boundary","compact_metadata":{"pre_tokens":900,"post_tokens":70}}"#;
    let result = r#"{"type":"result","subtype":"success","result":"ok","modelUsage":{"small":{"contextWindow":10},"m[1m]":{"contextWindow":2000,"canonicalModel":"m"}}}"#;
    let play = |lines: &[&str]| {
        let run = Recorded::new("", lines.join("\n"), "", Exit::Code(0));
        play(&run).report.context
    };
    let own = message("a", 900, "");
    let sub = message("b", 7, r#","parent_tool_use_id":"t""#);
    assert_eq!(play(&[&own, &sub, result]), context(909, 2000));
    assert_eq!(play(&[&own, shortened, result]), context(70, 2000));
}

/// What is left of a recording when its first bytes are all that came.
fn cut(run: &Recorded, length: usize) -> Recorded {
    let mut run = run.clone();
    run.stdout.truncate(length);
    run
}

#[test]
fn the_last_word_is_said_with_the_result_and_taken_back_by_a_new_turn() {
    let run = recorded("bg-finish");
    let mut transcript = ClaudeCode::new().transcript(&turn());
    let mut words = Vec::new();
    let (stream, cut) = (Stream::Stdout, false);
    for text in std::str::from_utf8(&run.stdout).unwrap().lines() {
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
    let text = std::str::from_utf8(&run.stdout).unwrap();
    let run = cut(&run, text.rfind("{\"type\":\"assistant\"").unwrap());
    let cut_off = |exit| {
        let mut run = run.clone();
        run.exit = exit;
        play(&run).report.end
    };
    let by = Killer::Other;
    assert_eq!(cut_off(Exit::Signal(9)), EndReason::Killed { by });
    // Where it ended by itself, there was nothing more to say.
    assert_eq!(cut_off(Exit::Code(0)), EndReason::Finished);
}

#[test]
fn every_recorded_run_is_read_with_sense() {
    for run in all() {
        check_sound(&run, ClaudeCode::new);
        check_noise(&run, ClaudeCode::new);
        for seed in 0..10 {
            check_key_order(&run, seed, ClaudeCode::new);
        }
    }
}

#[test]
fn a_stream_that_ends_anywhere_is_finished_only_if_the_agent_said_so() {
    for run in all() {
        check_cuts(&run, ClaudeCode::new, |line| {
            Fields::parse(line).text("type") == "result"
        });
    }
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_change_nothing() {
    for run in all() {
        check_line_ends(&run, ClaudeCode::new);
    }
}

#[test]
fn a_line_that_was_cut_is_not_believed() {
    let mut transcript = ClaudeCode::new().transcript(&turn());
    let text = r#"{"type":"result","subtype":"success","is_error":false,"result":"ok"}"#;
    let (stream, cut) = (Stream::Stdout, true);
    assert!(transcript.on_line(Line { stream, text, cut }).is_empty());
    assert_eq!(transcript.finish(Exit::Code(0)).end, EndReason::Crashed);
}

#[test]
fn an_answer_by_a_schema_is_told_apart_from_the_message() {
    let answer = serde_json::json!({"summary": "done", "files": ["a.txt"]});
    assert_eq!(report("json-schema").structured, Some(answer));
    assert_eq!(report("nonascii").structured, None);
    let gave_up = r#"{"type":"result","subtype":"error_max_structured_output_retries","is_error":true,"errors":[]}"#;
    let report = play(&Recorded::new("", gave_up, "", Exit::Code(1))).report;
    assert_eq!(report.end, EndReason::ModelLimit);
}

#[test]
fn work_after_a_result_takes_it_back() {
    // A background task ended, and Claude Code began to speak again.
    let run = recorded("bg-finish");
    let text = String::from_utf8(run.stdout.clone()).unwrap();
    let again = text.rfind("noticed the task ended").unwrap();
    let second = text[..again].rfind("{\"type\":\"assistant\"").unwrap();
    let end = second + text[second..].find('\n').unwrap();
    let with = |length| {
        let mut run = cut(&run, length);
        run.exit = Exit::Signal(9);
        play(&run).report
    };
    let result = text.find("left a background task").unwrap();
    let result = result + text[result..].find("\"type\":\"result\"").unwrap();
    let first = result + text[result..].find('\n').unwrap();
    assert_eq!(with(first).end, EndReason::Finished);
    assert_eq!(with(first).message, "left a background task");
    let killed = EndReason::Killed { by: Killer::Other };
    assert_eq!(with(second).end, killed);
    assert_eq!(with(end).end, killed);
    assert_eq!(with(text.len()).end, EndReason::Finished);
}

#[test]
fn a_fault_that_was_overcome_does_not_explain_a_later_one() {
    let failed =
        r#"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["boom"]}"#;
    let fault = r#"{"type":"assistant","error":"rate_limit","message":{"content":[{"type":"text","text":"API Error: 429"}]}}"#;
    let works =
        r#"{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"On it."}]}}"#;
    let end = |lines: &[&str]| {
        let run = Recorded::new("", lines.join("\n"), "", Exit::Code(1));
        play(&run).report.end
    };
    let retry_at = None;
    assert_eq!(end(&[fault, failed]), EndReason::RateLimited { retry_at });
    assert_eq!(end(&[fault, works, failed]), EndReason::Crashed);
}

#[test]
fn a_usage_limit_is_warned_of_once() {
    let warning = |event: &&AgentEvent| matches!(event, AgentEvent::Warning { .. });
    let events = play(&recorded("unified429-oauth")).events;
    assert_eq!(events.iter().filter(warning).count(), 1);
}

#[test]
fn only_what_the_agent_says_itself_is_its_message() {
    // What a user, a tool, a subagent, a failure, a thought and a field of
    // another name say.
    let noise = r#"
{"type":"user","message":{"content":[{"type":"text","text":"SIGNAL"}]}}
{"type":"user","message":{"content":"SIGNAL"}}
{"type":"user","message":{"content":[{"type":"tool_result","content":"SIGNAL","text":"SIGNAL"}]},"tool_use_result":{"stdout":"SIGNAL"}}
{"type":"assistant","parent_tool_use_id":"t","message":{"content":[{"type":"text","text":"SIGNAL"}]}}
{"type":"assistant","error":"server_error","message":{"content":[{"type":"text","text":"SIGNAL"}]}}
{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"SIGNAL","text":"SIGNAL"},{"type":"tool_use","input":{"text":"SIGNAL"}}]}}
{"type":"system","subtype":"task_notification","summary":"SIGNAL","text":"SIGNAL"}
{"type":"stream_event","event":{"delta":{"text":"SIGNAL"}}}
"#
    .replace("SIGNAL", "swarm:n0 DONE");
    let said = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"Words."}]}}"#;
    for result in [
        r#"{"type":"result","subtype":"success","is_error":false,"result":"Words."}"#,
        r#"{"type":"result","subtype":"success","is_error":false}"#,
        r#"{"type":"result","subtype":"success","is_error":true,"result":"swarm:n0 DONE"}"#,
        "",
    ] {
        let lines = [&noise, said, &noise, result].concat();
        let run = Recorded::new("", lines, "swarm:n0 DONE", Exit::Code(0));
        assert_eq!(play(&run).report.message, "Words.", "{result}");
    }
}
