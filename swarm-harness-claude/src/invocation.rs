//! From a request to a command line.

use std::ffi::OsString;

use serde_json::Value;
use swarm_core::agent_cli::{
    CliAgent, Invocation, Probe, ProbeAnswer, Program, Surroundings, Transcript,
};
use swarm_core::error::{Advice, Failure};
use swarm_core::model::{Check, Cost, SessionId};
use swarm_core::ports::{Capabilities, HarnessError, HarnessErrorKind, TurnRequest};

use crate::asking::message;
use crate::preflight;
use crate::program::program;
use crate::transcript::ClaudeTranscript;
use crate::{BINARY, ClaudeCode, Permissions};

/// The tools of a read-only turn. Of `Bash`, permission mode `dontAsk` lets
/// only those commands through that are known to read.
const READING_TOOLS: &str = "Read,Grep,Glob,Bash";

/// Longest JSON schema, in bytes.
const MAX_SCHEMA: usize = 100_000;

impl CliAgent for ClaudeCode {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .with_resume(true)
            .with_read_only(true)
            .with_cost(true)
            .with_structured(true)
            .with_compacts(!self.keeps_all)
    }

    fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError> {
        let mut args = Args::default();
        args.plain(&["-p", "--output-format=stream-json", "--verbose"]);
        self.add_permissions(turn.read_only, &mut args);
        if self.hears_messages(turn) {
            args.plain(&["--input-format=stream-json"]);
        }
        args.option("--model", turn.model.as_ref().or(self.model.as_ref()));
        args.option("--fallback-model", self.fallback_model.as_ref());
        args.option("--effort", self.effort.as_ref());
        args.option("--max-turns", self.max_turns);
        args.option("--max-budget-usd", turn.budget.map(dollars));
        args.option("--resume", turn.session.as_ref().map(checked).transpose()?);
        args.option(
            "--json-schema",
            turn.schema.as_ref().map(short).transpose()?,
        );
        args.0.extend(self.extra_args.iter().cloned());
        Ok(Invocation {
            program: BINARY.into(),
            args: args.0,
            env: self.environment(),
            stdin: if self.hears_messages(turn) {
                message(&turn.prompt)
            } else {
                turn.prompt.clone().into_bytes()
            },
            stays: self.stays(turn),
            ..Invocation::default()
        })
    }

    fn transcript(&self, turn: &TurnRequest) -> Box<dyn Transcript> {
        Box::new(ClaudeTranscript::new(self.asks(turn)))
    }

    fn program(&self) -> Option<Program> {
        Some(program())
    }

    fn probes(&self, around: &Surroundings) -> Vec<Probe> {
        preflight::probes(self, around)
    }

    fn checks(&self, around: &Surroundings, answers: &[ProbeAnswer]) -> Vec<Check> {
        preflight::checks(self, around, answers)
    }
}

impl ClaudeCode {
    /// Whether it can ask in this turn; one that only reads need not.
    fn asks(&self, turn: &TurnRequest) -> bool {
        self.permissions == Permissions::Ask && !turn.read_only
    }

    /// Whether it can take another turn after this one. What it spends is
    /// limited over its whole life, and in the background it would go on by
    /// itself.
    fn stays(&self, turn: &TurnRequest) -> bool {
        self.live && !turn.read_only && turn.budget.is_none() && !self.background_tasks
    }

    /// Whether its standard input takes messages, not one prompt.
    fn hears_messages(&self, turn: &TurnRequest) -> bool {
        self.asks(turn) || self.stays(turn)
    }

    fn add_permissions(&self, read_only: bool, args: &mut Args) {
        let sources = self.setting_sources.as_deref();
        if read_only {
            args.plain(&["--permission-mode=dontAsk"]);
            args.option("--tools", Some(READING_TOOLS));
            args.option("--setting-sources", Some(sources.unwrap_or("user")));
            return;
        }
        args.plain(match self.permissions {
            Permissions::SkipAll => &["--dangerously-skip-permissions"],
            Permissions::AcceptEdits => &["--permission-mode=acceptEdits"],
            Permissions::AllowedOnly => &["--permission-mode=dontAsk"],
            Permissions::Ask => &[
                "--permission-mode=default",
                "--permission-prompt-tool=stdio",
            ],
        });
        let tools = (!self.allowed_tools.is_empty()).then(|| self.allowed_tools.join(","));
        args.option("--allowedTools", tools);
        args.option("--setting-sources", sources);
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut env = vec![("CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR", "1".to_owned())];
        if !self.background_tasks {
            env.push(("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1".to_owned()));
        }
        if self.keeps_all {
            env.push(("DISABLE_AUTO_COMPACT", "1".to_owned()));
        }
        if let Some(retries) = self.max_retries {
            env.push(("CLAUDE_CODE_MAX_RETRIES", retries.to_string()));
        }
        if self.streaming_only {
            let name = "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK";
            env.push((name, "1".to_owned()));
        }
        if let Some(timeout) = self.request_timeout {
            env.push(("API_TIMEOUT_MS", timeout.as_millis().to_string()));
        }
        env.into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }
}

#[derive(Default)]
struct Args(Vec<OsString>);

impl Args {
    fn plain(&mut self, args: &[&str]) {
        self.0.extend(args.iter().map(OsString::from));
    }

    /// As one argument: a value that begins with a dash stays a value, and an
    /// option that takes many values takes no more.
    fn option(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.0.push(format!("{name}={}", value.to_string()).into());
        }
    }
}

/// As a decimal number; Claude Code refuses 0.
fn dollars(budget: Cost) -> String {
    let micros = budget.0.max(1);
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A schema as text. Claude Code takes it as an argument only, and systems
/// limit those (Linux to 128 KiB).
fn short(schema: &Value) -> Result<String, HarnessError> {
    let text = schema.to_string();
    if text.len() > MAX_SCHEMA {
        return Err(Failure::new(
            HarnessErrorKind::Unsupported,
            "pass on the schema",
            Advice::FixConfiguration,
        )
        .because(format!("it is longer than {MAX_SCHEMA} bytes")));
    }
    Ok(text)
}

fn checked(session: &SessionId) -> Result<&str, HarnessError> {
    let id = session.as_str();
    if id.is_empty() {
        // `--resume=` would start a new conversation without a word.
        return Err(Failure::new(
            HarnessErrorKind::Unsupported,
            "resume a session",
            Advice::Bug,
        )
        .because("its id is empty"));
    }
    Ok(id)
}
