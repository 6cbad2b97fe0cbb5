//! What the command line and the settings file say together.

use std::path::{Path, PathBuf};

use swarm_core::Policy;
use swarm_core::model::HarnessName;
use swarm_core::protocol::prompt::{Form, PromptPack};

use super::agents::Command;
use super::args::{AnswersKind, HarnessKind, Place, Ways};
use super::host::Host;
use super::judges::parse_gate;
use super::planner;
use super::refusal::Refusal;
use super::reviewers;
use super::settings_file::{self, SettingsFile};

/// Everything that was chosen. The command line wins over the file; the gate
/// steps of both count, and of two with one name that of the command line.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// A folder in the repository. Absolute.
    pub(super) repo: PathBuf,
    pub(super) tasks: Option<PathBuf>,
    pub(super) target: Option<String>,
    pub(super) worktrees: Option<PathBuf>,
    pub(super) state: Option<PathBuf>,
    pub(super) harness: HarnessKind,
    pub(super) command: Option<Command>,
    pub(super) harness_args: Vec<String>,
    pub(super) model: Option<String>,
    /// Who takes over from the harness, in order.
    pub(super) fallbacks: Vec<HarnessKind>,
    /// Who plans, if somebody does.
    pub(super) planner: Option<planner::Chosen>,
    /// What agents are told.
    pub(super) prompts: PromptPack,
    /// Claude Code stays alive between turns.
    pub(super) live: bool,
    pub(super) reviewers: Vec<reviewers::Chosen>,
    pub(super) gates: Vec<(String, String)>,
    pub(super) copy: Vec<PathBuf>,
    pub(super) setup: Vec<String>,
    pub(super) env: Vec<String>,
    pub(super) events: Option<PathBuf>,
    /// Where turns are recorded. Absolute.
    pub(super) record: Option<PathBuf>,
    pub(super) policy: Policy,
}

impl Settings {
    /// Reads the settings file and puts the command line on top.
    pub(super) fn gather(place: &Place, ways: &Ways, host: &Host) -> Result<Self, Refusal> {
        let repo = host.path(place.repo.as_deref().unwrap_or(Path::new(".")));
        let root = checkout_root(&repo);
        let file = match &root {
            Some(root) => SettingsFile::read(root)?,
            None => SettingsFile::default(),
        };
        let root = root.unwrap_or_else(|| repo.clone());
        let path = |flag: &Option<PathBuf>, file: Option<&PathBuf>| {
            let here = flag.as_ref().map(|path| host.path(path));
            here.or_else(|| Some(root.join(file?)))
        };
        let harness = ways.harness.or(file.harness).unwrap_or_default();
        Ok(Self {
            tasks: path(&place.tasks, file.tasks.as_ref()),
            target: place.target.clone().or_else(|| file.target.clone()),
            worktrees: path(&place.worktrees, file.worktrees.as_ref()),
            state: path(&place.state, file.state.as_ref()),
            harness,
            fallbacks: fallbacks(ways, &file, harness)?,
            planner: planner::choose(ways, &file, host, &root)?,
            prompts: prompts(ways, &file),
            live: ways.live.or(file.live).unwrap_or_default(),
            command: command(ways, &file, host, &root)?,
            harness_args: either(&ways.harness_arg, &file.harness_arg),
            model: ways.model.clone().or_else(|| file.model.clone()),
            reviewers: reviewers::choose(
                &ways.reviewer,
                &file.reviewer,
                &file.reviewers,
                host,
                &root,
            )?,
            gates: gates(ways, &file, &root)?,
            copy: either(&ways.copy, &file.copy),
            setup: either(&ways.setup, &file.setup),
            env: either(&ways.env, &file.env),
            events: path(&ways.events, file.events.as_ref()),
            record: path(&ways.record, None),
            policy: policy(ways, &file)?,
            repo,
        })
    }

    /// Who may work: the agent, who takes over from it, and who plans.
    pub(super) fn agents(&self) -> Vec<HarnessKind> {
        let fallbacks = self.fallbacks.iter().copied();
        let planner = self.planner.as_ref().map(|planner| planner.harness);
        let others = fallbacks.chain(planner);
        [self.harness].into_iter().chain(others).collect()
    }

    /// The name of the task files' folder if nobody gave one.
    pub(super) const TASKS: &'static str = "tasks";
}

