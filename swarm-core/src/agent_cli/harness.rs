//! Makes a harness of a command-line agent.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::dialogue::{Dialogue, TurnEnd};
use super::files::Files;
use super::git_folders::git_folders;
use super::live::{Live, keep, not_alone, shape};
use super::preflight;
use super::record::Record;
use super::vars::{lasting_vars, turn_vars, without_own};
use super::{CliAgent, Invocation};
use crate::error::Failure;
use crate::model::Check;
use crate::ports::{
    CallContext, Capabilities, Harness, HarnessError, HarnessErrorKind, Job, Kept,
    PreflightRequest, Purpose, TurnReport, TurnRequest,
};
use crate::process::env::{Vars, allow_list, inherited, without_git_local};
use crate::process::{ProcessError, ProcessErrorKind, ProcessSpec};

/// Lines of agents reach some 5 MB. Three of them at once fit into 16 MiB.
pub(crate) const MAX_LINE: usize = (5 << 20) + (256 << 10);
const MAX_LOG: u64 = 64 << 20;
const GRACE: Duration = Duration::from_secs(10);
const LINGER: Duration = Duration::from_secs(15);

/// A harness for any [`CliAgent`]: starts it, hears it, bounds it, and ends it
/// with all that it started.
///
/// The agent inherits the usual variables of the system, proxies,
/// certificates, git identities and toolchains, what
/// [`env_prefixes`](Self::env_prefixes) and [`env_allow`](Self::env_allow)
/// add, and nothing else. It is told of its turn by `SWARM_TASK_ID`,
/// `SWARM_RUN_ID`, `SWARM_ATTEMPT`, `SWARM_TURN`, `SWARM_ROLE`, `SWARM_NONCE`,
/// `SWARM_TASKS_DIR` (if tasks are files) and `SWARM_ONTO` (role resolve).
///
/// ```no_run
/// # use swarm_core::agent_cli::{CliAgent, CliHarness};
/// # fn harness(agent: impl CliAgent + 'static) -> CliHarness {
/// CliHarness::new(agent)
///     .env_prefixes(&["ACME_"])
///     .extra_args(["--verbose"])
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CliHarness {
    agent: Arc<dyn CliAgent>,
    program: Option<OsString>,
    extra_args: Vec<OsString>,
    environment: Vars,
    inherits: Inherits,
    grace: Duration,
    linger: Duration,
    max_log: u64,
    leave_running: bool,
    record: Option<Recording>,
}

/// Where turns are recorded, and the version of the program once it was asked.
#[derive(Clone, Debug)]
struct Recording {
    folder: PathBuf,
    version: Arc<OnceCell<Option<String>>>,
}

/// What an agent gets of the environment.
#[derive(Clone, Debug)]
enum Inherits {
    Listed {
        prefixes: Vec<String>,
        names: Vec<String>,
    },
    AllButGit,
}

impl CliHarness {
    /// A harness for this agent, with this process's environment as it is now.
    pub fn new(agent: impl CliAgent + 'static) -> Self {
        Self {
            agent: Arc::new(agent),
            program: None,
            extra_args: Vec::new(),
            environment: inherited(),
            inherits: Inherits::Listed {
                prefixes: Vec::new(),
                names: Vec::new(),
            },
            grace: GRACE,
            linger: LINGER,
            max_log: MAX_LOG,
            record: None,
            leave_running: false,
        }
    }

    /// A harness whose agent inherits everything but git's local variables.
    pub(super) fn trusting(agent: impl CliAgent + 'static) -> Self {
        let mut harness = Self::new(agent);
        harness.inherits = Inherits::AllButGit;
        harness
    }

    /// Calls this program instead of the agent's own choice: a name on `PATH`,
    /// or a path. A relative path is taken from the current directory, now.
    #[must_use]
    pub fn program(mut self, program: impl AsRef<OsStr>) -> Self {
        self.program = Some(from_here(program.as_ref()));
        self
    }

    /// Lets variables through whose names begin so (`ACME_`).
    #[must_use]
    pub fn env_prefixes(mut self, more: &[&str]) -> Self {
        if let Inherits::Listed { prefixes, .. } = &mut self.inherits {
            prefixes.extend(more.iter().map(|&prefix| prefix.to_owned()));
        }
        self
    }

