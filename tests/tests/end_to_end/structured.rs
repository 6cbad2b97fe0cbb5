//! The real command lines, asked to say their words and verdicts by a JSON schema.

use std::sync::Arc;

use swarm_core::agent_cli::CliHarness;
use swarm_core::dispatch::{Completion, Policy};
use swarm_core::event::Event;
use swarm_core::model::{Outcome, Role, Verdict};
use swarm_core::protocol::prompt::{Form, PromptPack};
use swarm_core::review::HarnessReviewer;
use swarm_core::testing::model_server::{Answer, Script};
use swarm_core::{RunReport, SwarmBuilder};
use swarm_harness_claude::{ClaudeCode, claude};
use swarm_harness_codex::{Codex, codex};

use crate::dialogue::{COMMIT, World};

#[test]
fn claude_code_is_heard_by_its_structure() {
    is_heard(claude_code);
}

#[test]
fn codex_is_heard_by_its_structure() {
    is_heard(plain_codex);
}

#[test]
fn claude_code_is_heard_by_a_line_where_it_gives_no_structure() {
    is_heard_by_a_line(claude_code);
}

#[test]
fn codex_is_heard_by_a_line_where_it_gives_no_structure() {
    is_heard_by_a_line(plain_codex);
}

#[test]
fn claude_code_reviews_by_its_structure() {
    judges(claude_code);
}

#[test]
fn codex_reviews_by_its_structure() {
    judges(plain_codex);
}

fn claude_code(world: &World) -> CliHarness {
    claude(ClaudeCode::new()).environment(world.env())
}

fn plain_codex(world: &World) -> CliHarness {
    codex(Codex::new()).environment(world.env())
}

/// An answer by the schema of workers.
fn says(word: &str, why: &str) -> Answer {
    Answer::new().structured(format!(
        r#"{{"nonce": "${{nonce}}", "signal": "{word}", "why": {why}, "claim": []}}"#
    ))
}

fn structured(swarm: SwarmBuilder) -> SwarmBuilder {
    let mut policy = Policy::default();
    // Without DONE it would be asked once more.
    policy.completion = Completion::Strict;
    let prompts = PromptPack::default().form(Form::Structured);
    swarm.policy(policy).prompts(prompts)
}

/// How the one task ended, and in how many turns.
fn ended(world: &World, report: &RunReport) -> (Outcome, usize) {
    let events = world.log.events();
    let turn = |event: &&Event| matches!(event, Event::TurnStarted { .. });
    (report.tasks[0].outcome, events.iter().filter(turn).count())
}

fn is_heard(harness: fn(&World) -> CliHarness) {
    let hand_off = says("HANDOFF", r#""The rest is to be made.""#);
    let done = [Answer::new().shell(COMMIT), says("DONE", "null")];
    let world = World::playing(Script::new("it", done).turn(1, [hand_off]));
    let report = world.run(harness(&world), structured, drop);
    assert_eq!(ended(&world, &report), (Outcome::Landed, 2), "{report:#?}");
    let told = |request: &swarm_core::testing::model_server::Request| {
        String::from_utf8_lossy(&request.body).into_owned()
    };
    let requests = world.server.requests();
    let second = requests
        .iter()
        .map(told)
        .find(|text| text.contains(" turn=2 "));
    let second = second.expect("a second turn");
    assert!(second.contains("The rest is to be made."), "{second}");
    assert!(!second.contains(" turn=1 "), "a new conversation: {second}");

    let world = World::new([says("BLOCKED", r#""There is no such thing.""#)]);
    let report = world.run(harness(&world), structured, drop);
    assert_eq!(ended(&world, &report), (Outcome::Blocked, 1), "{report:#?}");
    let reason = report.tasks[0].reason.as_deref();
    assert_eq!(reason, Some("There is no such thing."));
}

fn is_heard_by_a_line(harness: fn(&World) -> CliHarness) {
    let done = || Answer::new().text("All is there.\n\nswarm:${nonce} DONE");
    // Claude Code asks its model once more for the structure.
    let world = World::new([Answer::new().shell(COMMIT), done(), done()]);
    let report = world.run(harness(&world), structured, drop);
    assert_eq!(ended(&world, &report), (Outcome::Landed, 1), "{report:#?}");
}

/// Its verdict counts, and it is asked once for it.
fn judges(harness: fn(&World) -> CliHarness) {
    let finding = "made.txt:1 says too little";
    for (word, findings, outcome, verdict) in [
        (
            "APPROVED",
            "[]".to_owned(),
            Outcome::Landed,
            Verdict::Approved,
        ),
        (
            "CHANGES",
            format!("[{finding:?}]"),
            Outcome::Rejected,
            Verdict::Changes(vec![finding.to_owned()]),
        ),
    ] {
        let says = Answer::new().structured(format!(
            r#"{{"nonce": "${{nonce}}", "signal": "{word}", "findings": {findings}}}"#
        ));
        let done = Answer::new().text("All is there.\n\nswarm:${nonce} DONE");
        let script = Script::new("it", [Answer::new().shell(COMMIT), done]);
        let world = World::playing(script.part(Role::Review, [says]));
        let reviewer = HarnessReviewer::new("strict", Arc::new(harness(&world)));
        let reviewer = Arc::new(reviewer.form(Form::Structured));
        let build = |swarm: SwarmBuilder| {
            let mut policy = Policy::default();
            policy.review_rounds = 1;
            swarm.policy(policy).reviewers(vec![reviewer])
        };
        let report = world.run(harness(&world), build, drop);
        let task = &report.tasks[0];
        let reviews: Vec<_> = task.reviews.iter().map(|one| &one.verdict).collect();
        assert_eq!(
            (task.outcome, &reviews[..]),
            (outcome, &[&verdict][..]),
            "{task:#?}"
        );
        let requests = world.server.requests();
        let played = requests
            .iter()
            .filter_map(|request| request.played.as_ref());
        let asked = played.filter(|played| played.role == "review").count();
        assert_eq!(asked, 1, "{word}");
    }
}
