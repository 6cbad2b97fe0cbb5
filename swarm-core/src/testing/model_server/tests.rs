//! The server as a client sees it, and what it makes of prompts.

mod faults;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::model::{Role, Usage};

use super::conversation::{Conversation, Said, Speaker};
use super::fill::fill;
use super::marker::place;
use super::{Answer, ModelServer, Script};

const TASK: &str = "[swarm run=r1 task=a role=b attempt=1 turn=1 role=implement]\n\n\
    Do it. [script:other x=1] [script:add file=a.txt word=hi]\n\n\
    swarm:NONCE DONE\n\nNonce of this turn: n1\n";
const FIX: &str = "[swarm run=r1 task=a role=b attempt=1 turn=2 role=fix]\n\nMend it.\n\n\
    swarm:NONCE DONE\n\nNonce of this turn: n2\n";

fn conversation(said: &[(Speaker, &str)]) -> Conversation {
    let said = said.iter().map(|&(by, text)| Said {
        by,
        text: text.to_owned(),
    });
    Conversation {
        said: said.collect(),
        tools: true,
        directory: Some("/w".to_owned()),
    }
}

#[test]
fn the_place_is_read_from_the_conversation_alone() {
    use Speaker::{Model, Other, User};
    let reminder = (User, "<reminder>be brief</reminder>");
    let table: [(&[(Speaker, &str)], _); 5] = [
        (&[reminder, (User, TASK)], ("implement", 0, "n1")),
        (
            &[(User, TASK), (Model, ""), (Other, "ok"), reminder],
            ("implement", 1, "n1"),
        ),
        // One answer that comes back in two pieces.
        (
            &[(User, TASK), (Model, "Look:"), (Model, ""), (Other, "ok")],
            ("implement", 1, "n1"),
        ),
        (
            &[(User, TASK), (Model, "Done."), (User, FIX)],
            ("fix", 0, "n2"),
        ),
        (
            &[(User, TASK), (Model, "Done."), (User, FIX), (Model, "")],
            ("fix", 1, "n2"),
        ),
    ];
    for (said, (role, answer, nonce)) in table {
        let place = place(&conversation(said)).expect("a place");
        assert_eq!(place.script, "add", "{said:?}");
        assert_eq!((place.role.as_str(), place.answer), (role, answer));
        let values = [
            ("cwd", "/w"),
            ("file", "a.txt"),
            ("nonce", nonce),
            ("word", "hi"),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(place.values, BTreeMap::from(values));
    }
    for said in [
        &[][..],
        &[(User, "Do it.")],
        &[(Model, TASK)],
        &[(User, FIX)],
    ] {
        assert_eq!(place(&conversation(said)), None);
    }
}

#[test]
fn a_prompt_that_was_not_answered_stands_in_front_of_the_next_one() {
    let both = format!("{TASK}\n{FIX}");
    let place = place(&conversation(&[(Speaker::User, &both)])).expect("a place");
    assert_eq!((place.role.as_str(), place.answer), ("fix", 0));
    assert_eq!(place.values["nonce"], "n2");
}

#[test]
fn a_turn_of_its_own_comes_before_the_parts_of_roles() {
    let says = |text: &str| [Answer::new().text(text)];
    let script = Script::new("s", says("part")).turn(2, says("second"));
    let said = |turn| {
        script
            .answer("implement", turn, 0)
            .and_then(|answer| answer.text.clone())
    };
    assert_eq!(said(1).as_deref(), Some("part"));
    assert_eq!(said(2).as_deref(), Some("second"));
    assert!(script.answer("implement", 2, 1).is_none());
}

#[test]
fn only_what_has_a_value_is_filled_in() {
    let values = [("a", "1"), ("b", "${a}")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let values = BTreeMap::from(values);
    for (text, filled) in [
        ("", ""),
        ("${a}${a}", "11"),
        ("${b}", "${a}"),
        ("${HOME}/${a", "${HOME}/${a"),
        ("${${a}}", "${1}"),
        ("$a ${} {a}", "$a ${} {a}"),
    ] {
        assert_eq!(fill(text, &values), filled);
    }
}

fn scripts() -> [Script; 1] {
    let first = Answer::new()
        .text("I add ${file}.")
        .write("${file}", "one\ntwo\n")
        .shell("echo '${word}'")
        .usage(Usage {
            input: 7,
            output: 5,
            cache_read: 3,
            cache_write: 2,
            reasoning: 1,
        });
    let last = Answer::new().text("swarm:${nonce} DONE");
    let mended = Answer::new().text("Mended.");
    [Script::new("add", [first, last]).part(Role::Fix, [mended])]
}

/// Sends requests over one connection and reads until the server closes it.
fn talk(server: &ModelServer, requests: &[(&str, &str, Value)]) -> String {
    let address = server.url();
    let address = address.strip_prefix("http://").expect("a URL");
    let mut stream = TcpStream::connect(address).expect("a connection");
    for (at, (method, path, body)) in requests.iter().enumerate() {
        let body = body.to_string();
        let last = at + 1 == requests.len();
        let wish = if last { "close" } else { "keep-alive" };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: {wish}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("sent");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// The events of a stream, out of their chunks.
fn events(answer: &str) -> Vec<Value> {
    let lines = answer.lines();
    let data = lines.filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}

fn types(events: &[Value]) -> Vec<&str> {
    let types = events.iter().map(|event| event["type"].as_str());
    types.map(|kind| kind.expect("a type")).collect()
}

#[test]
fn messages_are_streamed() {
    let server = ModelServer::start(scripts()).expect("a server");
    let system = "You are an agent.\n - Primary working directory: /w";
    let ask = json!({
        "model": "m", "stream": true, "tools": [{"name": "Bash"}],
        "system": [{"type": "text", "text": system}],
        "messages": [{"role": "user", "content": TASK}],
    });
    let answer = talk(&server, &[("POST", "/v1/messages?beta=true", ask)]);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let events = events(&answer);
    let block = [
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
    ];
    let blocks = [block; 3].concat();
    let expected = [
        &["message_start"],
        &blocks[..],
        &["message_delta", "message_stop"],
    ];
    let expected = expected.concat();
    assert_eq!(types(&events), expected);
    assert_eq!(events[2]["delta"]["text"], "I add a.txt.");
    let inputs = [&events[5], &events[8]].map(|event| {
        let text = event["delta"]["partial_json"].as_str().expect("text");
        serde_json::from_str::<Value>(text).expect("JSON")
    });
    assert_eq!(
        inputs[0],
        json!({"file_path": "/w/a.txt", "content": "one\ntwo\n"})
    );
    assert_eq!(inputs[1]["command"], "echo 'hi'");
    assert_eq!(events[10]["delta"]["stop_reason"], "tool_use");
    let usage = json!({
        "input_tokens": 7, "output_tokens": 5,
        "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2,
    });
    assert_eq!(events[10]["usage"], usage);
}

#[test]
fn responses_are_streamed() {
    let server = ModelServer::start(scripts()).expect("a server");
    let say = |role: &str, text: &str| {
        let content = json!([{"type": "input_text", "text": text}]);
        json!({"type": "message", "role": role, "content": content})
    };
    let ask = json!({
        "model": "m", "stream": true,
        "input": [
            {"type": "additional_tools", "role": "developer", "tools": [{"name": "exec"}]},
            say("user", "<environment_context><cwd>/w</cwd></environment_context>"),
            say("user", TASK),
        ],
    });
    let answer = talk(&server, &[("POST", "/v1/responses", ask)]);
    let events = events(&answer);
    let expected = [
        "response.created",
        "response.output_item.added",
        "response.output_text.delta",
        "response.output_item.done",
        "response.output_item.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(types(&events), expected);
    assert_eq!(events[2]["delta"], "I add a.txt.");
    let commands = [4, 5].map(|at: usize| {
        let text = events[at]["item"]["arguments"].as_str().expect("text");
        serde_json::from_str::<Value>(text).expect("JSON")["cmd"].clone()
    });
    assert!(
        commands[0]
            .as_str()
            .is_some_and(|patch| patch.contains("*** Add File: a.txt\n+one\n+two\n*** End Patch"))
    );
    assert_eq!(commands[1], "echo 'hi'");
    let usage = &events[6]["response"]["usage"];
    assert_eq!(usage["input_tokens"], 12);
    assert_eq!(usage["input_tokens_details"]["cached_tokens"], 3);
    assert_eq!(usage["output_tokens_details"]["reasoning_tokens"], 1);
}

#[test]
fn requests_are_kept_in_order_with_what_was_played() {
    let server = ModelServer::start(scripts()).expect("a server");
    let ask = |prompt: &str, tools: &Value| {
        let messages = json!([{"role": "user", "content": prompt}]);
        json!({"messages": messages, "tools": tools})
    };
    let tools = json!([{"name": "Bash"}]);
    let answer = talk(
        &server,
        &[
            ("HEAD", "/", Value::Null),
            ("POST", "/v1/messages/count_tokens", json!({})),
            ("POST", "/v1/messages", ask(TASK, &tools)),
            ("POST", "/v1/messages", ask(TASK, &json!([]))),
            ("POST", "/v1/messages", ask("[script:none]", &tools)),
            ("GET", "/else", Value::Null),
        ],
    );
    for said in [
        "I add a.txt.",
        "no script \\\"none\\\"",
        "nothing is scripted for GET /else",
    ] {
        assert!(answer.contains(said), "{answer}");
    }
    let requests = server.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            let played = request.played.as_ref().map(|played| played.answer);
            (request.method.as_str(), request.path.as_str(), played)
        })
        .collect();
    let expected = [
        ("HEAD", "/", None),
        ("POST", "/v1/messages/count_tokens", None),
        ("POST", "/v1/messages", Some(0)),
        ("POST", "/v1/messages", None),
        ("POST", "/v1/messages", None),
        ("GET", "/else", None),
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        requests[4].json()["messages"][0]["content"],
        "[script:none]"
    );
}

#[test]
fn a_body_in_chunks_is_read() {
    let server = ModelServer::start(scripts()).expect("a server");
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream
        .write_all(
            b"POST /v1/messages/count_tokens HTTP/1.1\r\nConnection: close\r\n\
              Transfer-Encoding: chunked\r\n\r\n3;x=y\r\n{\"a\r\n5\r\n\": 1}\r\n0\r\nT: 1\r\n\r\n",
        )
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert_eq!(server.requests()[0].json(), json!({"a": 1}));
}

#[test]
fn dropping_it_cuts_connections() {
    let server = ModelServer::start([]).expect("a server");
    let address = server.url().replace("http://", "");
    let mut idle = TcpStream::connect(&address).expect("a connection");
    drop(server);
    let mut rest = Vec::new();
    // Closed or reset, but not left waiting.
    let _ = idle.read_to_end(&mut rest);
    assert!(rest.is_empty());
    assert!(TcpStream::connect(&address).is_err());
}
