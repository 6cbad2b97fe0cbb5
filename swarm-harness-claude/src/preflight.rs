//! Whether Claude Code could work: what to ask, and what the answers mean.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use swarm_core::agent_cli::{Fields, Probe, ProbeAnswer, Surroundings};
use swarm_core::model::Check;

use crate::{BINARY, ClaudeCode, Permissions};

/// Variables that log Claude Code in, the one that it prefers first.
const KEYS: [&str; 6] = [
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_API_KEY",
    "CLAUDE_CODE_OAUTH_TOKEN",
];

/// Other companies' services, and how the names of their variables begin.
const SERVICES: [(&str, &[&str]); 3] = [
    ("CLAUDE_CODE_USE_BEDROCK", &["AWS_"]),
    (
        "CLAUDE_CODE_USE_VERTEX",
        &["GOOGLE_", "GCLOUD_", "CLOUD_ML_", "VERTEX_"],
    ),
    ("CLAUDE_CODE_USE_FOUNDRY", &["AZURE_"]),
];

/// What is asked, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Question {
    Login,
    Hooks(PathBuf),
}

fn questions(agent: &ClaudeCode, around: &Surroundings) -> Vec<Question> {
    let mut questions = Vec::new();
    if key(around).is_none() {
        questions.push(Question::Login);
    }
    if let Some(repository) = &around.repository
        && reads_project_settings(agent, around)
    {
        questions.push(Question::Hooks(repository.join(".claude/settings.json")));
    }
    questions
}

pub(crate) fn probes(agent: &ClaudeCode, around: &Surroundings) -> Vec<Probe> {
    let probe = |question| match question {
        Question::Login => Probe::Run {
            args: vec!["auth".into(), "status".into()],
            // It looks up hosts otherwise.
            env: vec![(
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC".into(),
                "1".into(),
            )],
        },
        Question::Hooks(path) => Probe::Read { path },
    };
    questions(agent, around).into_iter().map(probe).collect()
}

pub(crate) fn checks(
    agent: &ClaudeCode,
    around: &Surroundings,
    answers: &[ProbeAnswer],
) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(
        key(around)
            .map(|key| Check::fine(subject("login"), format!("by {key}, which was not tried"))),
    );
    for (question, answer) in questions(agent, around).iter().zip(answers) {
        match question {
            Question::Login => checks.push(login(agent, around, answer)),
            Question::Hooks(path) => checks.extend(hooks(path, answer)),
        }
    }
    checks.extend(root(agent, around));
    checks.extend(lost_credentials(around));
    checks
}

fn subject(what: &str) -> String {
    format!("{BINARY} {what}")
}

fn key(around: &Surroundings) -> Option<&'static str> {
    KEYS.into_iter().find(|name| around.var(name).is_some())
}

fn login(agent: &ClaudeCode, around: &Surroundings, answer: &ProbeAnswer) -> Check {
    const REMEDY: &str = "run `claude`, then /login, or set ANTHROPIC_API_KEY";
    let text = &answer.text;
    let object = text.find('{').zip(text.rfind('}'));
    let object = object.and_then(|(from, to)| text.get(from..=to));
    let status = Fields::parse(object.unwrap_or_default());
    if status.flag("loggedIn") {
        let how = status.text("authMethod");
        return Check::fine(subject("login"), format!("there is one ({how})"));
    }
    let own_settings = args(agent, around).any(|arg| starts_with(arg, "--settings"));
    if own_settings {
        let found = "not logged in, unless the settings given by --settings are enough";
        return Check::doubtful(subject("login"), found, REMEDY);
    }
    if status.has("loggedIn") {
        return Check::broken(subject("login"), "not logged in", REMEDY);
    }
    let found = "`claude auth status` does not tell";
    Check::doubtful(subject("login"), found, REMEDY)
}

fn hooks(path: &Path, answer: &ProbeAnswer) -> Option<Check> {
    let settings = Fields::parse(&answer.text);
    let hooks = settings.object("hooks");
    let names: Vec<&str> = hooks.names().collect();
    (!names.is_empty()).then(|| {
        Check::doubtful(
            subject("hooks"),
            format!("{} runs commands at {}", path.display(), names.join(", ")),
            "look at what they do with your rights, or keep them out by --setting-sources=user",
        )
    })
}

/// Claude Code skips permissions for root only in what it is told is a sandbox.
fn root(agent: &ClaudeCode, around: &Surroundings) -> Option<Check> {
    let skips = agent.permissions == Permissions::SkipAll && !around.read_only;
    let sandboxed = ["IS_SANDBOX", "CLAUDE_CODE_BUBBLEWRAP"]
        .into_iter()
        .any(|name| around.var(name).is_some_and(|value| value == "1"));
    (around.root && skips && !sandboxed).then(|| {
        Check::broken(
            subject("as root"),
            "it refuses to skip permissions for root",
            "work as another user, or set IS_SANDBOX=1 if this machine is a sandbox",
        )
    })
}

/// Credentials of other companies' services are not let through by themselves.
fn lost_credentials(around: &Surroundings) -> Option<Check> {
    let (switch, prefixes) = SERVICES
        .into_iter()
        .find(|(switch, _)| around.var(switch).is_some())?;
    let wanted = |name: &&String| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let lost: Vec<&str> = around
        .dropped
        .iter()
        .filter(wanted)
        .map(String::as_str)
        .collect();
    (!lost.is_empty()).then(|| {
        Check::doubtful(
            subject("environment"),
            format!("{switch} is set, but agents do not see {}", lost.join(", ")),
            "let those through that it needs (`--env NAME`, `env_allow`)",
        )
    })
}

/// Whether settings count that the repository brings along.
fn reads_project_settings(agent: &ClaudeCode, around: &Surroundings) -> bool {
    let given = option(agent, around, "--setting-sources");
    let unless_said = if around.read_only { "user" } else { "project" };
    given
        .as_deref()
        .or(agent.setting_sources.as_deref())
        .unwrap_or(unless_said)
        .split(',')
        .any(|source| source.trim() == "project")
}

/// All further arguments, in order.
fn args<'a>(agent: &'a ClaudeCode, around: &'a Surroundings) -> impl Iterator<Item = &'a OsStr> {
    agent
        .extra_args
        .iter()
        .chain(&around.extra_args)
        .map(AsRef::as_ref)
}

/// The last value of an option among the further arguments.
fn option(agent: &ClaudeCode, around: &Surroundings, name: &str) -> Option<String> {
    let mut value = None;
    let mut next = false;
    for arg in args(agent, around) {
        let arg = arg.to_string_lossy();
        if std::mem::take(&mut next) {
            value = Some(arg.into_owned());
        } else if arg == name {
            next = true;
        } else if let Some(rest) = arg.strip_prefix(name).and_then(|a| a.strip_prefix('=')) {
            value = Some(rest.to_owned());
        }
    }
    value
}

fn starts_with(arg: &OsStr, prefix: &str) -> bool {
    arg.as_encoded_bytes().starts_with(prefix.as_bytes())
}
