//! What an adapter makes of output that was recorded.

use std::io::{self, Read};

use super::harness::MAX_LINE;
use super::stopped::settled;
use super::{CliAgent, Transcript};
use crate::ports::{TurnReport, TurnRequest};
use crate::process::{Exit, Line, LineSink, Stream, feed};

/// The report that a harness would give if the agent printed this now and
/// ended so: all of standard output, then all of standard error, cut into lines
/// as they are in a run.
///
/// For adapter authors: a stream that was kept by
/// [`CliHarness::record`](super::CliHarness::record), or recorded by hand,
/// becomes a test.
///
/// ```
/// # use swarm_core::agent_cli::{CliAgent, replay};
/// # use swarm_core::ports::TurnRequest;
/// # use swarm_core::process::Exit;
/// # fn test(agent: &dyn CliAgent, turn: &TurnRequest) -> std::io::Result<()> {
/// let stdout = std::io::Cursor::new("{\"type\":\"result\"}\n");
/// let report = replay(agent, turn, stdout, std::io::empty(), Exit::Code(0))?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A stream cannot be read.
pub fn replay(
    agent: &dyn CliAgent,
    turn: &TurnRequest,
    stdout: impl Read,
    stderr: impl Read,
    exit: Exit,
) -> io::Result<TurnReport> {
    let mut hearer = Hearer(agent.transcript(turn));
    feed(stdout, Stream::Stdout, MAX_LINE, &mut hearer)?;
    feed(stderr, Stream::Stderr, MAX_LINE, &mut hearer)?;
    let over = hearer.0.is_over();
    Ok(settled(hearer.0, exit, over))
}

struct Hearer(Box<dyn Transcript>);

impl LineSink for Hearer {
    fn line(&mut self, line: Line<'_>) {
        // Nobody watches.
        let _ = self.0.on_line(line);
    }
}
