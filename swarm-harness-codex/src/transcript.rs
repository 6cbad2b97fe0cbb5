//! From the event stream to a report.

use swarm_core::agent_cli::{Complaints, Fields, LookedAt, Transcript, silent_end};
use swarm_core::model::{EndReason, SessionId, Usage};
use swarm_core::ports::{AgentEvent, Stop, TurnReport, TurnRequest};
use swarm_core::process::{Exit, Line, Stream};

use crate::classify::{advise, of_failure, of_refused_start, readable};
use crate::program::NAME;
use crate::totals::Totals;

/// What Codex prints to standard error in the best of turns.
const CHATTER: [&str; 3] = [
    "WARNING: proceeding, even though",
    "Reading additional input from stdin",
    "Reading prompt from stdin",
];

/// Reads one turn of Codex.
#[derive(Debug)]
pub(crate) struct CodexTranscript {
    totals: Totals,
    resumed: bool,
    /// The answer is to be JSON.
    structured: bool,
    session: Option<SessionId>,
    /// The agent's last words.
    said: String,
    usage: Usage,
    looked_at: LookedAt,
    /// The tool that was started last, until it is done.
    tool: Option<String>,
    /// What it is trying to get over at the moment.
    retrying: Option<String>,
    /// Its own verdict: done, or what went wrong.
    verdict: Option<Result<(), String>>,
    /// The verdict was its last word.
    over: bool,
    complaints: Complaints,
}

impl Transcript for CodexTranscript {
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
        let mut events = Vec::new();
        match line.stream {
            Stream::Stderr if CHATTER.iter().any(|c| line.text.starts_with(c)) => {}
            Stream::Stderr => self.complaints.hear(line.text),
            Stream::Stdout if line.cut => {}
            Stream::Stdout => self.on_event(&Fields::parse(line.text), &mut events),
        }
        events
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn finish(self: Box<Self>, exit: Exit) -> TurnReport {
        let (end, error) = match &self.verdict {
            Some(Ok(())) => (EndReason::Finished, None),
            Some(Err(text)) => {
                let end = of_failure(text);
                (end, Some(advise(end, text)))
            }
            None => {
                let (end, said) = self.no_verdict(exit);
                (end, Some(advise(end, &said)))
            }
        };
        let session = match end {
            EndReason::SessionNotFound => None,
            _ => self.session,
        };
        // The final message is the answer by the schema.
        let structured = (self.structured && end == EndReason::Finished)
            .then(|| serde_json::from_str(&self.said).ok())
            .flatten();
        TurnReport {
            end,
            structured,
            message: self.said,
            session,
            usage: self.usage,
            cost: None,
            error,
            // It tells sums only.
            context: None,
            looked_at: self.looked_at.into_list(),
            survivors: Vec::new(),
        }
    }
}

impl CodexTranscript {
    pub(crate) fn new(totals: Totals, turn: &TurnRequest) -> Self {
        Self {
            totals,
            resumed: turn.session.is_some(),
            structured: turn.schema.is_some(),
            session: None,
            said: String::new(),
            usage: Usage::default(),
            looked_at: LookedAt::default(),
            tool: None,
            retrying: None,
            verdict: None,
            over: false,
            complaints: Complaints::default(),
        }
    }

    fn on_event(&mut self, event: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        match event.text("type").as_str() {
            "turn.started" => {
                // It works on: what it said before is not its last word.
                self.verdict.take_if(|verdict| verdict.is_ok());
                self.over = false;
            }
            "thread.started" => self.on_thread(event.text("thread_id"), events),
            "item.started" => self.on_item_started(&event.object("item"), events),
            "item.completed" => self.on_item(&event.object("item"), events),
            "turn.completed" => self.on_completed(&event.object("usage"), events),
            "turn.failed" => {
                self.verdict = Some(Err(event.object("error").text("message")));
                self.over = true;
            }
            "error" => self.on_error(&event.text("message"), events),
            _ => {}
        }
    }

