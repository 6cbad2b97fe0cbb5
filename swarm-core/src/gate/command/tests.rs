#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::model::{RunId, TaskId};

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn request(&self) -> GateRequest {
        GateRequest {
            attempt: AttemptId {
                run: RunId::new("r1"),
                task: TaskId::new("t 1").unwrap(),
                number: 2,
            },
            directory: self.0.path().to_owned(),
            steps: None,
            logs: Some(self.0.path().join("logs/gates")),
        }
    }
}

fn gate(steps: &[(&str, &str)]) -> CommandGate {
    steps
        .iter()
        .fold(CommandGate::new(), |gate, (name, command)| {
            gate.step(*name, *command).unwrap()
        })
}

async fn run(gate: &CommandGate, request: GateRequest) -> GateReport {
    gate.run(request, CallContext::detached()).await.unwrap()
}

#[test]
fn a_gate_that_makes_no_sense_is_refused() {
    let gate = gate(&[("a", "true")]);
    for (name, command, why) in [
        (
            "",
            "true",
            BadStep::NoName {
                command: "true".into(),
            },
        ),
        (
            " ",
            "true",
            BadStep::NoName {
                command: "true".into(),
            },
        ),
        ("b", " ", BadStep::NoCommand { name: "b".into() }),
        ("a", "false", BadStep::Duplicate { name: "a".into() }),
    ] {
        assert_eq!(gate.clone().step(name, command).unwrap_err(), why);
    }
}

#[tokio::test]
async fn steps_run_in_order_until_one_fails() {
    let place = Place::new();
    let gate = gate(&[
        (
            "first",
            "echo $SWARM_TASK_ID $SWARM_RUN_ID $SWARM_ATTEMPT > ran",
        ),
        ("second", "echo out; echo err >&2; exit 7"),
        ("third", "touch third"),
    ]);
    assert_eq!(gate.steps(), ["first", "second", "third"]);
    let report = run(&gate, place.request()).await;
    let outcomes: Vec<_> = report
        .steps
        .iter()
        .map(|step| (step.name.as_str(), &step.outcome, step.output.as_str()))
        .collect();
    let failed = StepOutcome::Failed { code: Some(7) };
    let expected = [
        ("first", &StepOutcome::Passed, ""),
        ("second", &failed, "out\nerr\n"),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(report.failed().unwrap().name, "second");
    let ran = fs::read_to_string(place.0.path().join("ran")).unwrap();
    assert_eq!(ran, "t 1 r1 2\n");
    assert!(!place.0.path().join("third").exists());
    let log = fs::read_to_string(place.0.path().join("logs/gates/second.log"));
    assert_eq!(log.unwrap(), "out\nerr\n");
}

#[tokio::test]
async fn only_the_steps_that_were_asked_for_run() {
    let place = Place::new();
    let gate = gate(&[("a", "true"), ("b", "true"), ("c", "true")]);
    let mut request = place.request();
    request.steps = Some(vec!["c".into(), "a".into()]);
    let report = run(&gate, request.clone()).await;
    let names: Vec<_> = report.steps.iter().map(|step| &step.name).collect();
    assert_eq!(names, ["a", "c"]);

    request.steps = Some(vec!["a".into(), "d".into()]);
    let error = gate
        .run(request, CallContext::detached())
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), GateErrorKind::UnknownStep);
    assert!(error.to_string().contains("\"d\""), "{error}");
}

#[tokio::test]
async fn a_step_that_takes_too_long_is_ended_and_said_so() {
    let place = Place::new();
    let gate = gate(&[("slow", "echo begun; sleep 600")]).timeout(Duration::from_millis(50));
    let report = run(&gate, place.request()).await;
    assert_eq!(report.steps[0].outcome, StepOutcome::TimedOut);
}

#[tokio::test]
async fn a_signal_is_a_failure_without_a_code() {
    let report = run(&gate(&[("a", "kill -9 $$")]), Place::new().request()).await;
    assert_eq!(report.steps[0].outcome, StepOutcome::Failed { code: None });
}

#[tokio::test]
async fn a_stop_says_nothing_about_the_work() {
    let place = Place::new();
    let fifo = place.0.path().join("fifo");
    let gate = gate(&[("waits", "mkfifo fifo; : > fifo; sleep 600")]);
    let (stopper, context) = CallContext::stoppable();
    let reached = tokio::task::spawn_blocking(move || {
        while fs::read(&fifo).is_err() {}
        stopper.stop(Stop::Gently);
    });
    let error = gate.run(place.request(), context).await.unwrap_err();
    assert_eq!(*error.kind(), GateErrorKind::Stopped);
    reached.await.unwrap();
}

#[tokio::test]
async fn a_gate_that_was_stopped_before_starts_nothing() {
    let place = Place::new();
    let (stopper, context) = CallContext::stoppable();
    stopper.stop(Stop::Now);
    let gate = gate(&[("a", "touch ran")]);
    let error = gate.run(place.request(), context).await.unwrap_err();
    assert_eq!(*error.kind(), GateErrorKind::Stopped);
    assert!(!place.0.path().join("ran").exists());
}

#[tokio::test]
async fn a_gate_that_cannot_start_says_nothing_about_the_work() {
    let place = Place::new();
    let mut request = place.request();
    request.directory = place.0.path().join("nowhere");
    let error = gate(&[("a", "true")])
        .run(request, CallContext::detached())
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), GateErrorKind::Start);
}

#[tokio::test]
async fn git_is_not_tied_to_the_callers_repository() {
    let place = Place::new();
    let path = std::env::var_os("PATH").unwrap();
    let gate = gate(&[("env", "echo $GIT_DIR $MINE $SWARM_NONCE")])
        .environment(vec![
            ("PATH".into(), path),
            ("GIT_DIR".into(), "/elsewhere".into()),
            ("SWARM_NONCE".into(), "outer".into()),
        ])
        .env("MINE", "yes");
    let report = run(&gate, place.request()).await;
    assert_eq!(report.steps[0].output, "yes\n");
}

#[test]
fn logs_have_names_that_any_system_takes() {
    for (step, name) in [
        ("test", "test.log"),
        ("cargo test --all", "cargo-test---all.log"),
        ("../../etc/passwd", "etc-passwd.log"),
        ("日本", "日本.log"),
    ] {
        assert_eq!(log_name(step), name);
    }
}