    /// Lets these variables through.
    #[must_use]
    pub fn env_allow<S: Into<String>>(mut self, more: impl IntoIterator<Item = S>) -> Self {
        if let Inherits::Listed { names, .. } = &mut self.inherits {
            names.extend(more.into_iter().map(Into::into));
        }
        self
    }

    /// Arguments after the agent's own ones.
    #[must_use]
    pub fn extra_args<S: Into<OsString>>(mut self, more: impl IntoIterator<Item = S>) -> Self {
        self.extra_args.extend(more.into_iter().map(Into::into));
        self
    }

    /// Time between the request to end and the use of force (10 s).
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// How long the agent may stay after its last word, say for a background
    /// task, before it is ended with all that it started (15 s). Its turn then
    /// counts as if it had ended by itself. Too short a time cuts off what it
    /// writes down at its end.
    #[must_use]
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// Largest raw log of a turn, in bytes (64 MiB).
    #[must_use]
    pub fn max_log(mut self, bytes: u64) -> Self {
        self.max_log = bytes;
        self
    }

    /// Keeps what every turn prints below this folder (absolute), a folder a
    /// turn: `TASK/attempt-1/turn-1-implement/`. In it are `stdout.jsonl` and
    /// `stderr.txt`, the lines as the adapter got them, each up to the size of
    /// [`max_log`](Self::max_log); and `meta.json` with the command line, how
    /// the program ended and what was made of it. [`replay`](super::replay)
    /// reads them.
    ///
    /// The prompt and the environment are not kept, and arguments that look
    /// like secrets are hidden. What the agent prints is kept as it is: it may
    /// hold all of these.
    #[must_use]
    pub fn record(mut self, folder: impl Into<PathBuf>) -> Self {
        self.record = Some(Recording {
            folder: folder.into(),
            version: Arc::default(),
        });
        self
    }

    /// What an agent leaves running when its turn ends by itself may live on
    /// (it is ended). Whether a later turn needs it is yours to know: nothing
    /// ends it any more, unless this process dies and a later run goes on for
    /// what it was doing.
    #[must_use]
    pub fn leave_running(mut self, leave: bool) -> Self {
        self.leave_running = leave;
        self
    }

    /// The environment to choose from, instead of this process's own.
    #[must_use]
    pub fn environment(mut self, environment: Vars) -> Self {
        self.environment = environment;
        self
    }

    /// Names of variables that the agent does not inherit, sorted.
    pub fn dropped_env(&self) -> Vec<String> {
        self.inherit().1
    }

    fn inherit(&self) -> (Vars, Vec<String>) {
        let vars = without_own(self.environment.clone());
        match &self.inherits {
            Inherits::Listed { prefixes, names } => allow_list(vars, prefixes, names),
            Inherits::AllButGit => (without_git_local(vars), Vec::new()),
        }
    }

    fn surroundings(&self, what: PreflightRequest) -> preflight::Surroundings {
        preflight::surroundings(self.inherit(), self.extra_args.clone(), what)
    }

    async fn begin_record(&self, turn: &TurnRequest, spec: &ProcessSpec) -> Option<Record> {
        let record = self.record.as_ref()?;
        let version = record.version.get_or_init(|| async {
            let around = self.surroundings(PreflightRequest::default());
            preflight::told_version(&*self.agent, &spec.program, &around).await
        });
        let version = version.await.as_deref();
        let call = (&spec.program, spec.args.as_slice(), &spec.env);
        Record::begin(&record.folder, turn, call, version, self.max_log)
    }

    fn spec(&self, turn: &TurnRequest, invocation: Invocation, stays: bool) -> ProcessSpec {
        let (mut env, _) = self.inherit();
        env.extend(invocation.env);
        env.extend(if stays {
            lasting_vars(turn)
        } else {
            turn_vars(turn)
        });
        let mut args = invocation.args;
        args.extend(self.extra_args.iter().cloned());
        ProcessSpec {
            program: self.program.clone().unwrap_or(invocation.program),
            args,
            env,
            directory: turn.directory.clone(),
            stdin: invocation.stdin,
            max_line: MAX_LINE,
            log: turn.log.clone(),
            max_log: self.max_log,
            grace: self.grace,
            leave_running: self.leave_running,
            purpose: purpose(turn),
        }
    }
}

#[async_trait]
impl Harness for CliHarness {
    fn capabilities(&self) -> Capabilities {
        self.agent.capabilities()
    }

