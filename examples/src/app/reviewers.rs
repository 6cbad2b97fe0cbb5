//! Who must approve the work: what people write, and what becomes of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use swarm_core::model::AccountId;
use swarm_core::ports::{Harness, Reviewer};
use swarm_core::review::HarnessReviewer;

use super::agents::{self, Command};
use super::args::HarnessKind;
use super::host::Host;
use super::refusal::Refusal;
use super::settings::Settings;
use super::settings_file;

/// A reviewer as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReviewerChoice {
    /// A program, with its arguments.
    Command(String),
    /// One of the settings file's, or an agent as it is.
    Named(String),
}

impl FromStr for ReviewerChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("command:") {
            Some(command) if !command.trim().is_empty() => Ok(Self::Command(command.to_owned())),
            None if !text.trim().is_empty() => Ok(Self::Named(text.to_owned())),
            _ => Err(
                "a reviewer is claude, codex, command:CMD or the name of one in [[reviewers]]"
                    .to_owned(),
            ),
        }
    }
}

impl<'de> Deserialize<'de> for ReviewerChoice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A `[[reviewers]]` table of the settings file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ReviewerTable {
    name: String,
    harness: HarnessKind,
    command: Option<String>,
    model: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    prompt: Option<PathBuf>,
    diff_limit: Option<usize>,
}

/// A reviewer, as it was chosen.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// Where a person wrote it.
    place: String,
    name: String,
    harness: HarnessKind,
    command: Option<Command>,
    model: Option<String>,
    args: Vec<String>,
    /// A file that says by what to judge. Absolute.
    prompt: Option<PathBuf>,
    diff_limit: Option<usize>,
}

/// The reviewers in the order in which they are asked. Names are of tables
/// first; without a choice all tables count. What stands on the command line is
/// relative to the current folder, what stands in the file to its own.
pub(super) fn choose(
    flags: &[ReviewerChoice],
    named: &[ReviewerChoice],
    tables: &[ReviewerTable],
    host: &Host,
    root: &Path,
) -> Result<Vec<Chosen>, Refusal> {
    let file = root.join(settings_file::NAME);
    let of_tables = tables.iter().map(|table| table.chosen(&file, root));
    let known = of_tables.collect::<Result<Vec<_>, _>>()?;
    for (at, table) in known.iter().enumerate() {
        if known[..at].iter().any(|other| other.name == table.name) {
            return Err(Refusal::new(format!(
                "{}: two [[reviewers]] are named {:?}; give one of them another name",
                file.display(),
                table.name
            )));
        }
    }
    let (choices, base, place) = if flags.is_empty() {
        (named, root, format!("{}: reviewer", file.display()))
    } else {
        (flags, host.directory.as_path(), "--reviewer".to_owned())
    };
    if choices.is_empty() {
        return Ok(known);
    }
    let chosen = choices.iter().map(|choice| match choice {
        ReviewerChoice::Command(line) => {
            let place = format!("{place} command:{line}");
            let command = Command::parse(line, base)
                .map_err(|why| Refusal::new(format!("{place}: {why}")))?;
            let mut one = Chosen::plain(place, line, HarnessKind::Command);
            one.command = Some(command);
            Ok(one)
        }
        ReviewerChoice::Named(name) => {
            if let Some(table) = known.iter().find(|table| table.name == *name) {
                return Ok(table.clone());
            }
            let place = format!("{place} {name}");
            match HarnessKind::named(name) {
                Some(kind @ (HarnessKind::Claude | HarnessKind::Codex)) => {
                    Ok(Chosen::plain(place, name, kind))
                }
                Some(HarnessKind::Command) | None => Err(Refusal::new(format!(
                    "{place}: there is no reviewer {name:?}; write claude, codex, command:CMD or \
                     the name of one in [[reviewers]] of {}",
                    file.display()
                ))),
            }
        }
    });
    chosen.collect()
}

impl ReviewerTable {
    fn chosen(&self, file: &Path, root: &Path) -> Result<Chosen, Refusal> {
        let place = format!("{}: [[reviewers]] {:?}", file.display(), self.name);
        let wrong = |why: String| Refusal::new(format!("{place}: {why}"));
        if self.name.trim().is_empty() {
            return Err(wrong("it needs a name".to_owned()));
        }
        let command = match (self.harness, &self.command) {
            (HarnessKind::Command, Some(line)) => Some(Command::parse(line, root).map_err(wrong)?),
            (HarnessKind::Command, None) => {
                let why = "harness = \"command\" needs command = \"PROGRAM ARG…\"";
                return Err(wrong(why.to_owned()));
            }
            (HarnessKind::Claude | HarnessKind::Codex, Some(_)) => {
                let why = "command is for harness = \"command\" only";
                return Err(wrong(why.to_owned()));
            }
            (HarnessKind::Claude | HarnessKind::Codex, None) => None,
        };
        Ok(Chosen {
            command,
            model: self.model.clone(),
            args: self.args.clone(),
            prompt: self.prompt.as_ref().map(|path| root.join(path)),
            diff_limit: self.diff_limit,
            ..Chosen::plain(place, &self.name, self.harness)
        })
    }
}

impl Chosen {
    fn plain(place: String, name: &str, harness: HarnessKind) -> Self {
        Self {
            place,
            name: name.to_owned(),
            harness,
            command: None,
            model: None,
            args: Vec::new(),
            prompt: None,
            diff_limit: None,
        }
    }

    fn reviewer(&self, settings: &Settings, host: &Host) -> Result<HarnessReviewer, Refusal> {
        let mut reviewer = HarnessReviewer::new(&self.name, self.agent(settings, host)?);
        reviewer = reviewer.form(settings.prompts.asked_form());
        if self.command.is_none() {
            // Whoever works with the same command line has the same login.
            reviewer = reviewer.account(AccountId::new(self.harness.name()));
        }
        if let Some(model) = &self.model {
            reviewer = reviewer.model(model);
        }
        if let Some(path) = &self.prompt {
            reviewer = reviewer.instructions(self.instructions(path)?);
        }
        if let Some(limit) = self.diff_limit {
            reviewer = reviewer.diff_limit(limit);
        }
        Ok(reviewer)
    }

    /// With its own model and arguments: those of the settings are meant for
    /// the one that works.
    fn agent(&self, settings: &Settings, host: &Host) -> Result<Arc<dyn Harness>, Refusal> {
        if let Some(command) = &self.command {
            let harness = command.harness(&self.args, &self.place, settings, host)?;
            return Ok(Arc::new(harness));
        }
        let own = Settings {
            harness: self.harness,
            model: None,
            harness_args: self.args.clone(),
            ..settings.clone()
        };
        agents::make(self.harness, &own, host)
            .map_err(|refusal| Refusal::new(format!("{}: {refusal}", self.place)))
    }

    fn instructions(&self, path: &Path) -> Result<String, Refusal> {
        let wrong = |why: String| {
            let (place, path) = (&self.place, path.display());
            Refusal::new(format!("{place}: its prompt {path} {why}"))
        };
        let text =
            fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        if text.trim().is_empty() {
            return Err(wrong("is empty; say in it by what to judge".to_owned()));
        }
        Ok(text)
    }
}

/// Those who must approve the work.
pub(super) fn make(settings: &Settings, host: &Host) -> Result<Vec<Arc<dyn Reviewer>>, Refusal> {
    let mut reviewers: Vec<Arc<dyn Reviewer>> = Vec::new();
    for chosen in &settings.reviewers {
        reviewers.push(Arc::new(chosen.reviewer(settings, host)?));
    }
    Ok(reviewers)
}

#[cfg(test)]
mod tests;
