//! Every fault, by both interfaces.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Answer, Fault, ModelServer, Script};
use super::{events, talk, types};
use crate::model::Timestamp;

const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";

fn ask(path: &str, stream: bool) -> Value {
    let prompt = "[script:go]";
    if path == MESSAGES {
        json!({
            "model": "m", "stream": stream, "tools": [{"name": "Bash"}],
            "messages": [{"role": "user", "content": prompt}],
        })
    } else {
        let content = json!([{"type": "input_text", "text": prompt}]);
        json!({
            "model": "m", "stream": stream, "tools": [{"name": "exec"}],
            "input": [{"type": "message", "role": "user", "content": content}],
        })
    }
}

fn failing(fault: Fault) -> ModelServer {
    let answer = Answer::new().text("One two three.").fails(fault);
    ModelServer::start([Script::new("go", [answer])]).expect("a server")
}

fn answer_to(fault: Fault, path: &str) -> String {
    talk(&failing(fault), &[("POST", path, ask(path, true))])
}

fn status(answer: &str) -> u16 {
    let word = answer.split(' ').nth(1).unwrap_or_default();
    word.parse().unwrap_or_default()
}

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

#[test]
fn every_fault_has_a_name_of_its_own() {
    let samples = Fault::samples();
    let names: BTreeSet<_> = samples.iter().map(Fault::as_str).collect();
    assert_eq!(names.len(), samples.len());
}

#[test]
fn refusals_are_told_in_each_services_words() {
    let limited = Fault::RateLimited { retry_after: None };
    let other = Fault::Status {
        status: 418,
        message: "No coffee.".to_owned(),
    };
    for (fault, messages, responses) in [
        (
            Fault::Unauthorized,
            (401, "authentication_error"),
            (401, "invalid_api_key"),
        ),
        (
            Fault::Forbidden,
            (403, "permission_error"),
            (403, "forbidden"),
        ),
        (
            Fault::UnknownModel,
            (404, "not_found_error"),
            (404, "model_not_found"),
        ),
        (
            limited,
            (429, "rate_limit_error"),
            (429, "rate_limit_exceeded"),
        ),
        (
            Fault::NoCredit,
            (400, "invalid_request_error"),
            (429, "insufficient_quota"),
        ),
        (
            Fault::Overloaded,
            (529, "overloaded_error"),
            (529, "overloaded"),
        ),
        (Fault::ServerError, (500, "api_error"), (500, "internal")),
        (
            Fault::Unavailable,
            (503, "api_error"),
            (503, "server_is_overloaded"),
        ),
        (other, (418, "api_error"), (418, "status")),
    ] {
        let answer = answer_to(fault.clone(), MESSAGES);
        let told = body(&answer)["error"]["type"].clone();
        assert_eq!((status(&answer), told), (messages.0, messages.1.into()));
        let answer = answer_to(fault, RESPONSES);
        let told = body(&answer)["error"]["code"].clone();
        assert_eq!((status(&answer), told), (responses.0, responses.1.into()));
        assert!(!answer.contains("retry-after"), "{answer}");
    }
}

#[test]
fn times_to_wait_are_told() {
    let resets_at = Timestamp::wall().plus(Duration::from_secs(3600));
    let seconds = resets_at.0 / 1000;
    let limited = Fault::RateLimited {
        retry_after: Some(Duration::from_secs(600)),
    };
    for path in [MESSAGES, RESPONSES] {
        let answer = answer_to(limited.clone(), path);
        assert!(answer.contains("\r\nretry-after: 600\r\n"), "{answer}");
    }
    let answer = answer_to(Fault::UsageLimit { resets_at }, MESSAGES);
    let header = format!("\r\nanthropic-ratelimit-unified-reset: {seconds}\r\n");
    assert!(answer.contains(&header), "{answer}");
    let answer = answer_to(Fault::UsageLimit { resets_at }, RESPONSES);
    let error = &body(&answer)["error"];
    assert_eq!(error["type"], "usage_limit_reached");
    assert_eq!(error["resets_at"], seconds);
}

