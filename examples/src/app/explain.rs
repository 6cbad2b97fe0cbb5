//! `swarm explain`: what an adapter makes of a recorded stream.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use swarm_core::agent_cli::{CliAgent, replay};
use swarm_core::model::{AttemptId, EndReason, Limit, RunId, TaskId, Timestamp, Usage};
use swarm_core::ports::{Stop, TurnReport, TurnRequest};
use swarm_core::process::Exit;
use swarm_harness_claude::ClaudeCode;
use swarm_harness_codex::Codex;

use super::args::{ExplainArgs, HarnessKind};
use super::console::result;
use super::host::Host;
use super::refusal::Refusal;

/// The names that `--record` gives to files.
const STDOUT: &str = "stdout.jsonl";
const STDERR: &str = "stderr.txt";
const META: &str = "meta.json";

/// The one line, in this order.
#[derive(Debug, Serialize)]
struct Explained {
    end_reason: &'static str,
    retry_at: Option<String>,
    session_id: Option<String>,
    final_message: Option<String>,
    usage: Usage,
    cost_usd: Option<f64>,
    error: Option<String>,
}

/// Reads a stream and prints one line of JSON.
pub(super) fn explain(args: &ExplainArgs, host: &Host) -> Result<u8, Refusal> {
    let agent: Box<dyn CliAgent> = match args.harness {
        HarnessKind::Claude => Box::new(ClaudeCode::new()),
        HarnessKind::Codex => Box::new(Codex::new()),
        HarnessKind::Command => {
            return Err(Refusal::new(
                "--harness command: a command's output means what its exit code says; \
                 give claude or codex",
            ));
        }
    };
    let given = host.path(&args.stdout);
    let recorded = given.is_dir();
    let stdout = if recorded {
        given.join(STDOUT)
    } else {
        given.clone()
    };
    let stderr = match &args.stderr {
        Some(path) => Some(host.path(path)),
        None => recorded.then(|| given.join(STDERR)),
    };
    let out = open(&stdout)?;
    let exit = match exit(args) {
        Some(exit) => exit,
        None if recorded => recorded_exit(&given.join(META))?,
        None => Exit::Code(0),
    };
    let err: Box<dyn Read> = match &stderr {
        Some(path) => Box::new(open(path)?),
        None => Box::new(std::io::empty()),
    };
    let report = replay(&*agent, &turn(), out, err, exit)
        .map_err(|error| Refusal::new(format!("{}: {error}", stdout.display())))?;
    let line = serde_json::to_string(&explained(report));
    result(line.map_err(|error| Refusal::new(error.to_string()))?);
    Ok(0)
}

/// How the agent is said to have ended. Some write signals as negative codes.
fn exit(args: &ExplainArgs) -> Option<Exit> {
    let code = |code: i32| match code {
        0.. => Exit::Code(code),
        signal => Exit::Signal(signal.saturating_neg()),
    };
    if args.timed_out {
        Some(Exit::StoppedByUs(Stop::Limit(Limit::Wall)))
    } else if args.stopped {
        Some(Exit::StoppedByUs(Stop::Gently))
    } else {
        args.exit.map(code).or(args.signal.map(Exit::Signal))
    }
}

/// As `--record` wrote it.
fn recorded_exit(path: &Path) -> Result<Exit, Refusal> {
    let wrong = |why: String| {
        let path = path.display();
        Refusal::new(format!(
            "{path}: {why}; say how it ended by --exit or --signal"
        ))
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let meta: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let number = |key: &str| i32::try_from(meta[key].as_i64()?).ok();
    let stopped = match meta["stopped"].as_str() {
        Some("gently") => Some(Stop::Gently),
        Some("now") => Some(Stop::Now),
        Some("idle") => Some(Stop::Limit(Limit::Idle)),
        Some("wall") => Some(Stop::Limit(Limit::Wall)),
        _ => None,
    };
    stopped
        .map(Exit::StoppedByUs)
        .or_else(|| number("signal").map(Exit::Signal))
        .or_else(|| number("exit_code").map(Exit::Code))
        .ok_or_else(|| wrong("it does not say how the agent ended".to_owned()))
}

fn open(path: &PathBuf) -> Result<File, Refusal> {
    File::open(path).map_err(|error| {
        let path = path.display();
        Refusal::new(format!(
            "{path}: {error}; give the file of an agent's output, or a folder that \
             `swarm run --record` made"
        ))
    })
}

/// A turn that asks for nothing special. What a stream means depends on
/// nothing else.
fn turn() -> TurnRequest {
    let attempt = AttemptId {
        run: RunId::new("explain"),
        task: TaskId::new("explain").expect("this is a plain word"),
        number: 1,
    };
    TurnRequest::new(attempt, "", "/")
}

fn explained(report: TurnReport) -> Explained {
    let retry_at = match report.end {
        EndReason::RateLimited { retry_at } => retry_at.and_then(rfc_3339),
        _ => None,
    };
    Explained {
        end_reason: report.end.as_str(),
        retry_at,
        session_id: report.session.map(|session| session.as_str().to_owned()),
        final_message: Some(report.message).filter(|message| !message.is_empty()),
        usage: report.usage,
        cost_usd: report.cost.map(swarm_core::model::Cost::usd),
        error: report.error,
    }
}

/// In UTC.
fn rfc_3339(time: Timestamp) -> Option<String> {
    let millis = i64::try_from(time.0).ok()?;
    let time = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(time.to_string())
}
