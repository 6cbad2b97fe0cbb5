//! From the event stream to a report.

use std::time::Duration;

use serde_json::Value;
use swarm_core::agent_cli::{Complaints, Fields, LookedAt, Transcript, silent_end};
use swarm_core::model::{EndReason, Killer, SessionId, Timestamp, Wait};
use swarm_core::ports::{AgentEvent, Answer, Stop, TurnReport};
use swarm_core::process::{Exit, Line, Stream};

use crate::asking::Requests;
use crate::classify::{Fault, advise, of_fault, of_refused_start, of_result};
use crate::fullness::Fullness;
use crate::looking::looked_at;
use crate::program::NAME;
use crate::spent::Spent;

/// What people see of a user's message when somebody interrupts the agent.
const INTERRUPTED: &str = "[Request interrupted by user";

/// Reads one turn of Claude Code.
#[derive(Debug, Default)]
pub(crate) struct ClaudeTranscript {
    session: Option<SessionId>,
    /// The main agent's last words.
    said: String,
    spent: Spent,
    fullness: Fullness,
    looked_at: LookedAt,
    /// The failure that was named last.
    fault: Fault,
    /// What it is trying to get over at the moment.
    retrying: Option<EndReason>,
    retry_at: Option<Timestamp>,
    /// What was last warned of a usage limit.
    limit: String,
    interrupted: bool,
    /// Its own verdict. There are several where tools run in the background;
    /// the last one counts, if no work follows it.
    verdict: Option<Verdict>,
    /// Nothing was begun after the verdict.
    over: bool,
    /// It can be told answers.
    listens: bool,
    requests: Requests,
    complaints: Complaints,
}

#[derive(Debug)]
struct Verdict {
    end: EndReason,
    message: String,
    error: Option<String>,
    structured: Option<Value>,
}

impl Transcript for ClaudeTranscript {
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
        let mut events = Vec::new();
        match line.stream {
            Stream::Stderr => self.complaints.hear(line.text),
            Stream::Stdout if line.cut => {}
            Stream::Stdout => self.on_event(&Fields::parse(line.text), &mut events),
        }
        events
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn listens(&self) -> bool {
        self.listens
    }

    fn answer(&mut self, name: &str, answer: &Answer) -> Vec<u8> {
        self.requests.answer(name, answer)
    }

    fn next_turn(&mut self) -> Option<TurnReport> {
        let report = self.report(Exit::Code(0));
        *self = Self {
            session: self.session.take(),
            spent: self.spent.next_turn(),
            fullness: std::mem::take(&mut self.fullness),
            listens: self.listens,
            ..Self::default()
        };
        Some(report)
    }

    fn finish(mut self: Box<Self>, exit: Exit) -> TurnReport {
        self.report(exit)
    }
}

impl ClaudeTranscript {
    /// A reader for a turn in which Claude Code can be told answers, or not.
    pub(crate) fn new(listens: bool) -> Self {
        Self {
            listens,
            ..Self::default()
        }
    }

    /// What came of the turn.
    fn report(&mut self, exit: Exit) -> TurnReport {
        // What a later turn was cut off in is not settled by an earlier word.
        let settled = self.over || matches!(exit, Exit::Code(0..=128));
        let verdict = match self.verdict.take() {
            Some(verdict) if settled => verdict,
            _ => self.no_verdict(exit),
        };
        let (usage, cost) = self.spent.total();
        let session = match verdict.end {
            EndReason::SessionNotFound => None,
            _ => self.session.clone(),
        };
        TurnReport {
            end: verdict.end,
            message: verdict.message,
            session,
            usage,
            cost,
            error: verdict.error,
            structured: verdict.structured,
            context: self.fullness.told(),
            looked_at: std::mem::take(&mut self.looked_at).into_list(),
            survivors: Vec::new(),
        }
    }

    fn on_event(&mut self, event: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        match event.text("type").as_str() {
            "system" => self.on_system(event, events),
            "assistant" => self.on_assistant(event, events),
            "user" => self.on_user(event),
            "rate_limit_event" => {
                self.on_rate_limit(&event.object("rate_limit_info"), events);
            }
            "result" => self.on_result(event, events),
            "control_request" => {
                let asked = self.requests.on_request(event).into_iter();
                events.extend(asked.map(|question| AgentEvent::Asks { question }));
            }
            "control_cancel_request" => {
                let names = self.requests.on_cancel(event).into_iter();
                events.extend(names.map(|name| AgentEvent::TakesBack { name }));
            }
            _ => {}
        }
    }

    fn on_system(&mut self, event: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        let id = event.text("session_id");
        let known = self.session.as_ref().is_some_and(|s| s.as_str() == id);
        if !id.is_empty() && !known {
            let session = SessionId::new(id);
            self.session = Some(session.clone());
            events.push(AgentEvent::Session { session });
        }
        match event.text("subtype").as_str() {
            // Once a turn; of several in one process, the last one counts.
            "init" => self.over = false,
            "api_retry" => self.on_retry(event, events),
            "compact_boundary" => self.fullness.on_compacted(event),
            "permission_denied" => warn(events, format!("denied: {}", event.text("tool_name"))),
            "model_fallback" => warn(events, event.text("content")),
            _ => {}
        }
    }

    fn on_retry(&mut self, event: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        let fault = Fault {
            word: event.text("error"),
            status: event.count("error_status"),
            ..Fault::default()
        };
        let end = match of_fault(&fault, self.retry_at) {
            // No status at all: nothing was answered.
            EndReason::Crashed => EndReason::Network,
            end => end,
        };
        self.retrying = Some(end);
        warn(
            events,
            format!(
                "{}: try {} of {} follows",
                end.as_str(),
                event.count("attempt"),
                event.count("max_retries"),
            ),
        );
        let delay = event.number("retry_delay_ms").unwrap_or_default() / 1000.0;
        if let Ok(span) = Duration::try_from_secs_f64(delay) {
            let wait = Wait::For(span);
            events.push(AgentEvent::Waits { wait });
        }
    }