/// The top of the checkout that a folder is in. A bare repository has none,
/// also if it lies in another one's checkout.
pub(super) fn checkout_root(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let is_bare = |folder: &Path| folder.join("HEAD").is_file() && folder.join("objects").is_dir();
    let mut above = folder.ancestors().take_while(|folder| !is_bare(folder));
    above
        .find(|folder| folder.join(".git").exists())
        .map(Path::to_owned)
}

fn either<T: Clone>(flags: &[T], file: &[T]) -> Vec<T> {
    if flags.is_empty() { file } else { flags }.to_vec()
}

fn command(
    ways: &Ways,
    file: &SettingsFile,
    host: &Host,
    root: &Path,
) -> Result<Option<Command>, Refusal> {
    let (line, base, place) = match (&ways.harness_cmd, &file.harness_cmd) {
        (Some(line), _) => (line, host.directory.as_path(), "--harness-cmd".to_owned()),
        (None, Some(line)) => {
            let file = root.join(settings_file::NAME);
            (line, root, format!("{}: harness-cmd", file.display()))
        }
        (None, None) => return Ok(None),
    };
    Command::parse(line, base)
        .map(Some)
        .map_err(|why| Refusal::new(format!("{place} {line:?}: {why}")))
}

fn gates(ways: &Ways, file: &SettingsFile, root: &Path) -> Result<Vec<(String, String)>, Refusal> {
    let mut gates = file.gates();
    let mut wrong = Vec::new();
    for (name, command) in &gates {
        if name.trim().is_empty() || command.trim().is_empty() {
            let file = root.join(settings_file::NAME);
            wrong.push(format!(
                "{}: the gate {name:?} has no command; write {name} = \"COMMAND\"",
                file.display()
            ));
        }
    }
    let mut flags: Vec<(String, String)> = Vec::new();
    for text in &ways.gate {
        match parse_gate(text) {
            Ok((name, _)) if flags.iter().any(|(other, _)| *other == name) => {
                wrong.push(format!(
                    "--gate {name}: it is given twice; give one of them another name"
                ));
            }
            Ok(gate) => flags.push(gate),
            Err(why) => wrong.push(why),
        }
    }
    Refusal::unless_empty(wrong)?;
    for (name, command) in flags {
        match gates.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = command,
            None => gates.push((name, command)),
        }
    }
    Ok(gates)
}

/// The command line's word on top of the file's.
fn policy(ways: &Ways, file: &SettingsFile) -> Result<Policy, Refusal> {
    let mut policy = Policy::default();
    file.rules.apply(&mut policy);
    ways.rules.apply(&mut policy);
    let unreviewed = either(&ways.unreviewed, &file.unreviewed);
    policy.unreviewed = unreviewed.into_iter().map(|path| path.0).collect();
    let strangers = policy.harness_jobs.keys().map(HarnessName::as_str);
    let strangers = strangers.filter(|name| HarnessKind::named(name).is_none());
    let strangers = strangers.map(|name| {
        format!("harness-jobs: there is no harness {name:?}; write claude, codex or command")
    });
    Refusal::unless_empty(strangers.collect())?;
    Ok(policy)
}

/// What agents are told: the library's prompts, asking for answers of the chosen
/// form.
fn prompts(ways: &Ways, file: &SettingsFile) -> PromptPack {
    let pack = PromptPack::default();
    match ways.answers.or(file.answers) {
        Some(AnswersKind::Schema) => pack.form(Form::Structured),
        Some(AnswersKind::Lines) => pack.form(Form::Lines),
        None => pack,
    }
}

/// Who takes over from the agent.
fn fallbacks(
    ways: &Ways,
    file: &SettingsFile,
    harness: HarnessKind,
) -> Result<Vec<HarnessKind>, Refusal> {
    let fallbacks = either(&ways.fallback, &file.fallback);
    for (at, kind) in fallbacks.iter().enumerate() {
        let name = kind.name();
        if *kind == harness {
            return Err(Refusal::new(format!(
                "fallback {name}: it is the agent itself; name another one, or none"
            )));
        }
        if fallbacks[..at].contains(kind) {
            let why = format!("fallback {name}: it is given twice; name it once");
            return Err(Refusal::new(why));
        }
    }
    Ok(fallbacks)
}

#[cfg(test)]
mod tests;
