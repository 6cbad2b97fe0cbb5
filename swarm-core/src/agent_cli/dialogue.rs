//! One turn's talk with a program: it is heard, answered, and ended when it
//! stays after its last word.

use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::Transcript;
use super::record::Record;
use super::stopped::settled;
use crate::ports::{AgentEvent, Answer, CallContext, Question, Stop, TurnReport};
use crate::process::{self, Ended, Exit, Line, LineSink, ProcessError, ProcessSpec};

/// Runs the program, and reports its turn.
pub(super) async fn talk(
    spec: ProcessSpec,
    transcript: Box<dyn Transcript>,
    record: Option<Record>,
    linger: Duration,
    context: &CallContext,
) -> Result<TurnReport, ProcessError> {
    let (told, input) = unbounded_channel();
    let listens = transcript.listens();
    let talk = Talk::new(transcript, record, listens.then_some(told), context);
    let (stopper, inner) = context.within();
    let mut lingered = false;
    let mut over_when_stopped = false;
    let ended = {
        let mut sink = &talk;
        let mut work: Pin<Box<dyn Future<Output = _> + Send>> = if listens {
            Box::pin(process::converse(spec, input, &mut sink, &inner))
        } else {
            Box::pin(process::run(spec, &mut sink, &inner))
        };
        let mut asked = Asked::default();
        loop {
            let (questions, taken_back) = talk.news();
            asked.add(questions, context);
            asked.drop(&taken_back);
            let over = talk.over_since();
            let mut lingers = pin!(async {
                match over {
                    Some(since) => sleep_until(since + linger).await,
                    None => pending().await,
                }
            });
            tokio::select! {
                // A call that was stopped before starts nothing.
                biased;
                how = context.stopped_harder_than(stopper.asked()) => {
                    if stopper.asked().is_none() {
                        over_when_stopped = over.is_some();
                    }
                    stopper.stop(how);
                }
                ended = &mut work => break ended?,
                (name, answer) = asked.next() => talk.answer(&name, &answer),
                () = talk.changed.notified() => {}
                () = &mut lingers, if stopper.asked().is_none() => {
                    lingered = true;
                    stopper.stop(Stop::Gently);
                }
            }
        }
    };
    Ok(talk.report(ended, lingered, over_when_stopped))
}

/// The transcript, and what its lines have led to.
struct Talk<'a> {
    state: Mutex<State>,
    changed: Notify,
    context: &'a CallContext,
}

struct State {
    transcript: Box<dyn Transcript>,
    /// What keeps the streams, if somebody wants them.
    record: Option<Record>,
    /// The program's standard input, as long as it is open.
    told: Option<UnboundedSender<Vec<u8>>>,
    /// Asked since somebody looked.
    questions: Vec<Question>,
    /// Taken back since somebody looked.
    taken_back: Vec<String>,
    /// Since when the last word is said.
    over: Option<Instant>,
}

impl<'a> Talk<'a> {
    fn new(
        transcript: Box<dyn Transcript>,
        record: Option<Record>,
        told: Option<UnboundedSender<Vec<u8>>>,
        context: &'a CallContext,
    ) -> Self {
        Self {
            state: Mutex::new(State {
                transcript,
                record,
                told,
                questions: Vec::new(),
                taken_back: Vec::new(),
                over: None,
            }),
            changed: Notify::new(),
            context,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked and taken back since the last look.
    fn news(&self) -> (Vec<Question>, Vec<String>) {
        let mut state = self.state();
        (
            std::mem::take(&mut state.questions),
            std::mem::take(&mut state.taken_back),
        )
    }

    fn over_since(&self) -> Option<Instant> {
        self.state().over
    }

    fn answer(&self, name: &str, answer: &Answer) {
        let mut state = self.state();
        let bytes = state.transcript.answer(name, answer);
        if let Some(told) = &state.told {
            // The program may have gone meanwhile.
            let _ = told.send(bytes);
        }
    }

    fn report(self, ended: Ended, lingered: bool, over_when_stopped: bool) -> TurnReport {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        // It had ended its turn, and only we its process.
        let exit = if lingered { Exit::Code(0) } else { ended.exit };
        let mut report = settled(state.transcript, exit, over_when_stopped);
        report.survivors = ended.survivors;
        if let Some(record) = state.record {
            record.end(exit, &report);
        }
        report
    }
}

impl LineSink for &Talk<'_> {
    fn line(&mut self, line: Line<'_>) {
        let mut state = self.state();
        if let Some(record) = &mut state.record {
            record.line(line);
        }
        for event in state.transcript.on_line(line) {
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
                event => self.context.emit(event),
            }
        }
        let over = state.transcript.is_over();
        if over != state.over.is_some() {
            state.over = over.then(Instant::now);
            self.changed.notify_one();
        }
        if over {
            // There is nothing more to be said, and some wait to hear that.
            state.told = None;
        }
    }
}

/// Questions that wait for their answers, by their names.
#[derive(Default)]
struct Asked<'a>(Vec<(String, Waiting<'a>)>);

type Waiting<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

impl<'a> Asked<'a> {
    fn add(&mut self, questions: Vec<Question>, context: &'a CallContext) {
        for question in questions {
            let name = question.name.clone();
            self.0.push((name, Box::pin(context.ask(question))));
        }
    }

    fn drop(&mut self, taken_back: &[String]) {
        self.0.retain(|(name, _)| !taken_back.contains(name));
    }

    /// The next answer; waits for ever if nothing is asked.
    async fn next(&mut self) -> (String, Answer) {
        poll_fn(|poll| {
            for at in 0..self.0.len() {
                if let Poll::Ready(answer) = self.0[at].1.as_mut().poll(poll) {
                    return Poll::Ready((self.0.swap_remove(at).0, answer));
                }
            }
            Poll::Pending
        })
        .await
    }
}
