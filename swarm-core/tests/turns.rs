//! The turns of one attempt, on fakes in virtual time: silence, follow-ups,
//! hand-offs, full conversations.

#![expect(clippy::unwrap_used, reason = "a test may die of a surprise")]

use std::sync::Arc;

use swarm_core::dispatch::Policy;
use swarm_core::model::{EndReason, Outcome, Task};
use swarm_core::ports::{TaskStore, TurnRequest};
use swarm_core::store::MemoryStore;
use swarm_core::testing::{Act, FakeGit, ScriptedHarness};
use swarm_core::{RunReport, Swarm};

/// Runs one task with these acts, in one attempt.
async fn run(acts: impl IntoIterator<Item = Act>) -> (RunReport, Vec<TurnRequest>) {
    let git = Arc::new(FakeGit::new());
    let agent = ScriptedHarness::new(git.clone()).on("a", acts);
    let agent = Arc::new(agent.otherwise(Act::nothing()));
    let store = MemoryStore::new();
    let task = Task::new("a", "Do it.").unwrap();
    store.add(vec![task.into()]).await.unwrap();
    let mut policy = Policy::default();
    policy.max_attempts = 1;
    let swarm = Swarm::builder()
        .store(Arc::new(store))
        .git(git)
        .harness("scripted", agent.clone())
        .policy(policy)
        .unreviewed();
    let report = swarm.build().unwrap().run().await.unwrap();
    (report, agent.calls())
}

fn reason(report: &RunReport) -> &str {
    report.tasks[0].reason.as_deref().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_silent_agent_is_nudged_and_then_stuck() {
    let (report, calls) = run([]).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Failed);
    assert!(reason(&report).contains("stuck"), "{}", reason(&report));
    assert_eq!(calls.len(), 6);
    let ways_out = |call: &TurnRequest| call.prompt.contains("three ways out");
    let nudges: Vec<_> = calls.iter().map(ways_out).collect();
    assert_eq!(nudges, [false, false, false, false, false, true]);
    // The conversation goes on; the task is told once.
    assert!(calls[1..].iter().all(|call| call.session.is_some()));
    assert!(!calls[5].prompt.contains("Do it."));
}

#[tokio::test(start_paused = true)]
async fn a_nudge_can_help() {
    let silence = std::iter::repeat_n(Act::nothing(), 5);
    let (report, _) = run(silence.chain([Act::commits("x").done()])).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Landed);
}

#[tokio::test(start_paused = true)]
async fn a_follow_up_is_told_what_it_was_asked_for_and_comes_once() {
    let asks = || Act::commits("x").says("swarm:{nonce} FOLLOWUP the schema is missing");
    let (report, calls) = run([asks(), Act::commits("y").done()]).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Landed);
    assert!(calls[1].prompt.contains("the schema is missing"));
    assert!(calls[1].session.is_some());
    let (report, calls) = run([asks(), asks()]).await;
    assert_eq!((report.tasks[0].outcome, calls.len()), (Outcome::Failed, 2));
}

#[tokio::test(start_paused = true)]
async fn a_hand_off_begins_a_new_conversation_with_the_note() {
    let hands_off = Act::commits("x").says("Half of the parser stands.\nswarm:{nonce} HANDOFF");
    let (report, calls) = run([hands_off, Act::commits("y").done()]).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Landed);
    assert_eq!(calls[1].session, None);
    for text in ["Do it.", "Half of the parser stands."] {
        assert!(calls[1].prompt.contains(text), "{}", calls[1].prompt);
    }
}

#[tokio::test(start_paused = true)]
async fn full_conversations_are_continued_three_times_at_most() {
    let full = || Act::nothing().names("s").ends(EndReason::ContextFull);
    let (report, calls) = run([full(), Act::commits("x").done()]).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Landed);
    assert_eq!(calls[1].session, None);
    let (report, calls) = run(std::iter::repeat_with(full).take(9)).await;
    assert_eq!(calls.len(), 4);
    let reason = reason(&report);
    assert!(reason.contains("continuations exhausted"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn done_without_a_change_is_no_success() {
    let (report, calls) = run([Act::nothing().done()]).await;
    assert_eq!((report.tasks[0].outcome, calls.len()), (Outcome::Failed, 1));
    assert!(
        reason(&report).contains("no_changes"),
        "{}",
        reason(&report)
    );
}
