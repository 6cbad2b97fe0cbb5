//! What every long call is given: a way to be stopped and a way to be heard.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::question::{Answer, Question};
use super::{Keep, Launcher};
use crate::model::{Limit, SessionId, Usage, Wait};
use crate::process::Supervisor;

/// Why a call is to stop, the more urgent the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// End in good order: ask, wait a grace, then force.
    Gently,
    /// A limit of the run was reached; otherwise as `Gently`.
    Limit(Limit),
    /// End at once, by force.
    Now,
}

impl PartialOrd for Limit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Limit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (*self as u8).cmp(&(*other as u8))
    }
}

/// Something an agent did that others may want to see at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "agent_event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AgentEvent {
    /// Its conversation has an id.
    Session {
        /// The id.
        session: SessionId,
    },
    /// It said something.
    Message {
        /// What.
        text: String,
    },
    /// It used a tool.
    Tool {
        /// Which.
        name: String,
    },
    /// Tokens of this turn so far.
    Usage {
        /// The figures.
        usage: Usage,
    },
    /// It warns of something (a retry, a rate limit ahead).
    Warning {
        /// What.
        text: String,
    },
    /// It says that it waits for its service. The idle limit runs from the end
    /// of that wait, unless the agent says something or uses a tool before; the
    /// wall limit runs on.
    Waits {
        /// How long.
        #[serde(flatten)]
        wait: Wait,
    },
    /// It asks something, and waits. From a
    /// [`Transcript`](crate::agent_cli::Transcript): the harness hands the
    /// question to [`CallContext::ask`] and emits nothing, since a run has
    /// events of its own for questions.
    Asks {
        /// What.
        #[serde(flatten)]
        question: Question,
    },
    /// It no longer waits for an answer. As for `Asks`, the harness sees to it.
    TakesBack {
        /// The question's name.
        name: String,
    },
}

/// Where a call's events and questions go.
#[async_trait]
pub trait Sink: Send + Sync {
    /// An event. Must not block.
    fn event(&self, event: AgentEvent);
    /// Something was heard, even if it is no event: the call is alive.
    fn alive(&self);
    /// A question, which may take as long as a person takes. Any number may be
    /// open at once; a dropped future takes its question back. By default
    /// nobody is there to answer.
    async fn ask(&self, question: Question) -> Answer {
        question.matter.unanswered()
    }
}

/// Given to every call that may take long. Cheap to clone.
///
/// The engine sets wall and idle limits for every call; an adapter only has to
/// end when [`stopped`](Self::stopped) says so, and to call
/// [`alive`](Self::alive) or [`emit`](Self::emit) whenever it hears something.
/// What the agent asks goes to [`ask`](Self::ask); while a question is open the
/// idle limit does not run, the wall limit does. An agent that says that it
/// waits for its service is not silent either: see [`AgentEvent::Waits`].
#[derive(Clone)]
pub struct CallContext {
    stop: watch::Receiver<Option<Stop>>,
    sink: Option<Arc<dyn Sink>>,
    supervisor: Option<Supervisor>,
    launcher: Option<Arc<dyn Launcher>>,
    keep: Option<Keep>,
}

impl CallContext {
    /// A context that is never stopped and heard by nobody, for calls outside
    /// a run.
    pub fn detached() -> Self {
        Self {
            // The receiver outlives the sender: `stopped` then waits for ever.
            stop: watch::channel(None).1,
            sink: None,
            supervisor: None,
            launcher: None,
            keep: None,
        }
    }

    /// A context and the handle that stops it.
    pub fn stoppable() -> (Stopper, Self) {
        Self::detached().within()
    }

    /// The same, but for who stops it: for a call within a call that has a
    /// limit of its own. Nobody hands on the outer call's stop by itself.
    #[must_use]
    pub fn within(&self) -> (Stopper, Self) {
        let (stop, receiver) = watch::channel(None);
        let mut context = self.clone();
        context.stop = receiver;
        (Stopper(Arc::new(stop)), context)
    }

    /// The same, heard by `sink`.
    #[must_use]
    pub fn heard_by(mut self, sink: Arc<dyn Sink>) -> Self {
        self.sink = Some(sink);
        self
    }

