//! What an embedder can do with a run under way.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot, watch};

use super::control::Control;
use super::ports::Ports;
use super::questions::AnswerError;
use crate::dispatch::{Activity, Input, Snapshot};
use crate::model::{NewTask, Origin, OriginKind, QuestionId, TaskId, TaskRow, TaskState};
use crate::ports::{Added, Answer, Change, Guard, Step, StoreError, TaskFilter};
use crate::protocol::plan;
use crate::protocol::standing::{Standing, standing};
use crate::report::TaskReport;
use crate::store::all_rows;

/// What is recorded of a task that a person cancelled.
const CANCELLED: &str = "cancelled by a person";
/// Tries to cancel a task whose row changes at the same time.
const CANCEL_TRIES: u32 = 20;

/// Steers a run from other tasks and threads. Cheap to clone; stays valid
/// after the run's end.
#[derive(Clone, Debug)]
pub struct Handle {
    control: mpsc::UnboundedSender<Control>,
    ports: Arc<Ports>,
    stopped: Arc<AtomicBool>,
}

/// Why a handle could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError {
    /// The run is over; start another one.
    #[error("the run is over")]
    Over,
    /// The store cannot be used.
    #[error(transparent)]
    Store(StoreError),
    /// The tasks contradict each other or those in the store; none was added.
    #[error("{}", plan::lines(.0))]
    Tasks(Vec<plan::Problem>),
    /// No such task in the store.
    #[error("there is no task {0}")]
    NoSuchTask(TaskId),
}

/// Why a task is where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// An attempt of this run is live.
    Live(Activity),
    /// It rests in the store.
    Resting(Standing),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live(activity) => activity.fmt(f),
            Self::Resting(standing) => standing.fmt(f),
        }
    }
}

impl Handle {
    pub(super) fn new(control: mpsc::UnboundedSender<Control>, ports: Arc<Ports>) -> Self {
        Self {
            control,
            ports,
            stopped: Arc::new(AtomicBool::new(false)),
        }
    }

    pub(super) fn send(&self, control: Control) -> bool {
        self.control.send(control).is_ok()
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Adds tasks to the running swarm; they start when a slot is free.
    ///
    /// Cycles, self- and missing dependencies are refused, and nothing is
    /// added: tasks that depend on each other go into one call. A task that is
    /// being worked on and has a new text is begun anew with it, unless the line
    /// is moving for it already ([`Added::Noted`]). One that does not say who has
    /// it added ([`Task::by`](crate::model::Task::by)) is recorded as added by the
    /// program of this run.
    ///
    /// After the run's end nothing is added and [`HandleError::Over`] comes
    /// back. A task that is added while the run is ending may stay in the
    /// store for the next run.
    pub async fn submit(
        &self,
        tasks: impl IntoIterator<Item = impl Into<NewTask>>,
    ) -> Result<Vec<Added>, HandleError> {
        if self.control.is_closed() {
            return Err(HandleError::Over);
        }
        let mut tasks: Vec<NewTask> = tasks.into_iter().map(Into::into).collect();
        self.sign(&mut tasks);
        let problems = plan::check(&plan::with(self.rows().await?, &tasks));
        if !problems.is_empty() {
            return Err(HandleError::Tasks(problems));
        }
        let added = self
            .ports
            .parts
            .store
            .add(tasks)
            .await
            .map_err(HandleError::Store)?;
        if self.send(Control::Added) {
            Ok(added)
        } else {
            Err(HandleError::Over)
        }
    }

    /// Waits until a task is settled (landed, held, failed, blocked, rejected,
    /// interrupted) or the run is over, and reports it.
    pub async fn wait(&self, task: &TaskId) -> Result<TaskReport, HandleError> {
        loop {
            let (reply, settled) = oneshot::channel();
            // Ask first, look then: what settles in between is not missed.
            self.send(Control::Watch {
                task: task.clone(),
                reply,
            });
            let (row, report) = self.look(task).await?;
            if row.state.rests() {
                return Ok(report);
            }
            let over = settled.await.is_err();
            let (row, report) = self.look(task).await?;
            // One whose text was changed begins anew.
            let anew = matches!(row.state, TaskState::Ready { after: None, .. });
            if over || !anew {
                return Ok(report);
            }
        }
    }

    /// Why a task is where it is.
    pub async fn why(&self, task: &TaskId) -> Result<Why, HandleError> {
        let (reply, answer) = oneshot::channel();
        self.send(Control::Why {
            task: task.clone(),
            reply,
        });
        if let Ok(Some(activity)) = answer.await {
            return Ok(Why::Live(activity));
        }
        let rows = self.rows().await?;
        let find = |id: &TaskId| find(&rows, id);
        let row = find(task).ok_or_else(|| HandleError::NoSuchTask(task.clone()))?;
        Ok(Why::Resting(standing(row, find, self.ports.clock.now())))
    }

    /// What the whole run is doing: a value that is always the latest, and tells
    /// when it changes. Cheap while nobody asks for it. It ends with the run.
    ///
    /// # Errors
    /// The run is over.
    ///
    /// ```
    /// # use swarm_core::{Handle, HandleError};
    /// async fn show(handle: Handle) -> Result<(), HandleError> {
    ///     let mut snapshots = handle.snapshots().await?;
    ///     while snapshots.changed().await.is_ok() {
    ///         let now = snapshots.borrow_and_update().clone();
    ///         println!("{} of {} slots are taken", now.taken, now.jobs);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub async fn snapshots(&self) -> Result<watch::Receiver<Snapshot>, HandleError> {
        let (reply, receiver) = oneshot::channel();
        self.send(Control::Snapshots { reply });
        receiver.await.map_err(|_| HandleError::Over)
    }

