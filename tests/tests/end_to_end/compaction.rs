//! A conversation that gets full, where Claude Code may not shorten it itself.

use swarm_core::event::Event;
use swarm_core::model::{EndReason, Outcome, Usage};
use swarm_core::testing::model_server::{Answer, Script};
use swarm_harness_claude::{ClaudeCode, claude};

use crate::dialogue::{COMMIT, World};

/// Its model takes 200,000 tokens.
const MODEL: &str = "claude-sonnet-4-5";

#[test]
fn a_full_conversation_is_left_to_the_run() {
    let nearly_all = Usage {
        input: 195_000,
        ..Usage::default()
    };
    let reads = Answer::new().shell("echo read").usage(nearly_all);
    let done = || Answer::new().text("All is there.\n\nswarm:${nonce} DONE");
    let script = Script::new("it", [Answer::new().shell(COMMIT), done()]);
    let world = World::playing(script.turn(1, [reads, done()]));
    let agent = ClaudeCode::new().model(MODEL).compaction(false);
    let harness = claude(agent).environment(world.env());
    let report = world.run(harness, |swarm| swarm, drop);
    assert_eq!(report.tasks[0].outcome, Outcome::Landed, "{report:#?}");
    assert_eq!(report.tasks[0].attempts, 1);
    let end = |event| match event {
        Event::TurnEnded { end, .. } => Some(end),
        _ => None,
    };
    let ends: Vec<_> = world.log.events().into_iter().filter_map(end).collect();
    assert_eq!(ends, [EndReason::ContextFull, EndReason::Finished]);
}
