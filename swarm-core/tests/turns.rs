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

/// Silent, but not idle.
fn reads(files: usize) -> impl Iterator<Item = Act> {
    (0..files).map(|n| Act::nothing().looks_at(format!("src/{n}.rs")))
}

fn nudges(calls: &[TurnRequest]) -> Vec<bool> {
    let ways_out = |call: &TurnRequest| call.prompt.contains("three ways out");
    calls.iter().map(ways_out).collect()
}

#[tokio::test(start_paused = true)]
async fn a_silent_agent_is_nudged_and_then_stuck() {
    let (report, calls) = run(reads(9)).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Failed);
    assert!(reason(&report).contains("stuck"), "{}", reason(&report));
    assert_eq!(nudges(&calls), [false, false, false, false, false, true]);
    // The conversation goes on; the task is told once.
    assert!(calls[1..].iter().all(|call| call.session.is_some()));
    assert!(!calls[5].prompt.contains("Do it."));
}

#[tokio::test(start_paused = true)]
async fn an_agent_without_progress_is_nudged_sooner() {
    let (report, calls) = run([]).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Failed);
    assert_eq!(nudges(&calls), [false, false, false, true]);
    let same = || Act::nothing().looks_at("src/0.rs");
    let (_, calls) = run(std::iter::repeat_with(same).take(9)).await;
    assert_eq!(
        nudges(&calls),
        [false, false, false, true],
        "again is no progress"
    );
}

#[tokio::test(start_paused = true)]
async fn edits_without_end_are_stopped_by_their_number() {
    let edits = (0..20).map(|n| Act::edits(format!("{n}")));
    let (report, calls) = run(edits).await;
    assert_eq!((report.tasks[0].outcome, calls.len()), (Outcome::Failed, 8));
    assert!(reason(&report).contains("no commit after 8 turns"));
    assert!(report.tasks[0].worktree.is_some(), "its work is kept");
}

#[tokio::test(start_paused = true)]
async fn a_nudge_can_help() {
    let silence = reads(5);
    let (report, _) = run(silence.chain([Act::commits("x").done()])).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Landed);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_fills_is_handed_on_before_it_is_full() {
    let half = Act::nothing().looks_at("a").fills(60);
    let note = Act::commits("half").says("Half stands.\nswarm:{nonce} HANDOFF");
    let (report, calls) = run([half, note.fills(65), Act::commits("rest").done()]).await;
    assert_eq!(report.tasks[0].outcome, Outcome::Landed);
    assert!(calls[1].prompt.contains("nearly full") && calls[1].session.is_some());
    assert!(calls[2].prompt.contains("Half stands.") && calls[2].session.is_none());
    // There is no room to ask for a note any more: what it said must do.
    let full = Act::nothing().says("Read a.rs; b.rs is next.").fills(92);
    let (_, calls) = run([full, Act::commits("x").done()]).await;
    assert!(calls[1].session.is_none());
    assert!(
        calls[1].prompt.contains("b.rs is next"),
        "{}",
        calls[1].prompt
    );
}

#[tokio::test(start_paused = true)]
async fn what_happened_meanwhile_is_told_once() {
    let limited = EndReason::RateLimited { retry_at: None };
    let silent = Act::nothing().looks_at("a");
    let (_, calls) = run([Act::nothing().ends(limited), silent, Act::commits("x")]).await;
    let told = |call: &TurnRequest| call.prompt.contains("your turn was ended: rate_limited");
    let told: Vec<_> = calls.iter().map(told).collect();
    assert_eq!(told, [false, true, false]);
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
