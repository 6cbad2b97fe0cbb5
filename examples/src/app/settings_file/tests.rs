use std::path::Path;

use swarm_core::Policy;
use swarm_core::model::Cost;

use super::{SettingsFile, keys};
use crate::app::args::{AnswersKind, HarnessKind};
use crate::app::reviewers::ReviewerChoice;

fn parse(text: &str) -> Result<SettingsFile, String> {
    SettingsFile::parse(Path::new("swarm.toml"), text).map_err(|refusal| refusal.to_string())
}

#[test]
fn everything_can_be_said() {
    let file = parse(
        r#"
        tasks = "work"
        target = "next"
        worktrees = "../trees"
        state = "../state.db"
        jobs = 4
        harness = "command"
        harness-cmd = "./agent.sh"
        harness-arg = ["-v", "--fast"]
        model = "large"
        fallback = "codex"
        answers = "schema"
        live = true
        reviewer = "command:judge"
        review-rounds = 2
        large-diff = "hold"
        unreviewed = "tasks"
        copy = ".env"
        setup = ["npm ci"]
        env = ["TOKEN"]
        max-attempts = 2
        backoff = 5
        turn-timeout = "90s"
        idle-timeout = "1m30s"
        max-cost = 5
        completion = "strict"
        events = "events.jsonl"
        [gates]
        test = "make test"
        lint = "make lint"
        [[reviewers]]
        name = "strict"
        harness = "codex"
        "#,
    )
    .unwrap();
    assert_eq!(file.reviewers.len(), 1);
    assert_eq!(file.unreviewed[0].0, Path::new("tasks"));
    assert_eq!(file.harness, Some(HarnessKind::Command));
    assert_eq!(file.fallback, [HarnessKind::Codex]);
    assert_eq!(
        (file.answers, file.live),
        (Some(AnswersKind::Schema), Some(true))
    );
    assert_eq!(file.harness_arg, ["-v", "--fast"]);
    let judge = ReviewerChoice::Command("judge".to_owned());
    assert_eq!(file.reviewer, [judge]);
    let mut policy = Policy::default();
    file.rules.apply(&mut policy);
    assert_eq!((policy.jobs, policy.review_rounds), (4, 2));
    assert_eq!(policy.idle_limit.as_secs(), 90);
    assert_eq!(policy.run_budget.cost, Some(Cost::from_usd(5.0)));
    let names: Vec<_> = file.gates().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["test", "lint"], "gates keep the file's order");
}

#[test]
fn every_listed_key_is_a_key() {
    for key in keys() {
        // No key takes a date: a mistake that only a key of the file can make.
        let error = parse(&format!("{key} = 2020-01-01")).unwrap_err();
        assert!(!error.contains("unknown key"), "{key}: {error}");
    }
}

#[test]
fn mistakes_are_named_with_place_and_remedy() {
    let table = [
        (
            "jobs = 1\nmdel = 'x'",
            "swarm.toml:2: unknown key \"mdel\"; did you mean \"model\"?",
        ),
        (
            "gate = 'x'",
            "swarm.toml:1: unknown key \"gate\"; did you mean \"gates\"?",
        ),
        ("harness_cmd = 'x'", "did you mean \"harness-cmd\"?"),
        ("zzzzzzzz = 1", "the keys are tasks, target"),
        (
            "\njson = true",
            "swarm.toml:2: json is no key of this file; give it on the command line: --json",
        ),
        (
            "jobs = 0",
            "swarm.toml:1: jobs: it must be a whole number, at least 1",
        ),
        (
            "\n\nharness = 'gpt'",
            "swarm.toml:3: harness: unknown variant `gpt`, expected one of `claude`, `codex`, `command`",
        ),
        ("turn-timeout = 'soon'", "is no duration; write 90s"),
        (
            "jobs = 1\nmax-wait = 0",
            "swarm.toml:2: max-wait: it must be longer than 0",
        ),
        (
            "breaker = -1",
            "breaker: it must be a whole number, at least 0",
        ),
        (
            "fallback = ['claude', 'x']",
            "fallback: unknown variant `x`",
        ),
        ("max-cost = -1", "amount in US dollars"),
        (
            "reviewer = ['codex', 'command:']",
            "a reviewer is claude, codex, command:CMD or the name",
        ),
        (
            "[[reviewers]]\nname = 'a'\nharnes = 'codex'",
            "swarm.toml:3: unknown field `harnes`, expected one of `name`, `harness`",
        ),
        ("[[reviewers]]\nname = 'a'", "missing field `harness`"),
        ("unreviewed = ['../x']", "is no path in the repository"),
        ("large-diff = 'x'", "expected `read` or `hold`"),
        ("copy = 5", "expected a text or a list of texts"),
        ("a b", "swarm.toml:1: "),
    ];
    for (text, expected) in table {
        let error = parse(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