    /// The same; its programs are started under this supervisor.
    #[must_use]
    pub fn with_supervisor(mut self, supervisor: Supervisor) -> Self {
        self.supervisor = Some(supervisor);
        self
    }

    /// The same; its programs are started through this launcher.
    #[must_use]
    pub fn with_launcher(mut self, launcher: Arc<dyn Launcher>) -> Self {
        self.launcher = Some(launcher);
        self
    }

    /// The same, for a turn that may leave something for the next one here.
    #[must_use]
    pub fn with_keep(mut self, keep: Keep) -> Self {
        self.keep = Some(keep);
        self
    }

    /// Where the agent may be kept for the next turn; without it, all of it
    /// must end with this one.
    pub fn keep(&self) -> Option<&Keep> {
        self.keep.as_ref()
    }

    /// The same for what is kept itself, which may not hold the place where it
    /// is: heard by `sink`, stopped by the handle.
    pub(crate) fn lasting(&self, sink: Arc<dyn Sink>) -> (Stopper, Self) {
        let (stopper, mut context) = self.within();
        context.keep = None;
        (stopper, context.heard_by(sink))
    }

    /// Who owns the programs that the call starts.
    pub fn supervisor(&self) -> Option<&Supervisor> {
        self.supervisor.as_ref()
    }

    /// What the programs that the call starts go through.
    pub fn launcher(&self) -> Option<&Arc<dyn Launcher>> {
        self.launcher.as_ref()
    }

    /// Waits until the call is to stop; never returns if nobody stops it.
    pub async fn stopped(&self) -> Stop {
        self.stopped_harder_than(None).await
    }

    /// Waits until the call is to stop more urgently than `than`.
    pub async fn stopped_harder_than(&self, than: Option<Stop>) -> Stop {
        let mut stop = self.stop.clone();
        loop {
            if let Some(how) = *stop.borrow_and_update()
                && Some(how) > than
            {
                return how;
            }
            if stop.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until the call is to end at once.
    pub(crate) async fn forced(&self) {
        let mut heard = None;
        while heard != Some(Stop::Now) {
            heard = Some(self.stopped_harder_than(heard).await);
        }
    }

    /// Whether the call is to stop.
    pub fn stop(&self) -> Option<Stop> {
        *self.stop.borrow()
    }

    /// Tells what the agent did.
    pub fn emit(&self, event: AgentEvent) {
        if let Some(sink) = &self.sink {
            sink.alive();
            sink.event(event);
        }
    }

    /// Asks on behalf of the agent, and waits for the answer, which is always
    /// one that the question [`takes`](super::Matter::takes).
    ///
    /// In a run a person may answer
    /// ([`Handle::answer`](crate::Handle::answer)); after a while, or when the
    /// call is stopped, it is answered by default. Outside a run that is so at
    /// once. Any number of questions may be open; dropping the future takes
    /// one back.
    pub async fn ask(&self, question: Question) -> Answer {
        let unanswered = question.matter.unanswered();
        let Some(sink) = &self.sink else {
            return unanswered;
        };
        let matter = question.matter.clone();
        let answer = tokio::select! {
            biased;
            _ = self.stopped() => return unanswered,
            answer = sink.ask(question) => answer,
        };
        if matter.takes(&answer) {
            answer
        } else {
            unanswered
        }
    }

    /// Tells that something was heard.
    pub fn alive(&self) {
        if let Some(sink) = &self.sink {
            sink.alive();
        }
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("stop", &self.stop())
            .finish_non_exhaustive()
    }
}

/// Stops the calls that hold the matching [`CallContext`].
#[derive(Clone, Debug)]
pub struct Stopper(Arc<watch::Sender<Option<Stop>>>);

impl Stopper {
    /// Asks them to stop. A less urgent request than an earlier one is ignored.
    pub fn stop(&self, how: Stop) {
        self.0.send_if_modified(|now| {
            let harder = Some(how) > *now;
            if harder {
                *now = Some(how);
            }
            harder
        });
    }

    /// The most urgent request so far.
    pub fn asked(&self) -> Option<Stop> {
        *self.0.borrow()
    }
}
