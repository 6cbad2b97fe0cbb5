//! The dialogue with a program: its turns are heard and answered, and it is
//! ended when it stays after its last word, unless it waits for another turn.

use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use super::Transcript;
use super::asked::Asked;
use super::record::Record;
use super::talk::{Listener, Talk};
use crate::ports::{CallContext, Stop, Stopper, TurnReport};
use crate::process::{self, AloneAsked, Ended, ProcessError, ProcessSpec};

type Work = Pin<Box<dyn Future<Output = Result<Ended, ProcessError>> + Send>>;

/// A program and its talk. It goes on while a turn is heard, and only then:
/// what waits for its next turn does nothing. Dropping it ends the program.
pub(super) struct Dialogue {
    talk: Arc<Talk>,
    /// `None` once the program has ended.
    work: Option<Work>,
    survivors: Vec<u32>,
    stopper: Stopper,
    alone: UnboundedSender<AloneAsked>,
    /// It has waited for a turn before.
    waited: bool,
}

/// How a turn came to its end.
pub(super) enum TurnEnd {
    /// With the program.
    Ended(TurnReport),
    /// The program waits for another turn, all alone.
    Waits(TurnReport),
    /// A program that had waited has ended without a word about this turn: it
    /// may be taken elsewhere. These of it could not be ended.
    Unheard(Vec<u32>),
}

impl Dialogue {
    /// Nothing is started before its first turn. If it `stays`, the program
    /// may take several.
    pub(super) fn new(
        spec: ProcessSpec,
        transcript: Box<dyn Transcript>,
        stays: bool,
        context: &CallContext,
    ) -> Self {
        let (told, input) = unbounded_channel();
        let (alone, asked) = unbounded_channel();
        let listens = stays || transcript.listens();
        let talk = Arc::new(Talk::new(transcript, listens.then_some(told), stays));
        let mut listener = Listener(Arc::clone(&talk));
        let (stopper, context) = context.lasting(Arc::new(listener.clone()));
        let work: Work = if listens {
            Box::pin(async move {
                process::converse_with(spec, input, asked, &mut listener, &context).await
            })
        } else {
            Box::pin(async move { process::run(spec, &mut listener, &context).await })
        };
        Self {
            talk,
            work: Some(work),
            survivors: Vec::new(),
            stopper,
            alone,
            waited: false,
        }
    }

    /// Whether the program still waits, and has done nothing since its last
    /// turn.
    pub(super) async fn waits(&mut self) -> bool {
        let Some(work) = &mut self.work else {
            return false;
        };
        // So that the runtime has looked what is there to read.
        yield_now().await;
        let ended = poll_fn(|poll| match work.as_mut().poll(poll) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending => Poll::Ready(None),
        });
        if let Some(ended) = ended.await {
            self.work = None;
            self.survivors = ended.map_or_else(|_| Vec::new(), |ended| ended.survivors);
        }
        self.work.is_some() && !self.talk.is_stray()
    }

    /// One more turn of a program that waits.
    pub(super) async fn further_turn(
        &mut self,
        prompt: Vec<u8>,
        record: Option<Record>,
        linger: Duration,
        context: &CallContext,
    ) -> Result<TurnEnd, ProcessError> {
        self.talk.tell(prompt);
        self.turn(record, linger, context).await
    }

    /// Hears a turn to its end.
    pub(super) async fn turn(
        &mut self,
        record: Option<Record>,
        linger: Duration,
        context: &CallContext,
    ) -> Result<TurnEnd, ProcessError> {
        let Some(work) = &mut self.work else {
            return Ok(TurnEnd::Unheard(std::mem::take(&mut self.survivors)));
        };
        let (talk, stopper) = (&*self.talk, &self.stopper);
        talk.begin(context, record);
        let mut lingered = false;
        let mut over_when_stopped = false;
        let mut asked = Asked::default();
        let mut alone = None;
        let ended = loop {
            asked.update(talk.news(), context);
            let over = talk.over_since();
            match over {
                None => alone = None,
                Some(_) if alone.is_none() && talk.stays() => alone = Some(ask(&self.alone)),
                Some(_) => {}
            }
            tokio::select! {
                // A call that was stopped before starts nothing.
                biased;
                how = context.stopped_harder_than(stopper.asked()) => {
                    if stopper.asked().is_none() {
                        over_when_stopped = over.is_some();
                    }
                    stopper.stop(how);
                }
                ended = &mut *work => break ended,
                (name, answer) = asked.next() => talk.answer(&name, &answer),
                () = talk.changed.notified() => {}
                is_alone = told(&mut alone), if stopper.asked().is_none() => {
                    if let Some(report) = talk.next_turn(is_alone) {
                        self.waited = true;
                        return Ok(TurnEnd::Waits(report));
                    }
                    alone = None;
                }
                () = until(over.map(|since| since + linger)), if stopper.asked().is_none() => {
                    lingered = true;
                    stopper.stop(Stop::Gently);
                }
            }
        };
        self.work = None;
        let further = self.waited && stopper.asked().is_none();
        let ended = ended?;
        if further && !talk.was_heard() {
            return Ok(TurnEnd::Unheard(ended.survivors));
        }
        let report = talk.report(ended, lingered, over_when_stopped);
        Ok(TurnEnd::Ended(report))
    }

    /// Ends a program that waits: it hears that nothing more comes, and has a
    /// grace to end by itself. Gives what could not be ended.
    pub(super) async fn end(mut self, grace: Duration) -> Vec<u32> {
        self.talk.close();
        let Some(mut work) = self.work.take() else {
            return self.survivors;
        };
        let ended = if let Ok(ended) = timeout(grace, &mut work).await {
            ended
        } else {
            self.stopper.stop(Stop::Gently);
            work.await
        };
        ended.map_or_else(|_| Vec::new(), |ended| ended.survivors)
    }
}

fn ask(keeper: &UnboundedSender<AloneAsked>) -> oneshot::Receiver<bool> {
    let (tell, told) = oneshot::channel();
    // Nobody answers for a program that has just ended.
    let _ = keeper.send(tell);
    told
}

/// The answer; waits for ever if nothing was asked.
async fn told(asked: &mut Option<oneshot::Receiver<bool>>) -> bool {
    match asked {
        Some(asked) => asked.await.unwrap_or(false),
        None => pending().await,
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
