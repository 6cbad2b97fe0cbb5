//! What a command-line harness does around a turn: it looks whether the agent
//! could work, lays out files for it, and keeps what it prints.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ffi::OsString;
use std::fs;
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use swarm_core::agent_cli::{
    CliAgent, CliHarness, CommandHarness, Invocation, Probe, ProbeAnswer, Program, Surroundings,
    Transcript, replay,
};
use swarm_core::model::{AttemptId, Check, EndReason, RunId, TaskId};
use swarm_core::ports::{
    AgentEvent, CallContext, Capabilities, Harness, HarnessError, PreflightRequest, TurnReport,
    TurnRequest,
};
use swarm_core::process::{Exit, Line, Stream};
use tempfile::TempDir;

/// Calls `toy`, mostly [`SHELL`], with its prompt as a script.
#[derive(Clone, Debug)]
struct Toy;

const SHELL: &str = r#"case $1 in --version) echo toy 1.5;; *) exec sh "$@";; esac"#;

/// What it printed, and how it ended.
#[derive(Debug, Default)]
struct Heard(String);

impl CliAgent for Toy {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError> {
        let schema = turn.schema.clone().unwrap_or_default().to_string();
        Ok(Invocation {
            program: "toy".into(),
            args: vec![
                "-c".into(),
                turn.prompt.clone().into(),
                format!("{}/schema.json", Invocation::FOLDER).into(),
            ],
            files: vec![("schema.json".to_owned(), schema.into_bytes())],
            ..Invocation::default()
        })
    }

    fn transcript(&self, _: &TurnRequest) -> Box<dyn Transcript> {
        Box::new(Heard::default())
    }

    fn program(&self) -> Option<Program> {
        Some(Program {
            name: "toy".into(),
            product: "Toy",
            install: "make toy",
            tested: ("1.0", "1.9"),
            version: |said| said.trim().strip_prefix("toy "),
        })
    }

    fn probes(&self, around: &Surroundings) -> Vec<Probe> {
        let repository = around.repository.clone().unwrap_or_default();
        let run = |args: &[&str]| Probe::Run {
            args: args.iter().map(Into::into).collect(),
            env: vec![("ASKED".into(), "yes".into())],
        };
        vec![
            run(&["status"]),
            Probe::Read {
                path: repository.join("there"),
            },
            Probe::Read {
                path: repository.join("not-there"),
            },
            run(&["fail"]),
        ]
    }

    fn checks(&self, around: &Surroundings, answers: &[ProbeAnswer]) -> Vec<Check> {
        let said = answers
            .iter()
            .map(|answer| (answer.code, answer.text.trim()));
        let found = format!("{:?} {:?}", around.dropped, said.collect::<Vec<_>>());
        vec![Check::fine("toy", found)]
    }
}

impl Transcript for Heard {
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
        let stream = match line.stream {
            Stream::Stdout => "out",
            Stream::Stderr => "err",
        };
        self.0.extend([stream, " ", line.text, "\n"]);
        Vec::new()
    }

    fn finish(self: Box<Self>, exit: Exit) -> TurnReport {
        match exit {
            Exit::Code(0) => TurnReport::finished(self.0),
            exit => TurnReport::ended(EndReason::Crashed, format!("{}{exit:?}", self.0)),
        }
    }
}

fn program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn harness(folder: &Path) -> CliHarness {
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let var = |name: &str, value: OsString| (name.into(), value);
    CliHarness::new(Toy).environment(vec![var("PATH", path), var("DB_PASSWORD", "x".into())])
}

fn turn(directory: &Path, prompt: &str) -> TurnRequest {
    let attempt = AttemptId {
        run: RunId::new("r1"),
        task: TaskId::new("t 1").unwrap(),
        number: 2,
    };
    TurnRequest::new(attempt, prompt, directory)
}

