//! Who judges the work: gates and reviewers.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use swarm_core::gate::CommandGate;
use swarm_core::model::TaskRow;
use swarm_core::ports::{Gate, Reviewer};
use swarm_core::review::{CommandReviewer, HarnessReviewer};

use super::agents::{self, Command};
use super::args::HarnessKind;
use super::host::Host;
use super::refusal::Refusal;
use super::settings::Settings;

/// A reviewer as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReviewerChoice {
    Claude,
    Codex,
    Command(String),
}

impl FromStr for ReviewerChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("command:")) {
            ("claude", _) => Ok(Self::Claude),
            ("codex", _) => Ok(Self::Codex),
            (_, Some(command)) if !command.trim().is_empty() => {
                Ok(Self::Command(command.to_owned()))
            }
            _ => Err("a reviewer is claude, codex or command:CMD".to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for ReviewerChoice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A gate step as `--gate` names it.
pub(super) fn parse_gate(text: &str) -> Result<(String, String), String> {
    let missing = |name: &str| {
        format!(
            "--gate {name:?} has no command; write --gate '{name}=COMMAND', such as --gate 'test=make test'"
        )
    };
    let (name, command) = text.split_once('=').ok_or_else(|| missing(text))?;
    if name.trim().is_empty() {
        return Err(format!(
            "--gate {text:?} has no name; write --gate 'NAME={command}'"
        ));
    }
    if command.trim().is_empty() {
        return Err(missing(name));
    }
    Ok((name.to_owned(), command.to_owned()))
}

/// The gate; `None` if there are no steps.
pub(super) fn gate(settings: &Settings, host: &Host) -> Result<Option<CommandGate>, Refusal> {
    let mut gate = CommandGate::new().environment(host.env.clone());
    for (name, command) in &settings.gates {
        gate = gate
            .step(name, command)
            .map_err(|error| Refusal::new(error.to_string()))?;
    }
    Ok(Some(gate).filter(|gate| !gate.steps().is_empty()))
}

/// Refuses tasks that ask for gate steps which do not exist.
pub(super) fn check_gates<'a>(
    settings: &Settings,
    rows: impl Iterator<Item = &'a TaskRow>,
    file_of: impl Fn(&TaskRow) -> String,
) -> Result<(), Refusal> {
    let known: BTreeSet<&str> = settings
        .gates
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let mut wrong = Vec::new();
    for row in rows {
        let asked = row.task.gates.iter().flatten();
        for name in asked.filter(|name| !known.contains(name.as_str())) {
            let file = file_of(row);
            wrong.push(format!(
                "{file}: there is no gate {name:?}; give it a command: --gate '{name}=COMMAND'"
            ));
        }
    }
    Refusal::unless_empty(wrong)
}

/// Those who must approve the work.
pub(super) fn reviewers(
    settings: &Settings,
    host: &Host,
) -> Result<Vec<Arc<dyn Reviewer>>, Refusal> {
    let mut reviewers: Vec<Arc<dyn Reviewer>> = Vec::new();
    for choice in &settings.reviewers {
        reviewers.push(match choice {
            ReviewerChoice::Claude => by_agent(HarnessKind::Claude, settings, host)?,
            ReviewerChoice::Codex => by_agent(HarnessKind::Codex, settings, host)?,
            ReviewerChoice::Command(line) => {
                let command = Command::parse(line, &settings.reviewers_base)
                    .map_err(|why| Refusal::new(format!("--reviewer command:{line}: {why}")))?;
                let harness = command.harness(&[], "--reviewer", settings, host)?;
                Arc::new(CommandReviewer::new(line, harness))
            }
        });
    }
    Ok(reviewers)
}

/// An agent that reviews: with its own model and without further arguments,
/// which are meant for the one that works.
fn by_agent(
    kind: HarnessKind,
    settings: &Settings,
    host: &Host,
) -> Result<Arc<dyn Reviewer>, Refusal> {
    let plain = Settings {
        model: None,
        harness_args: Vec::new(),
        ..settings.clone()
    };
    let harness = agents::make(kind, &plain, host)?;
    Ok(Arc::new(HarnessReviewer::new(kind.name(), harness)))
}

#[cfg(test)]
mod tests {
    use super::{ReviewerChoice, parse_gate};

    #[test]
    fn a_gate_needs_a_name_and_a_command() {
        let good = parse_gate("test=a=b").unwrap();
        assert_eq!(good, ("test".to_owned(), "a=b".to_owned()));
        for bad in ["test", "test=", "test= ", "=x", ""] {
            let error = parse_gate(bad).unwrap_err();
            assert!(error.contains("write --gate '"), "{error}");
        }
    }

    #[test]
    fn a_reviewer_is_an_agent_or_a_command() {
        let command = "command:ask me".parse::<ReviewerChoice>();
        assert_eq!(command, Ok(ReviewerChoice::Command("ask me".to_owned())));
        assert_eq!("codex".parse(), Ok(ReviewerChoice::Codex));
        for bad in ["command:", "command", "me", ""] {
            assert!(bad.parse::<ReviewerChoice>().is_err(), "{bad}");
        }
    }
}