/// What a client sees of a stream: whether it ended in good order, and the
/// types of its events; nothing of an event that is none.
fn stream_of(fault: Fault, path: &str) -> (bool, String) {
    let answer = answer_to(fault, path);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let kinds = answer
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter_map(|data| serde_json::from_str::<Value>(data).ok())
        .map(|event| event["type"].as_str().unwrap_or_default().to_owned());
    let kinds: Vec<_> = kinds.collect();
    (answer.ends_with("0\r\n\r\n"), kinds.join(" "))
}

#[test]
fn streams_of_messages_are_broken_as_told() {
    let start = "message_start content_block_start content_block_delta";
    let stop = "content_block_stop message_delta message_stop";
    let whole = format!("{start} {stop}");
    let end = "content_block_delta content_block_stop message_delta message_stop";
    let unknown = "message_start swarm.nobody_knows_this content_block_start content_block_delta";
    for (fault, good, kinds) in [
        (Fault::DropInStream, false, start),
        (Fault::EmptyStream, true, ""),
        (Fault::TruncatedEvent, true, "message_start"),
        (
            Fault::NoLastEvent,
            true,
            &format!("{start} content_block_stop message_delta"),
        ),
        (Fault::MalformedEvent, true, &format!("message_start {end}")),
        (Fault::UnknownEvent, true, &format!("{unknown} {stop}")),
        (
            Fault::OverloadedInStream,
            true,
            "message_start content_block_start error",
        ),
        (Fault::MaxOutputTokens, true, &whole),
        (Fault::Refusal, true, &whole),
        (
            Fault::Slow {
                pause: Duration::from_millis(1),
            },
            true,
            &format!("{start} content_block_delta {end}"),
        ),
    ] {
        let seen = stream_of(fault.clone(), MESSAGES);
        assert_eq!(seen, (good, kinds.to_owned()), "{fault:?}");
    }
}

#[test]
fn streams_of_responses_are_broken_as_told() {
    let start = "response.created response.output_item.added response.output_text.delta";
    let done = "response.output_item.done";
    for (fault, good, kinds) in [
        (Fault::DropInStream, false, start.to_owned()),
        (Fault::EmptyStream, true, String::new()),
        (Fault::TruncatedEvent, true, "response.created".to_owned()),
        (Fault::NoLastEvent, true, format!("{start} {done}")),
        (
            Fault::OverloadedInStream,
            true,
            "response.created response.output_item.added response.failed".to_owned(),
        ),
        (
            Fault::PromptTooLong,
            true,
            "response.created response.failed".to_owned(),
        ),
        (
            Fault::MaxOutputTokens,
            true,
            format!("{start} {done} response.incomplete"),
        ),
        (
            Fault::Refusal,
            true,
            format!("{start} {done} response.incomplete"),
        ),
    ] {
        let seen = stream_of(fault.clone(), RESPONSES);
        assert_eq!(seen, (good, kinds), "{fault:?}");
    }
}

#[test]
fn what_was_cut_off_says_why() {
    for (fault, messages, responses) in [
        (Fault::MaxOutputTokens, "max_tokens", "max_output_tokens"),
        (Fault::Refusal, "refusal", "content_filter"),
    ] {
        let told = events(&answer_to(fault.clone(), MESSAGES));
        assert_eq!(told[4]["delta"]["stop_reason"], messages);
        let told = events(&answer_to(fault, RESPONSES));
        let last = &told.last().expect("events")["response"];
        assert_eq!(last["incomplete_details"]["reason"], responses);
    }
}

#[test]
fn answers_that_are_no_stream_are_spared_what_breaks_streams() {
    for fault in [
        Fault::DropInStream,
        Fault::EmptyStream,
        Fault::MalformedEvent,
    ] {
        let server = failing(fault);
        let answer = talk(&server, &[("POST", MESSAGES, ask(MESSAGES, false))]);
        assert_eq!(body(&answer)["content"][0]["text"], "One two three.");
    }
}

