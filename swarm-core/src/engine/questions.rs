//! What agents ask and nobody has answered yet.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::clock::Clock;
use super::publish::Publisher;
use crate::event::{Answerer, Event};
use crate::model::{AttemptId, QuestionId};
use crate::ports::{Answer, Matter, Question};

/// Why an answer was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// No such question was asked in this run.
    #[error("there is no question {0} in this run")]
    Unknown(QuestionId),
    /// Somebody else was faster, its time was over, or its turn is.
    #[error("question {0} is answered or over already")]
    Over(QuestionId),
    /// The question is still open: answer it in another way.
    #[error("a permission is allowed or denied, a choice is answered in words or denied")]
    Unfit,
}

/// How questions are answered where nobody does.
#[derive(Clone)]
pub(super) struct Manners {
    /// How long a person may take.
    pub(super) patience: Duration,
    pub(super) unanswered: Arc<dyn Fn(&Matter) -> Answer + Send + Sync>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(120),
            unanswered: Arc::new(Matter::unanswered),
        }
    }
}

impl fmt::Debug for Manners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manners")
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// The open questions of a run. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Questions {
    manners: Manners,
    clock: Clock,
    publisher: Publisher,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    /// The number of the last one.
    last: u64,
    waiting: BTreeMap<QuestionId, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    matter: Matter,
    reply: oneshot::Sender<Answer>,
}

impl Questions {
    pub(super) fn new(manners: Manners, clock: Clock, publisher: Publisher) -> Self {
        Self {
            manners,
            clock,
            publisher,
            open: Arc::default(),
        }
    }

    /// Asks, and waits for a person or until patience ends.
    pub(super) async fn ask(&self, attempt: &AttemptId, question: Question) -> Answer {
        let mut asked = self.begin(attempt, question.matter);
        let reply = tokio::time::timeout(self.manners.patience, &mut asked.reply).await;
        asked.end(reply.ok().and_then(Result::ok), Answerer::Default)
    }

    /// A person's answer. Never blocks, and publishes nothing: it may be called
    /// by an observer in the middle of an event.
    pub(super) fn answer(&self, id: QuestionId, answer: Answer) -> Result<(), AnswerError> {
        let mut open = self.open();
        let Some(waiting) = open.waiting.get(&id) else {
            let known = (1..=open.last).contains(&id.0);
            return Err(if known {
                AnswerError::Over(id)
            } else {
                AnswerError::Unknown(id)
            });
        };
        if !waiting.matter.takes(&answer) {
            return Err(AnswerError::Unfit);
        }
        let sent = open.waiting.remove(&id).map(|one| one.reply.send(answer));
        match sent {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(AnswerError::Over(id)),
        }
    }

    fn begin(&self, attempt: &AttemptId, matter: Matter) -> Asked<'_> {
        let (reply, receiver) = oneshot::channel();
        let id = {
            let mut open = self.open();
            open.last += 1;
            let id = QuestionId(open.last);
            let matter = matter.clone();
            open.waiting.insert(id, Waiting { matter, reply });
            id
        };
        self.publisher.publish(Event::QuestionAsked {
            task: attempt.task.clone(),
            attempt: attempt.number,
            question: id,
            asks: matter.clone(),
            until: self.clock.now().plus(self.manners.patience),
        });
        Asked {
            questions: self,
            attempt: attempt.clone(),
            id,
            matter,
            reply: receiver,
            over: false,
        }
    }

    /// The embedder's answer where nobody gives one.
    fn default_answer(&self, matter: &Matter) -> Answer {
        let answer = (self.manners.unanswered)(matter);
        if matter.takes(&answer) {
            answer
        } else {
            matter.unanswered()
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question from its event to the event of its answer, also if whoever asked
/// is dropped in between.
struct Asked<'a> {
    questions: &'a Questions,
    attempt: AttemptId,
    id: QuestionId,
    matter: Matter,
    reply: oneshot::Receiver<Answer>,
    over: bool,
}

impl Asked<'_> {
    /// Closes the question, unless that was done, and tells how it was
    /// answered.
    fn end(&mut self, reply: Option<Answer>, otherwise: Answerer) -> Answer {
        self.over = true;
        self.questions.open().waiting.remove(&self.id);
        // From here on nobody answers: the reply is there or will not come.
        let reply = reply.or_else(|| self.reply.try_recv().ok());
        let (answer, by) = match (reply, otherwise) {
            (Some(answer), _) => (answer, Answerer::Person),
            (None, Answerer::Default) => {
                let answer = self.questions.default_answer(&self.matter);
                (answer, Answerer::Default)
            }
            (None, by) => (self.matter.unanswered(), by),
        };
        self.questions.publisher.publish(Event::QuestionAnswered {
            task: self.attempt.task.clone(),
            attempt: self.attempt.number,
            question: self.id,
            answer: answer.clone(),
            by,
        });
        answer
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.end(None, Answerer::Nobody);
        }
    }
}