    fn on_assistant(&mut self, event: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        let message = event.object("message");
        let content = message.objects("content");
        if event.has("error") {
            self.fault = Fault {
                word: event.text("error"),
                detail: event.text("api_error"),
                status: event.count("api_error_status"),
                text: content.first().map(|c| c.text("text")).unwrap_or_default(),
            };
            let params = event.object("api_error_params");
            self.on_rate_limit(&params.object("rate_limit_info"), events);
            return;
        }
        self.retrying = None;
        // It works on: what it said before is not its last word.
        self.verdict = None;
        self.over = false;
        let sub_agent = event.has("parent_tool_use_id");
        if !sub_agent {
            self.fault = Fault::default();
            self.fullness.on_message(&message);
        }
        for block in content {
            match block.text("type").as_str() {
                "text" if !sub_agent => {
                    self.said = block.text("text");
                    let text = self.said.clone();
                    events.push(AgentEvent::Message { text });
                }
                "tool_use" => {
                    if let Some(thing) = looked_at(&block) {
                        self.looked_at.add(&thing);
                    }
                    events.push(AgentEvent::Tool {
                        name: block.text("name"),
                    });
                }
                _ => {}
            }
        }
        if self.spent.on_message(&message) {
            let usage = self.spent.total().0;
            events.push(AgentEvent::Usage { usage });
        }
    }

    fn on_user(&mut self, event: &Fields<'_>) {
        let message = event.object("message");
        self.interrupted |= message.text("content").starts_with(INTERRUPTED)
            || message
                .objects("content")
                .iter()
                .any(|block| block.text("text").starts_with(INTERRUPTED));
    }

    /// Only `rejected` is final; a status that is not known is a warning.
    fn on_rate_limit(&mut self, info: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        let window = info.text("rateLimitType");
        let status = info.text("status");
        let text = match status.as_str() {
            "" | "allowed" => return,
            "rejected" => {
                let resets = Duration::from_secs(info.count("resetsAt"));
                self.retry_at = (!resets.is_zero()).then(|| Timestamp::default().plus(resets));
                format!("usage limit {window} reached")
            }
            status => format!("usage limit {window}: {status}"),
        };
        // It is said again with every answer.
        if self.limit != text {
            self.limit.clone_from(&text);
            warn(events, text);
            let until = self.retry_at.filter(|_| status == "rejected");
            let wait = until.map(Wait::Until);
            events.extend(wait.map(|wait| AgentEvent::Waits { wait }));
        }
    }

    fn on_result(&mut self, result: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        self.retrying = None;
        self.over = true;
        self.spent.on_result(result);
        self.fullness.on_result(result);
        let usage = self.spent.total().0;
        events.push(AgentEvent::Usage { usage });

        let text = result.text("result");
        self.verdict = Some(
            if !result.flag("is_error") && matches!(result.text("subtype").as_str(), "success" | "")
            {
                Verdict {
                    end: EndReason::Finished,
                    message: if result.has("result") {
                        text
                    } else {
                        self.said.clone()
                    },
                    error: None,
                    structured: result.value("structured_output"),
                }
            } else {
                self.failed(result, text)
            },
        );
    }

    fn failed(&mut self, result: &Fields<'_>, text: String) -> Verdict {
        let mut fault = std::mem::take(&mut self.fault);
        if fault.status == 0 {
            fault.status = result.count("api_error_status");
        }
        if fault.detail.is_empty() {
            fault.detail = result.text("api_error");
        }
        fault.text = if text.is_empty() {
            result.texts("errors").join("; ")
        } else {
            text
        };
        let end = match of_result(result, &fault, self.retry_at) {
            EndReason::Crashed if self.interrupted => EndReason::Killed { by: Killer::Other },
            end => end,
        };
        let error = match end {
            // All it says itself is a diagnostic for its makers.
            EndReason::Killed { .. } => format!("{NAME} was interrupted"),
            _ => advise(end, &fault.text),
        };
        Verdict {
            end,
            // The text of such a result is Claude Code's, not the agent's.
            message: self.said.clone(),
            error: Some(error),
            structured: None,
        }
    }

    /// The process ended, or was ended, before it said how the turn did.
    fn no_verdict(&self, exit: Exit) -> Verdict {
        let (end, silence) = silent_end(NAME, exit);
        let refused = match exit {
            Exit::Code(0..=128) if self.session.is_none() => of_refused_start(&self.complaints),
            _ => None,
        };
        let complaint = self.complaints.summary();
        let (end, said) = match (refused, self.retrying, exit) {
            (Some(end), _, _) => (end, complaint),
            // Ended from outside while it could not get through: that is why.
            (None, Some(end), Exit::Signal(_) | Exit::StoppedByUs(Stop::Limit(_))) => {
                (end, format!("{silence} while it tried to get over this"))
            }
            (None, _, Exit::Code(0..=128)) if self.interrupted => (
                EndReason::Killed { by: Killer::Other },
                format!("{NAME} was interrupted"),
            ),
            _ if complaint.is_empty() => (end, silence),
            _ => (end, format!("{silence}: {complaint}")),
        };
        Verdict {
            end,
            message: self.said.clone(),
            error: Some(advise(end, &said)),
            structured: None,
        }
    }
}

fn warn(events: &mut Vec<AgentEvent>, text: String) {
    events.push(AgentEvent::Warning { text });
}
