//! What is asked before a run, and what the answers mean.

use std::ffi::OsStr;

use swarm_core::agent_cli::{CliAgent, Probe, ProbeAnswer, Surroundings};
use swarm_core::model::{Check, CheckState};
use swarm_harness_codex::{Codex, Sandbox};

const LOGGED_OUT: (i32, &str) = (1, "WARNING: proceeding\nNot logged in\n");
const CORP: &str = "model_provider = \"corp\"\n[model_providers.corp]\nenv_key = \"CORP_KEY\"\n";

/// A machine: its variables, and what it answers.
#[derive(Clone, Debug)]
struct Machine {
    around: Surroundings,
    config: &'static str,
    login: (i32, &'static str),
    sandbox: i32,
}

impl Machine {
    fn with(vars: &[&str]) -> Self {
        let mut around = Surroundings::default();
        around.env.push(("HOME".into(), "/home/me".into()));
        for var in vars {
            around.env.push(((*var).into(), "x".into()));
        }
        Self {
            around,
            config: "",
            login: LOGGED_OUT,
            sandbox: 0,
        }
    }

    fn answer(&self, probe: &Probe) -> ProbeAnswer {
        let (code, text) = match probe {
            Probe::Read { path } => {
                assert_eq!(path.as_os_str(), "/home/me/.codex/config.toml");
                (0, self.config)
            }
            Probe::Run { args, .. } if args[0] == OsStr::new("login") => self.login,
            Probe::Run { args, .. } => {
                assert_eq!(args[0], "sandbox");
                (self.sandbox, "bwrap: no permission")
            }
        };
        ProbeAnswer {
            code: Some(code),
            text: text.to_owned(),
        }
    }

    fn checks(&self, agent: &Codex) -> Vec<Check> {
        let probes = agent.probes(&self.around);
        let answers: Vec<ProbeAnswer> = probes.iter().map(|probe| self.answer(probe)).collect();
        agent.checks(&self.around, &answers)
    }

    fn login(&self, agent: &Codex) -> (CheckState, String) {
        let checks = self.checks(agent).into_iter();
        let login = checks.clone().find(|check| check.subject == "codex login");
        let login = login.expect("a word on the login");
        (login.state, login.to_string())
    }
}

#[test]
fn every_way_to_log_in_is_known() {
    use CheckState::{Broken, Doubtful, Fine};
    let new = Codex::new;
    let plain = Machine::with(&[]);
    let logged_in = Machine {
        login: (0, "WARNING: x\nLogged in using ChatGPT\n"),
        ..plain.clone()
    };
    let silent = Machine {
        login: (2, "panic"),
        ..plain.clone()
    };
    let corp = |vars: &[&str]| Machine {
        config: CORP,
        ..Machine::with(vars)
    };
    let mut dropped = corp(&[]);
    dropped.around.dropped = vec!["CORP_KEY".into()];
    for (machine, agent, state, said) in [
        (&plain, new(), Broken, "not logged in; run `codex login`"),
        (&logged_in, new(), Fine, "Logged in using ChatGPT"),
        (&silent, new(), Doubtful, "does not tell"),
        (
            &Machine::with(&["OPENAI_API_KEY"]),
            new(),
            Broken,
            "does not read OPENAI_API_KEY",
        ),
        (
            &Machine::with(&["CODEX_API_KEY"]),
            new(),
            Fine,
            "CODEX_API_KEY",
        ),
        (&corp(&["CORP_KEY"]), new(), Fine, "by CORP_KEY"),
        (&corp(&[]), new(), Broken, "CORP_KEY, which is not set"),
        (&dropped, new(), Broken, "--env CORP_KEY"),
        (
            &dropped,
            new().config("model_provider", "\"openai\""),
            Broken,
            "not logged in",
        ),
        (&plain, new().extra_args(["--oss"]), Doubtful, "by hand"),
    ] {
        let (found, text) = machine.login(&agent);
        assert_eq!(found, state, "{text}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn the_sandbox_is_tried_where_it_is_used() {
    let mut machine = Machine::with(&["CODEX_API_KEY"]);
    machine.sandbox = 1;
    let sandbox = |machine: &Machine, agent: Codex| {
        let checks = machine.checks(&agent).into_iter();
        let mut found = checks.filter(|check| check.subject == "codex sandbox");
        found.next().map(|check| check.state)
    };
    let inside = || Codex::new().sandbox(Sandbox::WorkspaceWrite);
    assert_eq!(sandbox(&machine, Codex::new()), None);
    assert_eq!(sandbox(&machine, inside()), Some(CheckState::Doubtful));
    machine.around.read_only = true;
    assert_eq!(sandbox(&machine, Codex::new()), Some(CheckState::Doubtful));
    machine.sandbox = 0;
    assert_eq!(sandbox(&machine, inside()), Some(CheckState::Fine));
}

#[test]
fn who_cannot_commit_is_told_so() {
    let machine = Machine::with(&["CODEX_API_KEY"]);
    let doubts = |agent: &Codex| {
        let checks = machine.checks(agent).into_iter();
        checks.filter(|check| check.subject == "codex .git").count()
    };
    let inside = Codex::new().sandbox(Sandbox::WorkspaceWrite);
    assert_eq!(doubts(&Codex::new()), 0);
    assert_eq!(doubts(&inside), 0);
    assert_eq!(doubts(&inside.protect_git(true)), 1);
    assert_eq!(doubts(&Codex::new().sandbox(Sandbox::ReadOnly)), 1);
}
