//! What is asked before a run, and what the answers mean.

use std::path::PathBuf;

use swarm_core::agent_cli::{CliAgent, Probe, ProbeAnswer, Surroundings};
use swarm_core::model::{Check, CheckState};
use swarm_harness_claude::{ClaudeCode, Permissions};

/// The answers of a machine, by what is asked.
#[derive(Clone, Debug, Default)]
struct Machine {
    around: Surroundings,
    auth: &'static str,
    settings: &'static str,
}

impl Machine {
    fn with(vars: &[&str]) -> Self {
        let mut machine = Self::default();
        for var in vars {
            machine.around.env.push(((*var).into(), "1".into()));
        }
        machine
    }

    fn repository(mut self, settings: &'static str) -> Self {
        self.around.repository = Some(PathBuf::from("/repo"));
        self.settings = settings;
        self
    }

    fn checks(&self, agent: &ClaudeCode) -> Vec<Check> {
        let answer = |probe| match probe {
            Probe::Run { args, .. } => {
                assert_eq!(args, ["auth", "status"]);
                self.auth
            }
            Probe::Read { path } => {
                assert_eq!(path, PathBuf::from("/repo/.claude/settings.json"));
                self.settings
            }
        };
        let probes = agent.probes(&self.around).into_iter();
        let answers: Vec<ProbeAnswer> = probes
            .map(|probe| ProbeAnswer {
                code: Some(0),
                text: answer(probe).to_owned(),
            })
            .collect();
        agent.checks(&self.around, &answers)
    }

    fn states(&self, agent: &ClaudeCode) -> Vec<(String, CheckState)> {
        let checks = self.checks(agent).into_iter();
        checks.map(|check| (check.subject, check.state)).collect()
    }
}

fn is(subject: &str, state: CheckState) -> (String, CheckState) {
    (subject.to_owned(), state)
}

const LOGGED_OUT: &str = "Warning: x\n{\n  \"loggedIn\": false,\n  \"authMethod\": \"none\"\n}\n";
const LOGGED_IN: &str = "{\"loggedIn\": true, \"authMethod\": \"claude.ai\"}";
const HOOKS: &str = r#"{"hooks": {"Stop": [{"hooks": []}], "PreToolUse": []}, "env": {}}"#;

#[test]
fn without_a_login_nothing_works() {
    use CheckState::{Broken, Doubtful, Fine};
    let agent = ClaudeCode::new();
    let settings = ClaudeCode::new().extra_args(["--settings={}"]);
    for (agent, auth, state) in [
        (&agent, LOGGED_OUT, Broken),
        (&agent, LOGGED_IN, Fine),
        (&agent, "error: unknown command 'auth'", Doubtful),
        (&settings, LOGGED_OUT, Doubtful),
    ] {
        let machine = Machine {
            auth,
            ..Machine::default()
        };
        assert_eq!(machine.states(agent), [is("claude login", state)], "{auth}");
    }
}

#[test]
fn a_key_is_enough_and_nobody_is_asked() {
    let machine = Machine::with(&["ANTHROPIC_API_KEY"]);
    assert_eq!(ClaudeCode::new().probes(&machine.around), []);
    let checks = machine.checks(&ClaudeCode::new());
    assert_eq!(
        checks[0].to_string(),
        "claude login: by ANTHROPIC_API_KEY, which was not tried"
    );
}

#[test]
fn root_may_skip_permissions_in_a_sandbox_only() {
    let broken = |machine: &Machine, agent: &ClaudeCode| {
        let checks = machine.checks(agent);
        let found = checks.into_iter().find(Check::is_broken);
        found.and_then(|check| check.remedy)
    };
    let mut machine = Machine::with(&["ANTHROPIC_API_KEY"]);
    assert_eq!(broken(&machine, &ClaudeCode::new()), None);
    machine.around.root = true;
    let remedy = broken(&machine, &ClaudeCode::new()).expect("a refusal");
    assert!(remedy.contains("IS_SANDBOX=1"), "{remedy}");
    let careful = ClaudeCode::new().permissions(Permissions::AllowedOnly);
    assert_eq!(broken(&machine, &careful), None);
    machine.around.read_only = true;
    assert_eq!(broken(&machine, &ClaudeCode::new()), None);
    let mut machine = Machine::with(&["ANTHROPIC_API_KEY", "IS_SANDBOX"]);
    machine.around.root = true;
    assert_eq!(broken(&machine, &ClaudeCode::new()), None);
}

#[test]
fn hooks_of_the_repository_are_named_where_they_run() {
    let machine = Machine::with(&["ANTHROPIC_API_KEY"]);
    let hooks = is("claude hooks", CheckState::Doubtful);
    for (agent, settings, run) in [
        (ClaudeCode::new(), HOOKS, true),
        (ClaudeCode::new(), "{\"hooks\": {}}", false),
        (ClaudeCode::new(), "no json", false),
        (ClaudeCode::new().setting_sources("user"), HOOKS, false),
        (
            ClaudeCode::new().extra_args(["--setting-sources", "user"]),
            HOOKS,
            false,
        ),
        (
            ClaudeCode::new().extra_args(["--setting-sources=user,project"]),
            HOOKS,
            true,
        ),
    ] {
        let machine = machine.clone().repository(settings);
        assert_eq!(machine.states(&agent).contains(&hooks), run, "{agent:?}");
    }
    let mut review = machine.repository(HOOKS);
    review.around.read_only = true;
    assert!(!review.states(&ClaudeCode::new()).contains(&hooks));
}

#[test]
fn credentials_of_another_service_that_are_kept_back_are_named() {
    let mut machine = Machine::with(&["CLAUDE_CODE_USE_BEDROCK"]);
    machine.around.dropped = vec!["AWS_PROFILE".into(), "DB_PASSWORD".into()];
    let checks = machine.checks(&ClaudeCode::new());
    let found = checks
        .iter()
        .find(|check| check.subject == "claude environment");
    let found = &found.expect("a doubt").found;
    assert!(found.ends_with("do not see AWS_PROFILE"), "{found}");
}
