//! Harnesses over real programs.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use swarm_core::agent_cli::{CliAgent, CliHarness, CommandHarness, Invocation, Transcript};
use swarm_core::error::Advice;
use swarm_core::model::{
    AttemptId, EndReason, Killer, Limit, Nonce, Oid, Role, RunId, SessionId, TaskId,
};
use swarm_core::ports::{
    AgentEvent, Answer, CallContext, Capabilities, Diff, Harness, HarnessError, HarnessErrorKind,
    Matter, Question, ReviewRequest, Reviewer, Ruling, Sink, Stop, Stopper, TurnReport,
    TurnRequest,
};
use swarm_core::process::{Exit, Line};
use swarm_core::review::CommandReviewer;
use tempfile::TempDir;

fn turn(directory: &Path) -> TurnRequest {
    TurnRequest {
        attempt: attempt(),
        turn: 3,
        role: Role::Resolve,
        prompt: "do it".into(),
        directory: directory.to_owned(),
        session: None,
        model: None,
        nonce: Nonce::new("n1"),
        onto: Some(Oid::new("abc")),
        tasks: Some("/tasks".into()),
        budget: None,
        read_only: false,
        schema: None,
        git_folders: Vec::new(),
        log: None,
    }
}

fn attempt() -> AttemptId {
    AttemptId {
        run: RunId::new("r1"),
        task: TaskId::new("t 1").unwrap(),
        number: 2,
    }
}

fn environment(more: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let path = ("PATH".into(), std::env::var_os("PATH").unwrap());
    let more = more.iter().map(|(name, value)| (name.into(), value.into()));
    std::iter::once(path).chain(more).collect()
}

fn sh(script: &str) -> CommandHarness {
    CommandHarness::new("sh", ["-c", script]).environment(environment(&[]))
}

async fn run(harness: &impl Harness, directory: &Path) -> TurnReport {
    let context = CallContext::detached();
    harness.run(turn(directory), context).await.unwrap()
}

#[tokio::test]
async fn a_command_hears_the_prompt_and_says_its_message() {
    let place = TempDir::new().unwrap();
    let harness = sh(
        "cat; pwd; echo $SWARM_TASK_ID $SWARM_RUN_ID $SWARM_ATTEMPT $SWARM_TURN \
         $SWARM_ROLE $SWARM_NONCE $SWARM_TASKS_DIR $SWARM_ONTO; echo noise >&2",
    );
    let report = run(&harness, place.path()).await;
    let pwd = place.path().canonicalize().unwrap();
    let message = format!("do it{}\nt 1 r1 2 3 resolve n1 /tasks abc", pwd.display());
    assert_eq!(report, TurnReport::finished(message));
}

#[tokio::test]
async fn a_command_inherits_all_but_git_and_an_outer_turn() {
    let place = TempDir::new().unwrap();
    let harness = sh("echo ${MY_SECRET-}:${GIT_DIR-}:${SWARM_TASKS_DIR-}:${SWARM_ONTO-}")
        .environment(environment(&[
            ("MY_SECRET", "kept"),
            ("GIT_DIR", "/elsewhere"),
            ("SWARM_TASKS_DIR", "/outer"),
            ("SWARM_ONTO", "outer"),
        ]));
    let mut turn = turn(place.path());
    (turn.onto, turn.tasks) = (None, None);
    let report = harness.run(turn, CallContext::detached()).await.unwrap();
    assert_eq!(report.message, "kept:::");
}

