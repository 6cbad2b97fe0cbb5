//! Faults that a status and a few words tell, as each service words them.

use std::time::Duration;

use serde_json::json;

use crate::model::Timestamp;

use super::fault::Fault;
use super::interface::{Interface, Refusal};
use super::reply::Reply;

/// What is answered instead; `None` if the fault is told otherwise.
pub(super) fn refusal(fault: &Fault, interface: Interface, model: &str) -> Option<Reply> {
    if let Fault::UsageLimitFor { span } = fault {
        let resets_at = Timestamp::wall().plus(*span);
        return refusal(&Fault::UsageLimit { resets_at }, interface, model);
    }
    if let (Fault::UsageLimit { resets_at }, Interface::Responses) = (fault, interface) {
        return Some(plan_used_up(*resets_at));
    }
    let refusal = match interface {
        Interface::Messages => messages(fault, model),
        Interface::Responses => responses(fault, model),
    };
    refusal.map(|refusal| interface.refuse(refusal))
}

fn messages(fault: &Fault, model: &str) -> Option<Refusal> {
    let (status, kind, message) = match fault {
        Fault::Unauthorized => (401, "authentication_error", "invalid x-api-key"),
        Fault::Forbidden => (403, "permission_error", "this key may not use the model"),
        Fault::UnknownModel => (404, "not_found_error", ""),
        Fault::RateLimited { .. } => (429, "rate_limit_error", "too many requests in a minute"),
        Fault::UsageLimit { .. } => (429, "rate_limit_error", "the plan's limit is reached"),
        Fault::NoCredit => (
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API.",
        ),
        Fault::Overloaded => (529, "overloaded_error", "Overloaded"),
        Fault::ServerError => (500, "api_error", "Internal server error"),
        Fault::Unavailable => (503, "api_error", "Service unavailable"),
        Fault::Status { status, message } => (*status, "api_error", message.as_str()),
        Fault::PromptTooLong => (
            400,
            "invalid_request_error",
            "prompt is too long: 210000 tokens > 200000 maximum",
        ),
        _ => return None,
    };
    let message = match fault {
        Fault::UnknownModel => format!("model: {model}"),
        _ => message.to_owned(),
    };
    let headers = match fault {
        Fault::UsageLimit { resets_at } => unified(*resets_at),
        _ => retry_after(fault),
    };
    Some(Refusal {
        status,
        headers,
        kind,
        code: None,
        message,
    })
}

fn responses(fault: &Fault, model: &str) -> Option<Refusal> {
    let invalid = "invalid_request_error";
    let (status, kind, code, message) = match fault {
        Fault::Unauthorized => (401, invalid, "invalid_api_key", "Incorrect API key"),
        Fault::Forbidden => (403, invalid, "forbidden", "This key may not use the model"),
        Fault::UnknownModel => (404, invalid, "model_not_found", ""),
        Fault::RateLimited { .. } => (
            429,
            "requests",
            "rate_limit_exceeded",
            "Too many requests in a minute",
        ),
        Fault::NoCredit => (
            429,
            "insufficient_quota",
            "insufficient_quota",
            "You exceeded your current quota",
        ),
        Fault::Overloaded => (529, "server_error", "overloaded", "Overloaded"),
        Fault::ServerError => (500, "server_error", "internal", "The server had an error"),
        Fault::Unavailable => (
            503,
            "server_error",
            "server_is_overloaded",
            "The server is not available",
        ),
        Fault::Status { status, message } => (*status, "server_error", "status", message.as_str()),
        _ => return None,
    };
    let message = match fault {
        Fault::UnknownModel => format!("The model {model} does not exist"),
        _ => message.to_owned(),
    };
    Some(Refusal {
        status,
        headers: retry_after(fault),
        kind,
        code: Some(code),
        message,
    })
}

fn retry_after(fault: &Fault) -> Vec<(&'static str, String)> {
    match fault {
        Fault::RateLimited {
            retry_after: Some(wait),
        } => vec![("retry-after", wait.as_secs().to_string())],
        _ => Vec::new(),
    }
}

/// How Anthropic tells that a plan's five hours are used up.
fn unified(resets_at: Timestamp) -> Vec<(&'static str, String)> {
    let reset = (resets_at.0 / 1000).to_string();
    let (wait, next_week) = (from_now(resets_at), resets_at.plus(WEEK));
    [
        ("retry-after", wait.as_secs().to_string()),
        ("anthropic-ratelimit-unified-status", "rejected".to_owned()),
        ("anthropic-ratelimit-unified-reset", reset.clone()),
        (
            "anthropic-ratelimit-unified-representative-claim",
            "five_hour".to_owned(),
        ),
        (
            "anthropic-ratelimit-unified-5h-status",
            "rejected".to_owned(),
        ),
        ("anthropic-ratelimit-unified-5h-reset", reset),
        (
            "anthropic-ratelimit-unified-5h-utilization",
            "1.0".to_owned(),
        ),
        (
            "anthropic-ratelimit-unified-7d-status",
            "allowed".to_owned(),
        ),
        (
            "anthropic-ratelimit-unified-7d-reset",
            (next_week.0 / 1000).to_string(),
        ),
        (
            "anthropic-ratelimit-unified-7d-utilization",
            "0.5".to_owned(),
        ),
        (
            "anthropic-ratelimit-unified-overage-status",
            "rejected".to_owned(),
        ),
        (
            "anthropic-ratelimit-unified-overage-disabled-reason",
            "org_level_disabled".to_owned(),
        ),
    ]
    .into()
}

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How OpenAI tells that a plan's allowance is used up.
fn plan_used_up(resets_at: Timestamp) -> Reply {
    let error = json!({
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached",
        "plan_type": "plus",
        "resets_at": resets_at.0 / 1000,
        "resets_in_seconds": from_now(resets_at).as_secs(),
    });
    Reply::Json {
        status: 429,
        headers: Vec::new(),
        body: json!({ "error": error }),
    }
}

fn from_now(at: Timestamp) -> Duration {
    at.since(Timestamp::wall())
}
