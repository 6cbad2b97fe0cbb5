//! The gate steps: what people write, and what becomes of it.

use std::collections::BTreeSet;

use swarm_core::gate::CommandGate;
use swarm_core::model::TaskRow;
use swarm_core::ports::Gate;

use super::host::Host;
use super::refusal::Refusal;
use super::settings::Settings;

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

#[cfg(test)]
mod tests {
    use super::parse_gate;

    #[test]
    fn a_gate_needs_a_name_and_a_command() {
        let good = parse_gate("test=a=b").unwrap();
        assert_eq!(good, ("test".to_owned(), "a=b".to_owned()));
        for bad in ["test", "test=", "test= ", "=x", ""] {
            let error = parse_gate(bad).unwrap_err();
            assert!(error.contains("write --gate '"), "{error}");
        }
    }
}
