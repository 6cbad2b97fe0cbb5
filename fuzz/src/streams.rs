//! What an agent prints, through its adapter.

use swarm_core::agent_cli::CliAgent;
use swarm_core::model::{AttemptId, EndReason, RunId, TaskId};
use swarm_core::ports::TurnRequest;
use swarm_core::process::{Exit, Line, Stream};
use swarm_core::testing::invariants;

/// Lines to the adapter, each on standard output unless it begins with `!`;
/// the first byte is the exit code.
///
/// # Panics
///
/// If the adapter does, or if its report says what must not be said.
pub fn stream(agent: &impl CliAgent, data: &[u8]) {
    let (exit, text) = data.split_first().unwrap_or((&0, &[]));
    let text = String::from_utf8_lossy(text);
    let attempt = AttemptId {
        run: RunId::new("r1"),
        task: TaskId::new("t1").expect("a good id"),
        number: 1,
    };
    let turn = TurnRequest::new(attempt, "Do it.", "/tree");
    let mut transcript = agent.transcript(&turn);
    for line in text.lines() {
        let (stream, text) = match line.strip_prefix('!') {
            Some(error) => (Stream::Stderr, error),
            None => (Stream::Stdout, line),
        };
        let cut = false;
        transcript.on_line(Line { stream, text, cut });
    }
    let exit = i32::from(*exit);
    let report = transcript.finish(if exit < 128 {
        Exit::Code(exit)
    } else {
        Exit::Signal(exit - 128)
    });
    if report.end != EndReason::Finished {
        assert!(report.error.is_some(), "an end that nobody explains");
    }
    // Every text of an agent can be a message.
    invariants::signals(&report.message);
}
