//! A gate of shell commands.

use std::ffi::OsString;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;

use crate::agent_cli::{attempt_vars, without_own};
use crate::error::{Advice, Failure};
use crate::model::{AttemptId, Limit, survivors_text};
use crate::ports::{
    CallContext, Gate, GateError, GateErrorKind, GateReport, GateRequest, Job, Purpose,
    StepOutcome, StepReport, Stop,
};
use crate::process::env::{Vars, inherited, without_git_local};
use crate::process::{Exit, Output, ProcessError, ProcessSpec, capture};

/// Bytes of a step's output that a report carries.
const OUTPUT: usize = 64 << 10;
const MAX_LOG: u64 = 256 << 20;
const TIMEOUT: Duration = Duration::from_secs(30 * 60);
const GRACE: Duration = Duration::from_secs(5);

/// Runs named shell commands in the worktree, one after another, until one
/// does not end with exit code 0.
///
/// The commands run by `sh -c`, with the caller's environment but for git's
/// local variables, and with `SWARM_TASK_ID`, `SWARM_RUN_ID` and
/// `SWARM_ATTEMPT`. All that a command started is ended with it.
///
/// ```
/// use swarm_core::gate::CommandGate;
/// let gate = CommandGate::new()
///     .step("format", "cargo fmt --check")?
///     .step("test", "cargo test --workspace")?;
/// # Ok::<_, swarm_core::gate::BadStep>(())
/// ```
#[derive(Clone, Debug)]
pub struct CommandGate {
    steps: Vec<Step>,
    timeout: Duration,
    environment: Vars,
}

#[derive(Clone, Debug)]
struct Step {
    name: String,
    command: String,
}

/// Why a step cannot be added to a gate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadStep {
    /// It has no name.
    #[error("a gate step needs a name (its command is {command:?})")]
    NoName {
        /// Its command.
        command: String,
    },
    /// It has no command.
    #[error("the gate step {name:?} needs a command")]
    NoCommand {
        /// Its name.
        name: String,
    },
    /// Another one has its name.
    #[error("two gate steps are named {name:?}; give one of them another name")]
    Duplicate {
        /// The name.
        name: String,
    },
}

impl Default for CommandGate {
    fn default() -> Self {
        Self::new()
    }
}

impl CommandGate {
    /// A gate without steps, which everything passes.
    pub fn new() -> Self {
        Self {
            steps: Vec::new(),
            timeout: TIMEOUT,
            environment: inherited(),
        }
    }

    /// Adds a step: a name of its own, and a shell command.
    ///
    /// # Errors
    /// Name or command is empty, or the name is taken.
    pub fn step(
        mut self,
        name: impl Into<String>,
        command: impl Into<String>,
    ) -> Result<Self, BadStep> {
        let (name, command) = (name.into(), command.into());
        if name.trim().is_empty() {
            return Err(BadStep::NoName { command });
        }
        if command.trim().is_empty() {
            return Err(BadStep::NoCommand { name });
        }
        if self.steps.iter().any(|step| step.name == name) {
            return Err(BadStep::Duplicate { name });
        }
        self.steps.push(Step { name, command });
        Ok(self)
    }

    /// How long each step may take (30 min).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets a variable for all steps.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The environment to inherit, instead of this process's own. Call it
    /// before [`env`](Self::env).
    #[must_use]
    pub fn environment(mut self, environment: Vars) -> Self {
        self.environment = environment;
        self
    }

