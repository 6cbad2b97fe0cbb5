//! Agents that wait for their next turn, over real programs.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use swarm_core::agent_cli::{CliAgent, CliHarness, Invocation, Transcript};
use swarm_core::model::{AttemptId, EndReason, Killer, RunId, SessionId, TaskId};
use swarm_core::ports::{
    AgentEvent, CallContext, Capabilities, Harness, HarnessError, Keep, Sink, Stop, Stopper,
    TurnReport, TurnRequest,
};
use swarm_core::process::{Exit, Line};
use tempfile::TempDir;

/// Does what its standard input says, line by line, until that is closed.
#[derive(Debug)]
struct Toy;

impl CliAgent for Toy {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_resume(true)
    }

    fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError> {
        let script = "echo session s1; while read -r line; do eval \"$line\"; echo over; done";
        let model = turn.model.iter().map(Into::into);
        Ok(Invocation {
            program: "sh".into(),
            args: ["-c", script, "toy"]
                .map(Into::into)
                .into_iter()
                .chain(model)
                .collect(),
            stdin: format!("{}\n", turn.prompt).into_bytes(),
            stays: true,
            ..Invocation::default()
        })
    }

    fn transcript(&self, _: &TurnRequest) -> Box<dyn Transcript> {
        Box::<Heard>::default()
    }
}

#[derive(Debug, Default)]
struct Heard {
    session: Option<SessionId>,
    said: Vec<String>,
    over: bool,
}

impl Transcript for Heard {
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
        if line.text == "session s1" {
            self.session = Some(SessionId::new("s1"));
            return Vec::new();
        }
        self.over = line.text == "over";
        if self.over {
            return Vec::new();
        }
        let text = line.text.to_owned();
        self.said.push(text.clone());
        vec![AgentEvent::Message { text }]
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn next_turn(&mut self) -> Option<TurnReport> {
        self.over = false;
        let said = std::mem::take(&mut self.said).join(" ");
        let session = self.session.clone();
        Some(TurnReport {
            session,
            ..TurnReport::finished(said)
        })
    }

    fn finish(mut self: Box<Self>, exit: Exit) -> TurnReport {
        match exit {
            Exit::Code(0) => self.next_turn().unwrap(),
            exit => TurnReport {
                session: self.session,
                ..TurnReport::ended(EndReason::Crashed, format!("{exit:?}"))
            },
        }
    }
}

fn harness() -> CliHarness {
    let path = ("PATH".into(), std::env::var_os("PATH").unwrap());
    let harness = CliHarness::new(Toy).environment(vec![path]);
    harness.grace(Duration::from_secs(5))
}

fn turn(number: u32, place: &Path, prompt: &str) -> TurnRequest {
    let attempt = AttemptId {
        run: RunId::new("r1"),
        task: TaskId::new("t").unwrap(),
        number: 1,
    };
    TurnRequest {
        turn: number,
        session: (number > 1).then(|| SessionId::new("s1")),
        ..TurnRequest::new(attempt, prompt, place)
    }
}

/// An attempt with its place for what waits.
struct Attempt {
    harness: CliHarness,
    place: TempDir,
    context: CallContext,
    keep: Keep,
    turns: u32,
}

impl Attempt {
    fn new() -> Self {
        let keep = Keep::default();
        Self {
            harness: harness(),
            place: TempDir::new().unwrap(),
            context: CallContext::detached().with_keep(keep.clone()),
            keep,
            turns: 0,
        }
    }

    async fn says(&mut self, prompt: &str) -> String {
        self.turn(prompt).await.message
    }

    async fn turn(&mut self, prompt: &str) -> TurnReport {
        self.turns += 1;
        let turn = turn(self.turns, self.place.path(), prompt);
        let report = self.harness.run(turn, self.context.clone()).await.unwrap();
        assert!(report.survivors.is_empty());
        report
    }
}

