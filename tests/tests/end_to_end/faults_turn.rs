//! Single turns of the agents' real command lines, each with a model, a home
//! and a repository of its own.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use swarm_core::agent_cli::CliHarness;
use swarm_core::model::{AttemptId, RunId, TaskId};
use swarm_core::ports::{
    AgentEvent, CallContext, Harness, Sink, Stop, Stopper, TurnReport, TurnRequest,
};
use swarm_core::process::env::Vars;
use swarm_core::testing::model_server::{ModelServer, Request, Script};
use swarm_harness_claude::{ClaudeCode, claude};
use swarm_harness_codex::{Codex, codex};
use tokio::sync::Notify;

use crate::agents::{program, trust};
use crate::processes::{Processes, assert_gone};
use crate::sandbox::Sandbox;

/// After this a turn hangs, on the slowest of machines.
const LIMIT: Duration = Duration::from_secs(120);
/// How often a look is taken at what cannot be waited for.
const LOOK: Duration = Duration::from_millis(20);

/// An agent's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cli {
    Claude,
    OldClaude,
    Codex,
}

/// What makes a turn special.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) claude: ClaudeCode,
    pub(crate) codex: Codex,
    /// Claude Code is logged in, and has no key.
    pub(crate) login: bool,
    /// Variables besides the usual.
    pub(crate) env: Vec<(&'static str, &'static str)>,
    /// A variable that is missing.
    pub(crate) without: &'static [&'static str],
    /// When it is stopped, and how.
    pub(crate) stop: Option<(Moment, Stop)>,
}

/// What a stop waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// The model was asked.
    Asked,
    /// The agent warned of something.
    Warned,
    /// A tool made the file `started` in the repository.
    ToolRuns,
}

/// An agent with all that it needs.
pub(crate) struct Bench {
    pub(crate) cli: Cli,
    pub(crate) sandbox: Sandbox,
    pub(crate) server: Arc<ModelServer>,
    name: String,
}

/// What came of a turn.
pub(crate) struct Turned {
    pub(crate) report: TurnReport,
    pub(crate) requests: Vec<Request>,
    stream: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // One retry: enough to see that there is one.
            claude: ClaudeCode::new().max_retries(1),
            codex: Codex::new(),
            login: false,
            env: Vec::new(),
            without: &[],
            stop: None,
        }
    }
}

impl Bench {
    pub(crate) fn new(name: &str, cli: Cli, scripts: impl IntoIterator<Item = Script>) -> Self {
        Self {
            cli,
            sandbox: Sandbox::new(),
            server: Arc::new(ModelServer::start(scripts).expect("a server")),
            name: format!("{name}-{cli:?}"),
        }
    }

    /// A turn that has this prompt and nothing special.
    pub(crate) fn request(&self, prompt: &str) -> TurnRequest {
        let attempt = AttemptId {
            run: RunId::new(self.mark()),
            task: TaskId::new("task").expect("an id"),
            number: 1,
        };
        let mut turn = TurnRequest::new(attempt, prompt, self.sandbox.repo());
        turn.log = Some(self.log());
        turn
    }

    /// Runs it to its end. Nothing of it may be left then.
    pub(crate) async fn run(&self, turn: TurnRequest, options: Options) -> Result<Turned, String> {
        let stop = options.stop;
        let harness = self.harness(options);
        let (stopper, context) = CallContext::stoppable();
        let ear = Arc::new(Ear::default());
        let context = context.heard_by(ear.clone());
        let ended = tokio::select! {
            ended = harness.run(turn, context) => ended,
            () = self.stop(stop, &stopper, &ear) => unreachable!("waits for ever"),
            () = tokio::time::sleep(LIMIT) => {
                return Err(format!("no end within {LIMIT:?}; stream:\n{}", self.stream()));
            }
        };
        let mark = self.mark();
        assert_gone(&self.name, || Processes::with(&mark));
        Ok(Turned {
            report: ended.map_err(|error| format!("it did not begin: {error}"))?,
            requests: self.server.requests(),
            stream: self.stream(),
        })
    }

    /// Stops the turn when its moment has come, then waits for ever.
    async fn stop(&self, stop: Option<(Moment, Stop)>, stopper: &Stopper, ear: &Ear) {
        if let Some((moment, how)) = stop {
            match moment {
                Moment::Asked => {
                    let server = Arc::clone(&self.server);
                    let asked = move || {
                        server.wait_for(LIMIT, |all| all.iter().any(|one| one.played.is_some()))
                    };
                    let _ = tokio::task::spawn_blocking(asked).await;
                }
                Moment::Warned => ear.warned.notified().await,
                Moment::ToolRuns => {
                    let started = self.sandbox.repo().join("started");
                    while !started.exists() {
                        tokio::time::sleep(LOOK).await;
                    }
                }
            }
            stopper.stop(how);
        }
        std::future::pending::<()>().await;
    }

    fn harness(&self, options: Options) -> CliHarness {
        let mut env: Vars = self.sandbox.env().to_vec();
        env.extend(match self.cli {
            Cli::Codex => self.server.codex_env(),
            _ if options.login => self.server.claude_login_env(),
            _ => self.server.claude_env(),
        });
        env.extend(trust(&self.sandbox));
        let more = options.env.iter();
        env.extend(more.map(|(name, value)| (name.into(), value.into())));
        env.retain(|(name, _)| !options.without.iter().any(|gone| name == gone));
        match self.cli {
            Cli::Claude => claude(options.claude).program(program("claude")),
            Cli::OldClaude => claude(options.claude).program(program("claude-2.1.197")),
            Cli::Codex => {
                let settings = self.server.codex_settings().into_iter();
                let agent = settings.fold(options.codex, |agent, (key, value)| {
                    agent.config(key, value)
                });
                codex(agent.retries("loopback", 1)).program(program("codex"))
            }
        }
        .environment(env)
    }

    /// In the environment of all that the turn starts, and nowhere else.
    fn mark(&self) -> String {
        format!("faults-{}-{}", std::process::id(), self.name)
    }

    fn log(&self) -> PathBuf {
        self.sandbox.dir().join("turn.log")
    }

    fn stream(&self) -> String {
        let bytes = std::fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Turned {
    /// What was asked for that no script answers, beside Claude Code's first
    /// look whether there is anybody.
    pub(crate) fn asked_for_else(&self) -> Vec<String> {
        let requests = self.requests.iter();
        requests
            .filter(|request| request.played.is_none())
            .map(|request| format!("{} {}", request.method, request.path))
            .filter(|asked| asked != "HEAD /")
            .collect()
    }

    /// How often the model was asked for a scripted answer.
    pub(crate) fn asked(&self) -> usize {
        let played = self.requests.iter();
        played.filter(|request| request.played.is_some()).count()
    }
}

impl fmt::Display for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "report: {:#?}", self.report)?;
        for request in &self.requests {
            let (at, played) = (request.at, request.played.as_ref());
            let (method, path) = (&request.method, &request.path);
            writeln!(f, "{at:?} {method} {path} {played:?}")?;
        }
        for line in self.stream.lines() {
            let cut: String = line.chars().take(600).collect();
            writeln!(f, "{cut}")?;
        }
        Ok(())
    }
}

/// Hears an agent.
#[derive(Default)]
struct Ear {
    warned: Notify,
}

impl Sink for Ear {
    fn event(&self, event: AgentEvent) {
        if let AgentEvent::Warning { .. } = event {
            self.warned.notify_one();
        }
    }

    fn alive(&self) {}
}
