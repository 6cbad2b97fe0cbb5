//! Whether Codex could work: what to ask, and what the answers mean.

use std::path::PathBuf;

use swarm_core::agent_cli::{Probe, ProbeAnswer, Surroundings};
use swarm_core::model::Check;

use crate::provider::{Choice, Provider, arguments, chosen};
use crate::{BINARY, Codex, Sandbox};

/// What is asked, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Config,
    Login,
    Sandbox,
}

fn questions(agent: &Codex, around: &Surroundings) -> Vec<Question> {
    let mut questions = vec![Question::Config, Question::Login];
    if sandboxed(agent, around) {
        questions.push(Question::Sandbox);
    }
    questions
}

fn sandboxed(agent: &Codex, around: &Surroundings) -> bool {
    around.read_only || agent.sandbox != Sandbox::Off
}

pub(crate) fn probes(agent: &Codex, around: &Surroundings) -> Vec<Probe> {
    let run = |args: &[&str]| Probe::Run {
        args: args.iter().map(Into::into).collect(),
        env: Vec::new(),
    };
    let probe = |question| match question {
        Question::Config => Probe::Read {
            path: home(around).join("config.toml"),
        },
        Question::Login => run(&["login", "status"]),
        Question::Sandbox => run(&["sandbox", "--", "sh", "-c", ":"]),
    };
    questions(agent, around).into_iter().map(probe).collect()
}

/// Codex's folder; nowhere if there is no home.
fn home(around: &Surroundings) -> PathBuf {
    if let Some(folder) = around.var("CODEX_HOME") {
        return folder.into();
    }
    let home = around.var("HOME").unwrap_or("/nonexistent".as_ref());
    PathBuf::from(home).join(".codex")
}

pub(crate) fn checks(agent: &Codex, around: &Surroundings, answers: &[ProbeAnswer]) -> Vec<Check> {
    let nothing = ProbeAnswer::default();
    let asked = questions(agent, around);
    let answer = |question| {
        let place = asked.iter().position(|one| *one == question);
        place
            .and_then(|place| answers.get(place))
            .unwrap_or(&nothing)
    };
    let args = arguments(&agent.extra_args, &around.extra_args);
    let choice = chosen(&answer(Question::Config).text, &agent.config, &args);
    let mut checks = vec![match choice {
        Choice::Other(provider) if !provider.wants_login => key(&provider, around),
        Choice::BuiltIn | Choice::Other(_) => login(around, answer(Question::Login)),
        Choice::Unknown => Check::doubtful(
            subject("login"),
            "a profile or a local provider is used, which is not looked at",
            "try it once by hand",
        ),
    }];
    if asked.contains(&Question::Sandbox) {
        checks.push(sandbox(answer(Question::Sandbox)));
    }
    checks.extend(commits(agent, around));
    checks
}

fn subject(what: &str) -> String {
    format!("{BINARY} {what}")
}

/// The key of a provider of the user's own.
fn key(provider: &Provider, around: &Surroundings) -> Check {
    let (name, subject) = (&provider.name, subject("login"));
    let Some(key) = &provider.env_key else {
        return Check::fine(subject, format!("the provider {name} is told of no key"));
    };
    if around.var(key).is_some() {
        let found = format!("by {key}, for the provider {name}; it was not tried");
        Check::fine(subject, found)
    } else if around.dropped.contains(key) {
        let found = format!("the provider {name} needs {key}, which agents do not see");
        Check::broken(
            subject,
            found,
            format!("let it through by `--env {key}` (`env_allow`)"),
        )
    } else {
        let found = format!("the provider {name} needs {key}, which is not set");
        Check::broken(subject, found, "set it to a valid key")
    }
}

/// Codex's own service. It takes no notice of `OPENAI_API_KEY`.
fn login(around: &Surroundings, answer: &ProbeAnswer) -> Check {
    const REMEDY: &str = "run `codex login`, or set CODEX_API_KEY";
    let subject = subject("login");
    if around.var("CODEX_API_KEY").is_some() {
        return Check::fine(subject, "by CODEX_API_KEY, which was not tried");
    }
    if answer.code == Some(0) {
        let line = answer.text.lines().map(str::trim);
        let line = line.clone().find(|line| line.starts_with("Logged in"));
        return Check::fine(subject, line.unwrap_or("there is one, which was not tried"));
    }
    if !answer.text.contains("Not logged in") {
        return Check::doubtful(subject, "`codex login status` does not tell", REMEDY);
    }
    if around.var("OPENAI_API_KEY").is_some() {
        let found = "not logged in; Codex does not read OPENAI_API_KEY";
        let remedy =
            "run `printenv OPENAI_API_KEY | codex login --with-api-key`, or set CODEX_API_KEY";
        return Check::broken(subject, found, remedy);
    }
    Check::broken(subject, "not logged in", REMEDY)
}

/// Whether this machine lets Codex lock commands up.
fn sandbox(answer: &ProbeAnswer) -> Check {
    let subject = subject("sandbox");
    if answer.code == Some(0) {
        return Check::fine(subject, "it works");
    }
    let chatter = ["WARNING", "note:"];
    let said = answer
        .text
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty() && !chatter.iter().any(|word| line.starts_with(word)));
    Check::doubtful(
        subject,
        format!("no command runs in it ({})", said.unwrap_or("no answer")),
        "allow unprivileged user namespaces (or Landlock), or use no sandbox",
    )
}

/// A sandbox that nobody can commit in.
fn commits(agent: &Codex, around: &Surroundings) -> Option<Check> {
    let found = match agent.sandbox {
        _ if around.read_only => return None,
        Sandbox::Off => return None,
        Sandbox::WorkspaceWrite if !agent.protect_git => return None,
        Sandbox::WorkspaceWrite => "the sandbox protects .git: the agent cannot commit",
        Sandbox::ReadOnly => "the sandbox is read-only: the agent can change nothing",
    };
    let remedy = "choose Sandbox::WorkspaceWrite without protect_git";
    Some(Check::doubtful(subject(".git"), found, remedy))
}