#[tokio::test]
async fn nothing_in_a_command_line_is_executed() {
    let place = TempDir::new().unwrap();
    let line = "printf '%s\\n' $(touch x) `touch x` '; touch x' $HOME *";
    let harness = CommandHarness::parse(line).unwrap().extra_args(["a b"]);
    let report = run(&harness, place.path()).await;
    let words = "$(touch\nx)\n`touch\nx`\n; touch x\n$HOME\n*\na b";
    assert_eq!(report.message, words);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_failed_command_is_a_report_and_a_missing_one_an_error() {
    let place = TempDir::new().unwrap();
    let report = run(&sh("echo half; echo no disk >&2; exit 4"), place.path()).await;
    assert_eq!(report.end, EndReason::Crashed);
    assert_eq!(report.error.as_deref(), Some("exit code 4: no disk"));
    assert_eq!(report.message, "half");

    let missing = CommandHarness::new("no-such-agent", [""; 0]);
    let context = CallContext::detached();
    let error = missing.run(turn(place.path()), context).await.unwrap_err();
    assert_eq!(*error.kind(), HarnessErrorKind::NotFound);
    assert_eq!(error.advice(), Advice::FixConfiguration);
    assert!(error.to_string().contains("no-such-agent"), "{error}");
}

/// An agent whose lines are `session X`, `limited`, `done`, `again`, `may X`,
/// `never mind X`, or its message. It is a shell script, and listens if that reads.
#[derive(Debug)]
struct Toy;

#[derive(Debug)]
struct Heard {
    report: TurnReport,
    over: bool,
    listens: bool,
}

impl CliAgent for Toy {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_resume(true)
    }

    fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError> {
        Ok(Invocation {
            program: "sh".into(),
            args: vec!["-c".into(), turn.prompt.clone().into(), "toy".into()],
            env: vec![("TOY_MODE".into(), "fast".into())],
            ..Invocation::default()
        })
    }

    fn transcript(&self, turn: &TurnRequest) -> Box<dyn Transcript> {
        Box::new(Heard {
            report: TurnReport::finished(""),
            over: false,
            listens: turn.prompt.contains("read "),
        })
    }
}

impl Transcript for Heard {
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
        if let Some(session) = line.text.strip_prefix("session ") {
            let session = SessionId::new(session);
            self.report.session = Some(session.clone());
            return vec![AgentEvent::Session { session }];
        }
        if let Some(what) = line.text.strip_prefix("may ") {
            let question = Question {
                name: what.to_owned(),
                matter: Matter::Permission {
                    tool: "sh".to_owned(),
                    what: what.to_owned(),
                },
            };
            return vec![AgentEvent::Asks { question }];
        }
        if let Some(name) = line.text.strip_prefix("never mind ") {
            let name = name.to_owned();
            return vec![AgentEvent::TakesBack { name }];
        }
        match line.text {
            "limited" => self.report.end = EndReason::RateLimited { retry_at: None },
            "done" => self.over = true,
            "again" => self.over = false,
            text => self.report.message.push_str(text),
        }
        Vec::new()
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn listens(&self) -> bool {
        self.listens
    }

    fn answer(&mut self, name: &str, answer: &Answer) -> Vec<u8> {
        format!("{name} {}\n", *answer == Answer::Allow).into_bytes()
    }

    fn finish(mut self: Box<Self>, exit: Exit) -> TurnReport {
        if let Exit::StoppedByUs(how) = exit {
            self.report.error = Some(format!("{how:?}"));
        }
        self.report
    }
}

/// Stops the call as soon as the agent has a session.
struct OnSession(Stopper, Stop);

impl Sink for OnSession {
    fn event(&self, event: AgentEvent) {
        assert!(matches!(event, AgentEvent::Session { .. }));
        self.0.stop(self.1);
    }

    fn alive(&self) {}
}

async fn toy(harness: CliHarness, script: &str) -> TurnReport {
    let place = TempDir::new().unwrap();
    let mut turn = turn(place.path());
    turn.prompt = script.into();
    let context = CallContext::detached();
    harness.run(turn, context).await.unwrap()
}