#[tokio::test]
async fn an_agent_is_found_and_asked_and_its_answers_come_in_order() {
    let place = TempDir::new().unwrap();
    let what = PreflightRequest {
        repository: Some(place.path().to_owned()),
        ..PreflightRequest::default()
    };
    let missing = harness(place.path()).preflight(what.clone()).await;
    let missing: Vec<String> = missing.iter().map(Check::to_string).collect();
    assert_eq!(
        missing,
        ["toy: there is no program toy on PATH; install Toy: make toy"]
    );

    program(place.path(), "toy", "echo something else");
    let other = harness(place.path()).preflight(what.clone()).await;
    assert_eq!(other.len(), 1, "a stranger was asked: {other:?}");
    assert!(other[0].is_broken());

    fs::write(place.path().join("there"), "text").unwrap();
    let script = r#"case $1 in --version) echo toy 1.5;; status) echo "$ASKED $PWD";; *) echo no >&2; exit 3;; esac"#;
    program(place.path(), "toy", script);
    let checks = harness(place.path()).preflight(what).await;
    assert_eq!(checks.len(), 2);
    assert!(!checks.iter().any(Check::is_broken), "{checks:?}");
    let folder = place.path().canonicalize().unwrap();
    let status = format!("yes {}", folder.display());
    let said = [
        (Some(0), status.as_str()),
        (Some(0), "text"),
        (None, ""),
        (Some(3), "no"),
    ];
    let dropped = ["DB_PASSWORD"];
    assert_eq!(checks[1].found, format!("{dropped:?} {said:?}"));
}

#[tokio::test]
async fn a_command_only_has_to_be_there() {
    let look = |name: &str| {
        let harness = CommandHarness::new(name, [] as [&str; 0]);
        async move { harness.preflight(PreflightRequest::default()).await }
    };
    assert_eq!(look("sh").await.len(), 1);
    assert!(!look("sh").await[0].is_broken());
    assert!(look("no-such-agent").await[0].is_broken());
}

#[tokio::test]
async fn files_are_there_for_the_turn_and_gone_after_it() {
    let place = TempDir::new().unwrap();
    program(place.path(), "toy", SHELL);
    let mut turn = turn(place.path(), "cat \"$0\"; echo; echo \"$0\"");
    turn.schema = Some(serde_json::json!({"type": "object"}));
    let harness = harness(place.path());
    let report = harness.run(turn, CallContext::detached()).await.unwrap();
    let message = report.message;
    let mut lines = message.lines();
    assert_eq!(lines.next(), Some("out {\"type\":\"object\"}"));
    let path = lines.next().unwrap().strip_prefix("out ").unwrap();
    let folder = Path::new(path).parent().unwrap();
    assert!(folder.is_absolute() && !folder.exists(), "{path}");
}

#[tokio::test]
async fn a_record_replays_to_the_same_report() {
    let place = TempDir::new().unwrap();
    program(place.path(), "toy", SHELL);
    let kept = place.path().join("kept");
    for (number, end) in [(1, "exit 3"), (2, "kill -9 $$")] {
        let script = format!("echo a; printf 'b\\377'; echo c >&2; {end}");
        let mut turn = turn(place.path(), &script);
        // Two of one name.
        turn.turn = 4;
        let harness = harness(place.path()).record(&kept);
        let report = harness.run(turn.clone(), CallContext::detached()).await;
        let report = report.unwrap();

        let name = ["turn-4-implement", "turn-4-implement-2"][number - 1];
        let folder = kept.join("t_201/attempt-2").join(name);
        let read = |name: &str| Cursor::new(fs::read(folder.join(name)).unwrap());
        let meta = fs::read_to_string(folder.join("meta.json")).unwrap();
        let meta: serde_json::Value = serde_json::from_str(&meta).unwrap();
        let exit = match number {
            1 => Exit::Code(3),
            _ => Exit::Signal(9),
        };
        assert_eq!(meta["exit_code"].as_i64(), (number == 1).then_some(3));
        assert_eq!(meta["signal"].as_i64(), (number == 2).then_some(9));
        assert_eq!(meta["version"], "1.5");
        assert_eq!(meta["end_reason"], "crashed");
        let (out, err) = (read("stdout.jsonl"), read("stderr.txt"));
        let again = replay(&Toy, &turn, out, err, exit).unwrap();
        // The two streams race in a run; each has its own order.
        let sorted = |report: &TurnReport| {
            let mut lines: Vec<String> = report
                .error
                .iter()
                .flat_map(|e| e.lines().map(str::to_owned))
                .collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&again), sorted(&report));
    }
}