#[test]
fn what_fails_at_first_recovers_for_each_conversation() {
    let page = Answer::new()
        .fails_first(2, Fault::Overloaded)
        .fails_first(1, Fault::Unavailable);
    let server = ModelServer::start([Script::new("go", [page])]).expect("a server");
    let ask = ask(MESSAGES, true);
    for session in ["a", "b"] {
        let header = format!("HTTP/1.1\r\nX-Claude-Code-Session-Id: {session}");
        let statuses: Vec<u16> = (0..4)
            .map(|_| {
                let target = format!("{MESSAGES} {header}\r\nX-Rest:");
                status(&talk(&server, &[("POST", &target, ask.clone())]))
            })
            .collect();
        assert_eq!(statuses, [529, 529, 503, 200]);
    }
    let requests = server.requests();
    let played = requests.iter().map(|request| {
        let played = request.played.as_ref().expect("a scripted answer");
        let fault = played.fault.as_ref().map(Fault::as_str);
        (request.session(), played.asked_before, fault)
    });
    let expected = ["a", "b"].map(|session| {
        [
            (Some(session), 0, Some("overloaded")),
            (Some(session), 1, Some("overloaded")),
            (Some(session), 2, Some("unavailable")),
            (Some(session), 3, None),
        ]
    });
    assert_eq!(played.collect::<Vec<_>>(), expected.concat());
    assert!(requests.is_sorted_by_key(|request| request.at));
    assert!(
        requests
            .iter()
            .all(|request| request.at <= server.elapsed())
    );
}

#[test]
fn what_an_agent_asks_after_an_answer_that_always_fails_is_that_again() {
    let server = failing(Fault::MaxOutputTokens);
    let mut ask = ask(MESSAGES, true);
    let more = [
        json!({"role": "assistant", "content": "One two three."}),
        json!({"role": "user", "content": "Go on."}),
    ];
    let messages = ask["messages"].as_array_mut().expect("messages");
    messages.extend(more);
    let told = events(&talk(&server, &[("POST", MESSAGES, ask)]));
    assert_eq!(types(&told).last(), Some(&"message_stop"));
    assert_eq!(told[4]["delta"]["stop_reason"], "max_tokens");
}

#[test]
fn a_connection_is_dropped_before_anything_is_said() {
    for path in [MESSAGES, RESPONSES] {
        assert_eq!(answer_to(Fault::DropBeforeHeaders, path), "");
        assert!(answer_to(Fault::Page, path).contains("<html>"));
    }
}

#[test]
fn a_late_answer_is_whole() {
    let late = Fault::Late {
        by: Duration::from_millis(5),
    };
    assert_eq!(stream_of(late, RESPONSES).1.split(' ').count(), 5);
}

/// Sends a question and gives back what can be read before the answer hangs.
fn hanging(server: &ModelServer) -> TcpStream {
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).expect("a connection");
    let body = ask(MESSAGES, true).to_string();
    let head = format!("POST {MESSAGES} HTTP/1.1\r\nContent-Length: {}", body.len());
    write!(stream, "{head}\r\n\r\n{body}").expect("sent");
    assert!(server.wait_for(Duration::from_secs(60), |all| all.len() == 1));
    stream
}

#[test]
fn what_hangs_ends_with_the_client_or_the_server() {
    for fault in [Fault::HangBeforeHeaders, Fault::HangInStream] {
        let server = failing(fault.clone());
        let mut stream = hanging(&server);
        let mut said = String::new();
        if fault == Fault::HangInStream {
            while !said.contains("One two three.") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("half an answer");
                said.push(char::from(byte[0]));
            }
        }
        stream
            .shutdown(Shutdown::Write)
            .expect("an open connection");
        stream.read_to_string(&mut said).expect("the end");
        assert!(!said.contains("message_stop"), "{said}");

        let server = failing(fault);
        let mut stream = hanging(&server);
        drop(server);
        // Closed or reset, but not left waiting.
        let _ = stream.read_to_end(&mut Vec::new());
    }
}

#[test]
fn waiting_ends_when_there_is_nothing_to_wait_for() {
    let server = failing(Fault::Page);
    assert!(!server.wait_for(Duration::ZERO, |all| !all.is_empty()));
    assert!(server.wait_for(Duration::ZERO, <[_]>::is_empty));
}
