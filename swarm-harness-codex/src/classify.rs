//! Why a turn ended, from what Codex says about it: text and nothing else.

use jiff::Zoned;
use jiff::tz::TimeZone;
use swarm_core::agent_cli::{Complaints, Fields, MAX_ERROR, one_line};
use swarm_core::model::{EndReason, Killer, Timestamp};

use crate::program::NAME;
use crate::reset;

/// Of the text of a failure.
pub(crate) fn of_failure(text: &str) -> EndReason {
    by_text(text).unwrap_or(EndReason::Crashed)
}

/// Of what stands on standard error when nothing was begun.
pub(crate) fn of_refused_start(complaints: &Complaints, code: i32) -> Option<EndReason> {
    let said = complaints.summary();
    by_text(&said).or_else(|| {
        let died = said.is_empty() || complaints.mentions("panicked at");
        (code == 2 || !died).then_some(EndReason::Config)
    })
}

fn by_text(text: &str) -> Option<EndReason> {
    let lower = text.to_lowercase();
    let says = |what: &[&str]| what.iter().any(|what| lower.contains(what));
    Some(if says(&["usage limit", "rate limit"]) {
        rate_limited(text)
    } else if says(&["context window"]) {
        EndReason::ContextFull
    } else if says(&["quota", "credit balance", "upgrade to plus"]) {
        EndReason::Billing
    } else if let Some(end) = status(&lower).and_then(|status| by_status(status, text)) {
        end
    } else if says(&[
        "missing environment variable",
        "not logged in",
        "sign in again",
        "access token could not be refreshed",
    ]) {
        EndReason::Auth
    } else if says(&["reason: content_filter"]) {
        EndReason::Refused
    } else if says(&["incomplete response"]) {
        EndReason::ModelLimit
    } else if says(&[
        "high demand",
        "at capacity",
        "overloaded",
        "capacity is unavailable",
    ]) {
        EndReason::Overloaded
    } else if says(&["no rollout found", "no thread with id"]) {
        EndReason::SessionNotFound
    } else if says(&["budget reached", "budget exceeded"]) {
        EndReason::LimitReached
    } else if says(&["interrupted"]) {
        EndReason::Killed { by: Killer::Other }
    } else if says(&[
        "stream disconnected",
        "stream closed",
        "connection failed",
        "error sending request",
        "error while reading the server response",
        "waiting for network",
        "timed out",
    ]) {
        EndReason::Network
    } else if says(&["the model", "requested model"]) && says(&["does not exist"]) {
        // Of such an answer Codex passes on the message alone.
        EndReason::Config
    } else if !Fields::parse(text).is_empty() || says(&["error loading config"]) {
        // The service's answer to a request that it refuses is passed on as it is.
        EndReason::Config
    } else {
        return None;
    })
}

/// The number after "unexpected status " or "last status: ".
fn status(text: &str) -> Option<u32> {
    let after = ["unexpected status ", "last status: "]
        .into_iter()
        .find_map(|before| Some(text.split_once(before)?.1))?;
    after.get(..3)?.parse().ok()
}

fn by_status(status: u32, text: &str) -> Option<EndReason> {
    Some(match status {
        401 | 403 => EndReason::Auth,
        402 => EndReason::Billing,
        408 => EndReason::Network,
        413 => EndReason::ContextFull,
        429 => rate_limited(text),
        400..=499 => EndReason::Config,
        500..=599 => EndReason::Overloaded,
        _ => return None,
    })
}

fn rate_limited(text: &str) -> EndReason {
    EndReason::RateLimited {
        retry_at: local_time(text),
    }
}

fn local_time(text: &str) -> Option<Timestamp> {
    // Codex inherits our time zone. Where that is unknown, its time is, too.
    let zone = TimeZone::try_system().ok()?;
    reset::retry_at(text, &Zoned::now().with_time_zone(zone))
}

/// One line for people: what was said, and what they can do about it.
pub(crate) fn advise(end: EndReason, said: &str) -> String {
    let said = readable(said);
    let bills = said.to_lowercase().contains("billing");
    let remedy = match end {
        EndReason::Auth if said.contains("Missing environment variable") => {
            "; set it, and let it through to the agent"
        }
        EndReason::Auth => "; log in with `codex login`, or give the provider a valid key",
        EndReason::Billing if !bills => "; check the plan and the credit of the account",
        EndReason::Config if said.contains("trusted directory") => "; run it in a git repository",
        EndReason::Config if said.contains("status 404") => {
            "; choose another model, or check the address of the provider"
        }
        _ => "",
    };
    if remedy.is_empty() {
        return one_line(&said, MAX_ERROR);
    }
    let room = MAX_ERROR - remedy.chars().count();
    format!("{}{remedy}", one_line(said.trim_end_matches('.'), room))
}

/// What is for people in what was said: a service's answer is passed on as JSON.
pub(crate) fn readable(said: &str) -> String {
    let body = Fields::parse(said);
    [body.object("error").text("message"), body.text("detail")]
        .into_iter()
        .chain([said.to_owned()])
        .find(|message| !message.trim().is_empty())
        .unwrap_or_else(|| format!("{NAME} does not say why"))
}
