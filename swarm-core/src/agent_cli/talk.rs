//! What the lines of a program have led to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::Transcript;
use super::record::Record;
use super::stopped::settled;
use crate::ports::{AgentEvent, Answer, CallContext, Question, Sink, TurnReport};
use crate::process::{Ended, Exit, Line, LineSink};

/// The transcript, who hears its turn, and what it still has to say.
pub(super) struct Talk {
    state: Mutex<State>,
    /// Something is new that the dialogue must see to.
    pub(super) changed: Notify,
}

struct State {
    /// `None` once the program has ended.
    transcript: Option<Box<dyn Transcript>>,
    /// Who hears the turn. Nobody in between two turns.
    context: Option<CallContext>,
    /// What keeps the streams, if somebody wants them.
    record: Option<Record>,
    /// The program's standard input, as long as it is open.
    told: Option<UnboundedSender<Vec<u8>>>,
    /// It may be told another turn after its last word.
    stays: bool,
    /// Asked since somebody looked.
    questions: Vec<Question>,
    /// Taken back since somebody looked.
    taken_back: Vec<String>,
    /// Since when the last word is said.
    over: Option<Instant>,
    /// Something was heard since the turn began.
    heard: bool,
    /// It did something that nobody had asked for.
    stray: bool,
}

impl State {
    /// The program is told nothing more.
    fn shut(&mut self) {
        self.stays = false;
        self.told = None;
    }
}

impl Talk {
    pub(super) fn new(
        transcript: Box<dyn Transcript>,
        told: Option<UnboundedSender<Vec<u8>>>,
        stays: bool,
    ) -> Self {
        Self {
            state: Mutex::new(State {
                transcript: Some(transcript),
                context: None,
                record: None,
                told,
                stays,
                questions: Vec::new(),
                taken_back: Vec::new(),
                over: None,
                heard: false,
                stray: false,
            }),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn begins.
    pub(super) fn begin(&self, context: &CallContext, record: Option<Record>) {
        let mut state = self.state();
        state.context = Some(context.clone());
        state.record = record;
        state.heard = false;
        state.over = None;
    }

    /// Tells the program something; it may have gone meanwhile.
    pub(super) fn tell(&self, bytes: Vec<u8>) {
        if let Some(told) = &self.state().told {
            let _ = told.send(bytes);
        }
    }

    /// The program is told nothing more.
    pub(super) fn close(&self) {
        self.state().shut();
    }

    /// What was asked and taken back since the last look.
    pub(super) fn news(&self) -> (Vec<Question>, Vec<String>) {
        let mut state = self.state();
        (
            std::mem::take(&mut state.questions),
            std::mem::take(&mut state.taken_back),
        )
    }

    pub(super) fn over_since(&self) -> Option<Instant> {
        self.state().over
    }

    /// Whether a turn that is over may be followed by another one.
    pub(super) fn stays(&self) -> bool {
        self.state().stays
    }

    /// Whether it did something in between two turns.
    pub(super) fn is_stray(&self) -> bool {
        self.state().stray
    }

    /// Whether anything was heard in this turn.
    pub(super) fn was_heard(&self) -> bool {
        self.state().heard
    }

    pub(super) fn answer(&self, name: &str, answer: &Answer) {
        let mut state = self.state();
        let transcript = state.transcript.as_mut();
        let bytes = transcript.map(|transcript| transcript.answer(name, answer));
        drop(state);
        self.tell(bytes.unwrap_or_default());
    }

    /// The turn is over. What came of it, if the program may wait for the next
    /// one, being alone, and can; else it is told nothing more.
    pub(super) fn next_turn(&self, is_alone: bool) -> Option<TurnReport> {
        let mut state = self.state();
        let transcript = state.transcript.as_mut().filter(|_| is_alone);
        let Some(report) = transcript.and_then(|transcript| transcript.next_turn()) else {
            state.shut();
            return None;
        };
        state.context = None;
        if let Some(record) = state.record.take() {
            record.end(Exit::Code(0), &report);
        }
        Some(report)
    }

    /// The program has ended: what came of the turn.
    pub(super) fn report(
        &self,
        ended: Ended,
        lingered: bool,
        over_when_stopped: bool,
    ) -> TurnReport {
        let mut state = self.state();
        // It had ended its turn, and only we its process.
        let exit = if lingered { Exit::Code(0) } else { ended.exit };
        let transcript = state.transcript.take().expect("a program ends once");
        let mut report = settled(transcript, exit, over_when_stopped);
        report.survivors = ended.survivors;
        state.context = None;
        if let Some(record) = state.record.take() {
            record.end(exit, &report);
        }
        report
    }

    fn line(&self, line: Line<'_>) {
        let mut state = self.state();
        let state = &mut *state;
        let Some(transcript) = &mut state.transcript else {
            return;
        };
        state.heard = true;
        if let Some(record) = &mut state.record {
            record.line(line);
        }
        for event in transcript.on_line(line) {
            match event {
                // Whoever cannot be told an answer is not asked for.
                AgentEvent::Asks { question } if state.told.is_some() => {
                    state.questions.push(question);
                    self.changed.notify_one();
                }
                AgentEvent::TakesBack { name } if state.told.is_some() => {
                    state.taken_back.push(name);
                    self.changed.notify_one();
                }
                event => match &state.context {
                    Some(context) => context.emit(event),
                    None => state.stray = true,
                },
            }
        }
        let over = transcript.is_over();
        if over != state.over.is_some() {
            state.over = over.then(Instant::now);
            self.changed.notify_one();
        }
        if over && !state.stays {
            // There is nothing more to be said, and some wait to hear that.
            state.told = None;
        }
    }
}

/// Hears the program, for as long as it lives.
#[derive(Clone)]
pub(super) struct Listener(pub(super) Arc<Talk>);

impl LineSink for Listener {
    fn line(&mut self, line: Line<'_>) {
        self.0.line(line);
    }
}

/// Its signs of life are those of the turn that it works on.
#[async_trait]
impl Sink for Listener {
    fn event(&self, event: AgentEvent) {
        if let Some(context) = &self.0.state().context {
            context.emit(event);
        }
    }

    fn alive(&self) {
        if let Some(context) = &self.0.state().context {
            context.alive();
        }
    }
}