    async fn preflight(&self, what: PreflightRequest) -> Vec<Check> {
        let around = self.surroundings(what);
        preflight::preflight(&*self.agent, self.program.as_deref(), around).await
    }

    async fn run(
        &self,
        mut turn: TurnRequest,
        context: CallContext,
    ) -> Result<TurnReport, HarnessError> {
        if turn.git_folders.is_empty() {
            turn.git_folders = git_folders(&turn.directory);
        }
        let call = self.agent.invocation(&turn)?;
        let stays = call.stays && context.keep().is_some() && !self.leave_running;
        let shape = stays.then(|| shape(&*self.agent, &mut turn)).transpose()?;
        if let Some(kept) = Live::taken(&context) {
            let end = self.go_on(kept, &turn, (&call, shape.as_ref()), &context);
            match end.await {
                ControlFlow::Break(report) => return Ok(report),
                ControlFlow::Continue(survivors) if survivors.is_empty() => {}
                ControlFlow::Continue(survivors) => return Ok(not_alone(survivors)),
            }
        }
        self.begin(&turn, call, shape, &context).await
    }
}

impl CliHarness {
    /// A turn in a program of its own.
    async fn begin(
        &self,
        turn: &TurnRequest,
        mut call: Invocation,
        shape: Option<Invocation>,
        context: &CallContext,
    ) -> Result<TurnReport, HarnessError> {
        // Gone when the program is.
        let files = Files::place(&mut call)?;
        let spec = self.spec(turn, call, shape.is_some());
        let program = spec.program.clone();
        let transcript = self.agent.transcript(turn);
        let record = self.begin_record(turn, &spec).await;
        let mut dialogue = Dialogue::new(spec, transcript, shape.is_some(), context);
        let end = dialogue.turn(record, self.linger, context).await;
        let end = end.map_err(|error| not_started(&program, error))?;
        let live = shape.map(|shape| {
            Box::new(Live {
                dialogue,
                agent: Arc::clone(&self.agent),
                shape,
                session: None,
                grace: self.grace,
                _files: files,
            })
        });
        Ok(keep(live, end, context))
    }

    /// The turn in the program of the turn before, if that can take it. Else
    /// that program is ended.
    async fn go_on(
        &self,
        mut live: Box<Live>,
        turn: &TurnRequest,
        (call, shape): (&Invocation, Option<&Invocation>),
        context: &CallContext,
    ) -> ControlFlow<TurnReport, Vec<u32>> {
        let fits = match shape {
            // A call that was stopped before begins nothing.
            Some(shape) if context.stop().is_none() => {
                live.can_take(&self.agent, shape, turn).await
            }
            Some(_) | None => false,
        };
        if !fits {
            let kept: Box<dyn Kept> = live;
            return ControlFlow::Continue(kept.let_go(context).await);
        }
        let spec = self.spec(turn, call.clone(), true);
        let record = self.begin_record(turn, &spec).await;
        let prompt = call.stdin.clone();
        let end = live
            .dialogue
            .further_turn(prompt, record, self.linger, context);
        match end.await {
            Ok(TurnEnd::Unheard(survivors)) => ControlFlow::Continue(survivors),
            Ok(end) => ControlFlow::Break(keep(Some(live), end, context)),
            // It was started long ago: nothing is left that could fail so.
            Err(_) => ControlFlow::Continue(Vec::new()),
        }
    }
}

/// What a turn's program is started for.
fn purpose(turn: &TurnRequest) -> Purpose {
    let job = Job::Agent {
        attempt: turn.attempt.clone(),
        turn: turn.turn,
        role: turn.role,
        read_only: turn.read_only,
    };
    Purpose::new(job, &turn.directory)
}

fn not_started(program: &OsStr, error: ProcessError) -> HarnessError {
    let kind = match error.kind() {
        ProcessErrorKind::NotFound => HarnessErrorKind::NotFound,
        ProcessErrorKind::Start | ProcessErrorKind::Io => HarnessErrorKind::Start,
    };
    let what = format!("run the agent {}", program.display());
    Failure::new(kind, what, error.advice()).because(error)
}

/// A path from the current directory; a mere name is looked up on `PATH`.
pub(super) fn from_here(program: &OsStr) -> OsString {
    let path = Path::new(program);
    if path.is_relative() && path.components().count() > 1 {
        absolute(path).map_or_else(|_| program.to_owned(), Into::into)
    } else {
        program.to_owned()
    }
}
