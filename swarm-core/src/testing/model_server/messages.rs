//! Anthropic's Messages interface, as far as Claude Code uses it.

use serde_json::{Value, json};

use super::conversation::{Conversation, Said, Speaker};
use super::reply::Reply;
use super::script::{Answer, Call};

const DIRECTORY: &str = "working directory: ";

pub(super) fn read(body: &Value) -> Conversation {
    let messages = body["messages"].as_array();
    let said = messages.into_iter().flatten().map(|message| Said {
        by: match message["role"].as_str() {
            Some("user") => Speaker::User,
            Some("assistant") => Speaker::Model,
            _ => Speaker::Other,
        },
        text: text(&message["content"]),
    });
    let said: Vec<Said> = said.collect();
    let system = text(&body["system"]);
    let mut texts = std::iter::once(system.as_str()).chain(said.iter().map(|said| &*said.text));
    let directory = texts.find_map(directory).map(str::to_owned);
    Conversation {
        tools: body["tools"].as_array().is_some_and(|all| !all.is_empty()),
        directory,
        said,
    }
}

pub(super) fn write(answer: &Answer, body: &Value, number: usize) -> Reply {
    let directory = read(body).directory.unwrap_or_default();
    let mut blocks = Vec::new();
    blocks.extend(
        answer
            .text
            .as_ref()
            .map(|text| json!({"type": "text", "text": text})),
    );
    let calls = answer.calls.iter().enumerate();
    blocks.extend(calls.map(|(at, call)| {
        let (name, input) = tool(call, &directory);
        let id = format!("toolu_{number:08}_{at}");
        json!({"type": "tool_use", "id": id, "name": name, "input": input})
    }));
    let stop = if answer.calls.is_empty() {
        "end_turn"
    } else {
        "tool_use"
    };
    let usage = json!({
        "input_tokens": answer.usage.input,
        "cache_creation_input_tokens": answer.usage.cache_write,
        "cache_read_input_tokens": answer.usage.cache_read,
        "output_tokens": answer.usage.output,
    });
    let mut message = json!({
        "id": format!("msg_{number:08}"),
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage,
    });
    if body["stream"] != true {
        message["content"] = blocks.into();
        message["stop_reason"] = stop.into();
        return Reply::Json(200, message);
    }
    let mut events = vec![json!({"type": "message_start", "message": message})];
    for (index, block) in blocks.iter().enumerate() {
        events.extend(block_events(index, block));
    }
    let delta = json!({"stop_reason": stop, "stop_sequence": null});
    events.push(json!({"type": "message_delta", "delta": delta, "usage": usage}));
    events.push(json!({"type": "message_stop"}));
    Reply::Events(events)
}

/// An error that Claude Code does not try to get over.
pub(super) fn refuse(why: &str) -> Reply {
    let error = json!({"type": "invalid_request_error", "message": why});
    Reply::Json(400, json!({"type": "error", "error": error}))
}

fn block_events(index: usize, block: &Value) -> [Value; 3] {
    let mut empty = block.clone();
    let delta = if block["type"] == "text" {
        empty["text"] = "".into();
        json!({"type": "text_delta", "text": block["text"]})
    } else {
        empty["input"] = json!({});
        json!({"type": "input_json_delta", "partial_json": block["input"].to_string()})
    };
    [
        json!({"type": "content_block_start", "index": index, "content_block": empty}),
        json!({"type": "content_block_delta", "index": index, "delta": delta}),
        json!({"type": "content_block_stop", "index": index}),
    ]
}

/// Claude Code's own tool for a call. It takes absolute paths only.
fn tool(call: &Call, directory: &str) -> (&'static str, Value) {
    match call {
        Call::Shell(command) => {
            let input = json!({"command": command, "description": "Do as scripted"});
            ("Bash", input)
        }
        Call::Write { path, content } => {
            let path = std::path::Path::new(directory).join(path);
            ("Write", json!({"file_path": path, "content": content}))
        }
    }
}

/// All text of a content: a string, or a list of blocks.
fn text(content: &Value) -> String {
    let blocks = content.as_array().into_iter().flatten();
    let texts = blocks.filter_map(|block| block["text"].as_str());
    let texts: Vec<&str> = content.as_str().into_iter().chain(texts).collect();
    texts.join("\n")
}

fn directory(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.split_once(DIRECTORY).map(|(_, path)| path))
}