    fn on_thread(&mut self, id: String, events: &mut Vec<AgentEvent>) {
        if !id.is_empty() && self.session.is_none() {
            let session = SessionId::new(id);
            self.session = Some(session.clone());
            events.push(AgentEvent::Session { session });
        }
    }

    fn on_item_started(&mut self, item: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        self.retrying = None;
        self.tool = Some(item.text("id"));
        self.tool_used(item, events);
    }

    fn on_item(&mut self, item: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        match item.text("type").as_str() {
            "agent_message" => {
                self.retrying = None;
                self.said = item.text("text");
                let text = self.said.clone();
                events.push(AgentEvent::Message { text });
            }
            // Not the end: a warning.
            "error" => events.push(AgentEvent::Warning {
                text: item.text("message"),
            }),
            "reasoning" => self.retrying = None,
            _ if self.tool.take() == Some(item.text("id")) => {}
            // Some tools are told of only when they are done.
            _ => self.tool_used(item, events),
        }
    }

    fn tool_used(&mut self, item: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        let name = item.text("type");
        match name.as_str() {
            "" => return,
            "command_execution" => self.looked_at.add(&item.text("command")),
            "web_search" => self.looked_at.add(&item.text("query")),
            _ => {}
        }
        events.push(AgentEvent::Tool { name });
    }

    fn on_completed(&mut self, usage: &Fields<'_>, events: &mut Vec<AgentEvent>) {
        self.verdict = Some(Ok(()));
        self.over = true;
        let total = of_codex(usage);
        if let Some(session) = &self.session {
            // Said twice, it is new only once.
            self.usage += self.totals.advance(session, self.resumed, total);
            let usage = self.usage;
            events.push(AgentEvent::Usage { usage });
        }
    }

    /// "Reconnecting..." is not the end; anything else is followed by
    /// `turn.failed`, unless the process dies in between.
    fn on_error(&mut self, message: &str, events: &mut Vec<AgentEvent>) {
        if message.starts_with("Reconnecting") {
            self.retrying = Some(message.to_owned());
        } else if self.verdict.is_none() {
            self.verdict = Some(Err(message.to_owned()));
        }
        let text = readable(message);
        events.push(AgentEvent::Warning { text });
    }

    /// The process ended, or was ended, before it said how the turn did.
    fn no_verdict(&self, exit: Exit) -> (EndReason, String) {
        let complaint = self.complaints.summary();
        if let (Exit::Code(code), None) = (exit, &self.session)
            && let Some(end) = of_refused_start(&self.complaints, code)
        {
            return (end, complaint);
        }
        // Ended from outside while it could not get through: that is why. It
        // waits as long as a service wants it to, and for a network for ever.
        let (end, silence) = silent_end(NAME, exit);
        if let (Exit::Signal(_) | Exit::StoppedByUs(Stop::Limit(_)), Some(text)) =
            (exit, &self.retrying)
        {
            let said = format!("{silence} while it tried to get over this: {}", cause(text));
            return (of_failure(text), said);
        }
        if complaint.is_empty() {
            (end, silence)
        } else {
            (end, format!("{silence}: {complaint}"))
        }
    }
}

/// What is in the brackets of "Reconnecting... 1/5 (…)".
fn cause(text: &str) -> &str {
    let inner = text.split_once('(').map(|(_, inner)| inner);
    inner.map_or(text, |inner| inner.strip_suffix(')').unwrap_or(inner))
}

/// Codex counts cached tokens as input, too.
fn of_codex(usage: &Fields<'_>) -> Usage {
    let cache_read = usage.count("cached_input_tokens");
    let cache_write = usage.count("cache_write_input_tokens");
    Usage {
        input: usage
            .count("input_tokens")
            .saturating_sub(cache_read)
            .saturating_sub(cache_write),
        output: usage.count("output_tokens"),
        cache_read,
        cache_write,
        reasoning: usage.count("reasoning_output_tokens"),
    }
}
