//! Anthropic's Messages interface, as far as Claude Code uses it.

use serde_json::{Value, json};

use super::conversation::{Conversation, Said, Speaker};
use super::fault::Fault;
use super::interface::Worded;
use super::script::{Answer, Call, pieces};

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

pub(super) fn write(answer: &Answer, fault: Option<&Fault>, body: &Value, number: usize) -> Worded {
    let blocks = blocks(answer, &read(body).directory.unwrap_or_default(), number);
    let stop = match fault {
        Some(Fault::MaxOutputTokens) => "max_tokens",
        Some(Fault::Refusal) => "refusal",
        _ if answer.calls.is_empty() => "end_turn",
        _ => "tool_use",
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
        return Worded::Whole(message);
    }
    // What it will be in the end is not known yet.
    message["usage"]["output_tokens"] = 1.into();
    let mut events = vec![json!({"type": "message_start", "message": message})];
    for (index, block) in blocks.iter().enumerate() {
        events.extend(block_events(index, block, fault));
    }
    if let Some(Fault::OverloadedInStream) = fault {
        events.truncate(events.len().div_ceil(2));
        let error = json!({"type": "overloaded_error", "message": "Overloaded"});
        events.push(json!({"type": "error", "error": error}));
        return Worded::Events(events);
    }
    let delta = json!({"stop_reason": stop, "stop_sequence": null});
    events.push(json!({"type": "message_delta", "delta": delta, "usage": usage}));
    events.push(json!({"type": "message_stop"}));
    Worded::Events(events)
}

fn blocks(answer: &Answer, directory: &str, number: usize) -> Vec<Value> {
    let text = answer.text.as_ref();
    let text = text.map(|text| json!({"type": "text", "text": text}));
    let calls = answer.calls.iter().enumerate().map(|(at, call)| {
        let (name, input) = tool(call, directory);
        let id = format!("toolu_{number:08}_{at}");
        json!({"type": "tool_use", "id": id, "name": name, "input": input})
    });
    text.into_iter().chain(calls).collect()
}

fn block_events(index: usize, block: &Value, fault: Option<&Fault>) -> Vec<Value> {
    let mut empty = block.clone();
    let deltas: Vec<Value> = if block["type"] == "text" {
        empty["text"] = "".into();
        let text = block["text"].as_str().unwrap_or_default();
        let texts = pieces(text, fault).into_iter();
        texts
            .map(|text| json!({"type": "text_delta", "text": text}))
            .collect()
    } else {
        empty["input"] = json!({});
        vec![json!({"type": "input_json_delta", "partial_json": block["input"].to_string()})]
    };
    let begin = json!({"type": "content_block_start", "index": index, "content_block": empty});
    let end = json!({"type": "content_block_stop", "index": index});
    let deltas = deltas
        .into_iter()
        .map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta}));
    [begin].into_iter().chain(deltas).chain([end]).collect()
}

/// Claude Code's own tool for a call. It takes absolute paths only.
fn tool(call: &Call, directory: &str) -> (&'static str, Value) {
    match call {
        Call::Shell(command) => {
            let input = json!({"command": command, "description": "Do as scripted"});
            ("Bash", input)
        }
        Call::Structured(json) => {
            let input = serde_json::from_str(json).unwrap_or_default();
            ("StructuredOutput", input)
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
