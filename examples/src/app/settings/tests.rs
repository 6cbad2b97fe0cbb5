use std::fs;
use std::time::Duration;

use clap::Parser;
use swarm_core::Planner;
use swarm_core::protocol::prompt::{Form, PromptPack};

use super::Settings;
use crate::app::agents::listed;
use crate::app::args::{Cli, Command, HarnessKind};
use crate::app::host::Host;

const FILE: &str = r#"
tasks = "work"
jobs = 4
harness = "codex"
harness-cmd = "./agent.sh"
backoff = 1
copy = [".env"]
[gates]
lint = "make lint"
test = "make test"
"#;

fn gather(flags: &[&str]) -> (tempfile::TempDir, Result<Settings, String>) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("repo/.git")).unwrap();
    fs::create_dir_all(root.join("repo/deep/down")).unwrap();
    fs::write(root.join("repo/swarm.toml"), FILE).unwrap();
    let host = Host {
        env: Vec::new(),
        directory: root,
        terminal: false,
        supervisor: None,
    };
    let line = ["swarm", "run", "--repo", "repo/deep/down"];
    let cli = Cli::try_parse_from(line.iter().chain(flags)).unwrap();
    let Command::Run(args) = cli.command else {
        panic!("it says run");
    };
    let settings = Settings::gather(&args.place, &args.ways, &host);
    (folder, settings.map_err(|refusal| refusal.to_string()))
}

#[test]
fn the_file_in_the_root_counts_where_the_command_line_is_silent() {
    let (folder, settings) = gather(&[]);
    let settings = settings.unwrap();
    let root = folder.path().canonicalize().unwrap();
    assert_eq!(settings.policy.jobs, 4);
    assert_eq!(settings.policy.backoff.first, Duration::from_secs(1));
    assert_eq!(settings.harness, HarnessKind::Codex);
    assert_eq!(settings.tasks, Some(root.join("repo/work")));
    let agent = root.join("repo/./agent.sh");
    assert_eq!(settings.command.unwrap().program(), agent);
    assert_eq!(settings.copy.len(), 1);
}

#[test]
fn the_command_line_wins() {
    let line = "--jobs 2 --harness command --harness-cmd ./own --tasks other --backoff 7 --copy a";
    let flags: Vec<&str> = line.split(' ').collect();
    let (folder, settings) = gather(&flags);
    let settings = settings.unwrap();
    let here = folder.path().canonicalize().unwrap();
    assert_eq!(settings.policy.jobs, 2);
    assert_eq!(settings.harness, HarnessKind::Command);
    assert_eq!(settings.tasks, Some(here.join("other")));
    assert_eq!(settings.command.unwrap().program(), here.join("./own"));
    assert_eq!(settings.policy.backoff.first, Duration::from_secs(7));
    assert_eq!(settings.copy, [std::path::PathBuf::from("a")]);
}

#[test]
fn answers_are_asked_for_in_the_form_that_was_chosen() {
    for (flags, form) in [
        (&[][..], PromptPack::default().asked_form()),
        (&["--answers", "schema"], Form::Structured),
        (&["--answers", "lines"], Form::Lines),
    ] {
        let (_folder, settings) = gather(flags);
        assert_eq!(settings.unwrap().prompts.asked_form(), form, "{flags:?}");
    }
}

#[test]
fn a_planner_is_chosen_with_what_it_is_to_plan() {
    let (_folder, settings) = gather(&[]);
    assert_eq!(settings.unwrap().planner, None);
    let prompt = tempfile::NamedTempFile::new().unwrap();
    fs::write(prompt.path(), "Plan the release.").unwrap();
    let path = prompt.path().to_str().unwrap();
    let all = [
        "--planner",
        "claude",
        "--max-pending",
        "3",
        "--plan-prompt",
        path,
    ];
    let (_folder, settings) = gather(&all);
    let settings = settings.unwrap();
    let chosen = settings.planner.clone().unwrap();
    let planner = Planner::new("claude").instructions("Plan the release.");
    assert_eq!(chosen.planner, planner.max_pending(3));
    assert!(
        settings.agents().contains(&HarnessKind::Claude),
        "it is made"
    );
    fs::write(prompt.path(), " \n").unwrap();
    assert!(gather(&all).1.unwrap_err().contains("it is empty"));
    for lonely in [&["--max-pending", "3"][..], &["--plan-prompt", path]] {
        let why = gather(lonely).1.unwrap_err();
        assert!(why.contains("add --planner"), "{why}");
    }
}

#[test]
fn gates_of_both_count() {
    let (_folder, settings) = gather(&["--gate", "test=true", "--gate", "new=x"]);
    let gates = settings.unwrap().gates;
    let gates: Vec<_> = gates
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(
        gates,
        [("lint", "make lint"), ("test", "true"), ("new", "x")]
    );
    let (_folder, twice) = gather(&["--gate", "a=x", "--gate", "a=y"]);
    assert!(twice.unwrap_err().contains("given twice"));
}

#[test]
fn claude_code_stays_alive_where_that_is_said_and_nobody_else() {
    let host = Host {
        env: Vec::new(),
        directory: "/".into(),
        terminal: false,
        supervisor: None,
    };
    let lives = |kind, flags: &[&str]| {
        let settings = gather(flags).1.unwrap();
        let agent = listed(kind, &settings, &host);
        format!("{agent:?}").contains("live: true")
    };
    assert!(!lives(HarnessKind::Claude, &[]), "off by default");
    assert!(lives(HarnessKind::Claude, &["--live"]));
    assert!(!lives(HarnessKind::Claude, &["--live=false"]));
    assert!(!lives(HarnessKind::Codex, &["--live"]));
}
