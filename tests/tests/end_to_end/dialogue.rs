//! What the real command lines say and are told in the middle of their work.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use swarm_core::agent_cli::CliHarness;
use swarm_core::event::{Answerer, Event, EventRecord};
use swarm_core::model::{EndReason, Outcome, SessionId, Task};
use swarm_core::ports::{
    Answer as Reply, CallContext, Capabilities, Harness, HarnessError, Matter, Observer, TaskStore,
    TurnReport, TurnRequest,
};
use swarm_core::process::env::Vars;
use swarm_core::store::MemoryStore;
use swarm_core::testing::EventLog;
use swarm_core::testing::model_server::{Answer, ModelServer, Script};
use swarm_core::{Handle, RunReport, Swarm, SwarmBuilder};
use swarm_git::GitRepo;
use swarm_harness_claude::{ClaudeCode, Permissions, claude};
use swarm_harness_codex::{Codex, codex};

use crate::agents::connect;
use crate::processes::assert_gone;
use crate::sandbox::Sandbox;

pub(crate) const COMMIT: &str =
    "echo made >made.txt && git add made.txt && git commit -q -m 'Make it'";

/// A repository, a model that follows one script, and what was seen of a run.
pub(crate) struct World {
    sandbox: Sandbox,
    pub(crate) server: ModelServer,
    pub(crate) log: Arc<EventLog>,
}

impl World {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::playing(Script::new("it", answers))
    }

    pub(crate) fn playing(script: Script) -> Self {
        let mut sandbox = Sandbox::new();
        let server = ModelServer::start([script]).expect("a server");
        connect(&mut sandbox, &server);
        Self {
            sandbox,
            server,
            log: Arc::default(),
        }
    }

    /// Runs the one task to its end.
    pub(crate) fn run(
        &self,
        harness: impl Harness + 'static,
        build: impl FnOnce(SwarmBuilder) -> SwarmBuilder,
        begin: impl FnOnce(Handle),
    ) -> RunReport {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let git = GitRepo::builder(self.sandbox.repo())
            .worktrees(self.sandbox.dir().join("worktrees"))
            .env(self.sandbox.env().to_vec())
            .build()
            .expect("a repository");
        let store = MemoryStore::new();
        let report = runtime.block_on(async {
            let task = Task::new("make", "Make it. [script:it]").expect("an id");
            store.add(vec![task.into()]).await.expect("added");
            let swarm = Swarm::builder()
                .store(Arc::new(store))
                .git(Arc::new(git))
                .harness("agent", Arc::new(harness))
                .observer(self.log.clone())
                .unreviewed();
            let swarm = build(swarm).build().expect("a swarm");
            let running = swarm.start().await.expect("a start");
            begin(running.handle());
            running.wait().await.expect("a report")
        });
        assert_gone("something of the test", || self.sandbox.processes());
        report
    }

    /// What an agent may know of the environment.
    pub(crate) fn env(&self) -> Vars {
        self.sandbox.env().to_vec()
    }

    /// Claude Code, asking.
    fn asking(&self) -> CliHarness {
        let agent = ClaudeCode::new().permissions(Permissions::Ask);
        claude(agent).environment(self.sandbox.env().to_vec())
    }

    /// What was asked, and by whom it was answered.
    fn asked(&self) -> (Vec<Matter>, Vec<Answerer>) {
        let (mut asked, mut by_whom) = (Vec::new(), Vec::new());
        for event in self.log.events() {
            match event {
                Event::QuestionAsked { asks, .. } => asked.push(asks),
                Event::QuestionAnswered { by, .. } => by_whom.push(by),
                _ => {}
            }
        }
        (asked, by_whom)
    }
}

/// Allows everything.
#[derive(Debug, Default)]
struct Person(Arc<OnceLock<Handle>>);

impl Observer for Person {
    fn observe(&self, record: &EventRecord) {
        if let (Event::QuestionAsked { question, .. }, Some(handle)) = (&record.event, self.0.get())
        {
            handle.answer(*question, Reply::Allow).expect("is open");
        }
    }

    fn close(&self) {}
}

/// Stops the run as soon as something is asked.
#[derive(Debug)]
struct Stop(Arc<OnceLock<Handle>>);

impl Observer for Stop {
    fn observe(&self, record: &EventRecord) {
        if let (Event::QuestionAsked { .. }, Some(handle)) = (&record.event, self.0.get()) {
            handle.stop();
        }
    }

