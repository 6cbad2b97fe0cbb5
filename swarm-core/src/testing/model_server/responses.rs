//! OpenAI's Responses interface, as far as Codex uses it.

use serde_json::{Value, json};

use super::conversation::{Conversation, Said, Speaker};
use super::fault::Fault;
use super::interface::Worded;
use super::script::{Answer, Call, pieces};

/// Ends a patch on a command line.
const END: &str = "END_OF_PATCH";

pub(super) fn read(body: &Value) -> Conversation {
    let items = body["input"].as_array().into_iter().flatten();
    let said: Vec<Said> = items
        .clone()
        .map(|item| Said {
            by: speaker(item),
            text: text(&item["content"]),
        })
        .collect();
    // Newer versions send their tools along as if they were said.
    let tools = items.clone().chain([body]).any(|holder| {
        let tools = holder["tools"].as_array();
        tools.is_some_and(|tools| !tools.is_empty())
    });
    Conversation {
        tools,
        directory: said.iter().rev().find_map(|said| directory(&said.text)),
        said,
    }
}

pub(super) fn write(answer: &Answer, fault: Option<&Fault>, body: &Value, number: usize) -> Worded {
    let items = items(answer, number);
    let begun = json!({
        "id": format!("resp_{number:08}"),
        "object": "response",
        "status": "in_progress",
        "model": body["model"],
        "output": [],
        "usage": null,
    });
    let (end, mut done) = (ended(fault), begun.clone());
    done["status"] = end.into();
    match fault {
        Some(Fault::PromptTooLong) => {
            let message = "Your input is longer than the context window of this model.";
            done["error"] = json!({"code": "context_length_exceeded", "message": message});
        }
        Some(Fault::OverloadedInStream) => {
            let message = "The servers are overloaded.";
            done["error"] = json!({"code": "server_is_overloaded", "message": message});
        }
        Some(Fault::MaxOutputTokens) => {
            done["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        Some(Fault::Refusal) => {
            done["incomplete_details"] = json!({"reason": "content_filter"});
        }
        _ => {}
    }
    if end != "failed" {
        done["output"] = items.clone().into();
        done["usage"] = usage(answer);
    }
    if body["stream"] != true {
        return Worded::Whole(done);
    }
    let mut events = vec![json!({"type": "response.created", "response": begun})];
    for (index, item) in items.iter().enumerate() {
        events.extend(item_events(index, item, fault));
    }
    match fault {
        Some(Fault::PromptTooLong) => events.truncate(1),
        Some(Fault::OverloadedInStream) => events.truncate(events.len().div_ceil(2)),
        _ => {}
    }
    events.push(json!({"type": format!("response.{end}"), "response": done}));
    for (at, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = at.into();
    }
    Worded::Events(events)
}

/// Also the name of the last event.
fn ended(fault: Option<&Fault>) -> &'static str {
    match fault {
        Some(Fault::PromptTooLong | Fault::OverloadedInStream) => "failed",
        Some(Fault::MaxOutputTokens | Fault::Refusal) => "incomplete",
        _ => "completed",
    }
}

fn usage(answer: &Answer) -> Value {
    let used = answer.usage;
    let input = used.input + used.cache_read + used.cache_write;
    json!({
        "input_tokens": input,
        "input_tokens_details": {
            "cached_tokens": used.cache_read, "cache_write_tokens": used.cache_write,
        },
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": input + used.output,
    })
}

fn items(answer: &Answer, number: usize) -> Vec<Value> {
    let message = |id: String, text: &String| {
        json!({
            "type": "message",
            "id": id,
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        })
    };
    let text = answer.text.as_ref();
    let text = text.map(|text| message(format!("msg_{number:08}"), text));
    let calls = answer.calls.iter().enumerate().map(|(at, call)| {
        let command = match call {
            Call::Structured(json) => return message(format!("msg_{number:08}_{at}"), json),
            Call::Shell(command) => command.clone(),
            Call::Write { path, content } => patch(path, content),
        };
        // Codex takes this call also where it shows the model other tools only.
        json!({
            "type": "function_call",
            "id": format!("fc_{number:08}_{at}"),
            "call_id": format!("call_{number:08}_{at}"),
            "name": "exec_command",
            "arguments": json!({"cmd": command}).to_string(),
        })
    });
    text.into_iter().chain(calls).collect()
}

fn item_events(index: usize, item: &Value, fault: Option<&Fault>) -> Vec<Value> {
    let mut events = Vec::new();
    if item["type"] == "message" {
        let mut empty = item.clone();
        empty["status"] = "in_progress".into();
        empty["content"] = json!([]);
        events.push(json!({
            "type": "response.output_item.added", "output_index": index, "item": empty,
        }));
        let text = item["content"][0]["text"].as_str().unwrap_or_default();
        for piece in pieces(text, fault) {
            events.push(json!({
                "type": "response.output_text.delta", "item_id": item["id"],
                "output_index": index, "content_index": 0, "delta": piece,
            }));
        }
    }
    events.push(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
    events
}

/// A new file as a shell command. Codex sees patches among commands and applies
/// them itself.
fn patch(path: &str, content: &str) -> String {
    let lines = content.lines().map(|line| format!("+{line}\n"));
    let lines: String = lines.collect();
    format!(
        "apply_patch <<'{END}'\n*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n{END}"
    )
}

fn speaker(item: &Value) -> Speaker {
    match (item["type"].as_str(), item["role"].as_str()) {
        (Some("message") | None, Some("user")) => Speaker::User,
        (Some("message") | None, Some("assistant"))
        | (Some("function_call" | "custom_tool_call" | "reasoning"), _) => Speaker::Model,
        _ => Speaker::Other,
    }
}

/// All text of a content: a string, or a list of blocks.
fn text(content: &Value) -> String {
    let blocks = content.as_array().into_iter().flatten();
    let texts = blocks.filter_map(|block| block["text"].as_str());
    let texts: Vec<&str> = content.as_str().into_iter().chain(texts).collect();
    texts.join("\n")
}

fn directory(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<cwd>")?;
    let (path, _) = rest.split_once("</cwd>")?;
    Some(path.to_owned())
}
