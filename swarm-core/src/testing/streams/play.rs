//! Shows a recording to an adapter.

use std::fmt;

use super::Recorded;
use super::dice::Dice;
use crate::agent_cli::{CliAgent, Transcript};
use crate::model::{AttemptId, EndReason, Nonce, RunId, TaskId, Wait};
use crate::ports::{AgentEvent, TurnReport, TurnRequest};
use crate::process::{Line, Stream};

/// A plain request, for adapters whose transcripts ask for one.
pub fn turn() -> TurnRequest {
    let attempt = AttemptId {
        run: RunId::new("run1"),
        task: TaskId::new("task").expect("`task` is a valid id"),
        number: 1,
    };
    TurnRequest {
        nonce: Nonce::new("n0"),
        ..TurnRequest::new(attempt, "do it", "/worktree")
    }
}

/// What an adapter made of a recording. As text it is all that matters of it in
/// a few lines, for snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// What it told while it listened, in order.
    pub events: Vec<AgentEvent>,
    /// What it said in the end.
    pub report: TurnReport,
}

impl Recorded {
    /// Shows it to a fresh transcript of the agent, line by line.
    ///
    /// This is what the transcript says. Where the exit is
    /// [`Exit::StoppedByUs`](crate::process::Exit::StoppedByUs),
    /// [`CliHarness`](crate::agent_cli::CliHarness) sets the end reason itself.
    pub fn play(&self, agent: &dyn CliAgent, turn: &TurnRequest) -> Played {
        let mut transcript = agent.transcript(turn);
        let mut events = Vec::new();
        self.feed(&mut *transcript, |event| events.push(event));
        let report = transcript.finish(self.exit);
        Played { events, report }
    }

    /// Shows it to a fresh transcript of an agent that takes several turns in
    /// one process, and tells what it makes of each: each is over as soon as the
    /// transcript says so. What is left belongs to the last one.
    pub fn play_turns(&self, agent: &dyn CliAgent, turn: &TurnRequest) -> Vec<Played> {
        let mut transcript = agent.transcript(turn);
        let (mut events, mut turns) = (Vec::new(), Vec::new());
        let mut open = false;
        self.each_line(|line| {
            events.extend(transcript.on_line(line));
            open = true;
            if transcript.is_over()
                && let Some(report) = transcript.next_turn()
            {
                let events = std::mem::take(&mut events);
                turns.push(Played { events, report });
                open = false;
            }
        });
        if open {
            let report = transcript.finish(self.exit);
            turns.push(Played { events, report });
        }
        turns
    }

    /// Shows its lines to a transcript and hands its events on, one by one: for
    /// streams whose events would not fit into memory.
    pub fn feed(&self, transcript: &mut dyn Transcript, mut hear: impl FnMut(AgentEvent)) {
        self.each_line(|line| transcript.on_line(line).into_iter().for_each(&mut hear));
    }

    /// Every line as the process layer cuts it: ends at `\n`, without `\r`, in
    /// valid UTF-8. What is left after the last end is a line, too.
    pub(super) fn each_line(&self, mut hear: impl FnMut(Line<'_>)) {
        let mut order = (self.mixed != 0).then(|| Dice::new(self.mixed));
        let mut out = split(&self.stdout).peekable();
        let mut err = split(&self.stderr).peekable();
        loop {
            let from_err = match (out.peek(), err.peek(), &mut order) {
                (None, None, _) => return,
                (Some(_), None, _) => false,
                (None, Some(_), _) => true,
                (Some(_), Some(_), order) => order.as_mut().is_some_and(|dice| dice.one_in(2)),
            };
            let (stream, bytes) = if from_err {
                (Stream::Stderr, err.next())
            } else {
                (Stream::Stdout, out.next())
            };
            let bytes = bytes.unwrap_or_default();
            let cut = bytes.len() > self.max_line;
            let bytes = if cut {
                &bytes[..self.max_line]
            } else {
                bytes.strip_suffix(b"\r").unwrap_or(bytes)
            };
            let text = &String::from_utf8_lossy(bytes);
            hear(Line { stream, text, cut });
        }
    }
}

fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

impl Played {
    /// Without the time to try again, for agents that put it in local time or
    /// count from now: it depends on where and when the test runs.
    #[must_use]
    pub fn timeless(mut self) -> Self {
        if let EndReason::RateLimited { retry_at } = &mut self.report.end {
            *retry_at = None;
        }
        self
    }
}

impl fmt::Display for Played {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &self.report;
        write!(to, "{}", report.end.as_str())?;
        match report.end {
            EndReason::RateLimited { retry_at: Some(at) } => writeln!(to, " until {}", at.0)?,
            EndReason::Killed { by } => writeln!(to, " by {by:?}")?,
            EndReason::TimedOut { limit } => writeln!(to, " {limit:?}")?,
            _ => writeln!(to)?,
        }
        let session = report.session.as_ref().map_or("none", |id| id.as_str());
        let usage = report.usage;
        let cost = report
            .cost
            .map_or("no cost".to_owned(), |cost| format!("${}", cost.usd()));
        writeln!(to, "  session {session}")?;
        writeln!(
            to,
            "  in {} out {} read {} written {} thought {}, {cost}",
            usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning
        )?;
        if let Some(context) = report.context {
            writeln!(to, "  {} of {} tokens full", context.used, context.limit)?;
        }
        for thing in &report.looked_at {
            writeln!(to, "  looked at {:?}", short(thing))?;
        }
        let lines: Vec<String> = self.events.iter().filter_map(line).collect();
        for run in lines.chunk_by(|one, next| one == next) {
            write!(to, "  {}", run[0])?;
            match run.len() {
                1 => writeln!(to)?,
                times => writeln!(to, " × {times}")?,
            }
        }
        writeln!(to, "  says {:?}", short(&report.message))?;
        writeln!(to, "  {}", report.error.as_deref().unwrap_or("no error"))
    }
}

/// An event, unless the report has it.
fn line(event: &AgentEvent) -> Option<String> {
    match event {
        AgentEvent::Session { .. } | AgentEvent::Usage { .. } => None,
        AgentEvent::Message { text } => Some(format!("- {:?}", short(text))),
        AgentEvent::Tool { name } => Some(format!("- <{name}>")),
        AgentEvent::Warning { text } => Some(format!("! {}", short(text))),
        AgentEvent::Waits {
            wait: Wait::For(span),
        } => Some(format!("… waits {} ms", span.as_millis())),
        AgentEvent::Waits {
            wait: Wait::Until(at),
        } => Some(format!("… waits until {}", at.0)),
        AgentEvent::Asks { question } => Some(format!("? {}", question.name)),
        AgentEvent::TakesBack { name } => Some(format!("? no longer: {name}")),
    }
}

fn short(text: &str) -> String {
    const SHOWN: usize = 120;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