#[tokio::test]
async fn what_we_stopped_keeps_what_is_known_of_it() {
    let by = Killer::Swarm;
    let limited = EndReason::RateLimited { retry_at: None };
    let (idle, wall) = (Limit::Idle, Limit::Wall);
    let table = [
        ("", Stop::Gently, EndReason::Killed { by }),
        ("", Stop::Now, EndReason::Killed { by }),
        ("", Stop::Limit(idle), EndReason::TimedOut { limit: idle }),
        ("", Stop::Limit(wall), EndReason::TimedOut { limit: wall }),
        ("echo limited;", Stop::Limit(idle), limited),
        ("echo limited;", Stop::Gently, EndReason::Killed { by }),
        ("echo done;", Stop::Limit(wall), EndReason::Finished),
        ("echo done;", Stop::Now, EndReason::Finished),
        (
            "echo done; echo again;",
            Stop::Limit(wall),
            EndReason::TimedOut { limit: wall },
        ),
    ];
    for (first, how, end) in table {
        let place = TempDir::new().unwrap();
        let (stopper, context) = CallContext::stoppable();
        let context = context.heard_by(Arc::new(OnSession(stopper, how)));
        let mut turn = turn(place.path());
        turn.prompt = format!("echo half; {first} echo session s1; sleep 600");
        let harness = CliHarness::new(Toy).grace(Duration::from_secs(60));
        let report = harness.run(turn, context).await.unwrap();
        assert_eq!(report.end, end, "{first} {how:?}");
        assert_eq!(report.session, Some(SessionId::new("s1")));
        assert_eq!(report.message, "half");
    }
}

/// An agent that stays after its last word, and its background task with it.
const STAYS: &str = "setsid sleep 600 & echo $! >pid; echo said; echo done; sleep 600";

#[tokio::test]
async fn an_agent_that_lingers_after_its_last_word_has_finished() {
    let place = TempDir::new().unwrap();
    let mut turn = turn(place.path());
    turn.prompt = STAYS.into();
    let harness = CliHarness::new(Toy).linger(Duration::from_millis(50));
    let context = CallContext::detached();
    let report = harness.run(turn, context).await.unwrap();
    assert_eq!(report, TurnReport::finished("said"));
    let pid = fs::read_to_string(place.path().join("pid")).unwrap();
    let left = Path::new("/proc").join(pid.trim()).join("cmdline");
    // What is dead and not yet noticed has none.
    let left = fs::read_to_string(left).unwrap_or_default();
    assert_eq!(left, "", "its background task was ended with it");
}

#[tokio::test]
async fn a_word_that_is_taken_back_is_not_the_last_one() {
    // The pause would be longer than the agent may linger.
    let script = "printf 'done\\nagain\\n'; sleep 0.4; echo more; echo done";
    let harness = CliHarness::new(Toy).linger(Duration::from_millis(50));
    assert_eq!(toy(harness, script).await.message, "more");
}

/// Answers permission requests for `good`, once all that are expected came.
struct Judge(tokio::sync::Barrier);

#[async_trait::async_trait]
impl Sink for Judge {
    fn event(&self, event: AgentEvent) {
        panic!("a question is no event: {event:?}");
    }

    fn alive(&self) {}

    async fn ask(&self, question: Question) -> Answer {
        self.0.wait().await;
        if question.name == "good" {
            Answer::Allow
        } else {
            question.matter.unanswered()
        }
    }
}

#[tokio::test]
async fn an_agent_that_asks_is_answered_and_then_hung_up_on() {
    let place = TempDir::new().unwrap();
    let mut turn = turn(place.path());
    // Both are open at once; the answers come in any order.
    turn.prompt = "echo may good; echo may bad; read a; read b; \
                   printf '%s\n%s\n' \"$a\" \"$b\" | sort | tr '\n' ,; echo; echo done; cat; echo over"
        .into();
    let judge = Judge(tokio::sync::Barrier::new(2));
    let context = CallContext::detached().heard_by(Arc::new(judge));
    let harness = CliHarness::new(Toy);
    let report = harness.run(turn, context).await.unwrap();
    assert_eq!(report, TurnReport::finished("bad false,good true,over"));
}

/// Never answers; makes a file when a question comes, and one when it is over.
struct Mute(PathBuf);

struct Gone<'a>(&'a Path);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        fs::write(self.0.join("over"), "").unwrap();
    }
}

#[async_trait::async_trait]
impl Sink for Mute {
    fn event(&self, event: AgentEvent) {
        panic!("a question is no event: {event:?}");
    }

    fn alive(&self) {}

