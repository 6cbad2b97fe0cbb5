//! From a set-up to a run: what must be true is checked before anything starts.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::builder::Swarm;
use super::clock::Clock;
use super::control::Control;
use super::handle::Handle;
use super::ports::{Parts, Ports};
use super::publish::Publisher;
use super::questions::Questions;
use super::run::{Ended, Engine};
use crate::dispatch::{Dispatcher, Input, Setting};
use crate::model::{Setback, TaskRow, TaskState};
use crate::ports::{GitError, RepoState, Step, StoreError, TaskFilter};
use crate::process::this_process;
use crate::protocol::plan;
use crate::report::{RunReport, Target};
use crate::store::all_rows;

/// Why a run did not start, or could not be reported. Before a start nothing
/// has been changed but the store's own upkeep.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The repository cannot be used.
    #[error(transparent)]
    Git(GitError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(StoreError),
    /// The tasks contradict each other; every problem is named.
    #[error("{}", plan::lines(.0))]
    Tasks(Vec<plan::Problem>),
    /// Tasks ask for harnesses or gate steps that were not given.
    #[error("{}", .0.join("\n"))]
    Unknown(Vec<String>),
    /// The engine itself panicked: a bug.
    #[error("the engine panicked: {0}")]
    Panicked(String),
}

/// A run under way. Dropping it stops the run at once.
#[derive(Debug)]
pub struct Running {
    handle: Handle,
    engine: JoinHandle<Ended>,
    ports: Arc<Ports>,
    before: RepoState,
}

impl Swarm {
    /// Checks tasks, harnesses, gates and repository, then starts the run on
    /// the current tokio runtime.
    ///
    /// Failed tasks of earlier runs are tried again; held ones are not.
    pub async fn start(self) -> Result<Running, RunError> {
        let clock = Clock::start();
        let kit = self.parts;
        let rows = all_rows(&*kit.store, TaskFilter::default())
            .await
            .map_err(RunError::Store)?;
        kit.check(&rows)?;
        let before = kit.git.inspect().await.map_err(RunError::Git)?;
        kit.free_dead(&rows).await.map_err(RunError::Store)?;
        kit.reopen(&rows).await.map_err(RunError::Store)?;
        let setting = Setting {
            gated: kit
                .gate
                .as_ref()
                .is_some_and(|gate| !gate.steps().is_empty()),
            reviewers: kit
                .reviewers
                .iter()
                .map(|reviewer| reviewer.info().name)
                .collect(),
            reviewer_accounts: kit.reviewer_accounts(),
            default_harness: Some(kit.default_harness.clone()),
            accounts: kit.accounts(),
            fallbacks: kit.casting.fallbacks.clone(),
            roles: kit.casting.roles.clone(),
            role_fallbacks: kit.casting.role_fallbacks.clone(),
            planner: kit.planner.as_ref().map(|planner| planner.rules.clone()),
        };
        let dispatcher = Dispatcher::new(kit.policy.clone(), setting);
        let publisher = Publisher::new(kit.run.clone(), clock, self.observers);
        let (named, conversations) = mpsc::unbounded_channel();
        let ports = Arc::new(Ports {
            questions: Questions::new(kit.manners.clone(), clock, publisher.clone()),
            publisher,
            clock,
            process: this_process(),
            named,
            parts: kit,
        });
        let (control, receiver) = mpsc::unbounded_channel();
        let accounts = self.accounts.join(ports.parts.run.clone());
        let engine = Engine::new(
            Arc::clone(&ports),
            dispatcher,
            (receiver, conversations),
            accounts,
        );
        let start = Input::Start {
            target: before.target.clone(),
            tip: before.tip.clone(),
        };
        Ok(Running {
            handle: Handle::new(control, Arc::clone(&ports)),
            engine: tokio::spawn(close_after(engine, start, ports.publisher.clone())),
            ports,
            before,
        })
    }

    /// Starts the run and waits for its end.
    pub async fn run(self) -> Result<RunReport, RunError> {
        self.start().await?.wait().await
    }
}

impl Parts {
    fn check(&self, rows: &[TaskRow]) -> Result<(), RunError> {
        let problems = plan::check(rows);
        if !problems.is_empty() {
            return Err(RunError::Tasks(problems));
        }
        let steps = self
            .gate
            .as_ref()
            .map(|gate| gate.steps())
            .unwrap_or_default();
        let mut unknown = Vec::new();
        for task in rows
            .iter()
            .filter(|row| self.concerns(row))
            .map(|row| &row.task)
        {
            if let Some(harness) = &task.harness
                && !self.harnesses.contains_key(harness)
            {
                unknown.push(format!(
                    "task {:?} asks for an unknown harness {:?}",
                    task.id.as_str(),
                    harness.as_str()
                ));
            }
            for step in task
                .gates
                .iter()
                .flatten()
                .filter(|step| !steps.contains(step))
            {
                unknown.push(format!(
                    "task {:?} asks for an unknown gate {step:?}",
                    task.id.as_str()
                ));
            }
        }
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(RunError::Unknown(unknown))
        }
    }

    /// Whether a row may be worked on in this run.
    pub(super) fn concerns(&self, row: &TaskRow) -> bool {
        let here = self
            .source
            .as_ref()
            .is_none_or(|source| *source == row.task.source);
        let over = matches!(row.state, TaskState::Landed { .. } | TaskState::Removed);
        here && !over
    }

    /// A new run tries again what failed, and does not sit out the pauses of
    /// an earlier one. What was interrupted is ready, and goes on as it is.
    async fn reopen(&self, rows: &[TaskRow]) -> Result<(), StoreError> {
        let again = rows.iter().filter(|row| self.concerns(row)).filter(|row| {
            matches!(
                row.state,
                TaskState::Failed { .. }
                    | TaskState::Ready {
                        after: Some(Setback::Failed { .. }),
                        ..
                    }
            )
        });
        for row in again {
            self.change(row, Step::Retry).await?;
        }
        Ok(())
    }
}

/// Runs the engine; the observers are closed once, whatever happens.
async fn close_after(engine: Engine, start: Input, publisher: Publisher) -> Ended {
    struct Close(Publisher);
    impl Drop for Close {
        fn drop(&mut self) {
            self.0.close();
        }
    }
    let _close = Close(publisher);
    engine.run(start).await
}

impl Running {
    /// A handle for other tasks and threads.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Waits for the run's end and reports every task of its source.
    pub async fn wait(mut self) -> Result<RunReport, RunError> {
        let ended = (&mut self.engine).await;
        let (ended, planning) = ended.map_err(|error| RunError::Panicked(error.to_string()))?;
        let after = self
            .ports
            .parts
            .git
            .inspect()
            .await
            .map_err(RunError::Git)?;
        let rows = all_rows(&*self.ports.parts.store, TaskFilter::default())
            .await
            .map_err(RunError::Store)?;
        let target = Target {
            branch: after.target,
            before: self.before.tip.clone(),
            after: after.tip,
            parked: after.parked,
        };
        Ok(RunReport::new(
            self.ports.parts.run.clone(),
            !self.ports.parts.reviewers.is_empty(),
            self.handle.stopped(),
            ended,
            target,
            &rows,
            self.ports.parts.source.as_ref(),
            self.ports.clock.now(),
            self.ports.parts.git.processes(),
            planning,
        ))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.engine.is_finished() {
            self.handle.send(Control::Stop { now: true });
        }
    }
}
