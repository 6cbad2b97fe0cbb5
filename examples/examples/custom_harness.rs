//! An adapter for a command-line agent of one's own, and one call of it.
use swarm_core::agent_cli::{CliAgent, CliHarness, Invocation, Transcript};
use swarm_core::model::{AttemptId, EndReason, RunId, TaskId};
use swarm_core::ports::{AgentEvent, CallContext, Capabilities, Harness};
use swarm_core::ports::{HarnessError, TurnReport, TurnRequest};
use swarm_core::process::{Exit, Line};

#[derive(Debug)]
struct Parrot;
impl CliAgent for Parrot {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
    fn invocation(&self, turn: &TurnRequest) -> Result<Invocation, HarnessError> {
        Ok(Invocation {
            program: "cat".into(), // says what it is told
            stdin: turn.prompt.clone().into_bytes(),
            ..Invocation::default()
        })
    }
    fn transcript(&self, _: &TurnRequest) -> Box<dyn Transcript> {
        Box::new(Said(String::new()))
    }
}

#[derive(Debug)]
struct Said(String);
impl Transcript for Said {
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
        self.0.extend([line.text, "\n"]);
        vec![]
    }
    fn finish(self: Box<Self>, exit: Exit) -> TurnReport {
        match exit {
            Exit::Code(0) => TurnReport::finished(self.0),
            exit => TurnReport::ended(EndReason::Crashed, format!("{exit:?}")),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (run, task, number) = (RunId::new("r1"), TaskId::new("greet")?, 1);
    let turn = TurnRequest::new(AttemptId { run, task, number }, "Hello!", "/");
    let parrot = CliHarness::new(Parrot);
    let report = parrot.run(turn, CallContext::detached()).await?;
    print!("{}: {}", report.end.as_str(), report.message);
    Ok(())
}