fn lives(pid: &str) -> bool {
    // A zombie has no command line.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[tokio::test]
async fn turns_that_follow_each_other_have_one_process() {
    let mut attempt = Attempt::new();
    let pid = attempt.says("echo $$").await;
    assert!(lives(&pid) && !attempt.keep.is_empty());
    assert_eq!(attempt.says("echo again $$").await, format!("again {pid}"));
    let report = attempt.turn("echo").await;
    assert_eq!(
        (report.message.as_str(), report.end),
        ("", EndReason::Finished)
    );
    assert_eq!(report.session, Some(SessionId::new("s1")));

    let kept = attempt.keep.take().expect("it waits");
    assert_eq!(kept.end().await, Vec::<u32>::new());
    assert!(!lives(&pid));
}

#[tokio::test]
async fn it_is_told_nothing_that_holds_for_one_turn_only() {
    let mut attempt = Attempt::new();
    let said = attempt
        .says("echo $SWARM_TASK_ID $SWARM_ATTEMPT $SWARM_TURN $SWARM_ROLE $SWARM_NONCE")
        .await;
    assert_eq!(said, "t 1");
}

#[tokio::test]
async fn who_may_not_stay_ends_with_its_turn() {
    let mut attempt = Attempt::new();
    attempt.context = CallContext::detached();
    let pid = attempt.says("echo $$").await;
    assert!(!lives(&pid));
    assert_ne!(attempt.says("echo $$").await, pid);
}

#[tokio::test]
async fn what_is_not_let_go_ends_with_its_place() {
    let mut attempt = Attempt::new();
    let pid = attempt.says("echo $$").await;
    assert!(lives(&pid));
    drop(attempt);
    assert!(!lives(&pid));
}

#[tokio::test]
async fn an_agent_that_is_not_alone_does_not_wait() {
    for leaves in ["sleep 600 &", "setsid sleep 600 &"] {
        let mut attempt = Attempt::new();
        attempt.harness = harness().linger(Duration::ZERO);
        let said = attempt.says(&format!("{leaves} echo $$ $!")).await;
        assert!(attempt.keep.is_empty(), "{leaves}");
        let pids: Vec<&str> = said.split_ascii_whitespace().collect();
        assert_eq!(pids.len(), 2, "{said}");
        assert!(!pids.into_iter().any(lives), "{leaves}");
    }
}

#[tokio::test]
async fn a_turn_of_another_sort_has_a_process_of_its_own() {
    let mut attempt = Attempt::new();
    let first = attempt.says("echo $$").await;
    let other = TurnRequest {
        model: Some("other".to_owned()),
        ..turn(2, attempt.place.path(), "echo $$ $1")
    };
    let second = attempt.harness.run(other, attempt.context.clone());
    let second = second.await.unwrap().message;
    assert!(second.ends_with(" other") && !second.starts_with(&first));
    assert!(!lives(&first));

    let new = TurnRequest {
        session: None,
        model: Some("other".to_owned()),
        ..turn(3, attempt.place.path(), "echo $$ $1")
    };
    let third = attempt.harness.run(new, attempt.context.clone());
    assert_ne!(third.await.unwrap().message, second, "another conversation");

    let stranger = Attempt::new();
    let pid = second.split(' ').next().unwrap();
    let foreign = stranger.harness.run(
        turn(4, attempt.place.path(), "echo $$"),
        attempt.context.clone(),
    );
    assert_ne!(foreign.await.unwrap().message, pid, "another's agent");
}

#[tokio::test]
async fn one_that_died_in_between_is_replaced() {
    let mut attempt = Attempt::new();
    let pid = attempt.says("echo $$").await;
    // Not a child of ours: a shell ends it.
    let kill = std::process::Command::new("kill")
        .args(["-9", &pid])
        .status();
    assert!(kill.unwrap().success());
    let report = attempt.turn("echo $$").await;
    assert_eq!(report.end, EndReason::Finished);
    assert_ne!(report.message, pid);
}

#[tokio::test]
async fn one_that_dies_of_its_next_prompt_has_crashed_or_is_replaced() {
    let mut attempt = Attempt::new();
    attempt.says("echo").await;
    // Not a word of this turn: it is taken elsewhere, and does the same there.
    let report = attempt.turn("exit 3").await;
    assert_eq!(report.end, EndReason::Crashed);

    let mut attempt = Attempt::new();
    attempt.says("echo").await;
    let report = attempt.turn("echo half; exit 3").await;
    assert_eq!(report.end, EndReason::Crashed);
    assert_eq!(report.session, Some(SessionId::new("s1")));
}

#[tokio::test]
async fn one_that_did_something_unasked_is_not_gone_on_with() {
    let mut attempt = Attempt::new();
    let mark = attempt.place.path().join("mark");
    std::process::Command::new("mkfifo")
        .arg(&mark)
        .status()
        .unwrap();
    // The shell itself goes on after its last word.
    let prompt = "echo $$; echo over; read -r x < mark; echo stray; echo done > told";
    let pid = attempt.says(prompt).await;
    assert!(lives(&pid) && !attempt.keep.is_empty());
    std::fs::write(&mark, "go\n").unwrap();
    let told = attempt.place.path().join("told");
    while std::fs::read(&told).is_ok_and(|text| text.is_empty()) || !told.exists() {
        tokio::task::yield_now().await;
    }
    let next = attempt.says("echo $$").await;
    assert_ne!(next, pid);
    assert!(!lives(&pid));
}

/// Stops the call as soon as it says something.
struct OnMessage(Stopper, Stop);

impl Sink for OnMessage {
    fn event(&self, _: AgentEvent) {
        self.0.stop(self.1);
    }

    fn alive(&self) {}
}

#[tokio::test]
async fn a_later_turn_is_stopped_as_the_first_is() {
    for how in [Stop::Gently, Stop::Now] {
        let mut attempt = Attempt::new();
        let pid = attempt.says("echo $$").await;
        let (stopper, context) = CallContext::stoppable();
        attempt.context = context
            .with_keep(attempt.keep.clone())
            .heard_by(Arc::new(OnMessage(stopper, how)));
        let report = attempt.turn("echo begun; sleep 600").await;
        let by = Killer::Swarm;
        assert_eq!(report.end, EndReason::Killed { by });
        assert!(attempt.keep.is_empty() && !lives(&pid));
    }
}

#[tokio::test]
async fn a_later_turn_that_was_stopped_before_tells_nobody_and_leaves_nobody() {
    for how in [Stop::Gently, Stop::Now] {
        let mut attempt = Attempt::new();
        let pid = attempt.says("echo $$").await;
        let (stopper, context) = CallContext::stoppable();
        stopper.stop(how);
        attempt.context = context.with_keep(attempt.keep.clone());
        let report = attempt.turn("echo told >told").await;
        let by = Killer::Swarm;
        assert_eq!(report.end, EndReason::Killed { by });
        assert!(!attempt.place.path().join("told").exists());
        assert!(attempt.keep.is_empty() && !lives(&pid));
    }
}

#[tokio::test]
async fn each_turn_has_a_record_of_its_own() {
    let mut attempt = Attempt::new();
    let records = TempDir::new().unwrap();
    attempt.harness = harness().record(records.path());
    attempt.says("echo one").await;
    attempt.says("echo two").await;
    let attempt = records.path().join("t/attempt-1");
    let stdout = |turn| {
        let folder = attempt.join(format!("turn-{turn}-implement"));
        std::fs::read_to_string(folder.join("stdout.jsonl")).unwrap()
    };
    assert_eq!(stdout(1), "session s1\none\nover\n");
    assert_eq!(stdout(2), "two\nover\n");
}