    fn close(&self) {}
}

fn done() -> Answer {
    Answer::new().text("All is there.\n\nswarm:${nonce} DONE")
}

#[test]
fn what_claude_code_asks_and_a_person_allows_is_done() {
    let world = World::new([Answer::new().shell(COMMIT), done()]);
    let person = Person::default();
    let handle = Arc::clone(&person.0);
    let report = world.run(
        world.asking(),
        |swarm| swarm.observer(Arc::new(person)),
        |running| handle.set(running).expect("is set once"),
    );
    assert_eq!(report.tasks[0].outcome, Outcome::Landed, "{report:#?}");
    let made = world.sandbox.git(&["show", "main:made.txt"]);
    assert_eq!(made, "made\n");
    let matter = Matter::Permission {
        tool: "Bash".to_owned(),
        what: COMMIT.to_owned(),
    };
    assert_eq!(world.asked(), (vec![matter], vec![Answerer::Person]));
}

#[test]
fn what_claude_code_asks_and_nobody_answers_is_denied_and_the_work_goes_on() {
    let blocked = Answer::new().text("swarm:${nonce} BLOCKED it is not allowed");
    let world = World::new([Answer::new().shell(COMMIT), blocked]);
    let patience = Duration::from_millis(200);
    let report = world.run(world.asking(), |swarm| swarm.answer_within(patience), drop);
    assert_eq!(report.tasks[0].outcome, Outcome::Blocked, "{report:#?}");
    assert_eq!(report.tasks[0].reason.as_deref(), Some("it is not allowed"));
    let (asked, by_whom) = world.asked();
    assert_eq!((asked.len(), &by_whom[..]), (1, &[Answerer::Default][..]));
    // The agent was told why.
    let Reply::Deny { why } = asked[0].unanswered() else {
        panic!("{asked:?}");
    };
    let requests = world.server.requests();
    let heard = requests
        .iter()
        .filter(|request| String::from_utf8_lossy(&request.body).contains(&why));
    assert_eq!(heard.count(), 1);
}

#[test]
fn a_run_that_is_stopped_leaves_no_question_and_no_agent() {
    let world = World::new([Answer::new().shell(COMMIT), done()]);
    let handle = Arc::default();
    let stop = Stop(Arc::clone(&handle));
    let report = world.run(
        world.asking(),
        |swarm| swarm.observer(Arc::new(stop)),
        |running| handle.set(running).expect("is set once"),
    );
    assert_eq!(report.tasks[0].outcome, Outcome::Interrupted, "{report:#?}");
    let (asked, by_whom) = world.asked();
    assert_eq!((asked.len(), &by_whom[..]), (1, &[Answerer::Nobody][..]));
}

/// Whoever is to go on with a conversation is given another one.
#[derive(Debug)]
struct Lost(CliHarness);

#[async_trait::async_trait]
impl Harness for Lost {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn run(
        &self,
        mut turn: TurnRequest,
        context: CallContext,
    ) -> Result<TurnReport, HarnessError> {
        let unknown = || SessionId::new("5f3a0000-0000-4000-8000-00000000f3a5");
        turn.session = turn.session.map(|_| unknown());
        self.0.run(turn, context).await
    }
}

#[test]
fn claude_code_begins_anew_where_its_conversation_is_gone() {
    begins_anew(|world| claude(ClaudeCode::new()).environment(world.sandbox.env().to_vec()));
}

#[test]
fn codex_begins_anew_where_its_conversation_is_gone() {
    begins_anew(|world| codex(Codex::new()).environment(world.sandbox.env().to_vec()));
}

fn begins_anew(harness: impl FnOnce(&World) -> CliHarness) {
    // The first time nothing comes of it.
    let silence = [Answer::new().text("Still reading.")];
    let script = Script::new("it", [Answer::new().shell(COMMIT), done()]);
    let world = World::playing(script.turn(1, silence));
    let report = world.run(Lost(harness(&world)), |swarm| swarm, drop);
    assert_eq!(report.tasks[0].outcome, Outcome::Landed, "{report:#?}");
    assert_eq!(report.tasks[0].attempts, 1);
    let end = |event| match event {
        Event::TurnEnded { end, .. } => Some(end),
        _ => None,
    };
    let ends: Vec<_> = world.log.events().into_iter().filter_map(end).collect();
    let gone = EndReason::SessionNotFound;
    assert_eq!(ends, [EndReason::Finished, gone, EndReason::Finished]);
}