    /// Begins no turn until [`resume`](Self::resume), and claims nothing. What
    /// runs goes on, and finished work lands. Without effect in a run that
    /// drains, stops or is over.
    pub fn pause(&self) {
        self.send(Control::Steer(Input::Pause.into()));
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.send(Control::Steer(Input::Resume.into()));
    }

    /// Claims nothing new; what was begun is finished, then the run is over.
    pub fn drain(&self) {
        self.send(Control::Steer(Input::Drain.into()));
    }

    /// Runs so many agents at once from now on. If more are running, none is
    /// stopped: they end by themselves.
    pub fn set_jobs(&self, jobs: NonZeroUsize) {
        self.send(Control::Steer(Input::Jobs(jobs).into()));
    }

    /// Ends the work on a task: its agent is asked to end, and the task is held
    /// with all that was done, until somebody retries it. A task that nobody
    /// works on is held, too, so that it does not start; one that another run
    /// works on is ended when that run renews its claim. What is moving the
    /// line is not stopped: the task has landed then.
    ///
    /// Returns when that is under way; [`wait`](Self::wait) for the rest.
    ///
    /// # Errors
    /// There is no such task, or it rests already.
    pub async fn cancel(&self, task: &TaskId) -> Result<(), HandleError> {
        let mut tries = 0..CANCEL_TRIES;
        loop {
            let (row, _) = self.look(task).await?;
            let change = Change {
                task: task.clone(),
                guard: Guard::Version(row.version),
                step: Step::Hold {
                    reason: CANCELLED.to_owned(),
                },
            };
            match self.ports.parts.store.apply(vec![change]).await {
                Ok(()) => break,
                // Its attempt wrote something down in between.
                Err(error) => {
                    let moved = self.look(task).await?.0.version != row.version;
                    if !moved || tries.next().is_none() {
                        return Err(HandleError::Store(error));
                    }
                }
            }
        }
        // The run hears of it, and whoever depends on it stands differently.
        self.send(Control::Added);
        Ok(())
    }

    /// Answers a question of an agent
    /// ([`Event::QuestionAsked`](crate::event::Event::QuestionAsked)). Returns
    /// at once; an observer may call it, too.
    ///
    /// # Errors
    /// Nothing was answered: the question was never asked, or is over, or the
    /// answer does not go with it ([`AnswerError`]).
    ///
    /// ```
    /// # use swarm_core::{AnswerError, Handle, event::Event, ports::Answer};
    /// fn allow_all(handle: &Handle, event: &Event) -> Result<(), AnswerError> {
    ///     match event {
    ///         Event::QuestionAsked { question, .. } => handle.answer(*question, Answer::Allow),
    ///         _ => Ok(()),
    ///     }
    /// }
    /// ```
    pub fn answer(&self, question: QuestionId, answer: Answer) -> Result<(), AnswerError> {
        self.ports.questions.answer(question, answer)
    }

    /// Ends the run gently: nothing new starts, agents are asked to end, all
    /// work is kept. What is moving the line is finished first.
    pub fn stop(&self) {
        self.end(false);
    }

    /// Ends the run at once: as [`stop`](Self::stop), but agents are killed.
    pub fn stop_now(&self) {
        self.end(true);
    }

    fn end(&self, now: bool) {
        if self.send(Control::Stop { now }) {
            self.stopped.store(true, Ordering::Release);
        }
    }

    /// Nobody adds a task without a name to ask for.
    fn sign(&self, tasks: &mut [NewTask]) {
        let (run, now) = (&self.ports.parts.run, self.ports.clock.now());
        let program = Origin::new(OriginKind::Program, format!("run {run}"), now);
        let program = program.unwrap_or_default();
        for new in tasks.iter_mut().filter(|new| !new.task.origin.is_known()) {
            new.task.origin = program.clone();
        }
    }

    async fn rows(&self) -> Result<Vec<TaskRow>, HandleError> {
        all_rows(&*self.ports.parts.store, TaskFilter::default())
            .await
            .map_err(HandleError::Store)
    }

    async fn look(&self, task: &TaskId) -> Result<(TaskRow, TaskReport), HandleError> {
        let rows = self.rows().await?;
        let row = find(&rows, task).ok_or_else(|| HandleError::NoSuchTask(task.clone()))?;
        let standing = standing(row, |id| find(&rows, id), self.ports.clock.now());
        let report =
            TaskReport::new(row, &standing).ok_or_else(|| HandleError::NoSuchTask(task.clone()))?;
        Ok((row.clone(), report))
    }
}

/// Rows come in the order of their ids.
fn find<'a>(rows: &'a [TaskRow], id: &TaskId) -> Option<&'a TaskRow> {
    rows.binary_search_by(|row| row.task.id.cmp(id))
        .ok()
        .map(|at| &rows[at])
}
