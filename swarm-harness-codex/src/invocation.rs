//! From a request to a command line.

use std::ffi::OsString;
use std::path::PathBuf;

use swarm_core::agent_cli::{
    CliAgent, Invocation, Probe, ProbeAnswer, Program, Surroundings, Transcript,
};
use swarm_core::error::{Advice, Failure};
use swarm_core::model::{Check, SessionId};
use swarm_core::ports::{Capabilities, HarnessError, HarnessErrorKind, TurnRequest};

use crate::preflight;
use crate::program::program;
use crate::transcript::CodexTranscript;
use crate::{BINARY, Codex, Sandbox};

/// The file with the schema of the answer.
const SCHEMA: &str = "schema.json";

impl CliAgent for Codex {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .with_resume(true)
            .with_read_only(true)
            .with_structured(true)
            .with_compacts(true)
    }

    fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError> {
        let mut args: Vec<OsString> = vec!["exec".into(), "--json".into()];
        self.add_sandbox(turn, &mut args)?;
        if let Some(model) = turn.model.as_ref().or(self.model.as_ref()) {
            args.push(format!("--model={model}").into());
        }
        if let Some(effort) = &self.effort {
            set(&mut args, "model_reasoning_effort", &quoted(effort));
        }
        if !self.analytics {
            set(&mut args, "analytics.enabled", "false");
        }
        if !self.plugins {
            set(&mut args, "features.plugins", "false");
        }
        for (key, toml) in &self.config {
            set(&mut args, key, toml);
        }
        let mut files = Vec::new();
        if let Some(schema) = &turn.schema {
            args.push(format!("--output-schema={}/{SCHEMA}", Invocation::FOLDER).into());
            files.push((SCHEMA.to_owned(), schema.to_string().into_bytes()));
        }
        args.extend(self.extra_args.iter().cloned());
        if let Some(session) = &turn.session {
            args.extend(["resume".into(), checked(session)?.into()]);
        }
        args.push("-".into());
        Ok(Invocation {
            program: BINARY.into(),
            args,
            stdin: turn.prompt.clone().into_bytes(),
            files,
            ..Invocation::default()
        })
    }

    fn transcript(&self, turn: &TurnRequest) -> Box<dyn Transcript> {
        Box::new(CodexTranscript::new(self.totals.clone(), turn))
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

impl Codex {
    fn add_sandbox(
        &self,
        turn: &TurnRequest,
        args: &mut Vec<OsString>,
    ) -> Result<(), HarnessError> {
        let sandbox = if turn.read_only {
            Sandbox::ReadOnly
        } else {
            self.sandbox
        };
        args.push(
            match sandbox {
                Sandbox::Off => "--dangerously-bypass-approvals-and-sandbox",
                Sandbox::WorkspaceWrite => "--sandbox=workspace-write",
                Sandbox::ReadOnly => "--sandbox=read-only",
            }
            .into(),
        );
        if sandbox != Sandbox::WorkspaceWrite {
            return Ok(());
        }
        let git: &[PathBuf] = if self.protect_git {
            &[]
        } else {
            &turn.git_folders
        };
        let roots: Option<Vec<String>> = self
            .writable_roots
            .iter()
            .chain(git)
            .map(|root| root.to_str().map(quoted))
            .collect();
        let roots = roots
            .ok_or_else(|| refuse("name the writable folders", "a path is not valid UTF-8"))?;
        if !roots.is_empty() {
            let list = format!("[{}]", roots.join(","));
            set(args, "sandbox_workspace_write.writable_roots", &list);
        }
        Ok(())
    }
}

fn set(args: &mut Vec<OsString>, key: &str, toml: &str) {
    args.extend(["-c".into(), format!("{key}={toml}").into()]);
}

/// As a TOML string.
fn quoted(text: &str) -> String {
    // JSON escapes what TOML wants escaped, save for one character.
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007f")
}

/// It stands where an option could: one with a dash in front would be taken for
/// an option (`--last` …).
fn checked(session: &SessionId) -> Result<&str, HarnessError> {
    let id = session.as_str();
    if id.is_empty() || id.starts_with('-') {
        return Err(refuse(
            "resume a session",
            format!("{id:?} is no session id"),
        ));
    }
    Ok(id)
}

fn refuse(operation: &str, why: impl Into<String>) -> HarnessError {
    Failure::new(
        HarnessErrorKind::Unsupported,
        operation,
        Advice::FixConfiguration,
    )
    .because(why.into())
}