    fn chosen(&self, wanted: Option<&[String]>) -> Result<Vec<&Step>, GateError> {
        let Some(wanted) = wanted else {
            return Ok(self.steps.iter().collect());
        };
        let known = |name: &String| self.steps.iter().any(|step| step.name == *name);
        if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
            let what = format!("run the gate step {unknown:?}");
            let why = format!("there is none; the gate has {:?}", self.steps());
            let advice = Advice::FixConfiguration;
            return Err(Failure::new(GateErrorKind::UnknownStep, what, advice).because(why));
        }
        let steps = self.steps.iter();
        Ok(steps.filter(|step| wanted.contains(&step.name)).collect())
    }

    fn spec(&self, step: &Step, directory: &Path, attempt: &AttemptId) -> ProcessSpec {
        let mut env = without_own(without_git_local(self.environment.clone()));
        env.extend(attempt_vars(attempt));
        let job = Job::Gate {
            attempt: attempt.clone(),
            step: step.name.clone(),
        };
        ProcessSpec {
            args: vec!["-c".into(), (&step.command).into()],
            env,
            max_log: MAX_LOG,
            grace: GRACE,
            purpose: Purpose::new(job, directory),
            ..ProcessSpec::new("sh", directory)
        }
    }
}

#[async_trait]
impl Gate for CommandGate {
    fn steps(&self) -> Vec<String> {
        self.steps.iter().map(|step| step.name.clone()).collect()
    }

    async fn run(&self, what: GateRequest, context: CallContext) -> Result<GateReport, GateError> {
        let mut report = GateReport::default();
        for step in self.chosen(what.steps.as_deref())? {
            let mut spec = self.spec(step, &what.directory, &what.attempt);
            spec.log = what
                .logs
                .as_ref()
                .map(|logs| logs.join(log_name(&step.name)));
            let output = capture_within(self.timeout, spec, &context)
                .await
                .map_err(|error| not_started(&step.name, error))?;
            if !output.survivors.is_empty() {
                let what = format!("run the gate step {:?}", step.name);
                let error = Failure::new(GateErrorKind::Survivors, what, Advice::NeedsPerson);
                return Err(error.because(survivors_text(&output.survivors)));
            }
            let Some(outcome) = outcome(output.exit, &context) else {
                let what = format!("run the gate step {:?}", step.name);
                let error = Failure::new(GateErrorKind::Stopped, what, Advice::Retry);
                return Err(error.because("it was told to stop"));
            };
            report.steps.push(StepReport {
                name: step.name.clone(),
                outcome,
                output: output.text,
                duration: output.duration,
            });
            if report.failed().is_some() {
                break;
            }
        }
        Ok(report)
    }
}

/// What a step's end says of the work; nothing if the call was stopped.
fn outcome(exit: Exit, context: &CallContext) -> Option<StepOutcome> {
    match exit {
        Exit::Code(0) => Some(StepOutcome::Passed),
        Exit::Code(code) => Some(StepOutcome::Failed { code: Some(code) }),
        Exit::Signal(_) => Some(StepOutcome::Failed { code: None }),
        // Our own limit leaves the call as a whole unstopped.
        Exit::StoppedByUs(_) => match context.stop() {
            None | Some(Stop::Limit(_)) => Some(StepOutcome::TimedOut),
            Some(Stop::Gently | Stop::Now) => None,
        },
    }
}

/// Captures within a limit of time of its own.
async fn capture_within(
    limit: Duration,
    spec: ProcessSpec,
    context: &CallContext,
) -> Result<Output, ProcessError> {
    let (stopper, inner) = context.within();
    let mut work = pin!(capture(spec, OUTPUT, &inner));
    let mut over = pin!(tokio::time::sleep(limit));
    loop {
        let asked = stopper.asked();
        let how = tokio::select! {
            // A call that was stopped before starts nothing.
            biased;
            how = context.stopped_harder_than(asked) => how,
            output = &mut work => return output,
            () = &mut over, if asked.is_none() => Stop::Limit(Limit::Wall),
        };
        stopper.stop(how);
    }
}

fn not_started(step: &str, error: ProcessError) -> GateError {
    let what = format!("run the gate step {step:?}");
    Failure::new(GateErrorKind::Start, what, error.advice()).because(error)
}

/// A file name for a step's output. Names that differ only in what a file name
/// cannot hold get one file; the later output stays.
fn log_name(step: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let slug: String = step.chars().take(60).map(plain).collect();
    format!("{}.log", slug.trim_start_matches(['.', '-']))
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
