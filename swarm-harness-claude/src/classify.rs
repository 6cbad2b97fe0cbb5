//! Why a turn ended, from what Claude Code says about it.

use swarm_core::agent_cli::{Complaints, Fields, MAX_ERROR, one_line};
use swarm_core::model::{EndReason, Killer, Timestamp};

use crate::program::NAME;

/// What Claude Code says of a failure, from whichever event says it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fault {
    /// Its own word for it: `error` of an assistant message or a retry.
    pub(crate) word: String,
    /// A finer word, where there is one: `api_error`.
    pub(crate) detail: String,
    /// HTTP status of the service's answer.
    pub(crate) status: u64,
    /// What people get to read.
    pub(crate) text: String,
}

/// Of a `result` that is marked as an error.
///
/// Not to be told by `subtype` alone: failures of the service say `success`.
pub(crate) fn of_result(
    result: &Fields<'_>,
    fault: &Fault,
    retry_at: Option<Timestamp>,
) -> EndReason {
    match result.text("subtype").as_str() {
        "error_max_turns" | "error_max_budget_usd" => return EndReason::LimitReached,
        // The model gave no answer by the schema, however often it was asked.
        "error_max_structured_output_retries" => return EndReason::ModelLimit,
        _ => {}
    }
    match result.text("terminal_reason").as_str() {
        "max_turns" | "budget_exhausted" => return EndReason::LimitReached,
        // The service's limit, and its own, short of that, where it may not
        // shorten the conversation.
        "prompt_too_long" | "blocking_limit" => return EndReason::ContextFull,
        "aborted_tools" | "aborted_streaming" => {
            return EndReason::Killed { by: Killer::Other };
        }
        _ => {}
    }
    if result.text("stop_reason") == "refusal" {
        return EndReason::Refused;
    }
    of_fault(fault, retry_at)
}

/// Of a failure of the service, or of Claude Code while it talks to it.
pub(crate) fn of_fault(fault: &Fault, retry_at: Option<Timestamp>) -> EndReason {
    by_word(&fault.detail, retry_at)
        .or_else(|| by_word(&fault.word, retry_at))
        .or_else(|| by_text(&fault.text, retry_at))
        .or_else(|| by_status(fault.status, retry_at))
        .unwrap_or(match fault.word.as_str() {
            "server_error" => EndReason::Overloaded,
            _ => EndReason::Crashed,
        })
}

/// Of what stands on standard error when nothing was begun.
pub(crate) fn of_refused_start(complaints: &Complaints) -> Option<EndReason> {
    if let Some(end) = by_text(&complaints.summary(), None) {
        return Some(end);
    }
    (complaints.error().is_some() || complaints.mentions(ROOT)).then_some(EndReason::Config)
}

fn by_word(word: &str, retry_at: Option<Timestamp>) -> Option<EndReason> {
    Some(match word {
        "authentication_failed" | "oauth_org_not_allowed" => EndReason::Auth,
        "billing_error" => EndReason::Billing,
        "rate_limit" | "usage_limit_reached" => EndReason::RateLimited { retry_at },
        "overloaded" => EndReason::Overloaded,
        "connection_failed" => EndReason::Network,
        "model_not_found" => EndReason::Config,
        "max_output_tokens" => EndReason::ModelLimit,
        // `server_error`, `invalid_request` and `unknown` are said of too many
        // things.
        _ => return None,
    })
}

fn by_text(text: &str, retry_at: Option<Timestamp>) -> Option<EndReason> {
    let text = text.to_ascii_lowercase();
    let says = |what: &[&str]| what.iter().any(|what| text.contains(what));
    Some(if says(&["no conversation found", "--resume requires"]) {
        EndReason::SessionNotFound
    } else if says(&["prompt is too long"]) {
        EndReason::ContextFull
    } else if says(&["credit balance is too low"]) {
        EndReason::Billing
    } else if says(&["invalid api key", "please run /login"]) {
        EndReason::Auth
    } else if says(&["usage limit reached", "you've hit your"]) {
        EndReason::RateLimited { retry_at }
    } else if says(&["usage policy", "safeguards flagged"]) {
        EndReason::Refused
    } else if says(&[
        "unable to connect",
        "connection error",
        "econnre",
        "enotfound",
        "etimedout",
        "malformed response",
        "request timed out",
        "stream ended without",
        "json parse error",
    ]) {
        EndReason::Network
    } else {
        return None;
    })
}

fn by_status(status: u64, retry_at: Option<Timestamp>) -> Option<EndReason> {
    Some(match status {
        401 | 403 => EndReason::Auth,
        402 => EndReason::Billing,
        408 => EndReason::Network,
        413 => EndReason::ContextFull,
        429 => EndReason::RateLimited { retry_at },
        400..=499 => EndReason::Config,
        500..=599 => EndReason::Overloaded,
        _ => return None,
    })
}

/// How the refusal to skip permissions as root is put.
const ROOT: &str = "cannot be used with root";

/// One line for people: what was said, and what they can do about it.
pub(crate) fn advise(end: EndReason, said: &str) -> String {
    let silent = format!("{NAME} does not say why");
    let said = if said.trim().is_empty() {
        &silent
    } else {
        said
    };
    let remedy = match end {
        EndReason::Auth => {
            "; log in (run `claude`, then /login), or set ANTHROPIC_API_KEY to a valid key"
        }
        EndReason::Billing => "; add credit to the account, or use another one",
        EndReason::Config if said.contains(ROOT) => {
            "; run as another user, or, on a machine that is a sandbox, set IS_SANDBOX=1"
        }
        _ => "",
    };
    if remedy.is_empty() {
        return one_line(said, MAX_ERROR);
    }
    let room = MAX_ERROR - remedy.chars().count();
    format!("{}{remedy}", one_line(said.trim_end_matches('.'), room))
}