    async fn ask(&self, _: Question) -> Answer {
        fs::write(self.0.join("asked"), "").unwrap();
        let _gone = Gone(&self.0);
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_question_that_is_taken_back_is_over() {
    let place = TempDir::new().unwrap();
    let mut turn = turn(place.path());
    // The agent goes on only when nobody is asked any more.
    turn.prompt = "wait() { n=0; until [ -e $1 ] || [ $n -gt 999 ]; do sleep 0.01; n=$((n+1)); done; }; \
                   echo may good; wait asked; echo never mind good; wait over; ls; echo done; read a"
        .into();
    let mute = Mute(place.path().to_owned());
    let context = CallContext::detached().heard_by(Arc::new(mute));
    let report = CliHarness::new(Toy).run(turn, context).await.unwrap();
    assert_eq!(report, TurnReport::finished("askedover"));
}

#[tokio::test]
async fn where_nobody_is_there_the_answer_comes_at_once() {
    let script = "echo may good; read a; echo \"$a\"; echo done; cat";
    let report = toy(CliHarness::new(Toy), script).await;
    assert_eq!(report.message, "good false");
}

#[tokio::test]
async fn an_agent_inherits_what_is_listed() {
    let harness = CliHarness::new(Toy)
        .environment(environment(&[
            ("HOME", "/home/toy"),
            ("TOY_KEY", "key"),
            ("MINE", "mine"),
            ("OTHER_TOKEN", "secret"),
            ("A_PASSWORD", "secret"),
        ]))
        .env_prefixes(&["TOY_"])
        .env_allow(["MINE"]);
    assert_eq!(harness.dropped_env(), ["A_PASSWORD", "OTHER_TOKEN"]);
    assert!(harness.capabilities().resume);
    let script = "echo $HOME $TOY_KEY $TOY_MODE $MINE $SWARM_ROLE ${OTHER_TOKEN-none}";
    let report = toy(harness, script).await;
    assert_eq!(report.message, "/home/toy key fast mine resolve none");
}

#[tokio::test]
async fn program_and_arguments_can_be_replaced_and_added() {
    let place = TempDir::new().unwrap();
    let program: PathBuf = place.path().join("my sh");
    fs::write(&program, "#!/bin/sh\necho mine: \"$@\"\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let harness = CliHarness::new(Toy)
        .program(&program)
        .extra_args(["--more", "a b"]);
    let report = toy(harness, "script").await;
    assert_eq!(report.message, "mine: -c script toy --more a b");
}

#[tokio::test]
async fn the_raw_output_is_kept() {
    let place = TempDir::new().unwrap();
    let mut turn = turn(place.path());
    turn.prompt = "echo session s; echo noise".into();
    turn.log = Some(place.path().join("logs/turn"));
    let harness = CliHarness::new(Toy);
    let context = CallContext::detached();
    harness.run(turn, context).await.unwrap();
    let log = fs::read_to_string(place.path().join("logs/turn")).unwrap();
    assert_eq!(log, "session s\nnoise\n");
}

#[tokio::test]
async fn any_program_can_review() {
    let place = TempDir::new().unwrap();
    let request = |task: &str| ReviewRequest {
        attempt: attempt(),
        round: 1,
        task: task.into(),
        directory: place.path().to_owned(),
        diff: Diff::default(),
        range: None,
        feedback: None,
        nonce: Nonce::new("n1"),
        log: None,
    };
    // Approves tasks that are to be approved, and finds fault with others.
    let script = "if grep -q '^approve me'; then echo swarm:$SWARM_NONCE APPROVED; \
                  else printf 'swarm:%s CHANGES\\n- no\\n' $SWARM_NONCE; fi";
    let reviewer = CommandReviewer::new("toy", sh(script));
    assert_eq!(reviewer.info().name, "toy");
    let changes = Ruling::Changes {
        findings: vec!["no".into()],
    };
    for (task, ruling) in [("approve me", Ruling::Approved), ("other", changes)] {
        let context = CallContext::detached();
        let review = reviewer.review(request(task), context).await.unwrap();
        assert_eq!(review.ruling, ruling);
    }
    let failing = CommandReviewer::new("toy", sh("echo swarm:$SWARM_NONCE APPROVED; exit 1"));
    let context = CallContext::detached();
    let review = failing.review(request("x"), context).await.unwrap();
    assert!(matches!(review.ruling, Ruling::Unavailable { .. }));
}
