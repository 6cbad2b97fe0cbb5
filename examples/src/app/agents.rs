//! Who does the work: the agents that the default and the tasks ask for.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use swarm_core::agent_cli::{CliHarness, CommandHarness};
use swarm_core::model::TaskRow;
use swarm_core::ports::Harness;
use swarm_harness_claude::{ClaudeCode, claude};
use swarm_harness_codex::{Codex, codex};

use super::args::HarnessKind;
use super::host::Host;
use super::program::find;
use super::refusal::Refusal;
use super::settings::Settings;

/// A command line, split into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    program: OsString,
    args: Vec<String>,
}

impl Command {
    /// Splits a command line as a shell does; nothing is expanded or executed.
    /// A relative path of a program is taken from `base`.
    pub(super) fn parse(line: &str, base: &Path) -> Result<Self, String> {
        let mut words = shlex::split(line)
            .ok_or_else(|| "a quote in this command line is not closed".to_owned())?;
        if words.first().is_none_or(String::is_empty) {
            return Err("this command line names no program".to_owned());
        }
        let args = words.split_off(1);
        let program = PathBuf::from(words.remove(0));
        let program = if program.components().count() > 1 {
            base.join(program)
        } else {
            program
        };
        Ok(Self {
            program: program.into(),
            args,
        })
    }

    pub(super) fn program(&self) -> &OsStr {
        &self.program
    }

    /// A harness of it. `option` is where a person wrote it.
    pub(super) fn harness(
        &self,
        more: &[String],
        option: &str,
        settings: &Settings,
        host: &Host,
    ) -> Result<CommandHarness, Refusal> {
        if find(&self.program, host).is_none() {
            return Err(Refusal::new(format!(
                "{option}: there is no program {}; install it, or give the path of one",
                self.program.display()
            )));
        }
        let args = self.args.iter().chain(more).cloned();
        let harness = CommandHarness::new(&self.program, args).environment(host.env.clone());
        Ok(match &settings.record {
            Some(folder) => harness.record(folder),
            None => harness,
        })
    }
}

/// The kinds of agents that a run needs, those that the settings name first.
/// Tasks that ask for others are told by `file_of` where they are written.
pub(super) fn needed<'a>(
    named: Vec<HarnessKind>,
    rows: impl Iterator<Item = &'a TaskRow>,
    file_of: impl Fn(&TaskRow) -> String,
) -> Result<Vec<HarnessKind>, Refusal> {
    let mut others = BTreeSet::new();
    let mut wrong = Vec::new();
    for row in rows {
        let Some(name) = &row.task.harness else {
            continue;
        };
        match HarnessKind::named(name.as_str()) {
            Some(kind) => _ = others.insert(kind),
            None => wrong.push(format!(
                "{}: there is no harness {:?}; write claude, codex or command",
                file_of(row),
                name.as_str()
            )),
        }
    }
    Refusal::unless_empty(wrong)?;
    others.retain(|kind| !named.contains(kind));
    Ok(named.into_iter().chain(others).collect())
}

/// A harness of this kind, whose program is there.
pub(super) fn make(
    kind: HarnessKind,
    settings: &Settings,
    host: &Host,
) -> Result<Arc<dyn Harness>, Refusal> {
    let is_default = kind == settings.harness;
    let args: &[String] = if is_default {
        &settings.harness_args
    } else {
        &[]
    };
    if kind == HarnessKind::Command {
        let command = settings.command.as_ref().ok_or_else(|| {
            Refusal::new(
                "harness command: there is no command; say which program is the agent, \
                 by --harness-cmd 'PROGRAM ARG…' or harness-cmd in swarm.toml",
            )
        })?;
        let harness = command.harness(args, "--harness-cmd", settings, host)?;
        return Ok(Arc::new(harness));
    }
    let harness = listed(kind, settings, host);
    let (program, product) = program_of(kind);
    if find(program.as_ref(), host).is_none() {
        return Err(Refusal::new(format!(
            "harness {}: there is no program {program} on PATH; install {product}, \
             or choose another agent by --harness",
            kind.name()
        )));
    }
    Ok(Arc::new(harness))
}

/// The program of a kind, and what the product is called.
pub(super) fn program_of(kind: HarnessKind) -> (&'static str, &'static str) {
    match kind {
        HarnessKind::Claude => (swarm_harness_claude::BINARY, "Claude Code"),
        HarnessKind::Codex => (swarm_harness_codex::BINARY, "Codex"),
        HarnessKind::Command => ("sh", "a shell"),
    }
}

/// Claude Code or Codex, which see only listed variables.
pub(super) fn listed(kind: HarnessKind, settings: &Settings, host: &Host) -> CliHarness {
    // What is said about the agent is meant for the default one.
    let is_default = kind == settings.harness;
    let model = settings.model.clone().filter(|_| is_default);
    let args: &[String] = if is_default {
        &settings.harness_args
    } else {
        &[]
    };
    let harness = if kind == HarnessKind::Codex {
        let mut agent = Codex::new().extra_args(args.iter().cloned());
        if let Some(model) = model {
            agent = agent.model(model);
        }
        codex(agent)
    } else {
        let mut agent = ClaudeCode::new().live(settings.live);
        agent = agent.extra_args(args.iter().cloned());
        if let Some(model) = model {
            agent = agent.model(model);
        }
        claude(agent)
    };
    let harness = harness
        .env_allow(settings.env.iter().cloned())
        .environment(host.env.clone());
    match &settings.record {
        Some(folder) => harness.record(folder),
        None => harness,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use swarm_core::model::{HarnessName, Task, Timestamp};
    use swarm_core::protocol::lifecycle::fresh;

    use super::{Command, HarnessKind, needed};

    #[test]
    fn a_command_line_is_words_and_nothing_else() {
        let command = Command::parse("./agent 'a b' $(rm -rf x)", Path::new("/base")).unwrap();
        assert_eq!(command.program(), "/base/./agent");
        assert_eq!(command.args, ["a b", "$(rm", "-rf", "x)"]);
        let named = Command::parse("agent", Path::new("/base")).unwrap();
        assert_eq!(named.program(), "agent", "a mere name is for PATH");
        for bad in ["", "  ", "a 'b", "''"] {
            assert!(Command::parse(bad, Path::new("/base")).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_default_comes_first_and_unknown_ones_are_named() {
        let row = |harness: &str| {
            let mut task = Task::new(harness, "…").unwrap();
            task.harness = Some(HarnessName::new(harness));
            fresh(task.into(), Timestamp(0))
        };
        let file_of = |row: &swarm_core::model::TaskRow| row.task.id.to_string();
        let rows = [row("claude"), row("codex")];
        let kinds = needed(vec![HarnessKind::Codex], rows.iter(), file_of).unwrap();
        assert_eq!(kinds, [HarnessKind::Codex, HarnessKind::Claude]);
        let wrong = needed(vec![HarnessKind::Codex], [row("gpt")].iter(), file_of).unwrap_err();
        assert!(wrong.to_string().starts_with("gpt: there is no harness"));
    }
}
