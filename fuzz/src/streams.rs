//! What an agent prints, through its adapter.

use swarm_core::agent_cli::CliAgent;
use swarm_core::model::{AttemptId, EndReason, RunId, TaskId};
use swarm_core::ports::{TurnReport, TurnRequest};
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
    let exit = i32::from(*exit);
    let exit = if exit < 128 {
        Exit::Code(exit)
    } else {
        Exit::Signal(exit - 128)
    };
    for in_turns in [false, true] {
        reports(agent, &turn, &text, exit, in_turns)
            .iter()
            .for_each(check);
    }
}

/// What the adapter makes of it: as one turn, or as the turns of a process that
/// stays alive.
fn reports(
    agent: &impl CliAgent,
    turn: &TurnRequest,
    text: &str,
    exit: Exit,
    in_turns: bool,
) -> Vec<TurnReport> {
    let mut transcript = agent.transcript(turn);
    let mut reports = Vec::new();
    for line in text.lines() {
        let (stream, text) = match line.strip_prefix('!') {
            Some(error) => (Stream::Stderr, error),
            None => (Stream::Stdout, line),
        };
        let cut = false;
        transcript.on_line(Line { stream, text, cut });
        if in_turns && transcript.is_over() {
            reports.extend(transcript.next_turn());
        }
    }
    reports.push(transcript.finish(exit));
    reports
}

fn check(report: &TurnReport) {
    if report.end != EndReason::Finished {
        assert!(report.error.is_some(), "an end that nobody explains");
    }
    // Every text of an agent can be a message.
    invariants::signals(&report.message);
}
